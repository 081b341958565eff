import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import { keyIdentifier } from '../../src/pki/key/key-identifier.ts'
import { parseCertificateRequest } from '../../src/pki/request/certificate-request.ts'
import { toPem } from '../../src/pki/text/pem.ts'
import { type ApiClient, createApiClient, signInFirst, withApiKey } from '../support/api.ts'
import { createTestCredential, issueCertificate } from '../support/certificates.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'
import { issueClientCertificate, makeAuthority, makeKey } from '../support/test-authority.ts'
import { addUser } from '../support/users.ts'
import { openWebhookReceiver, resolveTo, type WebhookReceiver } from '../support/webhook-receiver.ts'

const organization = 'acme'
let receiver: WebhookReceiver
let postern: LocalPostern
let admin: ApiClient

beforeAll(async () => {
  receiver = await openWebhookReceiver()
  postern = await openPostern({
    config: { webhooks: { allowedNetworks: ['127.0.0.0/8'], ca: receiver.caFile } },
    resolveEndpoint: resolveTo(['127.0.0.1']) as never,
  })
  admin = await signInFirst(postern, 'admin@acme.example')
})
afterAll(async () => {
  await postern.stop()
  await receiver.close()
})

const create = (body: object = {}) =>
  admin.call(operations.createWebhook, {
    params: { organization },
    body: { name: "O'Neil & Co / Ltd", url: receiver.url, ...body },
  })
const codeOf = ({ body }: { body: unknown }) => (body as { code?: string }).code
const typesOf = () => receiver.hooks.map(({ body }) => JSON.parse(body).type)

test('from the page to the endpoint: a change arrives signed, is listed, and is sent again', async () => {
  const { id: webhookId, secret } = await create({ environment: 'production' })
  const params = { organization, webhookId }
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  await createTestCredential(admin, organization)
  const { certificate } = await issueCertificate(admin, organization)
  await expect
    .poll(typesOf, { timeout: 20_000 })
    .toEqual(expect.arrayContaining(['credential.created', 'certificate.created', 'certificate.issued']))
  for (const { body, headers } of receiver.hooks) {
    const event = new Webhook(secret).verify(body, headers as Record<string, string>) as { id: string }
    expect([event.id, JSON.parse(body).environment]).toEqual([headers['webhook-id'], 'production'])
  }
  const issued = receiver.hooks.find(({ body }) => JSON.parse(body).type === 'certificate.issued')
  expect(JSON.parse(issued?.body ?? '')).toMatchObject({
    ...{ organization, subject: { kind: 'certificate', id: certificate.id, name: certificate.name } },
    data: { after: { status: 'issued' } },
  })
  const list = async () =>
    (await admin.call(operations.listWebhookDeliveries, { params, query: { status: 'delivered' } })).items
  await expect.poll(async () => (await list()).length, { timeout: 20_000 }).toBeGreaterThan(3)
  const [{ id: deliveryId, eventId }] = (await list()) as unknown as [{ id: string; eventId: string }]
  await admin.call(operations.replayWebhookDelivery, { params: { ...params, deliveryId } })
  const count = () => receiver.hooks.filter(({ headers }) => headers['webhook-id'] === eventId).length
  await expect.poll(count, { timeout: 20_000 }).toBe(2)
  const { items } = await admin.call(operations.listWebhooks, { params: { organization } })
  expect(items[0]).toMatchObject({ id: webhookId, failingSince: null, droppedEvents: 0 })
  expect(JSON.stringify(items)).not.toContain('whsec_')
  await admin.call(operations.deleteWebhook, { params })
})

test('a test says what the endpoint answered, also of a disabled webhook, and is not tried again', async () => {
  const { id: webhookId, secret } = await create({ enabled: false })
  const params = { organization, webhookId }
  receiver.hooks.length = 0
  expect(await admin.call(operations.testWebhook, { params })).toMatchObject({
    ...{ eventType: 'webhook.test', status: 'delivered', responseStatus: 200, attempts: 1 },
    ...{ responseBody: 'ok', nextAttemptAt: null },
  })
  const [{ body, headers }] = receiver.hooks as [(typeof receiver.hooks)[0]]
  expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toMatchObject({
    ...{ type: 'webhook.test', organization, subject: { kind: 'webhook', id: webhookId } },
  })
  receiver.answer = (response) => response.writeHead(503).end()
  const failed = await admin.call(operations.testWebhook, { params })
  expect(failed).toMatchObject({ status: 'failed', responseStatus: 503, nextAttemptAt: null })
  receiver.answer = (response) => response.end('ok')
  const replay = await admin.send(operations.replayWebhookDelivery, {
    params: { ...params, deliveryId: failed.id },
  })
  expect([replay.status, codeOf(replay)]).toEqual([409, 'webhook_disabled'])
  await admin.call(operations.deleteWebhook, { params })
})

