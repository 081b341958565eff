import { expect, test } from 'vitest'
import { describeWithFreshStores } from '../../test/support/databases.ts'
import type { JournalEntry } from './journal-line.ts'
import { listNamedRows, readEntries } from './journal-store.ts'
import { replayJournal } from './replay-journal-store.ts'

const times = { created_at: '2026-01-01T00:00:00.000Z', updated_at: '2026-01-01T00:00:00.000Z' }

describeWithFreshStores('the replay of a journal', (store) => {
  const userRow = (id: string, email: string) => ({
    ...{ id, email, name: id, email_verified: 1, must_change_password: 0, image: null, operator_role: null },
    ...times,
  })
  const accountRow = (id: string, user: string) => ({
    ...{ id, account_id: user, provider_id: 'credential', user_id: user },
    ...times,
  })
  const addUsers = () =>
    store.database.transaction((tx) =>
      tx
        .insertInto('users')
        .values([userRow('usr_a', 'x@acme.example'), userRow('usr_b', 'b@acme.example')])
        .execute(),
    )
  const entry = (table: string, key: string, row: JournalEntry['row']): JournalEntry => ({
    ...{ sequence: 1, previous: 0, at: 1234, table, key, row },
  })
  const replay = (...entries: JournalEntry[]) =>
    store.database.transaction((tx) => replayJournal(tx, entries))
  const readUsers = () =>
    store.database.queries
      .selectFrom('users')
      .select(['id', 'email', 'deactivated_at'])
      .orderBy('id')
      .execute()

  test('gives a user the address that another one gives up later in it', async () => {
    await addUsers()
    const replayed = await replay(
      entry('users', 'usr_b', userRow('usr_b', 'x@acme.example')),
      entry('users', 'usr_a', userRow('usr_a', 'y@acme.example')),
    )
    expect(replayed).toEqual({ rows: { users: 2 }, skipped: [] })
    expect(await readUsers()).toEqual([
      { id: 'usr_a', email: 'y@acme.example', deactivated_at: null },
      { id: 'usr_b', email: 'x@acme.example', deactivated_at: null },
    ])
  })

  test('lets nobody sign in whose row cannot be brought back, and takes away a password', async () => {
    await addUsers()
    await store.database.transaction((tx) =>
      tx
        .insertInto('accounts')
        .values([
          { ...accountRow('acc_a', 'usr_a'), password: 'the old hash' } as never,
          { ...accountRow('acc_b', 'usr_b'), password: 'another hash' } as never,
        ])
        .execute(),
    )
    const replayed = await replay(
      entry('users', 'usr_b', userRow('usr_b', 'x@acme.example')),
      entry('accounts', 'acc_a', accountRow('acc_a', 'usr_b')),
    )
    expect(replayed).toEqual({ rows: {}, skipped: ['users usr_b', 'accounts acc_a'] })
    expect(await readUsers()).toEqual([
      { id: 'usr_a', email: 'x@acme.example', deactivated_at: null },
      { id: 'usr_b', email: 'b@acme.example', deactivated_at: 1234 },
    ])
    const accounts = await store.database.queries
      .selectFrom('accounts')
      .select('password')
      .orderBy('id')
      .execute()
    expect(accounts).toEqual([{ password: null }, { password: 'another hash' }])
  })

  test('goes on with the numbers of certificates after those that came back', async () => {
    const organization = { id: 'org_acme', slug: 'acme', next_certificate_number: 12 }
    const { queries } = store.database
    await queries
      .insertInto('organizations')
      .values({ ...organization, legal_name: 'Acme', country: 'GB', state: '', created_at: 1 } as never)
      .execute()
    const came = (number: number) =>
      entry('certificates', `crt_${number}`, {
        ...{ id: `crt_${number}`, organization_id: 'org_acme', environment: 'production', number },
        ...{ name: `acme-${number}`, status: 'issued', source: 'postern', key_kind: 'ec-p256' },
        ...{ description: '', owner: '', related_service: '', rotation_policy: '', contacts: '[]' },
        ...{ certified_subject: '{}', organization_name: 'Acme', country: 'GB', state: '' },
        ...{ created_at: 1, created_by: 'test', search_text: '' },
      })
    const readNext = () =>
      queries.selectFrom('organizations').select('next_certificate_number').executeTakeFirst()
    expect((await replay(came(70_000), came(11))).rows).toEqual({ certificates: 2 })
    expect(await readNext()).toEqual({ next_certificate_number: 70_001 })
    // A number that is higher already stays.
    await queries.updateTable('organizations').set({ next_certificate_number: 80_000 }).execute()
    await replay(came(70_000))
    expect(await readNext()).toEqual({ next_certificate_number: 80_000 })
  })

  test('has the secret of a webhook that came after the backup, and the end of the one before', async () => {
    const { database } = store
    const { queries } = database
    const place = { legal_name: 'Acme', country: 'GB', state: '', created_at: 1 }
    await queries
      .insertInto('organizations')
      .values({ id: 'org_hooks', slug: 'hooks', ...place })
      .execute()
    const addWebhook = (id: string) =>
      queries
        .insertInto('webhooks')
        .values({
          ...{ id, organization_id: 'org_hooks', name: 'n', url: 'https://hooks.acme.example/' },
          ...{ environment: null, event_types: 'null', disabled_reason: null, after_sequence: 0 },
          ...{ failing_since: null, last_attempt_at: null, last_delivered_at: null, dropped_at: null },
          ...{ told_dropped_at: null, created_at: 1, created_by: 'test', created_by_ref: 'system:test' },
        })
        .execute()
    const addSecret = (webhookId: string, id: string) =>
      queries
        .insertInto('webhook_secrets')
        .values({ id, webhook_id: webhookId, sealed: Buffer.from(id), created_at: 1, expires_at: null })
        .execute()
    await addWebhook('whk_1')
    await addSecret('whk_1', 'old')
    const backup = await queries.selectFrom('webhook_secrets').selectAll().execute()
    await queries.updateTable('webhook_secrets').set({ expires_at: 2 }).execute()
    await addSecret('whk_1', 'new')
    await addWebhook('whk_late')
    await addSecret('whk_late', 'late')
    const entries = await database.transaction(async (tx) => readEntries(tx, await listNamedRows(tx, 0)))
    await queries.deleteFrom('webhooks').where('id', '=', 'whk_late').execute()
    await queries.deleteFrom('webhook_secrets').execute()
    await queries.insertInto('webhook_secrets').values(backup).execute()
    expect((await replay(...entries)).skipped).toEqual([])
    const rows = await queries
      .selectFrom('webhook_secrets')
      .select(['id', 'sealed', 'expires_at'])
      .orderBy('id')
      .execute()
    expect(rows.map(({ id, sealed, expires_at: at }) => [id, Buffer.from(sealed).toString(), at])).toEqual([
      ['new', 'new', null],
      ['old', 'old', 2],
    ])
  })

  test('leaves those unsubscribed who did so after the backup', async () => {
    const { database } = store
    const { queries } = database
    await queries
      .insertInto('organizations')
      .values({
        ...{ id: 'org_mail', slug: 'mail', legal_name: 'Łódź Płatności S.A.', country: 'PL', state: '' },
        created_at: 1,
      })
      .execute()
    const row = (name: string, unsubscribedAt: number | null) => ({
      ...{ token_sha256: name, organization_id: 'org_mail', address: `${name}@acme.example` },
      ...{ last_written_at: 1, unsubscribed_at: unsubscribedAt },
    })
    const table = queries.insertInto('mail_subscriptions')
    await table.values([row('left', null), row('back', 1)]).execute()
    const backup = await queries.selectFrom('mail_subscriptions').selectAll().execute()
    const change = (name: string, at: number | null) =>
      queries
        .updateTable('mail_subscriptions')
        .set({ unsubscribed_at: at })
        .where('token_sha256', '=', name)
        .execute()
    await change('left', 2)
    await change('back', null)
    await table.values(row('late', 3)).execute()
    const entries = await database.transaction(async (tx) => readEntries(tx, await listNamedRows(tx, 0)))
    await queries.deleteFrom('mail_subscriptions').execute()
    await table.values(backup).execute()
    expect((await replay(...entries)).skipped).toEqual([])
    const rows = await queries
      .selectFrom('mail_subscriptions')
      .select(['token_sha256', 'unsubscribed_at'])
      .orderBy('token_sha256')
      .execute()
    expect(rows.map((one) => [one.token_sha256, one.unsubscribed_at])).toEqual([
      ['back', null],
      ['late', 3],
      ['left', 2],
    ])
  })

  test('has the client certificates of webhooks, the retired ones away, and the CA that endpoints trust', async () => {
    const { database } = store
    const { queries } = database
    const place = { legal_name: 'Acme', country: 'GB', state: '', created_at: 1 }
    await queries
      .insertInto('organizations')
      .values({ id: 'org_mtls', slug: 'mtls', ...place })
      .execute()
    await queries
      .insertInto('webhooks')
      .values({
        ...{ id: 'wh_mtls', organization_id: 'org_mtls', name: 'n', url: 'https://hooks.acme.example/' },
        ...{ event_types: 'null', after_sequence: 0 },
        ...{ created_at: 1, created_by: 'test', created_by_ref: 'system:test' },
      })
      .execute()
    const addCertificate = (id: string) =>
      queries
        .insertInto('webhook_client_certificates')
        .values({
          ...{ id, webhook_id: 'wh_mtls', issuer: 'own_ca', sealed_key: Buffer.from(id), letter_at: 3 },
          ...{ created_at: 1, created_by: 'test', created_by_ref: 'system:test' },
        })
        .execute()
    for (const id of ['whc_live', 'whc_retired']) await addCertificate(id)
    const backup = await queries.selectFrom('webhook_client_certificates').selectAll().execute()
    await queries
      .updateTable('webhook_client_certificates')
      .set({ live_from: 2 })
      .where('id', '=', 'whc_live')
      .execute()
    await queries.deleteFrom('webhook_client_certificates').where('id', '=', 'whc_retired').execute()
    await addCertificate('whc_new')
    await queries
      .updateTable('webhooks')
      .set({ url: 'https://hooks.acme.example/', server_ca: 'pem' })
      .where('id', '=', 'wh_mtls')
      .execute()
    const der = Buffer.from('ca')
    await queries
      .insertInto('outgoing_cas')
      .values({ id: 'oca_1', certificate_der: der, sealed_key: der, not_after: 9, created_at: 1 })
      .execute()
    const entries = await database.transaction(async (tx) => readEntries(tx, await listNamedRows(tx, 0)))
    await queries.deleteFrom('outgoing_cas').execute()
    await queries.deleteFrom('webhook_client_certificates').execute()
    await queries.insertInto('webhook_client_certificates').values(backup).execute()
    await queries.updateTable('webhooks').set({ server_ca: null }).execute()
    expect((await replay(...entries)).skipped).toEqual([])
    const rows = await queries
      .selectFrom('webhook_client_certificates')
      .select(['id', 'sealed_key', 'live_from'])
      .orderBy('id')
      .execute()
    expect(rows.map((row) => [row.id, Buffer.from(row.sealed_key).toString(), row.live_from])).toEqual([
      ['whc_live', 'whc_live', 2],
      ['whc_new', 'whc_new', null],
    ])
    expect(await queries.selectFrom('outgoing_cas').select('id').execute()).toEqual([{ id: 'oca_1' }])
    const hooks = await queries
      .selectFrom('webhooks')
      .select('server_ca')
      .where('id', '=', 'wh_mtls')
      .execute()
    expect(hooks).toEqual([{ server_ca: 'pem' }])
  })

  test('begins no erasure again of which it is forgotten what it looked for', async () => {
    await addUsers()
    const row = (user: string, texts: string | null) => ({
      ...{ user_id: user, requested_at: 1, texts, sweep: 1, step: 0, after_key: '', audit_after: 0 },
      ...{ redacted_rows: 0, due_at: 1, finished_at: texts === null ? 2 : null },
    })
    const replayed = await replay(
      entry('erasures', 'usr_a', row('usr_a', null)),
      entry('erasures', 'usr_b', row('usr_b', '[]')),
    )
    expect(replayed).toEqual({ rows: { erasures: 1 }, skipped: ['erasures usr_a'] })
    const rows = await store.database.queries.selectFrom('erasures').select('user_id').execute()
    expect(rows).toEqual([{ user_id: 'usr_b' }])
  })
})
