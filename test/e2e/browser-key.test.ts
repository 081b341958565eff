import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Download, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readZip } from '../../src/evidence/read-zip.ts'
import { addOrganization } from '../support/users.ts'
import { findPrivateBytes } from './support/find-private-bytes.ts'
import { type Journey, openJourney } from './support/journey.ts'
import { signInAs } from './support/steps.ts'
import { pressWithKeyboard } from './support/use-keyboard.ts'
import { type Leaks, watchPage } from './support/watch-page.ts'

const slug = 'oneil'
const legalName = "O'Neil & Co / Ltd"
let journey: Journey
let page: Page
let leaks: Leaks

beforeAll(async () => {
  journey = await openJourney()
  const { email } = await addOrganization(journey.postern, { slug, legalName, country: 'IE' })
  page = await journey.browser.openPage()
  leaks = await watchPage(page)
  await signInAs(page, email)
  await page.getByRole('heading', { level: 1, name: /overview/i }).waitFor()
})
afterAll(() => journey?.close())

/** Goes to the key step of a new draft. */
async function openKeyStep(environment: string): Promise<void> {
  await page.goto(`/o/${slug}/${environment}/certificates/new`)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByLabel('Organization name').waitFor()
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('tab', { name: 'This browser', selected: true }).waitFor()
}

/** Saves a download under its own name in the terminal's folder; returns its path. */
async function keep(download: Download): Promise<string> {
  const path = join(journey.terminal.folder, download.suggestedFilename())
  await download.saveAs(path)
  return path
}

async function downloadAfter(act: () => Promise<unknown>): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent('download'), act()])
  return keep(download)
}

function isPair(keyFile: string, certificateFile: string): boolean {
  const spki = createPublicKey(createPrivateKey(readFileSync(keyFile, 'utf8')))
  return new X509Certificate(readFileSync(certificateFile)).publicKey.equals(spki)
}

