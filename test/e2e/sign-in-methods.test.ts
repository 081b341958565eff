import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { codeOf } from '../support/second-factors.ts'
import { addUser, testPassword } from '../support/users.ts'
import { type Journey, openJourney } from './support/journey.ts'
import { signInAs } from './support/steps.ts'

let journey: Journey
beforeAll(async () => {
  journey = await openJourney({ only: 'portal' })
})
afterAll(() => journey?.close())

/** Gives the page an authenticator that verifies its user, as a laptop with a fingerprint reader has. */
async function addAuthenticator(page: Page): Promise<void> {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true },
      ...{ hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
    },
  })
}

const openMethods = async (page: Page) => {
  await page.getByRole('button', { name: 'Account' }).click()
  await page.getByRole('menuitem', { name: 'Sign-in methods' }).click()
  await page.getByRole('heading', { name: 'Sign-in methods' }).waitFor()
}
const signOut = async (page: Page) => {
  await page.getByRole('button', { name: 'Account' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.getByLabel('Email', { exact: true }).waitFor()
}
const section = (page: Page, name: string) => page.getByRole('region', { name })
const dialog = (page: Page) => page.getByRole('dialog')
const provePassword = async (page: Page, action: string) => {
  await dialog(page).getByLabel('Current password', { exact: true }).fill(testPassword)
  await dialog(page).getByRole('button', { name: action }).click()
}

test('a user adds a passkey, signs in with it alone and after the password, renames and deletes it', {
  timeout: 180_000,
}, async () => {
  const email = 'passkeys@acme.example'
  await addUser(journey.postern, email, 'admin', 'acme')
  const page = await journey.browser.openPage()
  await addAuthenticator(page)
  await signInAs(page, email)
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await openMethods(page)
  await page.getByRole('button', { name: 'Add passkey' }).click()
  await dialog(page).getByLabel('Name').fill('Łódź laptop')
  await provePassword(page, 'Create passkey')
  await page.getByRole('cell', { name: 'Łódź laptop', exact: true }).waitFor()
  await page.getByText('You have no recovery codes', { exact: true }).waitFor()

  await signOut(page)
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()

  await signOut(page)
  await signInAs(page, email)
  await page.getByRole('button', { name: 'Continue with the passkey' }).click()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()

  await openMethods(page)
  await page.getByRole('button', { name: 'Rename Łódź laptop' }).click()
  await dialog(page).getByLabel('Name').fill('Old laptop')
  await dialog(page).getByRole('button', { name: 'Save name' }).click()
  await page.getByRole('button', { name: 'Delete Old laptop' }).click()
  await dialog(page).getByRole('button', { name: 'Delete passkey' }).click()
  await page.getByText('You have no passkeys.').waitFor()
  await signOut(page)
  await signInAs(page, email)
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
})

test('a user sets an authenticator app up, and signs in with its code and with a recovery code', {
  timeout: 180_000,
}, async () => {
  const email = 'app@acme.example'
  await addUser(journey.postern, email, 'admin', 'acme')
  const page = await journey.browser.openPage()
  await signInAs(page, email)
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await openMethods(page)
  await page.getByRole('button', { name: 'Set up app' }).click()
  await provePassword(page, 'Continue')
  await dialog(page).getByRole('img', { name: 'QR code of the authenticator app' }).waitFor()
  const secret = (await dialog(page).locator('code').textContent()) ?? ''
  await dialog(page).getByLabel('Code', { exact: true }).fill(codeOf(secret))
  await dialog(page).getByRole('button', { name: 'Confirm code' }).click()
  await page.getByRole('button', { name: 'Remove app' }).waitFor()
  await page.getByRole('button', { name: 'Make recovery codes' }).click()
  await provePassword(page, 'Make codes')
  const shown = await dialog(page).getByRole('group', { name: 'Recovery codes' }).textContent()
  const codes = (shown ?? '').trim().split(/\s+/)
  expect(codes).toHaveLength(10)
  await dialog(page).getByRole('button', { name: 'I have saved the codes' }).click()
  await section(page, 'Recovery codes').getByText('10 of 10 recovery codes are left.').waitFor()

  await signOut(page)
  await signInAs(page, email)
  await page.getByLabel('Code of the authenticator app').fill('000000')
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByText('You are not signed in').waitFor()
  await page.getByLabel('Code of the authenticator app').fill(codeOf(secret, 1))
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()

  await signOut(page)
  await signInAs(page, email)
  await page.getByRole('button', { name: 'Use a recovery code' }).click()
  await page.getByLabel('Recovery code').fill(codes[0] as string)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await openMethods(page)
  await page.getByText('9 of 10 recovery codes are left.').waitFor()
})
