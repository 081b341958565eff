import { setTimeout as wait } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import { type ApiClient, signInFirst } from '../support/api.ts'
import { createTestCredential, curl, fetchToken, issueCertificate, until } from '../support/certificates.ts'
import { testPassword } from '../support/users.ts'
import { type Journey, openJourney } from './support/journey.ts'
import { signInAs } from './support/steps.ts'

const organization = 'acme'
const params = { organization, environment: 'production' }
/** Five seconds instead of a provider's 24 hours. */
const windowHours = 5 / 3600
let journey: Journey
let admin: ApiClient
let operator: ApiClient
let page: Page

beforeAll(async () => {
  const production = { port: 1, live: true, enforcementWindowHours: windowHours }
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
