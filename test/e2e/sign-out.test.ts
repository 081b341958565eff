import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addUser, testPassword, withStore } from '../support/users.ts'
import { type Journey, openJourney } from './support/journey.ts'
import { signInAs } from './support/steps.ts'

let journey: Journey
beforeAll(async () => {
  journey = await openJourney({ only: 'portal' })
})
afterAll(() => journey?.close())

const certificates = '/o/acme/production/certificates'
/** Signs a user in, in a browser with two tabs that show data. */
async function openTabs(email: string): Promise<[Page, Page]> {
  await addUser(journey.postern, email, 'admin', 'acme')
  const first = await journey.browser.openPage()
  await signInAs(first, email)
  await first.getByRole('heading', { name: 'Overview' }).waitFor()
  const second = await first.context().newPage()
  await second.goto(certificates)
  await second.getByRole('heading', { name: 'Certificates' }).first().waitFor()
  return [first, second]
}
async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Account' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
}
async function expectSignIn(page: Page): Promise<void> {
  await page.getByLabel('Email', { exact: true }).waitFor()
  expect(new URL(page.url()).pathname).toBe('/sign-in')
  expect(await page.locator('body').textContent()).not.toMatch(/acme/i)
}

test('signing out in one tab clears the others immediately, and Back shows no data', {
  timeout: 180_000,
}, async () => {
  const [first, second] = await openTabs('tabs@acme.example')
  await second.goto('/o/acme/production/credentials')
  await second.getByRole('heading', { name: 'API credentials', exact: true }).waitFor()
  await signOut(first)
  await Promise.all([expectSignIn(first), expectSignIn(second)])
  for (const page of [first, second]) {
    await page.goBack()
    await expectSignIn(page)
  }
  await signInAs(first, 'tabs@acme.example', testPassword)
  // The other tab also navigates to the sign-in page.
  await second.getByLabel('Email', { exact: true }).waitFor({ state: 'detached' })
})

test('a page from the history is reloaded instead of restored', { timeout: 180_000 }, async () => {
  const [first, second] = await openTabs('history@acme.example')
  const document = await first.request.get('/o/acme/production')
  expect(document.headers()['cache-control']).toBe('no-store')
  await second.goto('about:blank')
  await signOut(first)
  await expectSignIn(first)
  await second.goBack()
  await expectSignIn(second)
})

test('after the session ends elsewhere, the next request leads to the sign-in page and back', {
  timeout: 180_000,
}, async () => {
  const [first, second] = await openTabs('ended@acme.example')
  await withStore(journey.postern, ({ queries }) => queries.deleteFrom('sessions').execute())
  // A page with a live stream may navigate away before the click.
  const link = second.getByRole('link', { name: 'API credentials' }).first()
  await Promise.race([link.click().catch(() => {}), second.getByLabel('Email', { exact: true }).waitFor()])
  await Promise.all([expectSignIn(first), expectSignIn(second)])
  await signInAsHere(second, 'ended@acme.example')
  await second.waitForURL(/\/o\/acme\/production\//)
})

async function signInAsHere(page: Page, email: string): Promise<void> {
  await page.getByLabel('Email', { exact: true }).fill(email)
  await page.getByLabel('Password', { exact: true }).fill(testPassword)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

test('the type of an error leads to a page about its code, which needs no sign-in', {
  timeout: 180_000,
}, async () => {
  const answer = await fetch(`${journey.postern.portalUrl}/api/v1/session`)
  const { type } = (await answer.json()) as { type: string }
  const page = await journey.browser.openPage()
  await page.goto(type)
  await page.getByRole('heading', { name: 'Not signed in' }).waitFor()
  await page.getByRole('heading', { name: 'What to do' }).waitFor()
  await page.getByText('Sign in again.').waitFor()
  await page.goto('/help/errors/token_expired')
  await page.getByRole('heading', { name: 'The access token has expired' }).waitFor()
  await page.goto('/help/errors/code_of_a_later_release')
  await page.getByRole('heading', { name: 'Unknown code' }).waitFor()
})
