import { setTimeout as wait } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import { type ApiClient, signInFirst } from '../support/api.ts'
import { createTestCredential, curl, fetchToken, issueCertificate, until } from '../support/certificates.ts'
import { testPassword } from '../support/users.ts'
import { addExternalCertificates } from './support/external-certificates.ts'
import { type Journey, openJourney } from './support/journey.ts'
import { signInAs } from './support/steps.ts'
import { moveToWithKeyboard, pressWithKeyboard } from './support/use-keyboard.ts'

const organization = 'acme'
const params = { organization, environment: 'production' }
/** Five seconds instead of a provider's 24 hours. */
const windowHours = 5 / 3600
let journey: Journey
let admin: ApiClient
let operator: ApiClient
let page: Page

beforeAll(async () => {
  const production = {
    ...{ port: 1, live: true, enforcementWindowHours: windowHours },
    externalCertificates: 'pinned',
  }
  journey = await openJourney({ config: { environments: { production, staging: { port: 2 } } } })
  admin = await signInFirst(journey.postern, 'admin@acme.example', testPassword)
  operator = await signInFirst(journey.postern, 'operator@postern.example', testPassword)
  page = await journey.browser.openPage()
  await signInAs(page, 'operator@postern.example')
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
})
afterAll(() => journey?.close())

const decide = async (choice: string) => {
  await page.getByRole('button', { name: 'Change enforcement' }).click()
  await page.getByRole('dialog').getByRole('radio', { name: choice, exact: true }).check()
}
const getPlan = () => operator.call(operations.getEnforcementPolicy, { params })

test('enforcement goes from monitoring through postponed by a client without a certificate to automatic', {
  timeout: 180_000,
}, async () => {
  const { postern } = journey
  const url = `${postern.gateways.production}/payments`
  const credential = await createTestCredential(admin, organization)
  await page.goto('/operate/enforcement')
  await page
    .getByRole('row', { name: /production/ })
    .first()
    .getByRole('link')
    .click()
  await page.getByText('A client certificate is required').waitFor()
  await decide('Optional')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('A client certificate is not required', { exact: true }).waitFor()
  await decide('Required')
  await page.getByText(/^The impact is unknown/).waitFor()
  await page.getByRole('button', { name: 'Cancel' }).click()
  await decide('Monitoring')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('A client certificate is not required yet').waitFor()

  const token = await fetchToken(postern, undefined, credential)
  const bearer = ['--header', `Authorization: Bearer ${token}`]
  expect((await curl(postern, undefined, url, bearer)).status).toBe(200)
  // The client without a certificate keeps calling.
  const client = keepCalling(() => curl(postern, undefined, url, bearer))
  const cause = page.getByRole('row', { name: /No client certificate/ })
  await cause.getByText(credential.clientId).waitFor()

  await decide('Required')
  await page.getByText(/^\d+ calls of the last/).waitFor()
  await page.getByRole('button', { name: 'Require certificates' }).click()
  await page.getByRole('dialog').getByText('The requirement was not changed').waitFor()
  await page.getByRole('button', { name: 'Cancel' }).click()

  const enforceAt = new Date(Date.now() + 2 * windowHours * 3_600_000).toISOString()
  await operator.call(operations.setEnforcementPolicy, { params, body: { mode: 'observe', enforceAt } })
  const held = await until(getPlan, ({ postponedSince }) => postponedSince !== null, 30)
  expect(held.value.mode).toBe('observe')
  await page.getByText('Postponed: calls would be denied').waitFor()
  expect(new Set(await client.stop())).toEqual(new Set([200]))

  const { files } = await issueCertificate(admin, organization)
  const bound = ['--header', `Authorization: Bearer ${await fetchToken(postern, files, credential)}`]
  await until(
    async () => {
      expect((await curl(postern, files, url, bound)).status).toBe(200)
      return getPlan()
    },
    ({ mode }) => mode === 'enforce',
    30,
  )
  await page.getByText('A client certificate is required').waitFor()
  expect((await curl(postern, files, url, bound)).status).toBe(200)
  const refused = await until(
    () => curl(postern, undefined, url, bearer),
    ({ status }) => status === 403,
    2,
  )
  expect(JSON.parse(refused.value.body).code).toBe('certificate_missing')

  await page.goto('/operate/emails')
  for (const subject of ['will be required', 'are not required yet', 'are now required'])
    await page
      .getByRole('link', { name: new RegExp(`Client certificates ${subject}`) })
      .first()
      .waitFor()
  expect(journey.browser.complaints.filter((text) => !/409/.test(text))).toEqual([])
})

/** Makes some calls in a second, one after the other, until it is stopped; gives the status of each. */
function keepCalling(call: () => Promise<{ status: number }>) {
  const statuses: number[] = []
  let goesOn = true
  const calling = (async () => {
    for (; goesOn; await wait(150)) statuses.push((await call()).status)
  })()
  return {
    async stop(): Promise<number[]> {
      goesOn = false
      await calling
      return statuses
    },
  }
}

