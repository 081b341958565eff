import type { Page } from 'playwright-core'

/** No step of the portal has so many controls before the one that is wanted. */
const mostTabs = 80
const focused = `((at) => (at?.getAttribute('aria-label') ?? at?.labels?.[0]?.textContent ?? at?.textContent ?? '').trim())(document.activeElement)`

/** Moves the focus forward with the Tab key until it is on the control with this name. */
export async function moveToWithKeyboard(page: Page, name: string | RegExp): Promise<void> {
  const met: string[] = []
  for (let tabs = 0; tabs < mostTabs; tabs += 1) {
    await page.keyboard.press('Tab')
    const current = await page.evaluate<string>(focused)
    met.push(current.slice(0, 40))
    if (typeof name === 'string' ? current === name : name.test(current)) return
  }
  throw new Error(`the keyboard does not reach ${String(name)}, but ${met.join(' | ')}`)
}

/** Moves the focus as {@link moveToWithKeyboard} does, and presses `key` there. */
export async function pressWithKeyboard(page: Page, name: string | RegExp, key = 'Enter'): Promise<void> {
  await moveToWithKeyboard(page, name)
  await page.keyboard.press(key)
}
