import { randomBytes } from 'node:crypto'
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { until } from '../support/certificates.ts'
import { type FirstStart, followFirstStart } from '../support/first-start.ts'
import { type MailServer, openMailServer } from '../support/mail-server.ts'
import { startPortalProxy } from '../support/portal-proxy.ts'
import type { RunningPostern } from '../support/postern.ts'
import { createPostgresDatabase, findFreePort } from '../support/postgres.ts'
import { clearPlace } from '../support/processes.ts'
import { type RecordingApi, startRecordingApi } from '../support/proxy-program.ts'
import { testPassword } from '../support/users.ts'
import { openBrowser, type TestBrowser } from './support/browser.ts'
import {
  beginCertificate,
  copyCommand,
  createCredential,
  createOrganization,
  decideRequest,
  downloadPem,
  inviteMember,
  saveServerCa,
  submitRequest,
} from './support/steps.ts'
import { openTerminal, type Terminal } from './support/terminal.ts'

// What docs/operators/run.md and people.md describe, from an empty machine to the first call of a customer.

const portal = 'https://portal.provider.example'
const slug = 'lodz'
const place = `${slug}/production`
const name = `${slug}-0001`
const zoe = 'zoe@lodz.example'
let mail: MailServer
let upstream: RecordingApi
let start: FirstStart
let postern: RunningPostern
let stopProxy: (() => Promise<void>) | undefined
let browser: TestBrowser
let terminal: Terminal
let operator: Page
let customer: Page

beforeAll(async () => {
  const smtpPassword = randomBytes(12).toString('hex')
  mail = await openMailServer(smtpPassword)
  upstream = await startRecordingApi()
  start = await followFirstStart({
    databaseUrl: await createPostgresDatabase(inject('postgresUrl')),
    ...{ mail, smtpPassword, upstream: `http://127.0.0.1:${upstream.port}` },
  })
  const { folder, portalPort, gatewayPort } = start
  const [port, plainPort] = [await findFreePort(), await findFreePort()]
  stopProxy = await startPortalProxy({
    ...{ folder, port, plainPort, portalPort, name: 'portal.provider.example' },
    publicationPort: Number(new URL(start.place.publicUrl).port),
    ...{ certificateFile: join(folder, 'tls.pem'), keyFile: join(folder, 'tls.key') },
  })
  browser = await openBrowser({ portalUrl: portal }, [
    `--host-resolver-rules=MAP portal.provider.example 127.0.0.1:${port}`,
  ])
  terminal = openTerminal()
  // In place of the DNS of the names in the documentation.
  writeFileSync(
    join(terminal.folder, '.curlrc'),
    [
      `connect-to = "portal.provider.example:443:127.0.0.1:${port}"`,
      `connect-to = "api.provider.example:${gatewayPort}:127.0.0.1:${gatewayPort}"`,
    ].join('\n'),
  )
})
afterAll(async () => {
  terminal?.close()
  await browser?.close()
  await stopProxy?.()
  await postern?.end()
  upstream?.close()
  await mail?.close()
  if (start === undefined) return
  clearPlace(start.place)
  start.remove()
})

const step = (title: string, work: () => Promise<void>) => test(title, { timeout: 180_000 }, work)
const paste = (command: string, variables: NodeJS.ProcessEnv = {}) =>
  terminal.paste(command, 'bash', { CURL_HOME: terminal.folder, ...variables })
// The CA of its certificate is of this test, and no browser knows it.
const openPage = () => browser.openPage({ ignoreHTTPSErrors: true })

/** Returns the text of the email to an address whose subject fits. */
async function readEmail(to: string, subject: RegExp): Promise<string> {
  const { value } = await until(
    async () =>
      mail.letters.find((letter) => [letter.to].flat()[0]?.text === to && subject.test(letter.subject ?? '')),
    (letter) => letter !== undefined,
    30,
  )
  return value?.text ?? ''
}
const findLink = (text: string) => /https:\S+/.exec(text)?.[0] ?? ''

step('Postern starts on PostgreSQL as the page says, and asks for its first operator', async () => {
  postern = await start.place.start()
  expect(postern.output()).toContain('postern operator create EMAIL')
  const doctor = start.place.run('doctor')
  expect([await doctor.exitCode, doctor.output()]).toEqual([0, expect.anything()])
})

step('the printed link lets the operator choose a password and signs in', async () => {
  const run = start.place.run(...start.createOperator)
  expect(await run.exitCode, run.output()).toBe(0)
  operator = await openPage()
  await operator.goto(findLink(run.output()))
  await operator.getByRole('heading', { name: 'Choose a password' }).waitFor()
  expect(operator.url()).toBe(`${portal}/set-password`)
  await operator.getByLabel('New password').fill(testPassword)
  await operator.getByRole('button', { name: 'Save password and sign in' }).click()
  await operator.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
  const [cookie] = (await operator.context().cookies()).filter((one) => one.name.includes('session'))
  expect(cookie).toMatchObject({ secure: true, httpOnly: true, name: expect.stringMatching(/^__Host-/) })
})

