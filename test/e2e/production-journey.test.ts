import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectWithin } from '../support/expect-within.ts'
import { type Journey, openJourney } from './support/journey.ts'
import {
  beginCertificate,
  copyCommand,
  createCredential,
  downloadPem,
  revoke,
  saveServerCa,
  signInFirstAs,
  submitRequest,
} from './support/steps.ts'

const place = 'acme/production'
const name = 'acme-0001'
let journey: Journey
let page: Page

beforeAll(async () => {
  journey = await openJourney()
  page = await journey.browser.openPage()
})
afterAll(() => journey?.close())

/** Returns how long after `since` the page shows `text`, in milliseconds. */
async function untilSeen(text: string | RegExp, since: number): Promise<number> {
  await page.getByText(text).first().waitFor()
  return Date.now() - since
}

test('a developer gets from the printed password to a token, the live activity and a denial', {
  timeout: 180_000,
}, async () => {
  const { postern, browser, terminal } = journey
  await signInFirstAs(page, postern, 'admin@acme.example')
  const { clientId, clientSecret } = await createCredential(page, place, 'settlement-worker')
  expect(clientSecret.length).toBeGreaterThan(30)

  const openssl = await beginCertificate(page, place, 'Owner: payments team')
  await terminal.paste(openssl)
  expect(readdirSync(terminal.folder).sort()).toEqual([`${name}.csr`, `${name}.key`])
  expect(statSync(join(terminal.folder, `${name}.key`)).mode & 0o777).toBe(0o600)
  await submitRequest(page, terminal.folder, name)
  await page.getByRole('heading', { name: 'Issued' }).waitFor()
  await downloadPem(page, terminal.folder, name)
  expect(existsSync(join(terminal.folder, `${name}.pem`))).toBe(true)

  await page.getByRole('button', { name: 'Configure in Postman' }).click()
  await page.getByText(`Waiting for the first call with ${name}`).waitFor()
  const curl = (await copyCommand(page, 'cURL command', clientId)).replace('YOUR_CLIENT_SECRET', clientSecret)
  expect(curl).toContain(clientId)
  expect(curl).toContain('--cacert server-ca.pem')
  await saveServerCa(page, terminal.folder)
  const callWhoAmI = await copyCommand(page, 'Who am I')
  await page.getByText('It appears here within two seconds.').waitFor()
  const answer = JSON.parse(await terminal.paste(curl))
  const answeredAt = Date.now()
  expect(answer).toMatchObject({ token_type: 'Bearer', expires_in: 900 })
  const seenAfter = await untilSeen('It works: the gateway issued a token', answeredAt)
  expectWithin('the token request stands in the page after its answer', 2000, seenAfter)

  const variables = { TOKEN: answer.access_token }
  const whoAmI = JSON.parse(await terminal.paste(callWhoAmI, 'bash', variables))
  expect(whoAmI).toMatchObject({ organization: { slug: 'acme' }, certificate: { name } })
  const callPayments = callWhoAmI.replace('/whoami', '/payments')
  const reached = JSON.parse(await terminal.paste(callPayments, 'bash', variables))
  expect(reached).toMatchObject({ service: 'demo', path: '/payments' })
  expect(reached.caller.certificateSha256).toMatch(/^[0-9a-f]{64}$/)
  await page.getByText('GET /payments was answered with 200').waitFor()

  await page.getByRole('link', { name, exact: true }).click()
  await page.getByRole('tab', { name: 'Activity' }).click()
  await page.getByText('Token request').first().waitFor()
  await page.getByText('3 calls in the last 24 hours').waitFor()
  expect(await page.getByText('in a moment').count()).toBe(0)
  await revoke(page, name)
  const refused = JSON.parse(await terminal.paste(curl))
  const refusedAt = Date.now()
  expect(refused).toMatchObject({ error: 'invalid_client', code: 'certificate_revoked' })
  const denialAfter = await untilSeen('The certificate is revoked', refusedAt)
  expectWithin('the refusal stands in the page after its answer', 2000, denialAfter)
  const afterwards = JSON.parse(await terminal.paste(callPayments, 'bash', variables))
  expect(afterwards.code).toBe('certificate_revoked')
  expect(browser.complaints).toEqual([])
})

test('a private key in the CSR field never leaves the page', {
  timeout: 180_000,
}, async () => {
  const { terminal } = journey
  const openssl = await beginCertificate(page, place, '')
  await terminal.paste(openssl)
  await page.getByRole('button', { name: 'Continue' }).click()
  const sent: string[] = []
  page.on('request', (request) => sent.push(request.postData() ?? ''))
  await page.locator('input[type=file]').setInputFiles(join(terminal.folder, 'acme-0002.key'))
  await page.getByText('That was a private key. It was not sent').waitFor()
  expect(await page.getByLabel('Certificate signing request').inputValue()).toBe('')
  expect(await page.getByRole('button', { name: 'Submit request' }).isDisabled()).toBe(true)
  expect(sent.join()).not.toContain('PRIVATE KEY')
})
