import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningPostern, startPostern } from '../support/postern.ts'
import { findFreePort } from '../support/postgres.ts'
import { openBrowser, type TestBrowser } from './support/browser.ts'
import { type Filled, fillPostern } from './support/fill-postern.ts'
import { findViolations, goToScreen, lookAtScreen } from './support/look-at-screen.ts'
import { asked, inside, operate, outside, type Screen } from './support/screens.ts'
import { signInAs } from './support/steps.ts'

let postern: RunningPostern
let browser: TestBrowser
let filled: Filled

beforeAll(async () => {
  const environments = {
    production: { port: 1, label: 'Production', live: true, externalCertificates: 'pinned' },
    staging: { port: 2, label: 'Staging', issuance: 'asynchronous' },
    careful: { port: await findFreePort(), label: 'Careful', issuance: 'approval' },
  }
  postern = await startPostern({
    config: {
      portal: { trustedProxies: ['127.0.0.1'] },
      operators: { secondPerson: ['bulk-revocations'] },
      environments,
    },
  })
  browser = await openBrowser(postern)
  filled = await fillPostern(postern)
})
afterAll(async () => {
  await browser?.close()
  await postern?.stop()
})

let addresses = 0
/** Returns a new client address: hundreds of screens per minute exceed the limit of one. */
function nextAddress(): Record<string, string> {
  addresses += 1
  return { 'x-forwarded-for': `192.0.2.${addresses}` }
}
const openPage = (): Promise<Page> => browser.openPage({ extraHTTPHeaders: nextAddress() })

async function openAs(email: string): Promise<Page> {
  const page = await openPage()
  await signInAs(page, email)
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
  return page
}

describe('all screens, narrow and wide, light and dark', () => {
  // What looks at a few screens while they are changed names them; everything by default.
  const chosen = new RegExp(process.env.POSTERN_SCREENS ?? '')
  const looksRight = async (page: Page, all: Screen[]) => {
    const problems: string[] = []
    const screens = all.filter(({ name }) => chosen.test(name))
    for (const [index, screen] of screens.entries()) {
      await page.setExtraHTTPHeaders(nextAddress())
      problems.push(...(await lookAtScreen(page, screen, screens[index - 1])))
    }
    await page.context().close()
    expect(problems).toEqual([])
    return browser.complaints.splice(0)
  }

  test('of an organization have no problem', { timeout: 600_000 }, async () => {
    expect(await looksRight(await openAs('admin@acme.example'), inside(filled))).toEqual([])
  })
  test('of operators have no problem', { timeout: 300_000 }, async () => {
    expect(await looksRight(await openAs('operator@postern.example'), operate(filled))).toEqual([])
  })
  test('with the question for a time zone have no problem', { timeout: 300_000 }, async () => {
    expect(await looksRight(await openAs('newcomer@acme.test'), asked)).toEqual([])
  })
  test('for signing in have no problem', { timeout: 300_000 }, async () => {
    // The browser itself logs the answers to the wrong password, to the password without its second factor and to two
    // links that are over, and nothing else.
    const logged = await looksRight(await openPage(), outside(filled))
    expect(logged.map((text) => /status of (\d+)/.exec(text)?.[1])).toEqual(['401', '401', '400', '400'])
  })
})

test('have a menu on narrow windows that opens, navigates and closes', { timeout: 300_000 }, async () => {
  const page = await openAs('admin@acme.example')
  await page.setViewportSize({ width: 360, height: 640 })
  await page.getByRole('button', { name: 'Open menu' }).click()
  const menu = page.getByRole('dialog')
  await menu.getByRole('link', { name: 'Help' }).waitFor()
  expect(await findViolations(page, 'all')).toEqual([])
  await menu.getByRole('link', { name: 'API credentials' }).click()
  await page.getByRole('heading', { level: 1, name: 'API credentials' }).waitFor()
  await menu.waitFor({ state: 'hidden' })
  await page.context().close()
  expect(browser.complaints.splice(0)).toEqual([])
})

const notForViewers = ['API keys', 'single sign-on', 'SCIM', 'webhooks', 'webhook']