step('the operator creates the first organization and invites its admin', async () => {
  await createOrganization(operator, { slug, legalName: 'Łódź Płatności S.A.', country: 'Poland' })
  await operator.getByRole('link', { name: 'Team' }).click()
  await inviteMember(operator, zoe, 'Admin')
})

step('only the button of the invitation accepts it, whoever opens the link before', async () => {
  const text = await readEmail(zoe, /^Invitation to Łódź Płatności S\.A\.$/)
  const link = findLink(text)
  expect(link).toMatch(/^https:\/\/portal\.provider\.example\/invitation#token=[\w-]{43}$/)
  copyFileSync(join(start.folder, 'ca.pem'), join(terminal.folder, 'portal-ca.pem'))
  for (const method of ['--head', '--get'])
    expect(
      await paste(
        `curl -sS ${method} --cacert portal-ca.pem -o opened -w '%{http_code}' '${link.split('#')[0]}'`,
      ),
    ).toBe('200')
  customer = await openPage()
  await customer.goto(link)
  await customer.getByRole('heading', { level: 1, name: 'Join Łódź Płatności S.A.' }).waitFor()
  await operator.reload()
  await operator.getByRole('table', { name: 'Invitations' }).getByText(zoe).waitFor()
  await customer.getByLabel('Name').fill('Zoë Łódź')
  await customer.getByLabel('Password', { exact: true }).fill(testPassword)
  await customer.getByRole('button', { name: 'Create account and join' }).click()
  await customer.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
})

step('the CSR of the shown OpenSSL command is approved by the operator, and an email says so', async () => {
  await paste(await beginCertificate(customer, place, 'Owner: payments team'))
  await submitRequest(customer, terminal.folder, name)
  await customer.getByRole('heading', { name: 'Pending' }).waitFor()
  await decideRequest(operator, name, 'Approve', '')
  await customer.getByRole('heading', { name: 'Issued' }).waitFor()
  await customer.goto(findLink(await readEmail(zoe, new RegExp(`^Certificate ${name} is ready`))))
  await customer.getByRole('heading', { level: 1, name: 'Certificate details' }).waitFor()
  await downloadPem(customer, terminal.folder, name)
})

let callWhoAmI: string
let token: string

step('curl gets a token with the certificate, as the page shows it', async () => {
  const { clientId, clientSecret } = await createCredential(customer, place, 'settlement-worker')
  await customer.goto(`/o/${place}/certificates`)
  await customer.getByRole('link', { name, exact: true }).click()
  await customer.getByRole('button', { name: 'Configure in Postman' }).click()
  await customer.getByText(`Waiting for the first call with ${name}`).waitFor()
  const command = (await copyCommand(customer, 'cURL command', clientId)).replace(
    'YOUR_CLIENT_SECRET',
    clientSecret,
  )
  callWhoAmI = await copyCommand(customer, 'Who am I')
  await saveServerCa(customer, terminal.folder)
  const answer = JSON.parse(await paste(command))
  expect(answer).toMatchObject({ token_type: 'Bearer', expires_in: 900 })
  token = answer.access_token
  const { cnf } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  expect(cnf['x5t#S256']).toMatch(/^[\w-]{43}$/)
  await customer.getByText('It works: the gateway issued a token').waitFor()
})

step('a call reaches the API of the provider and appears on the open page of the activity', async () => {
  await customer.goto(`/o/${place}/activity`)
  await customer.getByRole('heading', { level: 1, name: 'Activity' }).waitFor()
  await customer.getByText('Token request').first().waitFor()
  const answer = JSON.parse(await paste(callWhoAmI.replace('/whoami', '/payments'), { TOKEN: token }))
  expect(answer).toEqual({ paid: true })
  expect(upstream.calls.map(({ method, url }) => [method, url])).toEqual([['GET', '/payments']])
  // Without routes in the configuration no path is recorded.
  await customer.getByRole('row', { name: /^Call\b/ }).waitFor()
})

step('a call with another certificate is denied and explained to both sides', async () => {
  await paste(
    'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=other -keyout other.key -out other.pem',
  )
  const wrong = callWhoAmI.replace('/whoami', '/payments').replaceAll(name, 'other')
  const answer = JSON.parse(await paste(wrong, { TOKEN: token }))
  expect(answer).toMatchObject({ code: 'certificate_issuer_unknown', status: 403 })
  await customer.goto(answer.type)
  await customer.getByRole('heading', { level: 1 }).waitFor()
  await customer.getByText('certificate_issuer_unknown').first().waitFor()
  await operator.goto('/operate/denials')
  await operator.getByText('Unknown CA').first().waitFor()
  expect(upstream.calls).toHaveLength(1)
})

step('no page logs an error', async () => {
  expect(browser.complaints).toEqual([])
})
