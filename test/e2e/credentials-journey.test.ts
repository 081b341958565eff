import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import type { Page } from 'playwright-core'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { signInFirst } from '../support/api.ts'
import { type ClientFiles, curl, issueCertificate } from '../support/certificates.ts'
import { testPassword } from '../support/users.ts'
import { openWebhookReceiver } from '../support/webhook-receiver.ts'
import { type Journey, openJourney } from './support/journey.ts'
import { confirmIdentity, createCredential, signInAs } from './support/steps.ts'

let journey: Journey
let page: Page
let files: ClientFiles
let clientId: string
let firstSecret: string
let secondSecret: string

beforeAll(async () => {
  journey = await openJourney({ config: { webhooks: { allowedNetworks: ['127.0.0.0/8'] } } })
  const { postern, browser } = journey
  const admin = await signInFirst(postern, 'admin@acme.example', testPassword)
  files = (await issueCertificate(admin, 'acme')).files
  page = await browser.openPage()
  await signInAs(page, 'admin@acme.example')
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
  const made = await createCredential(page, 'acme/production', 'settlement-worker')
  clientId = made.clientId
  firstSecret = made.clientSecret
})
afterAll(() => journey?.close())

/** Returns the token endpoint's response to a secret. */
async function ask(secret: string): Promise<number> {
  const { postern } = journey
  const options = ['--user', `${clientId}:${secret}`, '--data', 'grant_type=client_credentials']
  return (await curl(postern, files, `${postern.gateways.production}/token`, options)).status
}

/** Creates a secret: gives up once, mistypes the password once, and confirms, with the keyboard. */
async function confirmWithKeyboard(): Promise<void> {
  const form = page.getByRole('dialog', { name: 'New secret for settlement-worker' })
  const question = page.getByRole('dialog', { name: 'Confirm it is you' })
  await form.getByRole('button', { name: 'Create secret' }).click()
  await question.getByText('create a new secret for the API credentials settlement-worker').waitFor()
  await page.keyboard.press('Escape')
  await question.waitFor({ state: 'hidden' })
  expect(await form.getByLabel('One hour').isChecked()).toBe(true)
  expect(await form.getByRole('alert').count()).toBe(0)
  await form.getByRole('button', { name: 'Create secret' }).click()
  await question.getByLabel('Password', { exact: true }).waitFor()
  await page.keyboard.type('not the password')
  await page.keyboard.press('Enter')
  await question.getByText('The password is wrong.').waitFor()
  // The browser itself logs the answer.
  expect(journey.browser.complaints.splice(0)).toEqual([expect.stringContaining('401')])
  await page.keyboard.type(testPassword)
  await page.keyboard.press('Enter')
  await question.waitFor({ state: 'hidden' })
}

