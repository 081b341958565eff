import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readZip } from '../../src/evidence/read-zip.ts'
import { addOrganization, addUser, testPassword } from '../support/users.ts'
import { countActs } from './support/acts.ts'
import { type Journey, openJourney } from './support/journey.ts'
import { type PostmanCertificate, runNewman } from './support/run-newman.ts'
import { copyCommand, revoke, saveServerCa, signInAs } from './support/steps.ts'

// What the public guide of a provider promises its customers, from top to bottom: one step per fact.

const slug = 'merchant'
const name = `${slug}-0001`
let journey: Journey
let page: Page
let email: string
let folder: string
/** The files of the Postman collection and environment. */
let files: { collection: string; environment: string }

beforeAll(async () => {
  journey = await openJourney()
  const { postern, browser, terminal } = journey
  const organization = { slug, legalName: 'Merchant Payments GmbH', country: 'DE', state: 'Berlin' }
  email = (await addOrganization(postern, organization)).email
  await addUser(postern, 'developer@merchant.example', 'developer', slug)
  await addUser(postern, 'viewer@merchant.example', 'viewer', slug)
  folder = terminal.folder
  page = await browser.openPage()
}, 180_000)
afterAll(() => journey?.close())

const step = (title: string, work: () => Promise<void>) => test(title, { timeout: 120_000 }, work)
const main = () => page.getByRole('main')
const link = (text: string) => page.getByRole('link', { name: text, exact: true })
const button = (text: string) => page.getByRole('button', { name: text, exact: true })
const heading = (text: string | RegExp) => page.getByRole('heading', { name: text })
const live = () => page.getByRole('status', { name: 'Live' })
const read = (file: string) => readFileSync(join(folder, file), 'utf8')
const numberOf = (label: string) =>
  page.locator('dt', { hasText: label }).locator('xpath=..').locator('dd').first()
const codeOf = (label: string) => numberOf(label).locator('code').first()

/** Saves what a link or button downloads, under its own name. */
async function save(control: Locator): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent('download'), control.click()])
  const file = download.suggestedFilename()
  await download.saveAs(join(folder, file))
  return file
}

async function openPageAs(address: string): Promise<Page> {
  const other = await journey.browser.openPage()
  await signInAs(other, address)
  await other.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
  return other
}

/** Returns the OpenSSL command of the key step, as it is copied. */
async function openCommand(): Promise<string> {
  await page.getByRole('tab', { name: 'Terminal' }).click()
  return copyCommand(page, 'OpenSSL command')
}

describe('before the start', () => {
  step('an Admin signs in to the Portal and chooses between Production and Staging', async () => {
    await signInAs(page, email)
    await heading('Overview').waitFor()
    const environments = page.getByRole('navigation', { name: 'Environment' })
    expect(await environments.getByRole('link').allTextContents()).toEqual(['Production', 'Staging'])
  })

  step('a Developer may create certificates and a Viewer may not', async () => {
    for (const [role, count] of [
      ['developer', 1],
      ['viewer', 0],
    ] as const) {
      const other = await openPageAs(`${role}@merchant.example`)
      await other.goto(`/o/${slug}/production/certificates`)
      await other.getByText('No certificates yet').waitFor()
      expect(await other.getByRole('button', { name: 'Create certificate' }).count()).toBe(count)
      await other.context().close()
    }
  })
})

