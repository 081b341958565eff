import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import type { RunningPostern } from '../../support/postern.ts'
import { testPassword } from '../../support/users.ts'

/** Signs in with the password of the tests. */
export async function signInAs(page: Page, email: string, password = testPassword): Promise<void> {
  await page.goto('/')
  await page.getByLabel('Email', { exact: true }).fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

/** Signs in with the printed one-time password, which is typed once, and sets a new one. */
export async function signInFirstAs(page: Page, postern: RunningPostern, email: string): Promise<void> {
  const user = postern.firstRun().people.find((candidate) => candidate.email === email)
  const oneTimePassword = user?.oneTimePassword ?? ''
  await signInAs(page, email, oneTimePassword)
  await page.getByRole('heading', { name: 'Choose a new password' }).waitFor()
  await page.getByLabel('New password').fill(testPassword)
  await page.getByRole('button', { name: 'Save new password' }).click()
  await page.getByRole('heading', { name: 'Choose a new password' }).waitFor({ state: 'hidden' })
}

/** Creates API credentials on their page; returns what the dialog shows once. */
export async function createCredential(
  page: Page,
  place: string,
  name: string,
): Promise<{ clientId: string; clientSecret: string }> {
  await page.goto(`/o/${place}/credentials`)
  await page.getByRole('button', { name: 'Create credentials' }).first().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill(name)
  await dialog.getByRole('button', { name: 'Create credentials' }).click()
  const clientId = await dialog.getByLabel('Client ID').inputValue()
  const clientSecret = await dialog.getByLabel('Client secret').inputValue()
  await dialog.getByRole('button', { name: 'I have saved the secret' }).click()
  return { clientId, clientSecret }
}

/** Completes the first two steps of the creation and returns the command of the third, as it is copied. */
export async function beginCertificate(page: Page, place: string, description: string): Promise<string> {
  await page.goto(`/o/${place}/certificates`)
  await page.getByRole('button', { name: 'Create certificate' }).first().click()
  await page.getByLabel('Description').fill(description)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByLabel('Organization name').waitFor()
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('heading', { name: 'Make the key and the signing request' }).waitFor()
  await page.getByRole('tab', { name: 'Terminal' }).click()
  return copyCommand(page, 'OpenSSL command')
}

/**
 * Returns the clipboard after the copy button of a command is selected; waits until it contains `holding`.
 */
export async function copyCommand(page: Page, label: string, holding = ''): Promise<string> {
  const block = page.getByRole('group', { name: label })
  await block.getByText(holding).waitFor()
  await block.locator('xpath=..').getByRole('button').click()
  return page.evaluate('navigator.clipboard.readText()')
}

/** Continues to the fourth step and submits the CSR in `folder`. */
export async function submitRequest(page: Page, folder: string, name: string): Promise<void> {
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.locator('input[type=file]').setInputFiles(join(folder, `${name}.csr`))
  await page.getByRole('button', { name: 'Submit request' }).click()
}

/** Saves the certificate to `folder` with the page's download button. */
export async function downloadPem(page: Page, folder: string, name: string): Promise<void> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: `Download ${name}.pem` }).click(),
  ])
  await download.saveAs(join(folder, download.suggestedFilename()))
}

/** Saves the CA of the gateway to `folder`, from the name in the page. */
export async function saveServerCa(page: Page, folder: string): Promise<void> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'server-ca.pem' }).click(),
  ])
  await download.saveAs(join(folder, download.suggestedFilename()))
}

/** Enters the password in the dialog that asks again who the user is. */
export async function confirmIdentity(page: Page, password = testPassword): Promise<void> {
  const dialog = page.getByRole('dialog', { name: 'Confirm it is you' })
  await dialog.getByLabel('Password', { exact: true }).fill(password)
  expect(await dialog.textContent()).not.toMatch(/ \./)
  await dialog.getByRole('button', { name: 'Confirm' }).click()
  await dialog.waitFor({ state: 'hidden' })
}

/** Revokes the certificate whose page is open. */
export async function revoke(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'Revoke', exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Reason').selectOption('key_compromise')
  await dialog.getByLabel('Certificate name').fill(name)
  await dialog.getByRole('button', { name: 'Revoke certificate' }).click()
  await confirmIdentity(page)
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
}

/** Creates an organization on the page of the operators, and waits for its own page. */
export async function createOrganization(
  page: Page,
  { slug, legalName, country }: { slug: string; legalName: string; country: string },
): Promise<void> {
  await page.goto('/operate/organizations')
  await page.getByRole('button', { name: 'Create organization' }).first().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Slug').fill(slug)
  await dialog.getByLabel('Legal name').fill(legalName)
  await dialog
    .getByRole('combobox', { name: 'Country' })
    .or(dialog.getByRole('textbox', { name: 'Country' }))
    .first()
    .fill(country)
  await page.getByRole('option', { name: country }).click()
  await dialog.getByRole('button', { name: 'Create organization' }).click()
  await page.getByRole('heading', { level: 1, name: legalName }).waitFor()
}

/** Invites an address on the page Team, which is open. */
export async function inviteMember(
  page: Page,
  email: string,
  role: 'Admin' | 'Developer' | 'Viewer',
): Promise<void> {
  await page.getByRole('button', { name: 'Invite member' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Email').fill(email)
  await dialog.getByLabel(role, { exact: true }).check()
  await dialog.getByRole('button', { name: 'Send invitation' }).click()
  await confirmIdentity(page)
  await dialog.waitFor({ state: 'hidden' })
  await page.getByRole('table', { name: 'Invitations' }).getByText(email).waitFor()
}

/** Decides about a CSR on the page of the approvals. */
export async function decideRequest(
  operator: Page,
  name: string,
  action: 'Approve' | 'Reject',
  reason: string,
): Promise<void> {
  await operator.goto('/operate/approvals')
  await operator.getByRole('heading', { name }).waitFor()
  await operator.getByRole('button', { name: action }).first().click()
  const dialog = operator.getByRole('dialog')
  await dialog.getByLabel('Reason').fill(reason)
  await dialog.getByRole('button', { name: `${action} request` }).click()
  await dialog.waitFor({ state: 'hidden' })
}