test('a new secret and the previous one both work during the chosen overlap', {
  timeout: 180_000,
}, async () => {
  expect(await ask(firstSecret)).toBe(200)
  await page.getByRole('button', { name: 'Actions for settlement-worker' }).click()
  await page.getByRole('menuitem', { name: 'Rotate secret' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('One hour').check()
  await confirmWithKeyboard()
  secondSecret = await dialog.getByLabel('Client secret').inputValue()
  await dialog.getByRole('button', { name: 'I have saved the secret' }).click()
  await dialog.waitFor({ state: 'hidden' })
  expect(secondSecret).not.toBe(firstSecret)
  expect([await ask(secondSecret), await ask(firstSecret)]).toEqual([200, 200])
  await page.getByText(/expires in (1 hour|59 minutes|60 minutes)/).waitFor()
  expect(await page.getByRole('main').textContent()).not.toContain(secondSecret)
})

test('one of two secrets can be deleted immediately while the other still works', {
  timeout: 180_000,
}, async () => {
  await page.getByRole('button', { name: 'Actions for settlement-worker' }).click()
  await page.getByRole('menuitem', { name: 'Rotate secret' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('Two secrets are valid').waitFor()
  const hint = firstSecret.slice(-4)
  await dialog.getByRole('button', { name: `Delete the secret ending in ${hint}` }).click()
  await dialog.getByRole('button', { name: 'Create secret' }).waitFor()
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  expect(await ask(firstSecret)).toBe(401)
  expect(await ask(secondSecret)).toBe(200)
})

test('credentials can be renamed and restricted later', { timeout: 180_000 }, async () => {
  await page.getByRole('button', { name: 'Actions for settlement-worker' }).click()
  await page.getByRole('menuitem', { name: 'Change' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Description').fill('Settles every night')
  await dialog.getByRole('button', { name: 'Restrict use' }).click()
  await dialog.getByLabel('Limit to networks').check()
  expect(await dialog.getByRole('button', { name: 'Save changes' }).isDisabled()).toBe(true)
  await dialog.getByRole('textbox', { name: 'Networks' }).fill('203.0.113.0/24')
  await dialog.getByRole('button', { name: 'Save changes' }).click()
  await dialog.waitFor({ state: 'hidden' })
  await page.getByText('Settles every night').waitFor()
  await page.getByText('203.0.113.0/24').first().waitFor()
  expect(await ask(secondSecret)).toBe(401)
})

test('credentials with public keys are created without a secret and get a token with an assertion', {
  timeout: 180_000,
}, async () => {
  const { postern } = journey
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  await page.getByRole('button', { name: 'Create credentials' }).first().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name', { exact: true }).fill('ledger')
  await dialog.getByLabel('Public keys').first().check()
  const field = dialog.getByRole('textbox', { name: 'Public keys' })
  await field.fill(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  await dialog.getByText('This is a private key. It was not sent').waitFor()
  expect(await dialog.getByRole('button', { name: 'Create credentials' }).isDisabled()).toBe(true)
  await field.fill(publicKey.export({ type: 'spki', format: 'pem' }).toString())
  await dialog.getByRole('button', { name: 'Create credentials' }).click()
  const ledger = await dialog.getByLabel('Client ID').inputValue()
  const commands = (await dialog.textContent()) ?? ''
  expect(commands).toContain('client_assertion=$content.$signature')
  expect(commands).not.toContain('--user')
  const [, kid = ''] = /"kid":"([^"]+)"/.exec(commands) ?? []
  await dialog.getByRole('button', { name: 'Close', exact: true }).last().click()
  const assertion = await new SignJWT({ jti: randomUUID() })
    .setProtectedHeader({ alg: 'ES256', kid })
    .setIssuer(ledger)
    .setSubject(ledger)
    .setAudience(postern.gateways.production ?? '')
    .setExpirationTime('1m')
    .sign(privateKey)
  const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
  const answer = await curl(postern, files, `${postern.gateways.production}/token`, [
    ...['--data', 'grant_type=client_credentials', '--data', `client_assertion_type=${type}`],
    ...['--data', `client_assertion=${assertion}`],
  ])
  expect(answer.status).toBe(200)
  await page.getByText(`None: public keys ${kid}`).waitFor()
  await page.getByRole('button', { name: 'Actions for ledger' }).click()
  expect(await page.getByRole('menuitem', { name: 'Rotate secret' }).count()).toBe(0)
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete credentials' }).click()
  await page.getByRole('button', { name: 'Actions for ledger' }).waitFor({ state: 'hidden' })
})

test('a webhook is created, tested, sent an event again, given a client certificate and another secret', {
  timeout: 180_000,
}, async () => {
  const receiver = await openWebhookReceiver({ clients: 'any' })
  onTestFinished(() => receiver.close())
  const dialog = page.getByRole('dialog').last()
  await page.goto('/o/acme/production/webhooks')
  await page.getByRole('button', { name: 'Create webhook' }).first().click()
  await dialog.getByLabel('Name', { exact: true }).fill('Incidents')
  await dialog.getByLabel('URL', { exact: true }).fill(`https://127.0.0.1:${receiver.port}/postern`)
  await dialog.getByLabel('CA of the endpoint').fill(receiver.ca)
  await dialog.getByRole('button', { name: 'Create webhook' }).click()
  await confirmIdentity(page)
  const secret = await dialog.getByLabel('Webhook secret').inputValue()
  await dialog.getByRole('button', { name: 'I have saved the secret' }).click()
  await page.getByRole('link', { name: 'Incidents' }).click()
  await page.getByRole('button', { name: 'Send test event' }).click()
  await page.getByText('The endpoint received the test event').waitFor()
  const [{ headers, body }] = receiver.hooks as [(typeof receiver.hooks)[0]]
  const event = new Webhook(secret).verify(body, headers as Record<string, string>)
  expect(event).toMatchObject({ type: 'webhook.test', organization: 'acme' })
  expect(await page.getByRole('main').textContent()).not.toContain(secret)

  await page.getByRole('button', { name: 'More about the delivery of webhook.test' }).click()
  await page.getByRole('button', { name: 'Send again' }).click()
  const tries = () =>
    receiver.hooks.filter((hook) => hook.headers['webhook-id'] === headers['webhook-id']).length
  await expect.poll(tries, { timeout: 60_000 }).toBe(2)

  await page.getByRole('button', { name: 'Add client certificate' }).click()
  await dialog.getByRole('button', { name: 'Add client certificate' }).click()
  await confirmIdentity(page)
  await page.getByRole('region', { name: 'Client certificate: Live' }).waitFor()
  await page.getByRole('button', { name: 'Send test event' }).click()
  await expect
    .poll(() => receiver.hooks.at(-1)?.client?.subject, { timeout: 60_000 })
    .toMatch(/^O=acme\nCN=wh_/)

  await page.getByRole('button', { name: 'Actions for Incidents' }).click()
  await page.getByRole('menuitem', { name: 'Rotate secret' }).click()
  await dialog.getByLabel('One hour').check()
  await dialog.getByRole('button', { name: 'Create secret' }).click()
  await confirmIdentity(page)
  expect(await dialog.getByLabel('Webhook secret').inputValue()).not.toBe(secret)
  await dialog.getByRole('button', { name: 'I have saved the secret' }).click()
  await page.getByText('Second secret ends').waitFor()
  await page.goto('/o/acme/production/credentials')
})

test('deleted credentials get no token, and their row is removed', { timeout: 180_000 }, async () => {
  await page.getByRole('button', { name: 'Actions for settlement-worker' }).click()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete credentials' }).click()
  await page.getByText('No API credentials yet').waitFor()
  expect(await ask(firstSecret)).toBe(401)
  expect(journey.browser.complaints).toEqual([])
})