describe('request and manage a certificate', () => {
  step('the menu has mTLS certificates under Settings', async () => {
    const menu = page.getByRole('navigation', { name: 'Pages' })
    const settings = menu.locator('div', { has: page.locator('> p:text-is("Settings")') }).first()
    await settings.locator('> ul > li > a', { hasText: 'mTLS certificates' }).click()
    await heading('mTLS certificates').waitFor()
  })

  step('Create certificate takes an optional description', async () => {
    await button('Create certificate').first().click()
    await page.getByLabel('Description').fill('Owner: payments; rotated every January; settlement')
    await button('Continue').click()
  })

  step('the organization details are filled in and not binding', async () => {
    const organization = page.getByLabel('Organization name')
    await organization.waitFor()
    expect(await organization.inputValue()).toBe('Merchant Payments GmbH')
    expect(await page.getByLabel('State or province').inputValue()).toBe('Berlin')
    await main().getByText('Not binding').waitFor()
    await button('Continue').click()
  })

  step('the pre-filled OpenSSL command writes a private key and a CSR into the current folder', async () => {
    const command = await openCommand()
    expect(command).toContain('Merchant Payments GmbH')
    await journey.terminal.paste(command)
    expect(readdirSync(folder).sort()).toEqual([`${name}.csr`, `${name}.key`])
  })

  step('the private key stays on the machine, readable for its user alone', async () => {
    expect(statSync(join(folder, `${name}.key`)).mode & 0o777).toBe(0o600)
    expect(createPrivateKey(read(`${name}.key`)).asymmetricKeyType).toBe('ec')
  })

  step('the CSR is submitted in the next step', async () => {
    await button('Continue').click()
    await page.locator('input[type=file]').setInputFiles(join(folder, `${name}.csr`))
    await button('Submit request').click()
  })

  step('Production issues the certificate right after the submission', async () => {
    await heading('Issued').waitFor()
  })

  step('the client certificate package of an issued certificate has all files and no key', async () => {
    const file = await save(link('Client certificate package'))
    expect(file).toBe(`${name}.zip`)
    const files = readZip(readFileSync(join(folder, file)))
    const names = [...files.keys()]
    expect(names).toEqual(expect.arrayContaining([`${name}.pem`, `${name}-fullchain.pem`, 'server-ca.pem']))
    expect(Buffer.concat([...files.values()]).toString('latin1')).not.toContain('PRIVATE KEY')
    const readme = Buffer.from(files.get('README.txt') ?? []).toString()
    expect(readme).toContain('--cacert server-ca.pem')
    expect(readme).not.toContain(journey.postern.dataFolder)
  })
})

describe('certificate details', () => {
  step('the list leads to Certificate details', async () => {
    await page.goto(`/o/${slug}/production/certificates`)
    await link(name).click()
    await page.getByRole('heading', { level: 1, name: 'Certificate details' }).waitFor()
    await main().getByText('Issued').first().waitFor()
  })

  step('the download of the certificate has the name of its file', async () => {
    expect(await save(link(`Download ${name}.pem`))).toBe(`${name}.pem`)
    const certificate = new X509Certificate(read(`${name}.pem`))
    expect(certificate.checkPrivateKey(createPrivateKey(read(`${name}.key`)))).toBe(true)
  })

  step('Configure in Postman opens three guided steps', async () => {
    await button('Configure in Postman').click()
    await heading('Step 1 of 3 — Test with cURL (optional)').waitFor()
    const steps = page.getByRole('navigation', { name: 'Steps' }).getByRole('listitem')
    expect(await steps.allTextContents()).toEqual([
      '1Test with cURL (optional)',
      '2Configure in Postman',
      '3Test in Postman',
    ])
    await live().getByText('It appears here within two seconds.').waitFor()
  })
})

