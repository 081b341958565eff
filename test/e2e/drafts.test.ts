import { join } from 'node:path'
import type { Page, Route } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import type { ApiClient } from '../support/api.ts'
import { makeRequest } from '../support/certificates.ts'
import { expectWithin } from '../support/expect-within.ts'
import { findFreePort } from '../support/postgres.ts'
import { addUser, signIn, testPassword, withStore } from '../support/users.ts'
import { type Journey, openJourney } from './support/journey.ts'
import { signInAs, signInFirstAs } from './support/steps.ts'

const organization = 'acme'
const production = { organization, environment: 'production' }
const email = 'drafts@acme.example'
let journey: Journey
let api: ApiClient
let page: Page

beforeAll(async () => {
  const environments = {
    production: { port: 1, label: 'Production', live: true },
    staging: { port: 2, label: 'Staging', issuance: 'asynchronous' },
    careful: { port: await findFreePort(), label: 'Careful', issuance: 'approval' },
  }
  journey = await openJourney({ only: 'portal', config: { environments } })
  await addUser(journey.postern, email, 'admin', organization)
  api = await signIn(journey.postern, email)
  page = await openSignedIn()
})
afterAll(() => journey?.close())

async function openSignedIn(): Promise<Page> {
  const opened = await journey.browser.openPage()
  await signInAs(opened, email)
  await opened.getByRole('heading', { name: 'Overview' }).waitFor()
  return opened
}
const listCertificates = async () =>
  (
    await api.call(operations.listCertificates, {
      params: { organization },
      query: { environment: 'production', limit: 200 },
    })
  ).items
const countCertificates = async () => (await listCertificates()).length
const createDraft = (body: object = {}) =>
  api.call(operations.createCertificate, { params: production, body })
const continueStep = () => page.getByRole('button', { name: 'Continue' })

/** Holds every reply to a POST back; the server has carried the request out when `wait` is called. */
async function slowDown(path: string) {
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  let carriedOut = 0
  const handler = async (route: Route) => {
    if (route.request().method() !== 'POST') return route.continue()
    const response = await route.fetch()
    carriedOut += 1
    await held
    await route.fulfill({ response }).catch(() => {})
  }
  await page.route(path, handler)
  return {
    isCarriedOut: () => expect.poll(() => carriedOut).toBeGreaterThan(0),
    async release() {
      release()
      await page.unroute(path, handler)
    },
  }
}

test('the form of a certificate makes one draft, however often it is sent and whatever is reloaded', {
  timeout: 180_000,
}, async () => {
  const before = await countCertificates()
  await page.goto('/o/acme/production/certificates/new')
  const slow = await slowDown('**/environments/production/certificates')
  await page.getByLabel('Owner').fill('slow team')
  await page.getByLabel('Owner').press('Enter')
  await page.getByLabel('Owner').press('Enter')
  await slow.isCarriedOut()
  // The page loses the reply, and keeps what was typed.
  await page.reload()
  await page.getByLabel('Owner').waitFor()
  expect(await page.getByLabel('Owner').inputValue()).toBe('slow team')
  await slow.release()
  await continueStep().dblclick()
  await page.getByLabel('Organization name').waitFor()
  await page.goBack()
  await page.getByRole('heading', { name: 'What is it for?' }).waitFor()
  await page.getByLabel('Owner').fill('quick team')
  await continueStep().click()
  await page.getByLabel('Organization name').waitFor()
  await page.getByRole('button', { name: 'Back' }).click()
  await continueStep().click()
  await page.getByLabel('Organization name').waitFor()
  expect(await countCertificates()).toBe(before + 1)
  const [newest] = await listCertificates()
  const draft = await api.call(operations.getCertificate, {
    params: { organization, certificateId: newest?.id ?? '' },
  })
  expect(draft.owner).toBe('quick team')
})

test('credentials are created once by two clicks, and their keys are never kept in the tab', {
  timeout: 180_000,
}, async () => {
  await page.goto('/o/acme/production/credentials')
  await page.getByRole('button', { name: 'Create credentials' }).first().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill('once-only')
  await dialog.getByLabel('Public keys').click()
  const key = ['-----BEGIN PRIVATE', 'KEY-----'].join(' ')
  await dialog.getByRole('textbox', { name: 'Public keys' }).fill(key)
  expect(await readKept(page)).toContain('once-only')
  expect(await readKept(page)).not.toContain('PRIVATE')
  await dialog.getByLabel('Client secret').click()
  const slow = await slowDown('**/environments/production/credentials')
  await dialog.getByRole('button', { name: 'Create credentials' }).dblclick()
  await slow.isCarriedOut()
  await slow.release()
  await dialog.getByRole('button', { name: 'I have saved the secret' }).waitFor()
  const secret = await dialog.getByLabel('Client secret').inputValue()
  expect(secret.length).toBeGreaterThan(30)
  expect(await readKept(page)).not.toContain(secret)
  await dialog.getByRole('button', { name: 'I have saved the secret' }).click()
  const { items } = await api.call(operations.listCredentials, { params: { organization } })
  expect(items.filter(({ name }) => name === 'once-only')).toHaveLength(1)
})

