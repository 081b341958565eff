// Takes the screenshots of the README from the real portal: node scripts/take-pictures.ts, with Node 24,
// after npm start has built the page.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import type { CertificateView } from '../src/contract/certificate.ts'
import type { CredentialWithSecret } from '../src/contract/credential.ts'
import { operations } from '../src/contract/operations.ts'
import { openBrowser } from '../test/e2e/support/browser.ts'
import { signInAs } from '../test/e2e/support/steps.ts'
import { type ApiClient, signInFirst } from '../test/support/api.ts'
import { type ClientFiles, curl, fetchToken, issueCertificate, until } from '../test/support/certificates.ts'
import { type RunningPostern, startPostern } from '../test/support/postern.ts'
import { testPassword } from '../test/support/users.ts'

const folder = join(import.meta.dirname, '../docs/images')
const organization = 'acme'
const place = '/o/acme/production'

/** The subjects of the screenshots: the certificate in use, and one that is about to be tested. */
interface Harness {
  admin: ApiClient
  used: CertificateView
  fresh: { certificate: CertificateView; files: ClientFiles }
  credential: CredentialWithSecret
}

/** Creates a realistic afternoon at a payment company with real requests. */
async function makeHarness(postern: RunningPostern): Promise<Harness> {
  const admin = await signInFirst(postern, 'admin@acme.example', testPassword)
  const issue = async (description: string) => {
    const issued = await issueCertificate(admin, organization)
    await describe(admin, issued.certificate, description)
    return issued
  }
  const credential = await createCredential(admin, 'settlement-worker')
  const settlement = await issue('Settlement worker, payments team')
  await call(postern, settlement.files, credential, 36)
  const reporting = await issue('Reporting, nightly')
  await call(postern, reporting.files, credential, 5)
  await admin.call(operations.revokeCertificate, {
    params: { organization, certificateId: reporting.certificate.id },
    body: { reason: 'key_compromise', name: reporting.certificate.name },
  })
  await curl(postern, reporting.files, `${postern.gateways.production}/payments`)
  const fresh = await issue('Payouts, treasury')
  const successor = await admin.call(operations.rotateCertificate, {
    params: { organization, certificateId: settlement.certificate.id },
  })
  await describe(admin, successor, 'Settlement worker, payments team')
  await untilSeen(admin, settlement.certificate)
  return { admin, used: settlement.certificate, fresh, credential }
}

async function createCredential(admin: ApiClient, name: string): Promise<CredentialWithSecret> {
  return admin.call(operations.createCredential, {
    params: { organization, environment: 'production' },
    body: { name },
  })
}

const describe = (admin: ApiClient, { id }: CertificateView, description: string) =>
  admin.call(operations.updateCertificate, {
    params: { organization, certificateId: id },
    body: { description },
  })

/**
 * Sends requests as a service does, and a few that are denied: a missing scope, the gateway of another
 * environment.
 */
async function call(
  postern: RunningPostern,
  files: ClientFiles,
  credential: CredentialWithSecret,
  times: number,
): Promise<void> {
  const { production, staging } = postern.gateways
  const token = await fetchToken(postern, files, credential)
  const bearer = ['--header', `Authorization: Bearer ${token}`]
  await curl(postern, files, `${staging}/payments`, bearer)
  for (let number = 1; number <= times; number++) {
    const path = number % 3 === 0 ? `/payments/pay_${number}` : '/payments'
    const options = number % 4 === 0 ? [...bearer, '--tls-max', '1.2'] : bearer
    await curl(postern, files, `${production}${path}`, options)
    if (number === times - 4) await curl(postern, files, `${production}/refunds`, bearer)
  }
}

/** Waits until the page of a certificate shows all of its events. */
const untilSeen = (admin: ApiClient, { id }: CertificateView) =>
  until(
    () => admin.call(operations.getCertificateUsage, { params: { organization, certificateId: id } }),
    ({ buckets }) => (buckets.at(-1)?.succeeded ?? 0) >= 36,
    10,
  )

async function open(page: Page, path: string, height: number): Promise<void> {
  await page.setViewportSize({ width: 1440, height })
  await page.goto(path)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.waitForLoadState('load')
  await page.locator('[class*=Skeleton-root]').first().waitFor({ state: 'detached' })
}

const take = (page: Page, name: string) =>
  page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' })

/** Takes the guided step when the first token request has arrived. */
async function takeGuidedStep(
  page: Page,
  postern: RunningPostern,
  { fresh, credential }: Harness,
): Promise<void> {
  await open(page, `${place}/certificates/${fresh.certificate.id}/configure/curl`, 1000)
  await page.getByText('It appears here within two seconds.').waitFor()
  await fetchToken(postern, fresh.files, credential)
  await page.getByText('It works: the gateway issued a token').waitFor()
  await take(page, 'configure')
}

const postern = await startPostern()
const browser = await openBrowser(postern)
try {
  mkdirSync(folder, { recursive: true })
  const harness = await makeHarness(postern)
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await browser.openPage({ colorScheme })
    await signInAs(page, 'admin@acme.example', testPassword)
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
    await open(page, `${place}/certificates/${harness.used.id}?tab=activity`, 900)
    await page.getByText('Live', { exact: true }).waitFor()
    await take(page, `certificate-${colorScheme}`)
    if (colorScheme === 'dark') continue
    await open(page, `${place}/certificates`, 620)
    await take(page, 'certificates')
    await takeGuidedStep(page, postern, harness)
  }
} finally {
  await browser.close()
  await postern.stop()
}