describe('a key made in the browser', () => {
  test('gives key and certificate with the keyboard alone, works at the gateway, and leaves the page only as a file', {
    timeout: 180_000,
  }, async () => {
    const { postern, terminal, browser } = journey
    await page.goto(`/o/${slug}/production/certificates/new`)
    await page.getByLabel('Description').waitFor()
    await pressWithKeyboard(page, 'Continue')
    await page.getByLabel('Organization name').waitFor()
    expect(await page.getByLabel('Organization name').inputValue()).toBe(legalName)
    await pressWithKeyboard(page, 'Continue')
    await page.getByRole('tab', { name: 'This browser' }).waitFor()
    await pressWithKeyboard(page, 'This browser', 'ArrowRight')
    await page.getByRole('group', { name: 'OpenSSL command' }).waitFor()
    await page.keyboard.press('ArrowLeft')
    await page.getByText('It is never sent').waitFor()
    const keyFile = await downloadAfter(() => pressWithKeyboard(page, 'Create key and certificate'))
    await page.getByRole('heading', { name: 'Issued' }).waitFor()
    await page.getByText('Your browser saved oneil-0001.key').waitFor()
    const certificateFile = await downloadAfter(() => pressWithKeyboard(page, 'Download oneil-0001.pem'))
    const zipFile = await downloadAfter(() => pressWithKeyboard(page, 'Save key and certificate as .zip'))

    const key = readFileSync(keyFile, 'utf8')
    expect(key).toMatch(/^-----BEGIN PRIVATE KEY-----\n/)
    expect(isPair(keyFile, certificateFile)).toBe(true)
    const zip = readFileSync(zipFile)
    const files = readZip(zip)
    expect([...files.keys()]).toEqual(['oneil-0001.key', 'oneil-0001.pem', 'server-ca.pem'])
    expect(Buffer.from(files.get('oneil-0001.key') ?? []).toString()).toBe(key)
    // The mode of the first file, in its entry of the directory: readable by its user alone.
    expect(zip.readUInt32LE(zip.indexOf('PK\u0001\u0002', 0, 'latin1') + 38) >>> 16).toBe(0o100600)
    const unpacked = join(terminal.folder, 'unpacked')
    mkdirSync(unpacked)
    for (const [name, content] of files) writeFileSync(join(unpacked, name), content)
    const answer = await terminal.paste(
      `cd unpacked && curl -s --cert oneil-0001.pem --key oneil-0001.key --cacert server-ca.pem ${postern.gateways.production}/whoami`,
    )
    expect(JSON.parse(answer)).toMatchObject({ certificate: { name: 'oneil-0001' } })
    const subject = await terminal.paste('openssl x509 -in oneil-0001.pem -noout -subject -nameopt multiline')
    expect(subject).toContain(`organizationName          = ${legalName}`)

    await page.getByText('What was sent').click()
    await page.getByText('-----BEGIN CERTIFICATE REQUEST-----').waitFor()
    const places = await leaks.list()
    expect(
      places
        .filter(({ where }) => where === 'body')
        .map(({ content }) => content)
        .join(),
    ).toContain('BEGIN CERTIFICATE REQUEST')
    expect(findPrivateBytes(key, places)).toEqual([])
    // The search finds a key in each of its forms.
    const { d = '' } = createPrivateKey(key).export({ format: 'jwk' })
    const forms = [
      key,
      d,
      Buffer.from(d, 'base64url').toString('hex'),
      Buffer.from(d, 'base64url').toString('latin1'),
    ]
    expect(
      findPrivateBytes(
        key,
        forms.map((content) => ({ where: 'test', content })),
      ),
    ).toHaveLength(forms.length)
    expect(browser.complaints).toEqual([])
  })

  test('is forgotten by the page when the user leaves the creation', async () => {
    await page.getByRole('link', { name: 'See all its details' }).click()
    await page.getByRole('heading', { level: 1, name: 'Certificate details' }).waitFor()
    await page.goBack()
    await page.getByRole('heading', { name: 'Issued' }).waitFor()
    expect(await page.getByText('Your browser saved').count()).toBe(0)
  })

  test('is saved before its CSR is sent in Staging, where the certificate is issued later', {
    timeout: 180_000,
  }, async () => {
    await openKeyStep('staging')
    await page.getByText('works only with this file').waitFor()
    const saved = Promise.withResolvers<Download>()
    page.once('download', saved.resolve)
    // The CSR is held back until the file of the key has come.
    await page.route('**/csr', async (route) => {
      await saved.promise
      await route.continue()
    })
    await page.getByRole('button', { name: 'Create key and submit CSR' }).click()
    const keyFile = await keep(await saved.promise)
    await page.getByRole('heading', { name: 'Issued' }).waitFor()
    const certificateFile = await downloadAfter(() =>
      page.getByRole('link', { name: 'Download oneil-0002.pem' }).click(),
    )
    expect(isPair(keyFile, certificateFile)).toBe(true)
    await page.unroute('**/csr')
    expect(findPrivateBytes(readFileSync(keyFile, 'utf8'), await leaks.list())).toEqual([])
  })

  test('is made once by a double click, and submitted again after an error', {
    timeout: 180_000,
  }, async () => {
    await openKeyStep('production')
    const saved: Download[] = []
    const collect = (download: Download) => saved.push(download)
    page.on('download', collect)
    const sent: string[] = []
    let isAway = true
    await page.route('**/csr', (route) => {
      sent.push(route.request().postData() ?? '')
      return isAway ? route.abort() : route.continue()
    })
    await page.getByRole('button', { name: 'Create key and certificate' }).dblclick()
    await page.getByText('oneil-0003.key is saved').waitFor()
    // The browser asks before a page is closed whose CSR was not sent.
    const asked = page.waitForEvent('dialog')
    void page.close({ runBeforeUnload: true })
    const dialog = await asked
    expect(dialog.type()).toBe('beforeunload')
    await dialog.dismiss()
    isAway = false
    await page.getByRole('button', { name: 'Submit CSR' }).click()
    await page.getByRole('heading', { name: 'Issued' }).waitFor()
    expect(sent).toHaveLength(2)
    expect(new Set(sent).size).toBe(1)
    expect(saved).toHaveLength(1)
    const keyFile = await keep(saved[0] as Download)
    page.off('download', collect)
    await page.unroute('**/csr')
    const certificateFile = await downloadAfter(() =>
      page.getByRole('link', { name: 'Download oneil-0003.pem' }).click(),
    )
    expect(isPair(keyFile, certificateFile)).toBe(true)
    journey.browser.complaints.length = 0
  })
})