describe('step 1, cURL', () => {
  let command: string
  let secret: string

  step('a command with its placeholders left in is answered by the name of the placeholder', async () => {
    await saveServerCa(page, folder)
    const unfilled = await copyCommand(page, 'cURL command')
    expect(unfilled).toContain('--cacert server-ca.pem')
    const noId = JSON.parse(await journey.terminal.paste(unfilled))
    expect(noId).toMatchObject({ error: 'invalid_client', code: 'client_id_placeholder' })
    await live().getByText('A placeholder in place of the client ID').waitFor()
  })

  step('the credentials are created in place, and fill the command with a masked secret', async () => {
    await button('Create credentials').click()
    const field = page.getByLabel('Client Secret')
    await field.waitFor()
    secret = await field.inputValue()
    const shown = await page.getByRole('group', { name: 'cURL command' }).textContent()
    expect(shown).toContain('••••')
    expect(await main().textContent()).not.toContain(secret)
    command = await copyCommand(page, 'cURL command', '••••')
    expect(command).toContain(`:${secret}`)
    expect(command).not.toContain('YOUR_CLIENT')
  })

  step('the page says what to check when nothing reaches the gateway', async () => {
    const missing = (await copyCommand(page, 'cURL command')).replace(`${name}.key`, 'elsewhere.key')
    const { stderr } = await journey.terminal.tell(missing)
    expect(stderr).toContain('curl: (58)')
    await live().getByText('curl: (58)').waitFor({ timeout: 40_000 })
    for (const message of ['curl: (35)', 'curl: (60), (77)', 'curl: (6)', 'curl: (7), (28)'])
      await live().getByText(message).waitFor()
  })

  step('a placeholder in place of the secret is named and is not a wrong secret', async () => {
    const left = command.replace(secret, 'YOUR_CLIENT_SECRET')
    for (let round = 0; round < 8; round += 1)
      expect(JSON.parse(await journey.terminal.paste(left)).code).toBe('client_secret_placeholder')
    await live().getByText('A placeholder in place of the client secret').waitFor()
  })

  step(
    'the command works in the folder of key and certificate, and the response has an access token',
    async () => {
      const response = JSON.parse(await journey.terminal.paste(command))
      expect(response).toMatchObject({ token_type: 'Bearer', expires_in: 900 })
      await live().getByText('It works: the gateway issued a token').waitFor()
    },
  )

  step('the step is ticked by what the gateway saw, and the next one is named', async () => {
    const first = page.getByRole('navigation', { name: 'Steps' }).getByRole('listitem').first()
    await first.getByText(', done').waitFor()
    await live().getByRole('link', { name: 'Step 2 of 3 — Configure in Postman' }).waitFor()
  })

  step('the next command finds the token in the variable that the first has set', async () => {
    const whoami = await copyCommand(page, 'Who am I')
    const output = await journey.terminal.paste(`${command}\n${whoami}`)
    expect(JSON.parse(output.split('\n')[1] ?? '')).toMatchObject({
      certificate: { name },
      organization: { slug },
    })
  })
})

describe('steps 2 and 3, Postman', () => {
  const certificate = {} as PostmanCertificate
  let secret: string

  step('Host, port, CRT file and KEY file of the settings stand in the page', async () => {
    secret = await page.getByLabel('Client Secret').inputValue()
    await live().getByRole('link', { name: 'Step 2 of 3 — Configure in Postman' }).click()
    await heading('Step 2 of 3 — Configure in Postman').waitFor()
    certificate.host = (await codeOf('Host').textContent()) ?? ''
    certificate.port = (await codeOf('Port').textContent()) ?? ''
    certificate.keyFile = (await codeOf('KEY file').textContent()) ?? ''
    certificate.crtFile = await save(numberOf('CRT file').getByRole('link'))
    certificate.caFile = await save(numberOf('CA certificates').getByRole('link'))
    expect(certificate).toMatchObject({
      keyFile: `${name}.key`,
      crtFile: `${name}.pem`,
      caFile: 'server-ca.pem',
    })
    expect(`https://${certificate.host}:${certificate.port}`).toBe(journey.postern.gateways.production)
    await button('Continue').click()
  })

  step('the POST request and its credentials are given on screen', async () => {
    await heading('Step 3 of 3 — Test in Postman').waitFor()
    await main().getByText('POST', { exact: true }).waitFor()
    expect(await codeOf('URL').textContent()).toBe(
      `${journey.postern.gateways.production}/auth/token/:clientId`,
    )
    await main().getByText('x-api-key').waitFor()
    files = {
      collection: await save(button('Postman collection')),
      environment: await save(button('Postman environment')),
    }
  })

  step('a wrong port in the entry sends no certificate, and the answer says so', async () => {
    const wrong = { ...certificate, port: '1' }
    const [token] = await runNewman({
      folder,
      certificate: wrong,
      ...files,
      values: { clientSecret: secret },
    })
    expect(token?.status).toBe(401)
    expect(JSON.parse(token?.body ?? '').code).toBe('certificate_missing')
  })

  step('a successful handshake and authorization return an access token in Postman', async () => {
    const results = await runNewman({ folder, certificate, ...files, values: { clientSecret: secret } })
    expect(results.map(({ status, failures }) => ({ status, failures }))).toEqual(
      results.map(() => ({ status: 200, failures: [] })),
    )
    expect(JSON.parse(results[0]?.body ?? '')).toMatchObject({ token_type: 'Bearer' })
    await live().getByText('All steps are done.').waitFor()
  })

  step('a wrong secret after the handshake is an error of OAuth, not of the certificate', async () => {
    const [token] = await runNewman({ folder, certificate, ...files, values: { clientSecret: 'wrong' } })
    expect(token?.status).toBe(401)
    expect(JSON.parse(token?.body ?? '').code).toBe('client_authentication_failed')
  })
})

