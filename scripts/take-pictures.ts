// Takes the pictures of the README from the real portal: node scripts/take-pictures.ts, with Node 24, after npm start has built the page.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Page } from 'playwright-core'
import type { CertificateView } from '../src/contract/certificate.ts'
import { operations } from '../src/contract/operations.ts'
import { signInFirst } from '../test/support/api.ts'
import { createTestCredential, curl, fetchToken, issueCertificate } from '../test/support/certificates.ts'
import { testPassword } from '../test/support/people.ts'
import { type RunningPostern, startPostern } from '../test/support/postern.ts'

const folder = join(import.meta.dirname, '../docs/images')
const place = '/o/acme/production'

/** A believable afternoon: a service that calls, one that was revoked, one that is being set up. */
async function makeWorld(postern: RunningPostern): Promise<CertificateView> {
  const admin = await signInFirst(postern, 'admin@acme.example', testPassword)
  const describe = async ({ id }: CertificateView, description: string) =>
    admin.call(operations.updateCertificate, {
      params: { organization: 'acme', certificateId: id },
      body: { description },
    })
  const { certificate, files } = await issueCertificate(admin, 'acme')
  await describe(certificate, 'Settlement worker, owner: payments team')
  const { certificate: lost } = await issueCertificate(admin, 'acme')
  await describe(lost, 'Reporting, laptop lost')
  await admin.call(operations.revokeCertificate, {
    params: { organization: 'acme', certificateId: lost.id },
    body: { reason: 'keyCompromise', name: lost.name },
  })
  const draft = await admin.call(operations.createCertificate, {
    params: { organization: 'acme', environment: 'production' },
    body: { description: 'Payouts' },
  })
  await describe(draft, 'Payouts, owner: treasury')
  const token = await fetchToken(postern, files, await createTestCredential(admin, 'acme'))
  const bearer = ['--header', `Authorization: Bearer ${token}`]
  for (const path of ['/payments', '/payments/pay_1', '/whoami', '/payments/pay_2'])
    await curl(postern, files, `${postern.gateways.production}${path}`, bearer)
  await curl(postern, files, `${postern.gateways.staging}/payments`)
  return certificate
}

async function take(page: Page, path: string, name: string, height: number): Promise<void> {
  await page.setViewportSize({ width: 1280, height })
  await page.goto(path)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.waitForLoadState('load')
  await page.locator('[class*=Skeleton-root]').first().waitFor({ state: 'detached' })
  await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' })
}

const postern = await startPostern()
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
try {
  mkdirSync(folder, { recursive: true })
  const { id } = await makeWorld(postern)
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await browser.newPage({ baseURL: postern.portalUrl, colorScheme })
    await page.goto('/')
    await page.getByLabel('E-mail').fill('admin@acme.example')
    await page.getByLabel('Password', { exact: true }).fill(testPassword)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
    await take(page, `${place}/certificates/${id}?tab=activity`, `certificate-${colorScheme}`, 900)
    if (colorScheme === 'dark') continue
    await take(page, `${place}/certificates`, 'certificates', 620)
  }
} finally {
  await browser.close()
  await postern.stop()
}
