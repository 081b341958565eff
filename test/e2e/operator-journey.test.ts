import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findFreePort } from '../support/postgres.ts'
import { type Journey, openJourney } from './support/journey.ts'
import {
  beginCertificate,
  confirmIdentity,
  createOrganization,
  decideRequest,
  signInFirstAs,
  submitRequest,
} from './support/steps.ts'

const place = 'acme/careful'
let journey: Journey
let developer: Page
let operator: Page

beforeAll(async () => {
  const environments = {
    production: { port: 1, live: true },
    staging: { port: 2, issuance: 'asynchronous' },
    careful: { port: await findFreePort(), label: 'Careful', issuance: 'approval' },
  }
  journey = await openJourney({ only: 'portal', config: { environments } })
  const { postern, browser } = journey
  developer = await browser.openPage()
  operator = await browser.openPage()
  await signInFirstAs(developer, postern, 'admin@acme.example')
  await signInFirstAs(operator, postern, 'operator@postern.example')
})
afterAll(() => journey?.close())

async function request(name: string): Promise<void> {
  const { terminal } = journey
  await terminal.paste(await beginCertificate(developer, place, 'Owner: risk team'))
  await submitRequest(developer, terminal.folder, name)
  await developer.getByRole('heading', { name: 'Pending' }).waitFor()
}

test('an approved certificate turns to issued in the open page of the user who waits for it', {
  timeout: 180_000,
}, async () => {
  await request('acme-0001')
  await decideRequest(operator, 'acme-0001', 'Approve', '')
  await developer.getByRole('heading', { name: 'Issued' }).waitFor()
})

test('a rejected CSR shows the reason in the page and in an email', { timeout: 180_000 }, async () => {
  await request('acme-0002')
  await decideRequest(operator, 'acme-0002', 'Reject', 'Use the name of the legal entity.')
  await developer.getByRole('heading', { name: 'Rejected' }).waitFor()
  await developer.getByText('Use the name of the legal entity.').waitFor()
  await operator.goto('/operate/emails')
  await operator.getByRole('link', { name: /acme-0002 was rejected/ }).click()
  await operator.getByText('Reason: Use the name of the legal entity.').waitFor()
  const link = operator.getByRole('link', { name: /\/o\/acme\/careful\/certificates\// })
  expect(await link.getAttribute('href')).toMatch(/\/o\/acme\/careful\/certificates\/cert_/)
})

test('a user of the organization downloads the evidence for a certificate', {
  timeout: 180_000,
}, async () => {
  await developer.goto('/o/acme/careful/certificates')
  await developer.getByRole('link', { name: 'acme-0001', exact: true }).click()
  await developer.getByRole('tab', { name: 'History' }).click()
  const [download] = await Promise.all([
    developer.waitForEvent('download'),
    developer.getByRole('link', { name: 'Evidence pack' }).click(),
  ])
  expect(download.suggestedFilename()).toBe('acme-0001-evidence.zip')
})

test('the audit page verifies the log and names who decided', { timeout: 180_000 }, async () => {
  await operator.goto('/operate/audit')
  await operator.getByRole('button', { name: 'Verify now' }).click()
  await operator.getByText('The audit log is intact').waitFor()
  await operator
    .getByText(/^The request for .* was rejected/)
    .first()
    .waitFor()
  const [download] = await Promise.all([
    operator.waitForEvent('download'),
    operator.getByRole('button', { name: 'Save latest checkpoint' }).click(),
  ])
  expect(download.suggestedFilename()).toMatch(/^audit-checkpoint-\d+\.json$/)
})

test('a new issuing CA signs next to the old one, which lists who still has certificates of it', async () => {
  await operator.goto('/operate/certificate-authorities')
  const panel = operator.getByRole('region', { name: 'Issuing CA of careful' })
  await panel.getByText('1 valid certificate, 0 revoked').waitFor()
  await panel.getByRole('button', { name: 'New issuing CA' }).click()
  await operator.getByRole('button', { name: 'Create CA' }).click()
  await confirmIdentity(operator)
  await operator
    .getByRole('region', { name: 'Organizations with certificates from this CA' })
    .getByText('acme')
    .waitFor()
  await panel.first().getByText('0 valid certificates, 0 revoked').waitFor()
})

test('the old issuing CA gets a retirement date, which its certificates show', {
  timeout: 180_000,
}, async () => {
  const old = operator.getByRole('region', { name: 'Issuing CA of careful' }).last()
  await old.getByRole('button', { name: 'Retire' }).click()
  const dialog = operator.getByRole('dialog')
  await dialog.getByText('1 valid certificate stops working').waitFor()
  await dialog.getByRole('button', { name: 'Set date' }).click()
  await confirmIdentity(operator)
  await dialog.waitFor({ state: 'hidden' })
  await old.getByText(/in 1 month/).waitFor()
  await developer.goto('/o/acme/careful/certificates')
  await developer.getByRole('link', { name: 'acme-0001', exact: true }).click()
  await developer.getByText(/Its authority retires on/).waitFor()
})

test('an operator who types the number of certificates revokes all of the old issuing CA', async () => {
  const old = operator.getByRole('region', { name: 'Issuing CA of careful' }).last()
  await old.getByRole('button', { name: 'Revoke all' }).click()
  const dialog = operator.getByRole('dialog')
  await dialog.getByText('Postern revokes 1 valid certificate immediately').waitFor()
  await dialog.getByText('acme-0001').waitFor()
  await dialog.getByLabel('Number of certificates').fill('1')
  await dialog.getByRole('button', { name: 'Revoke certificates' }).click()
  await confirmIdentity(operator)
  await old.getByText('No organization has a valid certificate from this CA').waitFor()
  await developer.goto('/o/acme/careful/certificates')
  await developer.getByRole('row', { name: /acme-0001.*Revoked/ }).waitFor()
})

test('a user of an organization finds no operator pages, and the browser reports no error', async () => {
  await developer.goto('/operate/audit')
  await developer.getByRole('heading', { name: /not found|nothing here/i }).waitFor()
  expect(journey.browser.complaints).toEqual([])
})

test('an operator creates an organization, suspends it and closes it', { timeout: 180_000 }, async () => {
  await createOrganization(operator, { slug: 'lodz', legalName: 'Łódź Płatności S.A.', country: 'Poland' })
  const dialog = operator.getByRole('dialog')
  await operator.getByRole('button', { name: 'Change limits' }).click()
  await dialog.getByLabel('API credentials').fill('3')
  await dialog.getByRole('button', { name: 'Save limits' }).click()
  await operator.getByText('0 of 3').waitFor()
  await operator.getByRole('button', { name: 'Suspend' }).click()
  await dialog.getByLabel('Reason').fill('Contract ended')
  await dialog.getByRole('button', { name: 'Suspend' }).click()
  await confirmIdentity(operator)
  await operator.getByText('Contract ended').waitFor()
  await operator.getByRole('button', { name: 'Reactivate' }).waitFor()
  await operator.getByRole('button', { name: 'Close', exact: true }).click()
  const close = dialog.getByRole('button', { name: 'Close permanently' })
  await dialog.getByLabel('Slug').fill('acme')
  expect(await close.isDisabled()).toBe(true)
  await dialog.getByLabel('Slug').fill('lodz')
  await close.click()
  await confirmIdentity(operator)
  await dialog.waitFor({ state: 'hidden' })
  await operator.getByText('Closed').first().waitFor()
  const changes = operator.getByRole('button', { name: /Suspend|Reactivate|Close|Reopen/ })
  await expect.poll(() => changes.count()).toBe(0)
})
