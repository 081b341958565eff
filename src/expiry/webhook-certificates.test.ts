import { beforeEach, expect, test } from 'vitest'
import { describeWithFreshStores } from '../../test/support/databases.ts'
import { createExpiryWorld, type ExpiryWorld, inDays, letterTime } from '../../test/support/expiry-world.ts'
import { recipientNeeds } from '../../test/support/subscriptions.ts'
import type { Email } from '../shapes/email.ts'
import { createNotificationListStore } from './notification-list-store.ts'
import { createWebhookCertificateExpiry } from './webhook-certificate-store.ts'

const day = 86_400_000

describeWithFreshStores('letters about client certificates of webhooks', (store) => {
  let world: ExpiryWorld
  let acme: string
  let emails: Email[] = []

  beforeEach(async () => {
    world = createExpiryWorld(store.database, letterTime)
    acme = await world.addOrganization('acme', 'Łódź Płatności S.A.')
    await world.addUser('admin@acme.example', { [acme]: 'admin' })
    await world.addUser('other@acme.example', { [acme]: 'admin' })
    await world.addUser('dev@acme.example', { [acme]: 'developer' })
    const { queries } = store.database
    const creator = await queries
      .selectFrom('users')
      .select('id')
      .where('email', '=', 'admin@acme.example')
      .executeTakeFirstOrThrow()
    await queries
      .insertInto('webhooks')
      .values({
        ...{ id: 'wh_1', organization_id: acme, name: "O'Neil & Co / Ltd", event_types: 'null' },
        ...{ url: 'https://hooks.acme.example/', after_sequence: 0, created_at: 1 },
        ...{ created_by: 'admin@acme.example', created_by_ref: `person:${creator.id}` },
      })
      .execute()
  })

  const add = (id: string, days: number, more: { issuer?: 'postern' | 'own_ca'; live_from?: number } = {}) =>
    store.database.queries
      .insertInto('webhook_client_certificates')
      .values({
        ...{ id, webhook_id: 'wh_1', issuer: 'own_ca', sealed_key: Buffer.from('x'), chain: 'pem' },
        ...{ not_before: letterTime - day, not_after: inDays(days), letter_at: inDays(days - 31) },
        ...{ created_at: 1, created_by: 'test', created_by_ref: 'system:test', ...more },
      })
      .execute()
  /** Looks each day, and twice, up to a day. Returns what was written, and to whom. */
  const tellFrom = async (from: number, to: number) => {
    emails = []
    const expiry = createWebhookCertificateExpiry({
      ...{ database: store.database, portalUrl: 'https://portal.example', firstEnvironment: 'production' },
      writeEmails: async (_, written) => void emails.push(...written),
    })
    for (let days = from; days <= to; days += 1)
      await Promise.all([expiry.tell(inDays(days)), expiry.tell(inDays(days))])
    return emails.map(({ recipient, subject }) => `${recipient} ${subject.replace(/^.* Ltd /, '')}`)
  }

  test('reach the creator at each step of the plan, once', async () => {
    await add('whc_1', 40, { live_from: 1 })
    expect(await tellFrom(0, 60)).toEqual(
      [
        'expires in 30 days',
        'expires in 7 days',
        'expires in 1 day',
        'has expired',
        'expired 1 day ago',
        'expired 7 days ago',
      ].map((end) => `admin@acme.example ${end}`),
    )
    expect(emails[0]?.body).toContain('have its CSR signed by your CA')
    expect(emails[0]?.body).toContain('https://portal.example/o/acme/production/webhooks/wh_1')
    expect(emails[3]?.body).toContain('Deliveries are tried without success')
    expect(await tellFrom(60, 70)).toEqual([])
  })

  test('say that the next one is ready, and stop when it is used; all admins get them without the creator', async () => {
    const { queries } = store.database
    await queries
      .updateTable('users')
      .set({ deactivated_at: 1 })
      .where('email', '=', 'admin@acme.example')
      .execute()
    await add('whc_1', 40, { live_from: 1 })
    await add('whc_2', 100)
    expect(await tellFrom(0, 20)).toEqual(['other@acme.example expires in 30 days'])
    expect(emails[0]?.body).toContain('The next one is ready')
    await queries
      .updateTable('webhook_client_certificates')
      .set({ live_from: inDays(20) })
      .where('id', '=', 'whc_2')
      .execute()
    expect(await tellFrom(21, 60)).toEqual([])
  })

  const deliver = (id: string, at: number, presented: string, rejected: string | null) =>
    store.database.queries
      .insertInto('webhook_deliveries')
      .values({
        ...{ id, webhook_id: 'wh_1', event_id: id, event_type: 'webhook.test', event_at: at, payload: '{}' },
        ...{ status: 'delivered', attempts: 1, due_at: null, expires_at: at, created_at: at },
        ...{ last_attempt_at: at, response_status: 200, response_body: '', duration_milliseconds: 1 },
        ...{ error: null, client_certificate_id: presented, rejected_client_certificate_id: rejected },
      })
      .execute()

  test('go on while the endpoint rejects the next one, and say what to do', async () => {
    await add('whc_01jda0000000000000000000a1', 40, { live_from: 1 })
    await add('whc_01jda0000000000000000000a2', 100, { live_from: inDays(1) })
    const [former, live] = ['whc_01jda0000000000000000000a1', 'whc_01jda0000000000000000000a2'] as const
    const silences = async (days: number) =>
      (await list(days, { state: ['planned'] })).items.map(({ silence }) => silence)
    // Presented before the next one was, and rejected by nobody.
    await deliver('whd_1', inDays(9.5), former, null)
    expect(await silences(9.6)).toEqual(['replaced', null])
    expect(await tellFrom(0, 10)).toEqual([])

    await deliver('whd_2', inDays(10.5), former, live)
    expect(await silences(10.6)).toEqual([null, null])
    expect(await tellFrom(11, 32)).toEqual(['admin@acme.example expires in 29 days'])
    expect(emails[0]?.body).toContain('The endpoint rejected the next one in the last 24 hours')
    expect(emails[0]?.body).toContain('Let the endpoint trust the CA of the next one')
    expect(emails[0]?.body).toContain('select "Use again"')

    // A day later it is not known to be so any more.
    expect(await silences(32)).toEqual(['replaced', null])
    expect(await tellFrom(33, 38)).toEqual([])
    for (const days of [38.5, 39.5]) await deliver(`whd_${days}`, inDays(days), former, live)
    expect(await tellFrom(39, 60)).toEqual(
      ['expires in 1 day', 'has expired'].map((end) => `admin@acme.example ${end}`),
    )
    expect(emails[1]?.body).toContain('until the endpoint trusts the CA of the next one')
    expect(emails[1]?.body).not.toContain('Use again')
  })

  test('are not silenced by a later one in whose place this one was put back', async () => {
    await add('whc_1', 40, { live_from: inDays(5) })
    await add('whc_2', 100, { live_from: inDays(1) })
    expect(await tellFrom(0, 40)).toEqual(
      ['expires in 30 days', 'expires in 7 days', 'expires in 1 day', 'has expired'].map(
        (end) => `admin@acme.example ${end}`,
      ),
    )
    expect(emails[0]?.body).toContain('The next one is ready')
    expect(emails[3]?.body).toContain('The next one is presented in its place')
    expect(emails[3]?.body).not.toContain('without success')
  })

  test('name what Postern could not renew', async () => {
    await add('whc_1', 40, { issuer: 'postern', live_from: 1 })
    expect(await tellFrom(0, 20)).toEqual(['admin@acme.example expires in 30 days'])
    expect(emails[0]?.body).toContain('Postern renews it automatically, and has not been able to')
  })

  const list = async (days: number, query: object = {}, organization = acme) =>
    createNotificationListStore(store.database, {
      ...recipientNeeds,
      findRecipients: world.findRecipients,
    }).list(organization, { limit: 50, ...query } as never, inDays(days))

  test('are listed before they are due, beside those about certificates, a page at a time', async () => {
    await world.issue({
      ...{ organization: acme, issuedAt: letterTime - day, notAfter: inDays(65) },
      contacts: ['ops@acme.example'],
    })
    await add('whc_01jda0000000000000000000a1', 40, { live_from: 1 })
    await add('whc_01jda0000000000000000000a2', 50)
    const other = await world.addOrganization('globex')
    expect((await list(0, {}, other)).items).toEqual([])
    const { items } = await list(0, { state: ['planned'] })
    expect(items.map(({ kind, at }) => [kind, at])).toEqual([
      ['certificate_expiry', new Date(inDays(5)).toISOString()],
      ['webhook_certificate_expiry', new Date(inDays(10)).toISOString()],
      ['webhook_certificate_expiry', new Date(inDays(20)).toISOString()],
    ])
    expect(items[1]).toEqual({
      ...{ id: null, state: 'planned', kind: 'webhook_certificate_expiry', sentAt: null, subject: null },
      ...{ at: new Date(inDays(10)).toISOString(), silence: null, unsubscribed: [] },
      recipients: [{ email: 'admin@acme.example', reason: 'admin', isUnsubscribed: false }],
      ...{ certificates: [], certificateCount: 0 },
      webhookCertificate: {
        ...{ id: 'whc_01jda0000000000000000000a1', webhookId: 'wh_1', webhookName: "O'Neil & Co / Ltd" },
        ...{ notAfter: new Date(inDays(40)).toISOString(), daysBefore: 30 },
      },
    })
    const paged: unknown[] = []
    let cursor: string | null | undefined
    do {
      const page = await list(0, { limit: 1, ...(cursor && { cursor }) })
      paged.push(...page.items)
      cursor = page.nextCursor
    } while (cursor)
    expect(paged).toEqual(items)
    expect((await list(0, { certificateId: items[0]?.certificates[0]?.id })).items).toEqual([items[0]])

    await store.database.queries
      .updateTable('webhook_client_certificates')
      .set({ live_from: inDays(1) })
      .where('id', '=', 'whc_01jda0000000000000000000a2')
      .execute()
    const replaced = (await list(2, { state: ['planned'] })).items
    expect(replaced.map(({ silence }) => silence)).toEqual([null, 'replaced', null])
    await tellFrom(9, 11)
    expect((await list(11, { state: ['skipped'] })).items).toMatchObject([
      {
        ...{ kind: 'webhook_certificate_expiry', silence: 'replaced', recipients: [] },
        webhookCertificate: { webhookId: 'wh_1', daysBefore: 30 },
      },
    ])
  })

  test('are listed with their webhook once they are written', async () => {
    await add('whc_1', 40, { live_from: 1 })
    await tellFrom(9, 10)
    await store.database.transaction((tx) => world.writeEmails(tx, emails, inDays(10)))
    const { items } = await list(10, { state: ['queued'] })
    expect(items).toMatchObject([
      {
        ...{ kind: 'webhook_certificate_expiry', certificates: [] },
        webhookCertificate: { id: 'whc_1', webhookId: 'wh_1', daysBefore: 30 },
      },
    ])
  })
})
