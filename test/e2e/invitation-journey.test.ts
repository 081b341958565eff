import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import { type ApiClient, createApiClient, signInFirst } from '../support/api.ts'
import { until } from '../support/certificates.ts'
import { addOrganization, addUser, testPassword } from '../support/users.ts'
import { type Journey, openJourney } from './support/journey.ts'
import { confirmIdentity, createCredential, inviteMember, signInAs, signInFirstAs } from './support/steps.ts'

const team = '/o/acme/production/team'
let journey: Journey
let operator: ApiClient
let admin: Page
let developer: Page

beforeAll(async () => {
  journey = await openJourney({ only: 'portal' })
  const { postern, browser } = journey
  operator = await signInFirst(postern, 'operator@postern.example', testPassword)
  admin = await browser.openPage()
  await signInFirstAs(admin, postern, 'admin@acme.example')
})
afterAll(() => journey?.close())

const invite = async (email: string, role: 'Admin' | 'Developer' | 'Viewer') => {
  await admin.goto(team)
  await inviteMember(admin, email, role)
}

/** Returns the link of the last email to an address in the built-in mailbox. */
async function readLink(to: string): Promise<string> {
  const { value } = await until(
    () => operator.call(operations.listEmails),
    ({ items }) => items.some((email) => email.to === to),
    30,
  )
  const emailId = value.items.find((email) => email.to === to)?.id ?? ''
  const { text } = await operator.call(operations.getEmail, { params: { emailId } })
  return /http\S+#token=\S+/.exec(text)?.[0] ?? ''
}

test('an invited person opens the link, chooses a password and creates credentials as a developer', {
  timeout: 180_000,
}, async () => {
  await invite('zoe@new.example', 'Developer')
  const link = await readLink('zoe@new.example')
  // A program that scans emails opens links first.
  for (const method of ['HEAD', 'GET']) expect((await fetch(link, { method })).status).toBe(200)
  developer = await journey.browser.openPage({ timezoneId: 'Asia/Tokyo' })
  await developer.goto(link)
  await developer.getByRole('heading', { level: 1, name: /^Join / }).waitFor()
  expect(new URL(developer.url()).hash).toBe('')
  await developer.getByLabel('Name').fill('Zoë Łódź')
  await developer.getByLabel('Password', { exact: true }).fill(testPassword)
  await developer.getByRole('button', { name: 'Create account and join' }).click()
  await developer.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
  expect((await createCredential(developer, 'acme/production', 'settlement')).clientId).not.toBe('')
  await developer.goto(team)
  await developer.getByText('Zoë Łódź (you)').waitFor()
  expect(await developer.getByRole('button', { name: /Invite|Actions for/ }).count()).toBe(0)
})

test('a new user is asked for a time zone on each page until one is chosen, and never again', {
  timeout: 180_000,
}, async () => {
  const admins = createApiClient(journey.postern, 'admin@acme.example')
  await admins.call(operations.signIn, { body: { email: 'admin@acme.example', password: testPassword } })
  await admins.call(operations.setNotificationSettings, {
    params: { organization: 'acme' },
    body: { teamAddress: null, timeZone: 'Europe/Warsaw' },
  })
  const question = (page: Page) => page.getByRole('region', { name: 'Time zone of your emails' })
  await developer.reload()
  await question(developer).getByRole('button', { name: 'Use Europe/Warsaw' }).waitFor()
  expect(await question(developer).getByRole('button').allTextContents()).toEqual([
    ...['Use Asia/Tokyo', 'Use Europe/Warsaw', 'Keep UTC', 'Another time zone'],
  ])
  await question(developer).getByRole('button', { name: 'Use Asia/Tokyo' }).click()
  await question(developer).waitFor({ state: 'hidden' })
  await developer.goto('/account')
  await developer.getByRole('heading', { level: 1, name: 'Your account' }).waitFor()
  expect(await developer.getByRole('combobox', { name: 'Time zone' }).inputValue()).toBe('Asia/Tokyo')

  await admin.goto(team)
  await question(admin).getByRole('button', { name: 'Another time zone' }).click()
  const dialog = admin.getByRole('dialog')
  await dialog.getByRole('combobox', { name: 'Time zone' }).fill('new_york')
  await admin.getByRole('option', { name: 'America/New_York' }).click()
  await dialog.getByRole('button', { name: 'Save time zone' }).click()
  await dialog.waitFor({ state: 'hidden' })
  expect((await admins.call(operations.getAccount)).timeZone).toBe('America/New_York')
  await admin.reload()
  await admin.getByRole('heading', { level: 1, name: 'Team' }).waitFor()
  expect(await question(admin).count()).toBe(0)
})