test('show a viewer everything, but no button that changes anything', { timeout: 300_000 }, async () => {
  const harmless =
    /^(Copy|All formats$|Configure in Postman|Back$|Continue$|View activity$|Postman |server-ca\.pem$|Leave organization$|Unsubscribe$)/
  const page = await openAs('viewer@acme.test')
  const main = page.getByRole('main')
  // Buttons that only expand the page change nothing.
  const quiet = page.locator(':not([aria-expanded])')
  for (const screen of inside(filled).filter(
    // The own account is the user's, whatever the role; some pages are not shown to viewers.
    ({ name, path, open }) =>
      !open && !name.startsWith('creation') && !path.startsWith('/account') && !notForViewers.includes(name),
  )) {
    await goToScreen(page, screen)
    for (const button of await main.getByRole('button').and(quiet).all()) {
      const name = (await button.getAttribute('aria-label')) ?? (await button.textContent())
      expect(name, screen.name).toMatch(harmless)
    }
    // The page of help finds a case by a pasted message, and sends nothing.
    const fields = screen.name === 'help' ? 1 : 0
    expect(await main.getByRole('textbox').filter({ visible: true }).count(), screen.name).toBe(fields)
  }
  await page.goto('/o/acme/production/certificates/new')
  await page.getByText('Your role can view certificates, but not create them.').waitFor()
  await page.goto('/o/acme/production/certificates/register')
  await page.getByText('Your role can view certificates, but not register them.').waitFor()
  await page.goto(`/o/acme/production/certificates/${filled.draft}/create/submit`)
  await page.getByRole('heading', { level: 1, name: 'Certificate details' }).waitFor()
  await page.context().close()
  expect(browser.complaints.splice(0)).toEqual([])
})

test('show an auditor everything, but no button that changes anything', { timeout: 300_000 }, async () => {
  const harmless =
    /^(Copy|Show |Download data of |Verify now$|Save latest checkpoint$|Load more$|Clear|Back$)/
  const page = await openAs('auditor@postern.test')
  const quiet = page.locator(':not([aria-expanded])')
  for (const screen of operate(filled).filter(({ name, open }) => !open && name !== 'new password')) {
    await goToScreen(page, screen)
    for (const button of await page.getByRole('main').getByRole('button').and(quiet).all()) {
      const name = (await button.getAttribute('aria-label')) ?? (await button.textContent())
      expect(name, screen.name).toMatch(harmless)
    }
  }
  await page.context().close()
  expect(browser.complaints.splice(0)).toEqual([])
})

test('show nothing of another organization', { timeout: 300_000 }, async () => {
  const page = await openAs('admin@globex.example')
  const acme = '/o/acme/production'
  for (const path of ['', '/certificates', `/certificates/${filled.used}`, '/credentials', '/activity']) {
    await page.goto(acme + path)
    await page.getByRole('heading', { name: 'Page not found' }).waitFor()
  }
  await page.goto('/operate/audit')
  await page.getByRole('heading', { name: 'Page not found' }).waitFor()
  expect(browser.complaints.splice(0)).toEqual([])
  await page.goto(`/o/globex/production/certificates/${filled.used}`)
  await page.getByRole('heading', { name: 'Page not found' }).waitFor()
  expect(await page.getByText('acme').count()).toBe(0)
  await page.context().close()
  // The browser itself logs the 404 response.
  expect(new Set(browser.complaints.splice(0).map((text) => /\d{3}/.exec(text)?.[0]))).toEqual(
    new Set(['404']),
  )
})

test('load few and small files at first', { timeout: 300_000 }, async () => {
  const signedIn = await openAs('admin@acme.example')
  const storageState = await signedIn.context().storageState()
  await signedIn.context().close()
  const visits = [
    ['/sign-in', {}],
    ['/o/acme/production', { storageState }],
    ['/o/acme/production/certificates', { storageState }],
  ] as const
  for (const [path, options] of visits) {
    const page = await browser.openPage({ extraHTTPHeaders: nextAddress(), ...options })
    const files = new Map<string, Promise<number>[]>()
    page.on('requestfinished', (request) => {
      // Nobody waits for the size of an answer that arrives while the page closes.
      if (!['script', 'stylesheet'].includes(request.resourceType())) return
      const bytes = request.sizes().then(({ responseBodySize }) => responseBodySize)
      files.set(request.resourceType(), [...(files.get(request.resourceType()) ?? []), bytes])
    })
    await page.goto(path)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.waitForLoadState('networkidle')
    const scripts = await Promise.all(files.get('script') ?? [])
    const styles = await Promise.all(files.get('stylesheet') ?? [])
    const sum = (sizes: number[]) => sizes.reduce((all, size) => all + size, 0)
    expect(scripts.length, path).toBeLessThanOrEqual(12)
    expect(sum(scripts), path).toBeGreaterThan(100_000)
    expect(sum(scripts), path).toBeLessThanOrEqual(250_000)
    expect(sum(styles), path).toBeGreaterThan(10_000)
    expect(sum(styles), path).toBeLessThanOrEqual(60_000)
    await page.context().close()
  }
  expect(browser.complaints.splice(0)).toEqual([])
})