test('a user who is not an operator sees the report but cannot decide; another organization sees nothing', {
  timeout: 180_000,
}, async () => {
  const developer = await journey.browser.openPage()
  await signInAs(developer, 'admin@acme.example')
  await developer.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
  await developer.getByRole('link', { name: 'Enforcement' }).click()
  await developer.getByText('A client certificate is required').waitFor()
  expect(await developer.getByRole('button', { name: 'Change enforcement' }).count()).toBe(0)
  const other = await signInFirst(journey.postern, 'admin@globex.example', testPassword)
  expect((await other.send(operations.getEnforcementPolicy, { params })).status).toBe(404)
  expect(
    (await other.send(operations.setEnforcementPolicy, { params, body: { mode: 'off' } as never })).status,
  ).toBe(403)
  expect((await getPlan()).mode).toBe('enforce')
})

const day = 86_400_000
/** As the keys of a field for date and time are pressed; its order is that of the browser's language. */
const toKeys = (moment: number) => {
  const [year, month, date] = new Date(moment).toISOString().slice(0, 10).split('-')
  return [`${month}${date}${year}`, 'ArrowRight', '0930AM']
}

async function typeMoment(field: string, moment: number): Promise<string> {
  await moveToWithKeyboard(page, field)
  const [date = '', key = '', time = ''] = toKeys(moment)
  await page.keyboard.type(date)
  await page.keyboard.press(key)
  await page.keyboard.type(time)
  const value = await page.getByRole('dialog').getByLabel(field, { exact: true }).inputValue()
  expect(value).toBe(`${new Date(moment).toISOString().slice(0, 10)}T09:30`)
  return value
}

test('an operator sees who still uses certificates from other CAs, and sets their end without a mouse', {
  timeout: 180_000,
}, async () => {
  await addExternalCertificates(journey.postern, organization, journey.terminal.folder)
  await page.goto('/operate/migrations')
  const table = page.getByRole('table', { name: 'Organizations with certificates from other CAs' })
  const row = table.getByRole('row', { name: /Acme Payments Ltd/ })
  await row.getByText('No deadline').waitFor()
  const issuers = table.getByRole('listitem')
  await issuers
    .filter({ hasText: 'CN=for-servers' })
    .getByText(/for TLS servers alone/)
    .waitFor()
  await issuers
    .filter({ hasText: 'CN=for-clients' })
    .getByText(/1 certificate for TLS clients/)
    .waitFor()

  await pressWithKeyboard(page, 'Set deadline for Acme Payments Ltd, production')
  const dialog = page.getByRole('dialog', { name: 'Certificates from other CAs of Acme Payments Ltd' })
  await dialog.getByText('2 such certificates can still be used.').waitFor()
  await typeMoment('Deadline', Date.now() - day)
  await pressWithKeyboard(page, 'Save')
  await dialog.getByText(/^The deadline must be at least/).waitFor()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'hidden' })
  expect(await operator.call(operations.getMigration, { params })).toMatchObject({ deadline: null })

  // The focus returns to where it was before the dialog.
  const isFocused = (element: { matches(selector: string): boolean }) => element.matches(':focus')
  await expect.poll(() => row.getByRole('button', { name: /^Set deadline/ }).evaluate(isFocused)).toBe(true)
  await page.keyboard.press('Enter')
  await dialog.getByText('2 such certificates can still be used.').waitFor()
  const deadline = await typeMoment('Deadline', Date.now() + 60 * day)
  await moveToWithKeyboard(page, 'Your words in the emails')
  await page.keyboard.type('Ask Łódź O’Neil & Co for help.')
  const exceptionUntil = await typeMoment('Exception until', Date.now() + 30 * day)
  await pressWithKeyboard(page, 'Save')
  await dialog.waitFor({ state: 'hidden' })
  await row.getByText('Planned').waitFor()
  await row.getByText('1 certificate, 0 calls').waitFor()
  expect(await operator.call(operations.getMigration, { params })).toMatchObject({
    deadline: new Date(deadline).toISOString(),
    exceptionUntil: new Date(exceptionUntil).toISOString(),
    message: ['Ask Łódź O’Neil & Co for help.'],
  })
})

test('the customer reads until when its certificates from other CAs are accepted, and replaces the next one', {
  timeout: 180_000,
}, async () => {
  const customer = await journey.browser.openPage()
  await signInAs(customer, 'admin@acme.example')
  const title = customer.getByText('Replace 2 certificates from other CAs', { exact: true })
  await title.waitFor()
  await customer
    .getByText(/^They are accepted until .* Create a replacement for each of them, and install it\.$/)
    .waitFor()
  await customer.getByText('Ask Łódź O’Neil & Co for help.').waitFor()
  await customer.goto(`/o/${organization}/production/certificates`)
  await title.waitFor()
  const replace = customer.getByRole('button', { name: /^Replace for-/ })
  await replace.waitFor()
  await pressWithKeyboard(customer, /^Replace for-/)
  await customer.getByRole('dialog').waitFor()
  await pressWithKeyboard(customer, 'Create replacement')
  await customer.waitForURL(/\/certificates\/cert_/)
  await customer.goto(`/o/${organization}/production`)
  await title.waitFor()
  await replace.click()
  await customer.getByRole('dialog').getByRole('button', { name: 'Create replacement' }).click()
  await customer.waitForURL(/\/certificates\/cert_/)
  await customer.goto(`/o/${organization}/production`)
  await customer
    .getByText(/A replacement was created for each of them\. Install the replacements\.$/)
    .waitFor()
  expect(await replace.count()).toBe(0)
})
