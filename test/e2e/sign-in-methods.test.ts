import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../src/storage/id.ts'
import { codeOf } from '../support/second-factors.ts'
import { addOrganization, addUser, testPassword, withStore } from '../support/users.ts'
import { type Journey, openJourney } from './support/journey.ts'
import { findViolations } from './support/look-at-screen.ts'
import { confirmIdentity, signInAs } from './support/steps.ts'

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
/** A code is accepted for one step after its own, so the step must not end between its making and its check. */
const untilEarlyInStep = async () => {
  const gone = Date.now() % 30_000
  if (gone > 20_000) await new Promise((resolve) => setTimeout(resolve, 30_000 - gone))
}
const question = (page: Page) => page.getByRole('dialog', { name: 'Confirm it is you' })

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
  await dialog(page).getByRole('button', { name: 'Create passkey' }).click()
  await confirmIdentity(page)
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
  // What the user has is asked for, and what else there is can be chosen.
  await question(page).getByText('delete the passkey Old laptop').waitFor()
  await question(page).getByRole('button', { name: 'Use the password' }).click()
  await question(page).getByLabel('Password', { exact: true }).waitFor()
  await question(page).getByRole('button', { name: 'Use a passkey' }).click()
  await question(page).getByRole('button', { name: 'Use passkey' }).click()
  await page.getByText('You have no passkeys.').waitFor()
  await signOut(page)
  await signInAs(page, email)
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
})

test('a user sets an authenticator app up, and signs in with its code and with a recovery code', {
  timeout: 180_000,
}, async () => {
  const email = 'app@strict.test'
  await addOrganization(journey.postern, { slug: 'strict', legalName: "O'Neil & Co / Ltd" })
  await addUser(journey.postern, email, 'admin', 'strict')
  const page = await journey.browser.openPage()
  await signInAs(page, email)
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await openMethods(page)
  await page.getByRole('button', { name: 'Set up app' }).click()
  await confirmIdentity(page)
  await dialog(page).getByRole('img', { name: 'QR code of the authenticator app' }).waitFor()
  const secret = (await dialog(page).locator('code').textContent()) ?? ''
  // Three codes are needed, each once: that of the step before, this step's and the next one.
  await untilEarlyInStep()
  await dialog(page).getByLabel('Code', { exact: true }).fill(codeOf(secret, -1))
  await dialog(page).getByRole('button', { name: 'Confirm code' }).click()
  await page.getByRole('button', { name: 'Remove app' }).waitFor()
  await page.getByRole('button', { name: 'Make recovery codes' }).click()
  await dialog(page).getByRole('button', { name: 'Make codes' }).click()
  await question(page).getByLabel('Code of the authenticator app').fill('000000')
  await question(page).getByRole('button', { name: 'Confirm' }).click()
  await question(page).getByText('The code is wrong or was used before.').waitFor()
  await question(page).getByLabel('Code of the authenticator app').fill(codeOf(secret))
  await question(page).getByRole('button', { name: 'Confirm' }).click()
  const shown = await dialog(page).getByRole('group', { name: 'Recovery codes' }).textContent()
  const codes = (shown ?? '').trim().split(/\s+/)
  expect(codes).toHaveLength(10)
  await dialog(page).getByRole('button', { name: 'I have saved the codes' }).click()
  await section(page, 'Recovery codes').getByText('10 of 10 recovery codes are left.').waitFor()

  // The session has a second factor now, so that the user can demand one of others.
  await page.goto('/o/strict/production/organization')
  await page.getByRole('button', { name: 'Require second factor' }).click()
  await dialog(page).getByText('One member has neither yet.').waitFor()
  await dialog(page).getByRole('button', { name: 'Require second factor' }).click()
  await question(page).getByRole('button', { name: 'Use the password' }).click()
  await confirmIdentity(page)
  await section(page, 'Second factor').getByText('Required', { exact: true }).waitFor()

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

test('a user whom a provider signed in opens other organizations after another sign-in', {
  timeout: 180_000,
}, async () => {
  const email = 'both@provided.test'
  await addOrganization(journey.postern, { slug: 'provided', legalName: 'Łódź Płatności S.A.' })
  await addUser(journey.postern, email, 'developer', 'provided')
  const page = await journey.browser.openPage()
  await signInAs(page, email)
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  // As if the provider had begun the session, and the user were a member of another organization too.
  await withStore(journey.postern, async ({ queries }) => {
    const find = (slug: string) =>
      queries.selectFrom('organizations').select('id').where('slug', '=', slug).executeTakeFirstOrThrow()
    const user = await queries
      .selectFrom('users')
      .select('id')
      .where('email', '=', email)
      .executeTakeFirstOrThrow()
    const [own, other] = [await find('provided'), await find('acme')]
    const id = newId('member', Date.now())
    await queries
      .insertInto('members')
      .values({ id, organization_id: other.id, user_id: user.id, role: 'viewer', created_at: 1 })
      .execute()
    await queries
      .updateTable('sessions')
      .set({ signed_in_by: own.id })
      .where('user_id', '=', user.id)
      .execute()
  })
  await page.goto('/account')
  await page.getByText('Single sign-on opened one organization only').waitFor()
  expect(await findViolations(page, 'all')).toEqual([])
  await page.goto('/')
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await page.getByRole('button', { name: /Łódź Płatności/ }).click()
  await page.getByRole('menuitem', { name: /Needs another sign-in/ }).click()
  await page.getByRole('heading', { name: 'Another sign-in is needed' }).waitFor()
  expect(await findViolations(page, 'all')).toEqual([])
  await page.getByRole('button', { name: 'Sign in another way' }).click()
  await page.getByLabel('Email', { exact: true }).fill(email)
  await page.getByLabel('Password', { exact: true }).fill(testPassword)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  // Back where the other sign-in was needed.
  await page.getByText('Acme Payments Ltd').first().waitFor()
})
