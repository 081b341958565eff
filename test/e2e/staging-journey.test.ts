import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../support/certificates.ts'
import { type MailServer, openMailServer } from '../support/mail-server.ts'
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

const place = 'acme/staging'
const name = 'acme-0001'
const password = 'a mail password'
let mail: MailServer
let journey: Journey
let page: Page

beforeAll(async () => {
  mail = await openMailServer(password)
  journey = await openJourney({
    config: { mail: { from: 'Postern <certificates@provider.example>', smtp: smtpOf(mail) } },
    environment: { POSTERN_SMTP_PASSWORD: password },
  })
  page = await journey.browser.openPage()
})
afterAll(async () => {
  await journey?.close()
  await mail?.close()
})

const smtpOf = ({ port, caFile: ca }: MailServer) => ({ host: '127.0.0.1', port, ca, user: 'postern' })

test('a staging certificate is issued asynchronously, announced by email, used and revoked', {
  timeout: 180_000,
}, async () => {
  const { postern, browser, terminal } = journey
  await signInFirstAs(page, postern, 'admin@acme.example')
  const { clientId, clientSecret } = await createCredential(page, place, 'staging-worker')
  await terminal.paste(await beginCertificate(page, place, ''))
  await submitRequest(page, terminal.folder, name)
  // Pending may be too short to be seen; Issued appears without a reload.
  await page.getByRole('heading', { name: 'Issued' }).waitFor()

  await until(
    async () => mail.letters.length,
    (count) => count > 0,
    10,
  )
  const [email] = mail.letters
  expect(email?.subject).toBe(`Certificate ${name} is ready (Staging)`)
  expect(email?.from?.text).toContain('certificates@provider.example')
  expect(email?.to).toMatchObject({ text: 'admin@acme.example' })
  const [link] = /http:\/\/localhost:\d+\/\S+/.exec(email?.text ?? '') ?? []
  await page.goto(link ?? '')
  await page.getByRole('heading', { level: 1, name: 'Certificate details' }).waitFor()
  await page.getByRole('button', { name: 'Configure in Postman' }).click()
  await page.getByText('It appears here within two seconds.').waitFor()
  const curl = (await copyCommand(page, 'cURL command', clientId)).replace('YOUR_CLIENT_SECRET', clientSecret)
  await saveServerCa(page, terminal.folder)
  await page.goto(link ?? '')
  await downloadPem(page, terminal.folder, name)

  const numberOf = (label: string, value: RegExp) =>
    page.locator('dt', { hasText: label }).locator('xpath=..').locator('dd').getByText(value).waitFor()
  await numberOf('Last used', /^Never/)
  expect(JSON.parse(await terminal.paste(curl))).toMatchObject({ token_type: 'Bearer' })
  await numberOf('Last used', /^(just now|\d+ seconds? ago)/)
  await numberOf('Last denied', /^Never/)
  await revoke(page, name)
  await page.getByText('Revoked', { exact: true }).first().waitFor()
  expect(JSON.parse(await terminal.paste(curl)).code).toBe('certificate_revoked')
  await numberOf('Last denied', /^(just now|\d+ seconds? ago)/)
  const told = await until(
    async () => mail.letters.map(({ subject }) => subject),
    (all) => all.length > 1,
    10,
  )
  expect(told.value).toEqual([
    `Certificate ${name} is ready (Staging)`,
    `Certificate ${name} was revoked (Staging)`,
  ])
  expect(browser.complaints).toEqual([])
})

/** Returns the URL of a staging certificate's activity. */
async function addressOf(certificate: string): Promise<string> {
  await page.goto('/o/acme/staging/certificates')
  const link = page.getByRole('link', { name: certificate, exact: true })
  return `${await link.getAttribute('href')}?tab=activity`
}

test('a staging certificate is denied at the production gateway with the reason', async () => {
  const { postern, terminal } = journey
  await terminal.paste(await beginCertificate(page, place, ''))
  await submitRequest(page, terminal.folder, 'acme-0002')
  await page.getByRole('heading', { name: 'Issued' }).waitFor()
  await downloadPem(page, terminal.folder, 'acme-0002')
  const identity = `--cert acme-0002.pem --key acme-0002.key --cacert ${postern.serverCaFile}`
  const answer = JSON.parse(await terminal.paste(`curl -s ${identity} ${postern.gateways.production}/whoami`))
  expect(answer).toMatchObject({ status: 403, code: 'certificate_wrong_environment' })
  for (const address of ['/o/acme/production/activity', await addressOf('acme-0002')]) {
    await page.goto(address)
    await page.getByText('The certificate belongs to another environment').first().waitFor()
  }
})
