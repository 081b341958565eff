import { type PosternOptions, type RunningPostern, startPostern } from '../../support/postern.ts'
import { openBrowser, type TestBrowser } from './browser.ts'
import { openTerminal, type Terminal } from './terminal.ts'

/** What a journey needs: its own Postern, a browser, and a developer's terminal. */
export interface Journey {
  postern: RunningPostern
  browser: TestBrowser
  terminal: Terminal
  close(): Promise<void>
}

/** Opens everything that a journey needs; closes what is open if a later part fails. */
export async function openJourney(options: PosternOptions = {}): Promise<Journey> {
  const postern = await startPostern(options)
  const browser = await openBrowser(postern).catch(async (error) => {
    await postern.stop()
    throw error
  })
  const terminal = openTerminal()
  return {
    postern,
    browser,
    terminal,
    async close() {
      terminal.close()
      await browser.close()
      await postern.stop()
    },
  }
}