test('a used link says so, and an invitation can be sent again and canceled', {
  timeout: 180_000,
}, async () => {
  const page = await journey.browser.openPage()
  await page.goto(await readLink('zoe@new.example'))
  await page.getByText('invitation_invalid').waitFor()
  await invite('late@new.example', 'Viewer')
  const first = await readLink('late@new.example')
  const [answer] = await Promise.all([
    admin.waitForResponse(
      (response) => response.request().method() === 'POST' && response.url().endsWith('/invitations'),
    ),
    admin
      .getByRole('button', { name: 'Send again to late@new.example' })
      .click()
      .then(() => confirmIdentity(admin)),
  ])
  expect(answer.status()).toBe(201)
  await page.goto(first)
  await page.reload()
  await page.getByText('invitation_invalid').waitFor()
  await admin.getByRole('button', { name: 'Cancel the invitation to late@new.example' }).click()
  await admin.getByText('late@new.example').waitFor({ state: 'hidden' })
  await page.context().close()
})

test('a user with an account signs in first, and a viewer sees no button that changes anything', {
  timeout: 180_000,
}, async () => {
  await addOrganization(journey.postern, { slug: 'oneil', legalName: "O'Neil & Co / Ltd" })
  await addUser(journey.postern, 'viewer@oneil.example', 'admin', 'oneil')
  await invite('viewer@oneil.example', 'Viewer')
  const page = await journey.browser.openPage()
  await page.goto(await readLink('viewer@oneil.example'))
  await page.getByText('You have an account as viewer@oneil.example.').waitFor()
  await page.getByRole('link', { name: 'Sign in' }).click()
  await page.getByLabel('Email', { exact: true }).fill('viewer@oneil.example')
  await page.getByLabel('Password', { exact: true }).fill(testPassword)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('button', { name: /^Join / }).click()
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
  for (const [path, heading] of [
    [team, 'Team'],
    ['/o/acme/production/credentials', 'API credentials'],
  ] as const) {
    await page.goto(path)
    await page.getByRole('heading', { level: 1, name: heading }).waitFor()
    expect(await page.getByRole('button', { name: /Invite|Create|Actions for/ }).count()).toBe(0)
  }
  await page.context().close()
})

test('a removed member sees nothing of the organization any more', { timeout: 180_000 }, async () => {
  await admin.goto(team)
  await admin.getByRole('button', { name: 'Actions for zoe@new.example' }).click()
  await admin.getByRole('menuitem', { name: 'Remove' }).click()
  const dialog = admin.getByRole('dialog')
  const remove = dialog.getByRole('button', { name: 'Remove member' })
  expect(await remove.isDisabled()).toBe(true)
  await dialog.getByLabel('Email of the member').fill('zoe@new.example')
  await remove.click()
  await confirmIdentity(admin)
  await dialog.waitFor({ state: 'hidden' })
  await admin.getByText('zoe@new.example').waitFor({ state: 'hidden' })
  // The session has ended with the membership, and a new one reaches nothing of the organization.
  await signInAs(developer, 'zoe@new.example')
  await developer.waitForURL('**/no-organization')
  await developer.goto(team)
  await developer.getByRole('heading', { name: 'Page not found' }).waitFor()
})
