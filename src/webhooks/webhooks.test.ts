import { randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createTestClock } from '../../test/support/certificate-harness.ts'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { openWebhookReceiver, resolveTo, type WebhookReceiver } from '../../test/support/webhook-receiver.ts'
import { createAuditStore } from '../audit/audit-store.ts'
import { recordAudit } from '../audit/record-audit.ts'
import type { NewWebhook } from '../contract/webhook.ts'
import { systemActor } from '../shapes/actor.ts'
import type { Announcement } from '../shapes/announcement.ts'
import { toMasterKey } from '../shapes/master-key.ts'
import { newId } from '../storage/id.ts'
import { rewrapValues } from '../storage/rewrap-store.ts'
import { createDeliveryStore } from './delivery-store.ts'
import { createOutbox } from './outbox-store.ts'
import { announce, createDeliveryPlanner } from './plan-deliveries-store.ts'
import { createSendMessage } from './send-message.ts'
import { createWebhookSecret, formatWebhookSecret } from './sign-message.ts'
import { createUseWatch } from './watch-use-store.ts'
import { webhookLimits } from './webhook-limits.ts'
import { sealedWebhookSecrets } from './webhook-secret-store.ts'
import { createWebhookSender, planAndSend } from './webhook-sender.ts'
import { createWebhookStore } from './webhook-store.ts'

const authorityKey = toMasterKey(randomBytes(32))
const actor = systemActor('test')
const hour = 3_600_000
const day = 24 * hour

let receiver: WebhookReceiver
beforeAll(async () => {
  receiver = await openWebhookReceiver()
})
afterAll(() => receiver.close())