/** Opens the dialog that creates a PKCS#12 file, on a page that offers the downloads. */
async function openPkcs12(name: string): Promise<void> {
  await page.getByRole('button', { name: 'All formats' }).click()
  await page.getByRole('menuitem', { name: `${name}.p12` }).click()
  await page
    .getByRole('dialog')
    .getByRole('heading', { name: `Create ${name}.p12` })
    .waitFor()
}

/** Creates the file; returns its path and the passphrase that is shown once. */
async function createPkcs12(name: string): Promise<{ file: string; passphrase: string }> {
  const dialog = page.getByRole('dialog')
  const file = await downloadAfter(() => dialog.getByRole('button', { name: `Create ${name}.p12` }).click())
  await dialog.getByText('Copy the passphrase now').waitFor()
  const passphrase = await dialog.getByLabel('Passphrase', { exact: true }).inputValue()
  await dialog.getByRole('button', { name: 'Copy the secret' }).click()
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe(passphrase)
  await dialog.getByRole('button', { name: 'I have saved it' }).click()
  expect(await page.getByText(passphrase).count()).toBe(0)
  return { file, passphrase }
}

const whoAmI = (file: string, passphrase: string) =>
  journey.terminal.paste(
    `curl -s --cert-type P12 --cert ${file}:${passphrase} --cacert unpacked/server-ca.pem ${journey.postern.gateways.production}/whoami`,
  )

describe('a PKCS#12 file made in the browser', () => {
  test('has the key that the page has just made, and works at the gateway', {
    timeout: 180_000,
  }, async () => {
    await openPkcs12('oneil-0003')
    await page.getByText('The key that this page has made').waitFor()
    const { file, passphrase } = await createPkcs12('oneil-0003')
    expect(JSON.parse(await whoAmI(file, passphrase))).toMatchObject({ certificate: { name: 'oneil-0003' } })
    const [download] = (await leaks.list()).filter(({ content }) => content.includes(passphrase))
    expect(download?.where).toBe('writeText')
  })

  test('has the key of a file, also of an encrypted one, and is of the legacy profile on demand', {
    timeout: 180_000,
  }, async () => {
    const { terminal } = journey
    await page.goto(`/o/${slug}/production/certificates`)
    await page.getByRole('link', { name: 'oneil-0001', exact: true }).click()
    await openPkcs12('oneil-0001')
    const dialog = page.getByRole('dialog')
    const choose = (file: string) =>
      dialog.locator('input[type=file]').setInputFiles(join(terminal.folder, file))
    const create = dialog.getByRole('button', { name: 'Create oneil-0001.p12' })
    await choose('oneil-0001.pem')
    await dialog.getByText('This file is a certificate. It has no private key.').waitFor()
    await choose('oneil-0002.key')
    await create.click()
    await dialog.getByText('This key does not belong to the certificate oneil-0001.').waitFor()
    await terminal.paste(
      'openssl pkcs8 -topk8 -v2 aes-256-cbc -in oneil-0001.key -out locked.key -passout pass:own-secret',
    )
    await choose('locked.key')
    await dialog.getByLabel('Passphrase of the private key').fill('wrong')
    await create.click()
    await dialog.getByText('The passphrase of this key is wrong.').waitFor()
    await dialog.getByLabel('Passphrase of the private key').fill('own-secret')
    await dialog.getByLabel('Legacy').check()
    const { file, passphrase } = await createPkcs12('oneil-0001')
    const info = await terminal.paste(
      `openssl pkcs12 -legacy -in ${file} -passin pass:${passphrase} -info -nokeys 2>&1`,
    )
    expect(info).toContain('pbeWithSHA1And3-KeyTripleDES-CBC')
    expect(info).toContain('friendlyName: oneil-0001')
    const places = (await leaks.list()).filter(({ where }) => where !== 'writeText')
    expect(findPrivateBytes(readFileSync(join(terminal.folder, 'oneil-0001.key'), 'utf8'), places)).toEqual(
      [],
    )
    expect(places.filter(({ content }) => content.includes('own-secret'))).toEqual([])
    expect(journey.browser.complaints).toEqual([])
  })
})
