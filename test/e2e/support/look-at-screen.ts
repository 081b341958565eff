import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import type { Screen } from './screens.ts'

/** Each color scheme is checked once: colors do not depend on the width and take longest to check. */
const views = [
  { width: 1440, colorScheme: 'light', rules: 'all' },
  { width: 1440, colorScheme: 'dark', rules: 'colours' },
  { width: 360, colorScheme: 'light', rules: 'layout' },
] as const
/** Where the page only must not scroll sideways: the layout changes between them. */
const otherWidths = [600, 768, 832, 1024, 1280, 1366, 1920]
const ofColours = ['color-contrast', 'link-in-text-block']
// Where screenshots are saved for inspection; none by default.
const pictures = process.env.POSTERN_PICTURES

/**
 * Goes to a screen and waits until it has come: within the page that is loaded where nothing was opened there and it
 * shows another heading, so that the new one tells that it has come.
 */
export async function goToScreen(page: Page, screen: Screen, before?: Screen): Promise<void> {
  const { path, heading, shows, open } = screen
  if (before === undefined || before.open || String(before.heading) === String(heading)) await page.goto(path)
  else await page.evaluate(`history.pushState({}, '', ${JSON.stringify(path)})`)
  await page.getByRole('heading', { name: heading }).first().waitFor()
  if (shows) await page.getByText(shows).filter({ visible: true }).first().waitFor()
  await open?.(page)
}

/**
 * Goes to a screen from the one `before`, and gives what is wrong with it, narrow and wide, in light and in dark, one
 * line each.
 */
export async function lookAtScreen(page: Page, screen: Screen, before?: Screen): Promise<string[]> {
  await goToScreen(page, screen, before)
  const problems: string[] = []
  for (const { width, colorScheme, rules } of views) {
    await page.setViewportSize({ width, height: 800 })
    await page.emulateMedia({ colorScheme })
    const found = await findViolations(page, rules)
    if (rules !== 'colours') found.push(...(await findOverflow(page)))
    if (width === 360) found.push(...(await findTallCards(page, screen.tallestCard)))
    problems.push(...found.map((problem) => `${screen.name}, ${width} px, ${colorScheme}: ${problem}`))
    if (pictures !== undefined) await takePicture(page, `${screen.name} ${width} ${colorScheme}`)
  }
  for (const width of otherWidths) {
    await page.setViewportSize({ width, height: 800 })
    problems.push(...(await findOverflow(page)).map((problem) => `${screen.name}, ${width} px: ${problem}`))
    if (pictures !== undefined) await takePicture(page, `${screen.name} ${width}`)
  }
  return problems
}

async function takePicture(page: Page, name: string): Promise<void> {
  const path = join(pictures ?? '', `${name.replaceAll(/\W+/g, '-')}.png`)
  await page.screenshot({ path, fullPage: true })
}

/** Returns the findings of axe. Light and dark differ only in colors, so other findings are returned once. */
export async function findViolations(page: Page, rules: 'all' | 'colours' | 'layout'): Promise<string[]> {
  // To bring axe into a page takes as long as to run it: it stays there until another page is loaded.
  const isThere = await page.evaluate("typeof axe !== 'undefined'")
  const axe = new AxeBuilder(isThere ? { page, axeSource: ';' } : { page })
    .setLegacyMode()
    .options({ resultTypes: ['violations'], selectors: false })
  if (rules === 'colours') axe.withRules(ofColours)
  if (rules === 'layout') axe.disableRules(ofColours)
  const { violations } = await axe.analyze()
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' ')}`)
}

/** Returns which rows of a table are taller as cards than `tallest` pixels. */
async function findTallCards(page: Page, tallest: number | undefined): Promise<string[]> {
  if (tallest === undefined) return []
  const heights = await page.evaluate<number[]>(
    `[...document.querySelectorAll('main tbody')].map((each) => Math.round(each.getBoundingClientRect().height))`,
  )
  const tall = heights.filter((height) => height > tallest)
  return tall.length === 0 && heights.length > 0 ? [] : [`cards are ${heights.join(', ')} px high`]
}

/**
 * Returns whether the page scrolls sideways, or a table is wider than its panel. What floats over a page follows a new
 * width after some frames, so a page that is too wide is looked at again for two seconds.
 */
async function findOverflow(page: Page): Promise<string[]> {
  for (let left = 20; ; left -= 1) {
    const found = await measureOverflow(page)
    if (found.length === 0 || left === 0) return found
    await page.waitForTimeout(100)
  }
}

async function measureOverflow(page: Page): Promise<string[]> {
  const [content = 0, room = 0, table = 0] = await page.evaluate<number[]>(
    `[document.documentElement.scrollWidth, document.documentElement.clientWidth,
      Math.max(0, ...[...document.querySelectorAll('main table')].map((each) => each.offsetWidth - each.parentElement.clientWidth))]`,
  )
  return [
    ...(content > room ? [`its content is ${content} px wide in ${room} px`] : []),
    ...(table > 0 ? [`a table is ${table} px wider than its panel`] : []),
  ]
}