describeOnBothEngines('webhooks', (store) => {
  let clock = createTestClock()
  const failures: unknown[] = []
  const emails: { recipient: string; subject: string; body: string }[] = []
  let organizationId = ''
  let slug = ''

  const webhooks = () => createWebhookStore(store.database, authorityKey)
  const deliveries = () => createDeliveryStore(store.database)
  const planner = () => createDeliveryPlanner(store.database, createAuditStore(store.database))
  const outbox = (key = authorityKey) =>
    createOutbox({
      ...{ database: store.database, authorityKey: key, portalUrl: 'https://portal.example' },
      writeEmails: async (_, written) => void emails.push(...written),
      firstEnvironment: 'production',
      random: () => 0.5,
    })
  const sendMessage = () =>
    createSendMessage({
      rules: { allowPrivate: false, allowPlain: false, allowedNetworks: ['127.0.0.0/8'] },
      ca: [receiver.ca],
      resolve: resolveTo(['127.0.0.1']) as never,
    })
  const createSender = (of = outbox(), send = sendMessage()) =>
    createWebhookSender({ outbox: of, send, clock, onFailure: (_, error) => failures.push(error) })

  const create = async (more: Partial<NewWebhook> = {}) => {
    const secret = createWebhookSecret()
    const draft = {
      ...{ name: 'Łódź Płatności S.A.', url: receiver.url, environment: null, eventTypes: null },
      ...{ enabled: true, serverCa: null, ...more },
    }
    const act = { actor, now: clock.now() }
    const made = await webhooks().insert(organizationId, { draft, secret }, act)
    return { ...made, own: { organizationId, webhookId: made.id }, secret: formatWebhookSecret(secret) }
  }
  const change = (name: string, organization = organizationId, action = 'credential.updated') =>
    store.database.transaction((tx) =>
      recordAudit(
        tx,
        {
          ...{ actor, action, organizationId: organization, subjectKind: 'credential', subjectId: 'cred_1' },
          ...{ before: { name: 'before' }, after: { name } },
        },
        clock.now(),
      ),
    )
  /** Plans and sends until nothing is due. */
  const run = async (sender = createSender()) => {
    await planner().plan(clock.now())
    for (let round = 0; round < 200; round += 1) {
      if ((await outbox().listReady([], 1, clock.now())).length === 0) return
      await sender.begin()
      await sender.settle()
    }
    throw new Error('it does not come to an end')
  }
  const list = async (webhookId: string) =>
    (await deliveries().list({ organizationId, webhookId }, { limit: 200 })).items
  const find = async (webhookId: string) =>
    (await webhooks().list(organizationId, { limit: 50 }, clock.now())).items.find(
      (one) => one.id === webhookId,
    )
  const readActions = async (subjectId: string) =>
    (
      await store.database.queries
        .selectFrom('audit')
        .select('action')
        .where('subject_id', '=', subjectId)
        .orderBy('sequence')
        .execute()
    ).map((row) => row.action)
  const addOrganization = async () => {
    const id = newId('organization', clock.now())
    const name = id.slice(-12)
    await store.database.queries
      .insertInto('organizations')
      .values({ id, slug: name, legal_name: name, country: 'PL', state: '', created_at: 1 })
      .execute()
    return { id, slug: name }
  }

  beforeEach(async () => {
    clock = createTestClock()
    await store.database.queries.deleteFrom('webhooks').execute()
    receiver.hooks.length = 0
    receiver.answer = (response) => response.end('ok')
    failures.length = 0
    emails.length = 0
    ;({ id: organizationId, slug } = await addOrganization())
  })

  test('a change arrives once in the envelope of events, signed as the library of Standard Webhooks verifies it', async () => {
    await change('before it was there')
    const { id, secret } = await create()
    await change('O’Neil & Co / Ltd')
    await change('of somebody else', (await addOrganization()).id)
    await change('what nobody knows', organizationId, 'thing.changed')
    await change('a person', organizationId, 'person.signed_in')
    await run()
    await run()
    expect(receiver.hooks).toHaveLength(1)
    const [{ headers, body }] = receiver.hooks as [(typeof receiver.hooks)[0]]
    const event = new Webhook(secret).verify(body, headers as Record<string, string>)
    expect(event).toMatchObject({
      id: headers['webhook-id'],
      type: 'credential.updated',
      organization: slug,
      subject: { kind: 'credential', id: 'cred_1' },
      data: { before: { name: 'before' }, after: { name: 'O’Neil & Co / Ltd' } },
    })
    expect(() => new Webhook(secret).verify(`${body} `, headers as Record<string, string>)).toThrow()
    expect(await list(id)).toMatchObject([
      { status: 'delivered', attempts: 1, responseStatus: 200, responseBody: 'ok', error: null },
    ])
    expect(failures).toEqual([])
  })

  test('a webhook gets the types and the environment that it names', async () => {
    const types = await create({ eventTypes: ['credential.deleted'] })
    const environment = await create({ environment: 'production' })
    await change('x')
    await run()
    expect([await list(types.id), await list(environment.id)]).toEqual([[], []])
    await store.database.transaction((tx) =>
      announce(
        tx,
        [expiry('a', { environment: 'production' }), expiry('b', { environment: 'staging' })],
        clock.now(),
      ),
    )
    await run()
    expect(await list(types.id)).toEqual([])
    expect(await list(environment.id)).toMatchObject([{ eventType: 'certificate.expiry_step_reached' }])
  })

  test('both secrets sign while one is rotated, and the older one ends', async () => {
    const { id, secret: old } = await create()
    const rotate = async (overlapMs: number) => {
      const secret = createWebhookSecret()
      const act = { actor, now: clock.now() }
      const { secrets } = await webhooks().rotate(organizationId, id, { secret, overlapMs }, act)
      return { secret: formatWebhookSecret(secret), secrets }
    }
    const next = await rotate(hour)
    expect(next.secrets).toMatchObject([{ expiresAt: null }, { expiresAt: expect.any(String) }])
    await expect(rotate(hour)).rejects.toMatchObject({ code: 'webhook_secrets_full' })
    await change('x')
    await run()
    const [{ headers, body }] = receiver.hooks as [(typeof receiver.hooks)[0]]
    expect(String(headers['webhook-signature']).split(' ')).toHaveLength(2)
    for (const secret of [old, next.secret])
      expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toBeDefined()
    clock.advance(hour)
    await change('y')
    await run()
    const { headers: later } = receiver.hooks.at(-1) as (typeof receiver.hooks)[0]
    expect(String(later['webhook-signature']).split(' ')).toHaveLength(1)
    expect((await rotate(0)).secrets).toHaveLength(1)
  })

  test('a failing delivery is tried for 3 days with the same id; after 5 days the webhook is disabled, and its owner told', async () => {
    const email = `${slug}@acme.example`
    await addAdmin(email)
    receiver.answer = (response) => response.writeHead(500).end()
    const { id, own } = await create()
    const began = clock.now()
    await change('x')
    const times: number[] = []
    receiver.answer = (response) => {
      times.push(clock.now() - began)
      response.writeHead(500).end('later')
    }
    while (clock.now() - began < 4 * day) {
      await run()
      const [{ nextAttemptAt }] = (await list(id)) as unknown as [{ nextAttemptAt: string | null }]
      if (nextAttemptAt === null) break
      clock.advance(Date.parse(nextAttemptAt) - clock.now())
    }
    expect(times.slice(0, 4)).toEqual([0, 5_000, 35_000, 155_000])
    expect(times.at(-1)).toBeGreaterThan(2.4 * day)
    expect(times.at(-1)).toBeLessThanOrEqual(3 * day)
    expect(new Set(receiver.hooks.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    expect(await list(id)).toMatchObject([
      { status: 'failed', attempts: times.length, responseBody: 'later' },
    ])
    expect(await find(id)).toMatchObject({ enabled: true, failingSince: new Date(began).toISOString() })

    clock.advance(began + 5 * day - clock.now())
    await change('y')
    await change('z')
    await run()
    expect(await find(id)).toMatchObject({ enabled: false, disabledReason: 'failing', waiting: 0 })
    expect(await readActions(id)).toEqual(['webhook.created', 'webhook.disabled'])
    expect(emails).toMatchObject([{ recipient: email, subject: 'Webhook Łódź Płatności S.A. was disabled' }])
    expect(emails[0]?.body).toContain(`https://portal.example/o/${slug}/production/webhooks/${id}`)
    const failed = (await list(id)).filter(({ status }) => status === 'failed')
    expect(failed).toHaveLength(3)
    const replayed = failed[0]?.id as string
    await expect(deliveries().replay(own, replayed, clock.now())).rejects.toMatchObject({
      code: 'webhook_disabled',
    })

    receiver.answer = (response) => response.end()
    await webhooks().update(organizationId, id, { enabled: true }, { actor, now: clock.now() })
    receiver.hooks.length = 0
    await deliveries().replay(own, replayed, clock.now())
    await run()
    expect(receiver.hooks.map(({ headers }) => headers['webhook-id'])).toEqual([failed[0]?.eventId])
    expect(await find(id)).toMatchObject({ failingSince: null, lastDeliveredAt: expect.any(String) })
  })

  test('an endpoint that answers 410 is disabled immediately', async () => {
    receiver.answer = (response) => response.writeHead(410).end()
    const { id } = await create()
    await change('x')
    await run()
    expect(await find(id)).toMatchObject({ enabled: false, disabledReason: 'gone' })
    await change('y')
    await run()
    expect(receiver.hooks).toHaveLength(1)
  })

  test('an endpoint that asks for time gets nothing until then, and no delivery ends for it', async () => {
    const { id, own } = await create()
    const began = clock.now()
    const at = (ms: number) => new Date(began + ms).toISOString()
    receiver.answer = (response) => response.writeHead(503, { 'retry-after': '3600' }).end()
    await change('x')
    await run()
    expect(await list(id)).toMatchObject([{ status: 'pending', nextAttemptAt: at(hour) }])
    expect(await find(id)).toMatchObject({ pausedUntil: at(hour) })
    clock.advance(hour - 1)
    await change('y')
    await planner().plan(clock.now())
    expect(await outbox().listReady([], 10, clock.now())).toEqual([])
    expect(receiver.hooks).toHaveLength(1)
    clock.advance(1)
    receiver.answer = (response) => response.writeHead(429, { 'retry-after': '1' }).end()
    await run()
    const [second, first] = await list(id)
    // Our own wait is longer than what the endpoint asks for, and the delivery that has waited longest goes first.
    expect([first?.attempts, second?.attempts]).toEqual([1, 1])
    expect(second).toMatchObject({ nextAttemptAt: at(hour + 5000) })

    clock.advance(3 * day - hour - 10 * 60_000)
    const late = new Date(clock.now() + 40 * day).toUTCString()
    receiver.answer = (response) => response.writeHead(503, { 'retry-after': late }).end()
    await run()
    expect(await find(id)).toMatchObject({ pausedUntil: at(3.5 * day - 10 * 60_000) })
    expect((await list(id)).at(-1)).toMatchObject({
      status: 'pending',
      attempts: 2,
      nextAttemptAt: at(3 * day),
    })

    receiver.answer = (response) => response.end()
    await deliveries().replay(own, first?.id as string, clock.now())
    await run()
    expect((await list(id)).map(({ status }) => status)).toEqual(['delivered', 'delivered'])
    await webhooks().update(organizationId, id, { url: `${receiver.url}/other` }, { actor, now: clock.now() })
    expect(await find(id)).toMatchObject({ pausedUntil: null })
  })

  test('a webhook without a valid secret is not enabled, and is after a rotation', async () => {
    const { id } = await create({ enabled: false })
    await store.database.queries.updateTable('webhook_secrets').set({ expires_at: clock.now() }).execute()
    const enable = () => webhooks().update(organizationId, id, { enabled: true }, { actor, now: clock.now() })
    await expect(enable()).rejects.toMatchObject({ code: 'webhook_secret_missing' })
    expect(await find(id)).toMatchObject({ enabled: false })
    const change = { secret: createWebhookSecret(), overlapMs: 0 }
    await webhooks().rotate(organizationId, id, change, { actor, now: clock.now() })
    expect(await enable()).toMatchObject({ enabled: true })
  })

  test('a failure of ours is tried again, and the webhook is not failing for it', async () => {
    const { id } = await create()
    await change('x')
    const starved = async () => ({
      ...{ responseStatus: null, responseBody: null, durationMilliseconds: 1 },
      ...{ error: 'Postern reached no DNS server.', isOurs: true },
    })
    await planner().plan(clock.now())
    const sender = createSender(outbox(), starved)
    await sender.begin()
    await sender.settle()
    expect(await list(id)).toMatchObject([{ status: 'pending', attempts: 1 }])
    expect(await find(id)).toMatchObject({ failingSince: null })
  })

  test('one test of an organization is on its way at a time; one that was lost is not waited for', async () => {
    const { own } = await create()
    const other = await create()
    const event = (key: string) => ({
      ...{ id: `evt_${key}`, type: 'webhook.test', time: new Date(clock.now()).toISOString() },
      environment: null,
    })
    const begin = (key: string, of = own) => deliveries().beginTest(of, event(key), clock.now())
    const first = await begin('1')
    const busy = { code: 'too_many_requests' }
    await expect(begin('2')).rejects.toMatchObject(busy)
    await expect(begin('2', other.own)).rejects.toMatchObject(busy)
    const attempt = { responseStatus: 200, responseBody: '', durationMilliseconds: 1, error: null }
    await deliveries().endTest(own, first, { ...attempt, isOurs: false }, clock.now())
    await begin('2', other.own)
    clock.advance(20_000)
    await begin('3')
  })

  test('nothing is sent without a valid secret: the webhook is disabled, and its owner told what to do', async () => {
    const email = `${slug}@acme.example`
    await addAdmin(email)
    const { id } = await create()
    await store.database.queries.updateTable('webhook_secrets').set({ expires_at: clock.now() }).execute()
    await change('x')
    await run()
    expect(receiver.hooks).toEqual([])
    expect(await find(id)).toMatchObject({ enabled: false, disabledReason: 'no_secret', waiting: 0 })
    expect(await readActions(id)).toEqual(['webhook.created', 'webhook.disabled'])
    expect(emails).toMatchObject([{ recipient: email, body: expect.stringContaining('rotate the secret') }])
  })

  test('what waits is sent while new events cannot be queued', async () => {
    await create()
    await change('x')
    await planner().plan(clock.now())
    const broken = { plan: () => Promise.reject(new Error('an event that nobody can read')) }
    const sender = createSender()
    await expect(planAndSend(broken, sender, clock.now())).rejects.toThrow('nobody can read')
    await sender.settle()
    expect(receiver.hooks).toHaveLength(1)
  })

  test('what was sent and not recorded is sent again with the same id', async () => {
    await create()
    await change('x')
    const lost = { ...outbox(), record: () => Promise.reject(new Error('power cut')) }
    await planner().plan(clock.now())
    const dying = createSender(lost)
    await dying.begin()
    await dying.settle()
    expect(failures).toMatchObject([{ message: 'power cut' }])
    clock.advance(10 * 60_000)
    await run()
    expect(receiver.hooks).toHaveLength(2)
    expect(new Set(receiver.hooks.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  })

  test('what is on its way when Postern stops is sent by the next one', async () => {
    receiver.answer = () => {}
    const { id } = await create()
    await change('x')
    await planner().plan(clock.now())
    const stopping = createSender()
    await stopping.begin()
    await expect.poll(() => receiver.hooks.length).toBe(1)
    await stopping.close()
    expect(await list(id)).toMatchObject([{ status: 'pending', attempts: 0 }])
    receiver.answer = (response) => response.end()
    await run()
    expect(await list(id)).toMatchObject([{ status: 'delivered' }])
  })

  test('an endpoint that hangs delays no other one', async () => {
    receiver.answer = (response, { path }) => {
      if (path !== '/hangs') response.end()
    }
    await create({ url: receiver.url.replace('/postern', '/hangs') })
    const { id } = await create()
    for (let changes = 0; changes < 5; changes += 1) await change(`x${changes}`)
    await planner().plan(clock.now())
    const sender = createSender()
    await sender.begin()
    await expect
      .poll(async () => (await list(id)).filter(({ status }) => status === 'delivered').length)
      .toBe(5)
    expect(receiver.hooks.filter(({ path }) => path === '/hangs').length).toBeLessThanOrEqual(2)
    await sender.close()
  })

  test('two portals that plan at once queue each event once', async () => {
    const { id } = await create()
    for (let changes = 0; changes < 20; changes += 1) await change(`x${changes}`)
    await Promise.all([planner(), planner(), planner()].map((one) => one.plan(clock.now())))
    expect(await list(id)).toHaveLength(20)
  })

  test('nothing is sent for a suspended organization, and it gets what waits once it is active; a closed one gets nothing', async () => {
    const setStatus = (status: 'active' | 'suspended' | 'closed') =>
      store.database.queries
        .updateTable('organizations')
        .set({ status })
        .where('id', '=', organizationId)
        .execute()
    const { id } = await create()
    await setStatus('suspended')
    await change('x')
    await run()
    clock.advance(day)
    await run()
    expect([receiver.hooks.length, (await list(id)).length]).toEqual([0, 1])
    await setStatus('active')
    await run()
    expect(receiver.hooks).toHaveLength(1)
    await setStatus('closed')
    await change('y')
    await run()
    expect([receiver.hooks.length, (await list(id)).length]).toEqual([1, 1])
  })

  test('what is beyond the queue is dropped, counted, and told once a day', async () => {
    const { id, own } = await create()
    await change('first')
    await planner().plan(clock.now())
    const row = await store.database.queries
      .selectFrom('webhook_deliveries')
      .selectAll()
      .where('webhook_id', '=', id)
      .executeTakeFirstOrThrow()
    const filler = Array.from({ length: webhookLimits.waiting - 1 }, (_, index) => ({
      ...row,
      ...{ id: `${row.id}${index}`, event_id: `evt_${index}`, due_at: clock.now() + day },
    }))
    while (filler.length > 0)
      await store.database.queries.insertInto('webhook_deliveries').values(filler.splice(0, 100)).execute()
    for (const name of ['x', 'y', 'z']) await change(name)
    await planner().plan(clock.now())
    await outbox().reportDropped(clock.now())
    await outbox().reportDropped(clock.now())
    expect(await find(id)).toMatchObject({ waiting: 1000, droppedEvents: 3, droppedAt: expect.any(String) })
    expect(await readActions(id)).toEqual(['webhook.created', 'webhook.queue_full'])
    await run()
    await change('there is room again')
    await run()
    expect(receiver.hooks).toHaveLength(2)
    await expect(deliveries().replay(own, 'whd_nothing', clock.now())).rejects.toMatchObject({
      code: 'not_found',
    })
  })

  test('an announcement with a known key is queued once', async () => {
    const { id } = await create()
    const tell = (key: string) =>
      store.database.transaction((tx) => announce(tx, [expiry(key), expiry(key)], clock.now()))
    await tell('one')
    await tell('one')
    await tell('two')
    await run()
    expect(await list(id)).toHaveLength(2)
    expect(JSON.parse(receiver.hooks[0]?.body ?? '')).toMatchObject({
      ...{ type: 'certificate.expiry_step_reached', organization: slug, environment: 'production' },
      ...{ subject: { kind: 'certificate', id: 'cert_1', name: null }, data: { step: 30 } },
    })
  })

  test('the first use of a certificate and a burst of denied requests are announced, at most once an hour', async () => {
    const { id } = await create()
    clock.advance(1000)
    const certificateId = await addCertificate()
    const { queries } = store.database
    // The middle of an hour: two clock hours within one hour count as one.
    clock.advance(hour - (clock.now() % hour) + 30 * 60_000)
    const look = () => createUseWatch({ database: store.database, announce }).look(clock.now())
    await look()
    expect(await list(id)).toEqual([])
    await queries
      .updateTable('certificates')
      .set({ first_used_at: clock.now() - 60_000 })
      .where('id', '=', certificateId)
      .execute()
    const deny = async (refusals: number) => {
      const start = clock.now() - (clock.now() % 60_000)
      const row = { grain: 'minute', start, refusals }
      await queries
        .insertInto('usage')
        .values({ certificate_id: certificateId, ...row })
        .execute()
      const place = { organization_id: organizationId, environment: 'production' }
      await queries
        .insertInto('organization_usage')
        .values({ ...place, ...row })
        .execute()
    }
    await deny(19)
    await look()
    await look()
    expect((await list(id)).map(({ eventType }) => eventType)).toEqual(['certificate.first_used'])
    clock.advance(60_000)
    await deny(1)
    await look()
    clock.advance(40 * 60_000)
    await deny(50)
    await look()
    const types = async () => (await list(id)).map(({ eventType }) => eventType).toSorted()
    expect(await types()).toEqual(['certificate.first_used', 'certificate.refusals_rose'])
    clock.advance(25 * 60_000)
    await deny(50)
    await look()
    expect(await types()).toHaveLength(3)
  })

  test('another key of the authority opens the secrets after they were sealed anew, and no other does', async () => {
    await create()
    await change('x')
    const next = toMasterKey(randomBytes(32))
    const both = toMasterKey(next.first, authorityKey.first)
    await rewrapValues(store.database, both, sealedWebhookSecrets, async () => {})
    await planner().plan(clock.now())
    const sender = createSender()
    await sender.begin()
    await sender.settle()
    expect([receiver.hooks.length, failures.length]).toEqual([0, 1])
    clock.advance(10 * 60_000)
    const knowing = createSender(outbox(next))
    await knowing.begin()
    await knowing.settle()
    expect(receiver.hooks).toHaveLength(1)
  })

  test('a webhook is found in its own organization alone', async () => {
    const { id } = await create()
    const other = await addOrganization()
    const act = { actor, now: clock.now() }
    const missing = { code: 'not_found' }
    await expect(webhooks().get(other.id, id, clock.now())).rejects.toMatchObject(missing)
    await expect(webhooks().update(other.id, id, { name: 'x' }, act)).rejects.toMatchObject(missing)
    await expect(webhooks().delete(other.id, id, act)).rejects.toMatchObject(missing)
    const foreign = { organizationId: other.id, webhookId: id }
    await expect(deliveries().list(foreign, { limit: 5 })).rejects.toMatchObject(missing)
    for (let made = 1; made < webhookLimits.perOrganization; made += 1) await create()
    await expect(create()).rejects.toMatchObject({ code: 'webhook_limit_reached' })
  })

  test('the audit log has the origin of the URL, and neither its path nor a secret', async () => {
    const { id } = await create({ url: 'https://hooks.acme.example/T0/very-secret?token=abc' })
    await webhooks().update(
      organizationId,
      id,
      { url: 'https://hooks.acme.example/T0/other-secret' },
      { actor, now: clock.now() },
    )
    await webhooks().delete(organizationId, id, { actor, now: clock.now() })
    const rows = await store.database.queries
      .selectFrom('audit')
      .selectAll()
      .where('subject_id', '=', id)
      .orderBy('sequence')
      .execute()
    expect(rows.map(({ action }) => action)).toEqual([
      'webhook.created',
      'webhook.updated',
      'webhook.deleted',
    ])
    expect(JSON.stringify(rows)).not.toMatch(/secret|token|whsec/)
    expect(rows[1]?.after).toContain('urlSha256')
  })

  const expiry = (key: string, more: Partial<Announcement> = {}): Announcement => ({
    ...{ key: `${slug} ${key}`, type: 'certificate.expiry_step_reached', organizationId },
    ...{ environment: 'production', certificateId: 'cert_1', at: clock.now(), data: { step: 30 } },
    ...more,
  })

  async function addAdmin(email: string): Promise<void> {
    const { queries } = store.database
    const userId = newId('user', clock.now())
    const at = new Date(clock.now()).toISOString()
    await queries
      .insertInto('users')
      .values({
        ...{ id: userId, email, name: 'Ada', email_verified: 1, image: null },
        ...{ operator_role: null, must_change_password: 0, created_at: at, updated_at: at },
      })
      .execute()
    await queries
      .insertInto('members')
      .values({
        ...{ id: newId('member', clock.now()), organization_id: organizationId, user_id: userId },
        ...{ role: 'admin', created_at: 1 },
      })
      .execute()
  }

  async function addCertificate(): Promise<string> {
    const id = newId('certificate', clock.now())
    await store.database.queries
      .insertInto('certificates')
      .values({
        ...{ id, name: id, organization_id: organizationId, environment: 'production', number: 1 },
        ...{ description: '', owner: '', related_service: '', rotation_policy: '', contacts: '[]' },
        ...{ certified_subject: '{}', organization_name: 'A', country: 'PL', state: '', search_text: '' },
        ...{ key_kind: 'ec-p256', status: 'issued', source: 'postern' },
        ...{ created_at: clock.now(), created_by: 'test' },
      })
      .execute()
    return id
  }
})