test('a test of a webhook without a valid secret sends nothing, and says what to do', async () => {
  const { id: webhookId } = await create({ enabled: false })
  const params = { organization, webhookId }
  const { queries } = postern.database
  await queries.deleteFrom('webhook_secrets').where('webhook_id', '=', webhookId).execute()
  receiver.hooks.length = 0
  expect(await admin.call(operations.testWebhook, { params })).toMatchObject({
    ...{ status: 'failed', responseStatus: null },
    error: expect.stringContaining('Rotate its secret'),
  })
  expect(typesOf()).not.toContain('webhook.test')
  await admin.call(operations.deleteWebhook, { params })
})

test('tests are limited for the organization, whatever webhooks are made and deleted', async () => {
  receiver.answer = (response) => response.end()
  const { queries } = postern.database
  const { id: organizationId } = await queries
    .selectFrom('organizations')
    .select('id')
    .where('slug', '=', organization)
    .executeTakeFirstOrThrow()
  await queries
    .updateTable('budgets')
    .set({ spent: 60 })
    .where('subject', '=', `webhook-tests:${organizationId}`)
    .execute()
  const { id: webhookId } = await create()
  receiver.hooks.length = 0
  const answer = await admin.send(operations.testWebhook, { params: { organization, webhookId } })
  expect([answer.status, codeOf(answer)]).toEqual([429, 'too_many_requests'])
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(typesOf()).not.toContain('webhook.test')
  await queries.deleteFrom('budgets').where('subject', '=', `webhook-tests:${organizationId}`).execute()
  await admin.call(operations.deleteWebhook, { params: { organization, webhookId } })
})

test.each([
  'http://hooks.acme.example/',
  'https://10.0.0.1/',
  'https://169.254.169.254/latest/meta-data',
  'https://[::ffff:a00:1]/',
  'https://[fd00::1]/',
  'https://user:password@hooks.acme.example/',
  'https://hooks.acme.example/#fragment',
  'ftp://hooks.acme.example/',
  'hooks',
])('%s is no URL of a webhook', async (url) => {
  const body = { name: 'n', url }
  const answer = await admin.send(operations.createWebhook, { params: { organization }, body })
  expect([answer.status, codeOf(answer)]).toEqual([400, 'webhook_url_not_allowed'])
})

test('an unknown type, environment or empty list is rejected, and nothing is made', async () => {
  const send = async (more: object) => {
    const body = { name: 'n', url: receiver.url, ...more }
    const answer = await admin.send(operations.createWebhook, { params: { organization }, body } as never)
    return [answer.status, codeOf(answer)]
  }
  expect(await send({ eventTypes: ['user.signed_in'] })).toEqual([400, 'bad_request'])
  expect(await send({ eventTypes: [] })).toEqual([400, 'bad_request'])
  expect(await send({ environment: 'elsewhere' })).toEqual([404, 'not_found'])
  expect((await admin.call(operations.listWebhooks, { params: { organization } })).items).toEqual([])
})

test('a repeated request with its key makes one webhook and gets the same secret', async () => {
  const body = { name: 'n', url: receiver.url }
  const send = async () =>
    (
      await admin.send(operations.createWebhook, {
        ...{ params: { organization }, body },
        headers: { 'idempotency-key': 'the-same-key-for-both' },
      })
    ).body
  const [first, second] = [await send(), await send()]
  expect(first.secret).toMatch(/^whsec_/)
  expect(second).toEqual(first)
  const { items } = await admin.call(operations.listWebhooks, { params: { organization } })
  expect(items.map(({ id }) => id)).toEqual([first.id])
  const developer = await addUser(postern, 'developer@hooks.example', 'developer', organization)
  const seen = await developer.call(operations.listWebhooks, { params: { organization } })
  expect(seen.items).toHaveLength(1)
  expect(postern.output()).not.toContain(first.secret)
  await admin.call(operations.deleteWebhook, { params: { organization, webhookId: first.id } })
})

