import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createTestClock } from '../../test/support/certificate-harness.ts'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import {
  issueClientCertificate,
  makeAuthority,
  makeKey,
  type TestIssuer,
} from '../../test/support/test-authority.ts'
import { openTlsEndpoint } from '../../test/support/tls-endpoint.ts'
import { openWebhookReceiver, resolveTo, type WebhookReceiver } from '../../test/support/webhook-receiver.ts'
import { createAuditStore } from '../audit/audit-store.ts'
import { recordAudit } from '../audit/record-audit.ts'
import type { ClientCertificateIssuer } from '../contract/webhook.ts'
import { keyIdentifier } from '../pki/key/key-identifier.ts'
import { parseCertificateRequest } from '../pki/request/certificate-request.ts'
import { toPem } from '../pki/text/pem.ts'
import { systemActor } from '../shapes/actor.ts'
import { type MasterKey, toMasterKey } from '../shapes/master-key.ts'
import { createOutgoingCa, sealedOutgoingCaKeys } from '../signer/outgoing-ca.ts'
import { deleteOldRows } from '../storage/delete-old-rows.ts'
import { newId } from '../storage/id.ts'
import { rewrapValues } from '../storage/rewrap-store.ts'
import { sealedClientKeys } from './client-certificate-rows-store.ts'
import { createClientCertificateStore } from './client-certificate-store.ts'
import { createDeliveryStore } from './delivery-store.ts'
import { createOutbox } from './outbox-store.ts'
import { createDeliveryPlanner } from './plan-deliveries-store.ts'
import { renewClientCertificates } from './renew-client-certificates-store.ts'
import { createSendMessage } from './send-message.ts'
import { createWebhookSecret } from './sign-message.ts'
import { createWebhookSender } from './webhook-sender.ts'
import { createWebhookStore } from './webhook-store.ts'

const authorityKey = toMasterKey(randomBytes(32))
const actor = systemActor('test')
const day = 86_400_000

// Certificates of a clock that moves are not valid now: the endpoint asks for one, and the tests verify it.
let receiver: WebhookReceiver
let authority: { root: TestIssuer; issuing: TestIssuer }
beforeAll(async () => {
  receiver = await openWebhookReceiver({ clients: 'any' })
  authority = await makeAuthority()
})
afterAll(() => receiver.close())

