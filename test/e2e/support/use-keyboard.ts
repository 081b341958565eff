import type { Page } from 'playwright-core'

/** No step of the portal has so many controls before the one that is wanted. */
const mostTabs = 80
const focused = `(document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '').trim()`

/** Moves the focus forward with the Tab key until it is on the control with this name, and presses `key` there. */
export async function pressWithKeyboard(page: Page, name: string | RegExp, key = 'Enter'): Promise<void> {
  const met: string[] = []
  for (let tabs = 0; tabs < mostTabs; tabs += 1) {
    await page.keyboard.press('Tab')
    const current = await page.evaluate<string>(focused)
    met.push(current.slice(0, 40))
    if (typeof name === 'string' ? current === name : name.test(current)) return page.keyboard.press(key)
  }
  throw new Error(`the keyboard does not reach ${String(name)}, but ${met.join(' | ')}`)
}
