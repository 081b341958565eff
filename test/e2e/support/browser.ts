import { existsSync } from 'node:fs'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import type { RunningPostern } from '../../support/postern.ts'

const switches = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update'],
  // Pages share their process, which would compile and draw with the cold caches of a new one otherwise.
  ...['--renderer-process-limit=1', '--in-process-gpu'],
]
/** Chromium without the parts around its window costs half as much; where it is not installed, the whole one is used. */
const shell = '/usr/bin/chromium-headless-shell'
const findBrowser = () => (existsSync(shell) ? shell : '/usr/bin/chromium')

/** A browser for one test; each user in it has a separate context. */
export interface TestBrowser {
  /** Opens a new window without a session. */
  openPage(options?: Parameters<Awaited<ReturnType<typeof chromium.launch>>['newContext']>[0]): Promise<Page>
  /** The errors of the pages: console errors, failed requests, exceptions. */
  complaints: string[]
  close(): Promise<void>
}

/** Opens the system's Chromium, headless, at `postern`'s portal, with `more` switches. */
export async function openBrowser(
  postern: Pick<RunningPostern, 'portalUrl'>,
  more: readonly string[] = [],
): Promise<TestBrowser> {
  const executablePath = process.env.POSTERN_CHROMIUM ?? findBrowser()
  const browser = await chromium.launch({ executablePath, args: [...switches, ...more] })
  const complaints: string[] = []
  return {
    complaints,
    async openPage(options = {}) {
      const context = await browser.newContext({
        baseURL: postern.portalUrl,
        permissions: ['clipboard-read', 'clipboard-write'],
        viewport: { width: 1440, height: 900 },
        // A dialog that is still moving on a busy machine is pressed beside its button.
        reducedMotion: 'reduce',
        ...options,
      })
      return listen(context, await context.newPage(), complaints)
    },
    close: () => browser.close(),
  }
}

function listen(context: BrowserContext, page: Page, complaints: string[]): Page {
  context.setDefaultTimeout(60_000)
  page.on('pageerror', (error) => complaints.push(`exception: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()}`)
  })
  page.on('requestfailed', (request) => {
    // Navigating away ends the stream of a page.
    if (request.failure()?.errorText !== 'net::ERR_ABORTED') complaints.push(`failed: ${request.url()}`)
  })
  return page
}
