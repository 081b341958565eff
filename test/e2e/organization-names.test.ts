import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningPostern, startPostern } from '../support/postern.ts'
import { addOrganization } from '../support/users.ts'
import { openBrowser, type TestBrowser } from './support/browser.ts'
import { beginCertificate, downloadPem, signInAs, submitRequest } from './support/steps.ts'
import { openTerminal } from './support/terminal.ts'

const long = 'Internationale Gesellschaft für Zahlungsverkehr und Abrechnung '.repeat(4).slice(0, 200)
const names = [
  'Łódź Płatności S.A.',
  "O'Neil & Co / Ltd",
  '"Quoted" GmbH',
  '100% $HOME',
  '日本株式会社',
  long,
]

let postern: RunningPostern
let browser: TestBrowser

beforeAll(async () => {
  postern = await startPostern({ only: 'portal' })
  browser = await openBrowser(postern)
})
afterAll(async () => {
  await browser?.close()
  await postern?.stop()
})

test.each(names.map((legalName, index) => ({ legalName, slug: `org-${index}` })))(
  'the command of $legalName runs in bash, dash and zsh, and the certificate has the name',
  { timeout: 180_000 },
  async ({ legalName, slug }) => {
    const carried =
      legalName === long ? 'Internationale Gesellschaft für Zahlungsverkehr und Abrechnung' : legalName
    const { email } = await addOrganization(postern, { slug, legalName, country: 'PL', state: 'Łódzkie' })
    const page = await browser.openPage()
    await signInAs(page, email)
    await page.getByRole('heading', { level: 1, name: /overview/i }).waitFor()
    const command = await beginCertificate(page, `${slug}/production`, '')
    const name = `${slug}-0001`
    const requests: string[] = []
    for (const shell of ['dash', 'zsh', 'bash']) {
      const terminal = openTerminal()
      await terminal.paste(command, shell)
      requests.push(
        await terminal.paste(
          `openssl req -in ${name}.csr -noout -subject -nameopt multiline,utf8,-esc_msb && openssl req -in ${name}.csr -verify -noout`,
        ),
      )
      if (shell === 'bash') {
        await submitRequest(page, terminal.folder, name)
        await page.getByRole('heading', { name: 'Issued' }).waitFor()
        await downloadPem(page, terminal.folder, name)
        const subject = await terminal.paste(
          `openssl x509 -in ${name}.pem -noout -subject -nameopt multiline,utf8,-esc_msb`,
        )
        expect(subject.split('\n')).toContain(`    organizationName          = ${carried}`)
        expect(subject.split('\n')).toContain('    stateOrProvinceName       = Łódzkie')
        expect(readFileSync(join(terminal.folder, `${name}.pem`), 'utf8')).toContain('BEGIN CERTIFICATE')
      }
      terminal.close()
    }
    expect(new Set(requests).size).toBe(1)
    expect(requests[0]).toContain(carried)
    await page.context().close()
    expect(browser.complaints).toEqual([])
  },
)

test('a name that no certificate can contain gets an error in the form that says what to do', async () => {
  const { email } = await addOrganization(postern, { slug: 'typed', legalName: 'Typed Ltd' })
  const page = await browser.openPage()
  await signInAs(page, email)
  await page.getByRole('heading', { level: 1, name: /overview/i }).waitFor()
  await page.goto('/o/typed/production/certificates/new')
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByLabel('Organization name').fill('x'.repeat(200))
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByText('has 200 characters; a certificate holds at most 64').waitFor()
})