const readKept = (of: Page): Promise<string> => of.evaluate('JSON.stringify({ ...sessionStorage })')

test('what is typed survives a switch of the environment, which is asked about first', {
  timeout: 180_000,
}, async () => {
  await page.goto('/o/acme/production/certificates/new')
  await page.getByLabel('Related service').fill('typed-service')
  const staging = page.getByRole('navigation', { name: 'Environment' }).getByText('Staging')
  await staging.click()
  const dialog = page.getByRole('dialog', { name: 'Switch to Staging?' })
  await dialog.getByRole('button', { name: 'Stay here' }).click()
  expect(await page.getByLabel('Related service').inputValue()).toBe('typed-service')
  await staging.click()
  await dialog.getByRole('button', { name: 'Switch environment' }).click()
  await page.waitForURL('**/o/acme/staging/certificates')
  await page.goto('/o/acme/staging/certificates/new')
  expect(await page.getByLabel('Related service').inputValue()).toBe('')
  await page.goto('/o/acme/production/certificates/new')
  expect(await page.getByLabel('Related service').inputValue()).toBe('typed-service')
})

test('what is typed survives the end of the session, and not signing out', { timeout: 180_000 }, async () => {
  const { id } = await createDraft()
  await page.goto(`/o/acme/production/certificates/${id}/create/describe`)
  await page.getByLabel('Description').fill('typed before the session ended')
  await withStore(journey.postern, ({ queries }) => queries.deleteFrom('sessions').execute())
  await continueStep().click()
  await page.getByLabel('Email', { exact: true }).fill(email)
  await page.getByLabel('Password', { exact: true }).fill(testPassword)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByLabel('Description').waitFor()
  expect(await page.getByLabel('Description').inputValue()).toBe('typed before the session ended')
  await page.getByRole('button', { name: 'Account' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.getByLabel('Email', { exact: true }).waitFor()
  expect(await readKept(page)).not.toContain('typed before')
  api = await signIn(journey.postern, email)
  page = await openSignedIn()
})

test('the second of two tabs is shown what the first one changed, field by field', {
  timeout: 180_000,
}, async () => {
  const { id } = await createDraft({ description: 'at first', owner: 'first owner' })
  const path = `/o/acme/production/certificates/${id}/create/describe`
  const other = await page.context().newPage()
  await Promise.all([page.goto(path), other.goto(path)])
  await other.getByLabel('Description').fill('theirs')
  await other.getByLabel('Owner').fill('their owner')
  await page.getByLabel('Description').fill('mine')
  await other.getByRole('button', { name: 'Continue' }).click()
  await other.getByLabel('Organization name').waitFor()
  await continueStep().click()
  await page.getByText('Changed while you were editing').waitFor()
  const row = page.getByRole('group', { name: 'Description' })
  expect(await row.textContent()).toMatch(/Theirs\s*theirs.*Yours\s*mine/)
  // A field that was not touched here takes the other value.
  expect(await page.getByRole('textbox', { name: 'Owner' }).inputValue()).toBe('their owner')
  expect(await continueStep().isDisabled()).toBe(true)
  await row.getByRole('button', { name: 'Keep mine' }).click()
  await continueStep().click()
  await page.getByLabel('Organization name').waitFor()
  const params = { organization, certificateId: id }
  expect(await api.call(operations.getCertificate, { params })).toMatchObject({
    description: 'mine',
    owner: 'their owner',
  })

  await page.goto(`/o/acme/production/certificates/${id}`)
  await page.getByRole('button', { name: 'Edit details' }).click()
  await page.getByLabel('Contacts').fill('mine@acme.example')
  await api.call(operations.updateCertificate, { params, body: { contacts: ['theirs@acme.example'] } })
  await page.getByRole('button', { name: 'Save details' }).click()
  await page.getByRole('group', { name: 'Contacts' }).getByRole('button', { name: 'Take theirs' }).click()
  await page.getByRole('button', { name: 'Save details' }).click()
  await page.getByText('theirs@acme.example').waitFor()
  await other.close()
})

test('a draft is discarded in its step and in the list', { timeout: 180_000 }, async () => {
  const [first, second] = [await createDraft(), await createDraft()]
  await page.goto(`/o/acme/production/certificates/${first.id}/create/key`)
  await page.getByRole('button', { name: 'Discard draft' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Discard draft' }).click()
  await page.waitForURL('**/production/certificates')
  await page.getByRole('button', { name: `Discard draft ${second.name}` }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Discard draft' }).click()
  await page.getByRole('button', { name: `Discard draft ${second.name}` }).waitFor({ state: 'detached' })
  const all = await listCertificates()
  for (const { id } of [first, second]) expect(all.find((one) => one.id === id)?.status).toBe('cancelled')
})

test('the list and Overview show within two seconds what others do', { timeout: 180_000 }, async () => {
  const { id, name } = await createDraft()
  await page.goto('/o/acme/production/certificates')
  const row = page.getByRole('row', { name })
  await row.getByText('Draft').waitFor()
  const params = { organization, certificateId: id }
  const issued = makeRequest(journey.terminal.folder, name)
  await api.call(operations.submitCsr, { params, body: { csr: issued } })
  const issuedAt = Date.now()
  await row.getByText('Issued', { exact: true }).waitFor()
  expectWithin('an issued certificate stands in the list', 2000, Date.now() - issuedAt)
  await api.call(operations.revokeCertificate, { params, body: { reason: 'superseded', name } })
  const revokedAt = Date.now()
  await row.getByText('Revoked').waitFor()
  expectWithin('a revoked certificate stands in the list', 2000, Date.now() - revokedAt)

  await page.goto('/o/acme/staging')
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
  await page.getByText('API credentials', { exact: true }).last().waitFor()
  const done = page.locator('li[data-state="done"]')
  expect(await done.count()).toBe(0)
  const credential = { params: { organization, environment: 'staging' }, body: { name: 'live' } }
  await api.call(operations.createCredential, credential)
  const createdAt = Date.now()
  await done.waitFor()
  expectWithin('new credentials stand in Overview', 2000, Date.now() - createdAt)
})

test('a CSR of another draft, or with a used key, is called that before it is sent', {
  timeout: 180_000,
}, async () => {
  const { folder } = journey.terminal
  const [first, second, third] = [await createDraft(), await createDraft(), await createDraft()]
  const sent: string[] = []
  page.on('request', (request) => {
    if (request.url().endsWith('/csr')) sent.push(request.url())
  })
  makeRequest(folder, first.name)
  const submitPage = (id: string) => page.goto(`/o/acme/production/certificates/${id}/create/submit`)
  const choose = () => page.locator('input[type=file]').setInputFiles(join(folder, `${first.name}.csr`))
  const submit = page.getByRole('button', { name: 'Submit request' })
  await submitPage(second.id)
  await choose()
  await page.getByText(`This CSR was created for ${first.name}`).waitFor()
  expect(await submit.isDisabled()).toBe(true)
  await page.getByRole('button', { name: `Use this CSR for ${second.name}` }).click()
  await submit.click()
  await page.getByRole('heading', { name: 'Issued' }).waitFor()
  expect(sent).toHaveLength(1)

  await submitPage(third.id)
  await choose()
  await page.getByText(`The key of this CSR belongs to ${second.name}`).waitFor()
  expect(await submit.isDisabled()).toBe(true)
  expect(sent).toHaveLength(1)

  // The key of another organization is not named; the denial of the server has its code.
  const globex = await addUser(journey.postern, 'drafts@globex.example', 'admin', 'globex')
  const csr = makeRequest(folder, 'elsewhere')
  await globex.call(operations.createCertificate, {
    params: { organization: 'globex', environment: 'production' },
    body: { csr },
  })
  await page.locator('input[type=file]').setInputFiles(join(folder, 'elsewhere.csr'))
  await submit.click()
  await page.getByText('key_already_used').waitFor()
  expect(await page.getByText(/globex/i).count()).toBe(0)
  journey.browser.complaints.splice(0)
})

test('the menu of an operator counts what waits for a decision', { timeout: 180_000 }, async () => {
  const careful = { organization, environment: 'careful' }
  for (const name of ['first', 'second'])
    await api.call(operations.createCertificate, {
      params: careful,
      body: {
        description: name,
        contacts: [email],
        csr: makeRequest(journey.terminal.folder, `waits-${name}`),
      },
    })
  const operator = await journey.browser.openPage()
  await signInFirstAs(operator, journey.postern, 'operator@postern.example')
  await operator.goto('/operate/emails')
  await operator.getByRole('link', { name: /^Approvals.*2 waiting$/ }).click()
  await operator.getByRole('heading', { level: 2, name: /acme-/ }).first().waitFor()
  expect(await operator.getByText('Check before you decide').count()).toBe(0)
})
