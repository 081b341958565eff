import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { signInFirst } from '../support/api.ts'
import { curl, until } from '../support/certificates.ts'
import { createExternalAuthority } from '../support/external-authority.ts'
import { testPassword } from '../support/users.ts'
import { type Journey, openJourney } from './support/journey.ts'
import { confirmIdentity, copyCommand, saveServerCa, signInAs } from './support/steps.ts'

let journey: Journey
let page: Page

beforeAll(async () => {
  const production = { port: 1, live: true, externalCertificates: 'trusted-issuers' }
  journey = await openJourney({ config: { environments: { production, staging: { port: 2 } } } })
  for (const email of ['admin@acme.example', 'operator@postern.example'])
    await signInFirst(journey.postern, email, testPassword)
})
afterAll(() => journey?.close())

test('an operator trusts an external CA, and a customer registers its certificates in both ways', {
  timeout: 180_000,
}, async () => {
  const { browser, postern, terminal } = journey
  const authority = createExternalAuthority(terminal.folder)
  const root = authority.makeAuthority('root')
  page = await browser.openPage()
  await signInAs(page, 'operator@postern.example')
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
  await page.goto('/operate/certificate-authorities')
  await page.getByRole('button', { name: 'Trust external CA' }).first().click()
  await page.getByRole('dialog').getByLabel('CA certificate').fill(root)
  await page.getByRole('dialog').getByRole('button', { name: 'Trust CA' }).click()
  await confirmIdentity(page)
  await page.getByRole('heading', { name: 'External CA trusted for production' }).waitFor()

  page = await browser.openPage()
  await signInAs(page, 'admin@acme.example')
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
  const files = authority.makeClient('client', { by: 'root' })
  await begin(files.pem)
  await terminal.paste(await copyCommand(page, 'OpenSSL, in any shell'))
  await page.locator('input[type=file]').setInputFiles(join(terminal.folder, 'proof.sig'))
  await page.getByText('Registered', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Go to the certificate' }).click()
  await page.getByText('Certificate from another CA').waitFor()
  // Its CA offers nothing that could be asked, once Postern has looked.
  await page.getByText(/Its CA has not answered yet|names neither a CRL nor OCSP/).waitFor()
  const whoami = () => curl(postern, files, `${postern.gateways.production}/whoami`)
  await until(whoami, ({ status }) => status === 200, 5)
  await page
    .getByText(/^(just now|\d+ seconds ago)$/)
    .first()
    .waitFor()

  const other = authority.makeClient('client', { by: 'root', key: 'rsa' })
  await begin(other.pem)
  const sent: string[] = []
  page.on('request', (request) => sent.push(request.postData() ?? ''))
  await page.locator('input[type=file]').setInputFiles(join(terminal.folder, other.keyFile))
  await page.getByText('That was a private key. It was not sent').waitFor()
  expect(sent.join()).not.toContain('PRIVATE KEY')
  await saveServerCa(page, terminal.folder)
  await terminal.paste(await copyCommand(page, 'cURL (in PowerShell: curl.exe)'))
  await page.getByText('Registered', { exact: true }).waitFor()
})

test('a private key is removed from the field, and no part of it is sent', { timeout: 180_000 }, async () => {
  const { browser, terminal } = journey
  const sent: string[] = []
  page.on('request', (request) => sent.push(request.postData() ?? ''))
  await page.goto('/o/acme/production/certificates/register')
  const key = createExternalAuthority(terminal.folder).read('client.key')
  await page.getByLabel('Certificate', { exact: true }).fill(key)
  await page.getByText('That was a private key. It was not sent').waitFor()
  expect(await page.getByLabel('Certificate', { exact: true }).inputValue()).toBe('')
  expect(sent.join()).not.toContain('PRIVATE KEY')
  expect(browser.complaints).toEqual([])
})

/** Starts a registration on its page and saves the challenge file next to the key. */
async function begin(pem: string): Promise<void> {
  await page.goto('/o/acme/production/certificates')
  await page.getByRole('button', { name: 'Register a certificate' }).click()
  await page.getByLabel('Certificate', { exact: true }).fill(pem)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('heading', { name: 'Prove possession of the private key' }).waitFor()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'proof.txt' }).click(),
  ])
  await download.saveAs(join(journey.terminal.folder, 'proof.txt'))
}