describe('a PKCS#12 file, where a passphrase is shown at download time', () => {
  let certificate: PostmanCertificate

  step('is created from the key in the page, and its passphrase is shown once', async () => {
    const { hostname: host, port } = new URL(journey.postern.gateways.production ?? '')
    certificate = { host, port, crtFile: '', keyFile: '', caFile: 'server-ca.pem' }
    await page.goto(`/o/${slug}/production/certificates`)
    await link(name).click()
    await button('All formats').click()
    await page.getByRole('menuitem', { name: `${name}.p12` }).click()
    const dialog = page.getByRole('dialog')
    await dialog.locator('input[type=file]').setInputFiles(join(folder, `${name}.key`))
    certificate.pfxFile = await save(dialog.getByRole('button', { name: `Create ${name}.p12` }))
    certificate.passphrase = await dialog.getByLabel('Passphrase', { exact: true }).inputValue()
    await dialog.getByRole('button', { name: 'I have saved it' }).click()
  })

  step('opens in Postman with the passphrase that was shown, and not with another one', async () => {
    const values = { clientSecret: 'wrong' }
    const [token] = await runNewman({ folder, certificate, ...files, values })
    // The handshake succeeded: the answer is about the secret.
    expect(JSON.parse(token?.body ?? '').code).toBe('client_authentication_failed')
    const other = { ...certificate, passphrase: `${certificate.passphrase}x` }
    const [refused] = await runNewman({ folder, certificate: other, ...files, values })
    expect([refused?.status, refused?.failures[0]]).toEqual([0, 'mac verify failure'])
  })
})

describe('confirm usage in the Portal', () => {
  step('the menu has mTLS certificates under Settings, Security too', async () => {
    const menu = page.getByRole('navigation', { name: 'Pages' })
    const security = menu.locator('div', { has: page.locator('> p:text-is("Security")') }).last()
    await security.getByRole('link', { name: 'mTLS certificates' }).click()
    await heading('mTLS certificates').waitFor()
  })

  step('the row of the certificate has Last used and Last denied, and both downloads', async () => {
    const row = page.getByRole('row').filter({ hasText: name })
    expect(await row.getByText(/just now|seconds? ago|minutes? ago/).count()).toBeGreaterThanOrEqual(2)
    expect(await save(row.getByRole('link', { name: `Download ${name}.pem` }))).toBe(`${name}.pem`)
    const zip = row.getByRole('link', { name: `Download the client certificate package of ${name}` })
    expect(await save(zip)).toBe(`${name}.zip`)
  })

  step('the details show when it was last accepted, last denied, and its recent calls', async () => {
    await link(name).click()
    await numberOf('Last used')
      .getByText(/ago|just now/)
      .waitFor()
    await numberOf('Last denied')
      .getByText(/ago|just now/)
      .waitFor()
    await page.getByRole('tab', { name: 'Activity' }).click()
    await main().getByText('Token request').first().waitFor()
  })
})

describe('after a revocation', () => {
  step('calls fail and a new certificate is required', async () => {
    await revoke(page, name)
    await main().getByText(`It cannot be enabled again. Rotate ${name}`).waitFor()
    expect(await button('Revoke').count()).toBe(0)
    const call = `curl -s --cert ${name}.pem --key ${name}.key --cacert server-ca.pem ${journey.postern.gateways.production}/whoami`
    expect(JSON.parse(await journey.terminal.paste(call)).code).toBe('certificate_revoked')
  })

  step('a replacement takes its place in words only when it is issued', async () => {
    await button('Rotate').click()
    await page.getByRole('dialog').getByRole('button', { name: 'Create replacement' }).click()
    await heading('Make the key and the signing request').waitFor()
    await page.goto(`/o/${slug}/production/certificates`)
    await link(name).click()
    await main().getByText(`Its replacement, ${slug}-0002, is not issued yet.`).waitFor()
  })
})

type Counted = ReturnType<typeof countActs>