test('a stolen session or API key sends events nowhere else', async () => {
  const { id: webhookId } = await create()
  const params = { organization, webhookId }
  const key = await admin.call(operations.createApiKey, {
    params: { organization },
    body: { name: 'Terraform', role: 'admin', scopes: null },
  })
  const program = withApiKey(postern, key.secret)
  const thief = createApiClient(postern, admin.email)
  const url = 'https://elsewhere.example/'
  const acts = (client: ApiClient, headers: Record<string, string>) => [
    client.send(operations.createWebhook, {
      ...{ params: { organization }, body: { name: 'n', url }, headers },
    } as never),
    client.send(operations.updateWebhook, { params, body: { url }, headers } as never),
    client.send(operations.rotateWebhookSecret, { params, body: { overlapSeconds: 0 }, headers } as never),
    client.send(operations.addWebhookClientCertificate, {
      ...{ params, body: { issuer: 'postern' }, headers },
    } as never),
  ]
  const codes = async (asked: ReturnType<typeof acts>) => (await Promise.all(asked)).map(codeOf)
  expect(await codes(acts(thief, { cookie: admin.cookie() }))).toEqual(Array(4).fill('step_up_required'))
  expect(await codes(acts(program, {}))).toEqual(Array(4).fill('api_key_not_allowed'))
  expect(await program.call(operations.getWebhook, { params })).toMatchObject({ url: receiver.url })
  await admin.call(operations.deleteWebhook, { params })
})

test('an endpoint that demands client certificates loses nothing while they are changed, from our CA to its own', async () => {
  const strict = await openWebhookReceiver({ clients: 'strict' })
  onTestFinished(() => strict.close())
  const authority = await makeAuthority()
  const toText = (...ders: Uint8Array[]) => ders.map((der) => toPem('CERTIFICATE', der)).join('')
  const foreign = await admin.send(operations.createWebhook, {
    params: { organization },
    body: {
      name: 'n',
      url: strict.url,
      serverCa: toText(issueClientCertificate(authority.issuing, await makeKey())),
    },
  })
  expect([foreign.status, codeOf(foreign)]).toEqual([400, 'webhook_server_ca_unsuitable'])
  const { id: webhookId } = await create({ url: strict.url })
  const params = { organization, webhookId }
  const tryIt = (query = {}) => admin.call(operations.testWebhook, { params, query })
  // Its server certificate is of a CA that neither the public nor the operator trusts.
  expect(await tryIt()).toMatchObject({ status: 'failed', error: expect.stringContaining('is not trusted') })
  await admin.call(operations.updateWebhook, { params, body: { serverCa: strict.ca } })
  expect(await tryIt()).toMatchObject({
    status: 'failed',
    error: expect.stringMatching(/client certificate|closed the connection/),
  })

  const add = async (issuer: 'postern' | 'own_ca') => {
    const { clientCertificates } = await admin.call(operations.addWebhookClientCertificate, {
      ...{ params, body: { issuer } },
    })
    return clientCertificates[0] as (typeof clientCertificates)[0]
  }
  const first = await add('postern')
  expect(first).toMatchObject({ state: 'live', certificateRequest: null })
  strict.trust(first.caCertificate ?? '')
  expect(await tryIt()).toMatchObject({ status: 'delivered', clientCertificateId: first.id })
  expect(strict.hooks.at(-1)?.client?.subject).toBe(`O=${organization}\nCN=${webhookId}`)

  const next = await add('own_ca')
  const { spki } = parseCertificateRequest(next.certificateRequest ?? '').publicKey
  const key = { ...(await makeKey()), spki, subjectKeyIdentifier: await keyIdentifier(spki) }
  const chain = toText(issueClientCertificate(authority.issuing, key), authority.issuing.der)
  const nextParams = { ...params, clientCertificateId: next.id }
  await admin.call(operations.installWebhookClientCertificate, { params: nextParams, body: { chain } })
  strict.trust(`${first.caCertificate}${toText(authority.root.der)}`)
  expect(await tryIt({ clientCertificateId: next.id })).toMatchObject({
    ...{ status: 'delivered', clientCertificateId: next.id },
  })
  expect(await tryIt()).toMatchObject({ clientCertificateId: first.id })
  for (let count = 0; count < 3; count += 1) await createTestCredential(admin, organization)
  await admin.call(operations.activateWebhookClientCertificate, { params: nextParams })
  for (let count = 0; count < 3; count += 1) await createTestCredential(admin, organization)
  await admin.call(operations.retireWebhookClientCertificate, {
    params: { ...params, clientCertificateId: first.id },
  })
  const list = async () =>
    (await admin.call(operations.listWebhookDeliveries, { params, query: { limit: 100 } })).items
  const created = async () => (await list()).filter(({ eventType }) => eventType === 'credential.created')
  const deliveredOf = async () => (await created()).filter(({ status }) => status === 'delivered').length
  await expect.poll(deliveredOf, { timeout: 20_000 }).toBe(6)
  expect((await created()).map(({ attempts }) => attempts)).toEqual(Array(6).fill(1))
  strict.trust(toText(authority.root.der))
  expect(await tryIt()).toMatchObject({ status: 'delivered', clientCertificateId: next.id })
  expect(postern.output()).not.toContain('PRIVATE KEY')
  await admin.call(operations.deleteWebhook, { params })
})
