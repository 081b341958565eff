import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'

/** Counts what a user does on a page: each click and each field is one act; copying a command is none. */
export interface Acts {
  /** What was done so far, in words. */
  done: string[]
  click(locator: Locator): Promise<void>
  fill(locator: Locator, text: string): Promise<void>
  /** Clicks what downloads a file; returns the path of the file, which has its own name. */
  download(locator: Locator): Promise<string>
}

/** Counts the acts of a user who saves files to `folder`. */
export function countActs(page: Page, folder: string): Acts {
  const done: string[] = []
  const note = async (verb: string, locator: Locator) => {
    done.push(`${verb} ${String(locator).replace(/^.*?getBy/, 'getBy')}`)
  }
  return {
    done,
    async click(locator) {
      await note('click', locator)
      await locator.click()
    },
    async fill(locator, text) {
      await note('fill', locator)
      await locator.fill(text)
    },
    async download(locator) {
      await note('download', locator)
      const [download] = await Promise.all([page.waitForEvent('download'), locator.click()])
      const path = join(folder, download.suggestedFilename())
      await download.saveAs(path)
      return path
    },
  }
}