async function signInCounted(where: Page, address: string): Promise<Counted> {
  const acts = countActs(where, folder)
  await where.goto('/')
  await acts.fill(where.getByLabel('Email', { exact: true }), address)
  await acts.fill(where.getByLabel('Password', { exact: true }), testPassword)
  await acts.click(where.getByRole('button', { name: 'Sign in', exact: true }))
  return acts
}

/** Creates a certificate from Overview, with a key that the browser makes and saves. */
async function requestCounted(acts: Counted, where: Page, action: string): Promise<void> {
  const press = (text: string) => acts.click(where.getByRole('button', { name: text, exact: true }))
  await press('Create certificate')
  await press('Continue')
  await where.getByLabel('Organization name').waitFor()
  await press('Continue')
  await acts.download(where.getByRole('button', { name: action, exact: true }))
}

/** Goes from the downloads of a certificate to a token in the terminal. */
async function configureCounted(acts: Counted, where: Page): Promise<void> {
  const zip = await acts.download(where.getByRole('link', { name: 'Client certificate package' }))
  for (const [file, content] of readZip(readFileSync(zip))) writeFileSync(join(folder, file), content)
  await acts.click(where.getByRole('button', { name: 'Configure in Postman' }))
  await acts.click(where.getByRole('button', { name: 'Create credentials' }))
  const command = await copyCommand(where, 'cURL command', '••••')
  expect(JSON.parse(await journey.terminal.paste(command))).toMatchObject({ token_type: 'Bearer' })
}

/** Opens the email that says that a certificate is ready, and follows its link; `press` clicks. */
async function followEmail(
  where: Page,
  own: string,
  press: (control: Locator) => Promise<void>,
): Promise<void> {
  await press(where.getByRole('button', { name: /^Emails, \d+ unread$/ }))
  await press(where.getByRole('menuitem', { name: `Certificate ${own} is ready (Staging)` }))
  await press(where.getByRole('main').getByRole('link', { name: /\/certificates\// }))
  await where.getByRole('heading', { level: 1, name: 'Certificate details' }).waitFor()
}

function report(environment: string, { done }: Counted, most: number): void {
  process.stdout.write(`from sign-in to a token in ${environment}: ${done.length} acts\n`)
  expect(done.length, done.join('\n')).toBeLessThanOrEqual(most)
}

describe('from the sign-in page to a token in the terminal', () => {
  let address: string
  beforeAll(async () => {
    const organization = { slug: 'newcomer', legalName: 'Newcomer Ltd', country: 'IE' }
    address = (await addOrganization(journey.postern, organization)).email
  })

  step('takes at most 12 acts in Production', async () => {
    const other = await journey.browser.openPage()
    const acts = await signInCounted(other, address)
    await requestCounted(acts, other, 'Create key and certificate')
    await configureCounted(acts, other)
    report('Production', acts, 12)
    await other.context().close()
  })

  step('takes at most 14 acts in Staging, with the email that says when it is ready', async () => {
    const other = await journey.browser.openPage()
    const acts = await signInCounted(other, address)
    await acts.click(other.getByRole('link', { name: 'Staging' }))
    await other.getByText('Get your first token').waitFor()
    await requestCounted(acts, other, 'Create key and submit CSR')
    await followEmail(other, 'newcomer-0002', (control) => acts.click(control))
    await configureCounted(acts, other)
    report('Staging', acts, 14)
    await other.context().close()
  })
})

describe('in Staging', () => {
  const own = `${slug}-0003`

  step('issuance is asynchronous, and an email to the user says when the certificate is ready', async () => {
    await page.goto(`/o/${slug}/staging/certificates/new`)
    await button('Continue').click()
    await page.getByLabel('Organization name').waitFor()
    await button('Continue').click()
    await journey.terminal.paste(await openCommand())
    await button('Continue').click()
    await page.locator('input[type=file]').setInputFiles(join(folder, `${own}.csr`))
    await button('Submit request').click()
    await heading(/Pending|Issued/).waitFor()
    await followEmail(page, own, (control) => control.click())
  })

  step('the certificate is then downloaded from the list', async () => {
    await page.goto(`/o/${slug}/staging/certificates`)
    const row = page.getByRole('row').filter({ hasText: own })
    expect(await save(row.getByRole('link', { name: `Download ${own}.pem` }))).toBe(`${own}.pem`)
  })
})

test('the pages of the guide log no error', () => expect(journey.browser.complaints).toEqual([]))