describeOnBothEngines('client certificates of webhooks', (store) => {
  let clock = createTestClock()
  let organizationId = ''
  let webhookId = ''
  const act = () => ({ actor, now: clock.now() })

  const parts = (key: MasterKey = authorityKey) => {
    const { database } = store
    return {
      webhooks: createWebhookStore(database, key),
      certificates: createClientCertificateStore({
        ...{ database, authorityKey: key, outgoing: createOutgoingCa(database, key) },
      }),
      outbox: createOutbox({
        ...{ database, authorityKey: key, random: () => 0.5 },
        ...{ portalUrl: 'https://portal.example', firstEnvironment: 'production' },
        writeEmails: async () => {},
      }),
    }
  }
  const get = async () =>
    (await parts().webhooks.get(organizationId, webhookId, clock.now())).clientCertificates
  const states = async () => (await get()).map(({ issuer, state }) => `${issuer} ${state}`)
  const add = (issuer: ClientCertificateIssuer) => {
    // The newest one is the first of the list.
    clock.advance(1)
    return parts().certificates.add({ organizationId, webhookId }, issuer, act())
  }
  const renew = () => {
    const { database } = store
    const outgoing = createOutgoingCa(database, authorityKey)
    return renewClientCertificates({ database, authorityKey, outgoing }, clock.now())
  }
  const own = (id: string) => ({ organizationId, webhookId, id })
  const newest = async () => (await get())[0] as Awaited<ReturnType<typeof get>>[0]
  /** Has the CA of the customer certify the newest CSR. */
  const certify = async (changes: object = {}, by = authority.issuing) => {
    const { certificateRequest } = await newest()
    const { spki } = parseCertificateRequest(certificateRequest ?? '').publicKey
    const key = { ...(await makeKey()), spki, subjectKeyIdentifier: await keyIdentifier(spki) }
    const times = { notBefore: clock.now() - day, notAfter: clock.now() + 100 * day }
    return toPem('CERTIFICATE', issueClientCertificate(by, key, { ...times, ...changes }))
  }
  const install = async (chain: string, id?: string) =>
    parts().certificates.install(own(id ?? (await newest()).id), chain, act())
  const issuingPem = () => toPem('CERTIFICATE', authority.issuing.der)
  const rootPem = () => toPem('CERTIFICATE', authority.root.der)

  /** Lets something happen, and sends what is told of it. Returns what the endpoint got. */
  const deliver = async () => {
    receiver.hooks.length = 0
    const { outbox } = parts()
    await store.database.transaction((tx) =>
      recordAudit(
        tx,
        {
          ...{ actor, action: 'credential.updated', organizationId },
          ...{ subjectKind: 'credential', subjectId: 'cred_1', before: { name: 'a' }, after: { name: 'b' } },
        },
        clock.now(),
      ),
    )
    await createDeliveryPlanner(store.database, createAuditStore(store.database)).plan(clock.now())
    const send = createSendMessage({
      rules: { allowPrivate: false, allowPlain: false, allowedNetworks: ['127.0.0.0/8'] },
      ca: [receiver.ca],
      resolve: resolveTo(['127.0.0.1']) as never,
    })
    const failures: unknown[] = []
    const onFailure = (_: string, error: unknown) => failures.push(error)
    const sender = createWebhookSender({ outbox, send, clock, onFailure })
    for (let round = 0; round < 20; round += 1) {
      if ((await outbox.listReady([], 1, clock.now())).length === 0) break
      await sender.begin()
      await sender.settle()
    }
    expect(failures).toEqual([])
    return receiver.hooks.map(({ client }) => client)
  }
  const presented = async () => {
    const clients = await deliver()
    expect(clients.length).toBeGreaterThan(0)
    return [...new Set(clients.map((client) => client?.fingerprint256.replaceAll(':', '').toLowerCase()))]
  }

  beforeEach(async () => {
    clock = createTestClock()
    receiver.answer = (response) => response.end('ok')
    const { queries } = store.database
    await queries.deleteFrom('webhooks').execute()
    organizationId = newId('organization', clock.now())
    const slug = organizationId.slice(-12)
    const organization = { id: organizationId, slug, legal_name: 'Łódź Płatności S.A.', country: 'PL' }
    await queries
      .insertInto('organizations')
      .values({ ...organization, state: '', created_at: 1 })
      .execute()
    const draft = { name: "O'Neil & Co / Ltd", url: receiver.url, environment: null, eventTypes: null }
    const secret = createWebhookSecret()
    const made = { draft: { ...draft, enabled: true, serverCa: null }, secret }
    webhookId = (await parts().webhooks.insert(organizationId, made, act())).id
  })

  test('one of Postern is presented at once, from a CA that no gateway knows; its key is sealed', async () => {
    expect(await deliver()).toEqual([undefined])
    await add('postern')
    const [{ state, caCertificate, subject, certificateRequest } = await newest()] = await get()
    expect([state, certificateRequest]).toEqual(['live', null])
    expect(subject).toBe(`CN=${webhookId}, O=${organizationId.slice(-12)}`)
    const [client] = await deliver()
    expect(client?.verify(new X509Certificate(caCertificate ?? '').publicKey)).toBe(true)
    expect(client?.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
    const { queries } = store.database
    const issuers = await queries.selectFrom('issuers').select('certificate_der').execute()
    for (const { certificate_der: der } of issuers)
      expect(client?.checkIssued(new X509Certificate(der))).toBe(false)
    const rows = await queries.selectFrom('webhook_client_certificates').selectAll().execute()
    const cas = await queries.selectFrom('outgoing_cas').selectAll().execute()
    for (const { sealed_key: sealed } of [...rows, ...cas]) {
      expect(Buffer.from(sealed).toString('latin1')).not.toContain('PRIVATE KEY')
      expect(() => createPrivateKey({ key: Buffer.from(sealed), format: 'der', type: 'pkcs8' })).toThrow()
    }
    const audit = await queries.selectFrom('audit').selectAll().where('subject_id', '=', webhookId).execute()
    expect(audit.map(({ action }) => action)).toContain('webhook.client_certificate_installed')
    expect(JSON.stringify(audit)).not.toMatch(/PRIVATE|BEGIN/)
  })

  test('one of Postern is renewed in time, looked at for a week, and then presented: no delivery fails', async () => {
    await add('postern')
    const { fingerprintSha256: first } = await newest()
    clock.advance(54 * day)
    await renew()
    expect(await states()).toEqual(['postern live'])
    clock.advance(2 * day)
    await Promise.all([renew(), renew()])
    await renew()
    expect(await states()).toEqual(['postern next', 'postern live'])
    expect(await presented()).toEqual([first])
    const { fingerprintSha256: second } = await newest()
    const seen = new Set<string | undefined>()
    for (let days = 5; days <= 40; days += 5) {
      clock.advance(5 * day)
      await renew()
      for (const one of await presented()) seen.add(one)
      if (days === 10) expect(await states()).toEqual(['postern live', 'postern former'])
    }
    expect(seen).toEqual(new Set([first, second]))
    const { queries } = store.database
    const lost = await queries
      .selectFrom('webhook_deliveries')
      .select('id')
      .where('status', '<>', 'delivered')
    expect(await lost.where('webhook_id', '=', webhookId).execute()).toEqual([])
    expect(await states()).toEqual(['postern live', 'postern expired'])
    clock.advance(30 * day)
    await deleteOldRows(queries, ['none'], clock.now())
    expect(await states()).toEqual(['postern live'])
  })

  test('one that ended while Postern was stopped is renewed at once, and nothing is sent without', async () => {
    await add('postern')
    clock.advance(91 * day)
    expect(await deliver()).toEqual([])
    const list = async () =>
      (await createDeliveryStore(store.database).list({ organizationId, webhookId }, { limit: 200 })).items
    expect((await list())[0]).toMatchObject({
      ...{ status: 'pending', attempts: 1, clientCertificateId: null },
      error: expect.stringContaining('every client certificate of the webhook has expired'),
    })
    await deleteOldRows(store.database.queries, ['none'], clock.now() + 60 * day)
    expect(await states()).toEqual(['postern expired'])
    await renew()
    expect(await states()).toEqual(['postern live', 'postern expired'])
    clock.advance(60_000)
    expect((await deliver()).length).toBe(2)
  })

  test('the CA of the customer signs a CSR; the next one stands beside the live one until it is used', async () => {
    await add('own_ca')
    expect(await states()).toEqual(['own_ca requested'])
    expect(await presented()).toEqual([undefined])
    // In the wrong order, with the printed text that tools write around it.
    await install(`${rootPem()}subject=CN = acme\n${await certify()}${issuingPem()}`)
    expect(await states()).toEqual(['own_ca live'])
    const first = await newest()
    expect(await presented()).toEqual([first.fingerprintSha256])
    await expect(install(issuingPem())).rejects.toMatchObject({
      code: 'webhook_client_certificate_not_ready',
    })

    await add('own_ca')
    await install(await certify())
    const second = await newest()
    expect(second.fingerprintSha256).not.toBe(first.fingerprintSha256)
    expect(await states()).toEqual(['own_ca next', 'own_ca live'])
    expect(await presented()).toEqual([first.fingerprintSha256])
    clock.advance(1000)
    await parts().certificates.activate(own(second.id), act())
    expect(await states()).toEqual(['own_ca live', 'own_ca former'])
    expect(await presented()).toEqual([second.fingerprintSha256])
    clock.advance(1000)
    await parts().certificates.activate(own(first.id), act())
    expect(await presented()).toEqual([first.fingerprintSha256])
    const [{ clientCertificateUse } = { clientCertificateUse: [] }] = (
      await parts().webhooks.list(organizationId, { limit: 10 }, clock.now())
    ).items
    expect(clientCertificateUse).toHaveLength(2)
    expect(clientCertificateUse).toContainEqual(
      expect.objectContaining({ id: second.id, answered: expect.any(Number) }),
    )
    await parts().certificates.retire(own(first.id), act())
    expect(await presented()).toEqual([second.fingerprintSha256])
    await parts().certificates.retire(own(second.id), act())
    expect(await presented()).toEqual([undefined])
  })

  const latest = async () => {
    const { items } = await createDeliveryStore(store.database).list(
      { organizationId, webhookId },
      { limit: 50 },
    )
    return items.find(({ attempts }) => attempts > 0) as (typeof items)[0]
  }
  const findUse = async (id: string) => {
    const { items } = await parts().webhooks.list(organizationId, { limit: 10 }, clock.now())
    return items[0]?.clientCertificateUse.find((use) => use.id === id)
  }

  test('the former one is tried where an endpoint rejects the live one, and only for that', async () => {
    const newCa = await makeAuthority()
    await add('own_ca')
    await install(`${await certify()}${issuingPem()}`)
    const former = await newest()
    await add('own_ca')
    await install(`${await certify({}, newCa.issuing)}${toPem('CERTIFICATE', newCa.issuing.der)}`)
    const live = await newest()
    clock.advance(1000)
    await parts().certificates.activate(own(live.id), act())
    expect(await states()).toEqual(['own_ca live', 'own_ca former'])

    // An endpoint that takes the certificate and fails for another reason gets one request.
    await deliver()
    receiver.answer = (response) => response.writeHead(500).end()
    await deliver()
    expect(receiver.hooks).toHaveLength(1)
    expect(await latest()).toMatchObject({ clientCertificateId: live.id, rejectedClientCertificateId: null })
    expect(await findUse(live.id)).toMatchObject({ rejected: 0 })

    const trustFile = join(dirname(receiver.caFile), `${webhookId}.pem`)
    writeFileSync(trustFile, rootPem())
    const endpoint = await openTlsEndpoint({ ...receiver.files, trustFile })
    try {
      const { queries } = store.database
      const url = receiver.url.replace(String(receiver.port), String(endpoint.port))
      await queries.deleteFrom('webhook_deliveries').execute()
      await queries.updateTable('webhooks').set({ url, failing_since: null }).execute()
      await deliver()
      const delivered = { status: 'delivered', attempts: 1, responseStatus: 200, error: null }
      expect(await latest()).toMatchObject({
        ...delivered,
        ...{ clientCertificateId: former.id, rejectedClientCertificateId: live.id },
      })
      expect(await findUse(live.id)).toMatchObject({ deliveries: 0, answered: 0, rejected: 1 })
      expect(await findUse(former.id)).toMatchObject({ deliveries: 1, answered: 1, rejected: 0 })
      // It was accepted before, and rejected since.
      const rejectedAt = (await findUse(live.id))?.lastUsedAt
      const { id: _, ...accepted } = await queries
        .selectFrom('webhook_deliveries')
        .selectAll()
        .executeTakeFirstOrThrow()
      const before = { last_attempt_at: clock.now() - 1000, rejected_client_certificate_id: null }
      await queries
        .insertInto('webhook_deliveries')
        .values({
          ...{ ...accepted, ...before, client_certificate_id: live.id },
          ...{ id: 'whd_before', event_id: 'before' },
        })
        .execute()
      expect(await findUse(live.id)).toMatchObject({ deliveries: 1, rejected: 1, lastUsedAt: rejectedAt })

      // Without the overlap nothing else is tried.
      clock.advance(1000)
      await parts().certificates.retire(own(former.id), act())
      await deliver()
      expect(await latest()).toMatchObject({
        ...{ status: 'pending', clientCertificateId: live.id, rejectedClientCertificateId: null },
        error: expect.stringContaining('did not accept the client certificate'),
      })
    } finally {
      await endpoint.close()
    }
  })

  test('an endpoint that rejects both is tried once with each, and the list says so', async () => {
    const newCa = await makeAuthority()
    for (const { issuing } of [authority, newCa]) {
      await add('own_ca')
      await install(`${await certify({}, issuing)}${toPem('CERTIFICATE', issuing.der)}`)
    }
    const [live, former] = await get()
    clock.advance(1000)
    await parts().certificates.activate(own(live?.id ?? ''), act())
    await deliver()
    await store.database.queries.deleteFrom('webhook_deliveries').execute()
    const endpoint = await openTlsEndpoint({ ...receiver.files, trustFile: receiver.caFile })
    try {
      const url = receiver.url.replace(String(receiver.port), String(endpoint.port))
      await store.database.queries.updateTable('webhooks').set({ url }).execute()
      await deliver()
      expect(await latest()).toMatchObject({
        ...{ status: 'pending', attempts: 1, clientCertificateId: former?.id },
        rejectedClientCertificateId: live?.id,
        error: expect.stringContaining('accepted neither the live client certificate nor the former one'),
      })
    } finally {
      await endpoint.close()
    }
  })

  test('what does not fit is not stored, and says why', async () => {
    await add('own_ca')
    const other = await makeKey()
    const stranger = toPem('CERTIFICATE', issueClientCertificate(authority.issuing, other))
    const { root } = await makeAuthority()
    const { id } = await newest()
    const key = other.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const codes: Record<string, string> = {}
    const attempts: Record<string, string> = {
      'another key': stranger,
      'a CA alone': issuingPem(),
      'a foreign root': `${await certify()}${issuingPem()}${toPem('CERTIFICATE', root.der)}`,
      'a gap': `${await certify()}${rootPem()}`,
      expired: await certify({ notAfter: clock.now() - 2000 }),
      'not yet valid': await certify({ notBefore: clock.now() + day }),
      'a private key': `${await certify()}${key}`,
      text: 'no certificate',
    }
    for (const [what, text] of Object.entries(attempts))
      codes[what] = await install(text).then(
        () => 'stored',
        (error) => error.code,
      )
    expect(codes).toEqual({
      'another key': 'certificate_unsuitable',
      'a CA alone': 'certificate_unsuitable',
      'a foreign root': 'certificate_unsuitable',
      'a gap': 'certificate_unsuitable',
      expired: 'certificate_not_current',
      'not yet valid': 'certificate_not_current',
      'a private key': 'certificate_is_private_key',
      text: 'certificate_unreadable',
    })
    expect(await states()).toEqual(['own_ca requested'])
    await expect(parts().certificates.activate(own(id), act())).rejects.toMatchObject({
      code: 'webhook_client_certificate_not_ready',
    })
    for (let count = 1; count < 4; count += 1) await add('own_ca')
    await expect(add('postern')).rejects.toMatchObject({ code: 'webhook_client_certificates_full' })
    const foreign = { ...own(id), organizationId: newId('organization', 1) }
    const missing = { code: 'not_found' }
    await expect(parts().certificates.add(foreign, 'postern', act())).rejects.toMatchObject(missing)
    await expect(parts().certificates.install(foreign, 'x', act())).rejects.toMatchObject(missing)
    await expect(parts().certificates.activate(foreign, act())).rejects.toMatchObject(missing)
    await expect(parts().certificates.retire(foreign, act())).rejects.toMatchObject(missing)
  })

  test('keys are sealed under another key with the others, and open with nothing else', async () => {
    await add('postern')
    const next = toMasterKey(randomBytes(32))
    const rewrap = async (from: MasterKey, to: MasterKey) => {
      for (const values of [sealedClientKeys, sealedOutgoingCaKeys])
        await rewrapValues(store.database, toMasterKey(to.first, from.first), values, async () => {})
    }
    await rewrap(authorityKey, next)
    const now = clock.now()
    await expect(parts().outbox.findTarget(webhookId, now)).rejects.toMatchObject({
      code: 'master_key_wrong',
    })
    await expect(add('postern')).rejects.toMatchObject({ code: 'master_key_wrong' })
    await rewrap(next, authorityKey)
    expect((await presented())[0]).toBe((await newest()).fingerprintSha256)
  })
})
