import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { describeWithFreshStores } from '../../test/support/databases.ts'
import { findChanges, latestPosition, latestVersion, recordChange } from './change-log.ts'
import { deleteOldChanges } from './delete-old-changes.ts'
import { deleteOldRows } from './delete-old-rows.ts'

const day = 86_400_000
const now = Date.UTC(2031, 5, 1)
const at = (days: number) => now - days * day
const text = (days: number) => new Date(at(days)).toISOString()

describeWithFreshStores('what has served its time', (store) => {
  test('of a restored store are deleted after they were settled, and kept while they wait', async () => {
    const { queries } = store.database
    const epoch = { id: 'ep_1', number: 1, began_at: at(200), noticed_by: 'a gateway' }
    await queries
      .insertInto('store_epochs')
      .values({ ...epoch, cause: 'went-back' })
      .execute()
    for (const [subject_id, outcome, settled_at] of [
      ['restored', 'restored', at(91)],
      ['fresh', 'restored', at(89)],
      ['refused', 'refused', at(91)],
      ['waiting', null, null],
    ] as const) {
      const place = { organization_id: null, environment: null, name: subject_id, detail: '{}' }
      const found = { epoch_id: 'ep_1', gateway: 'a gateway', found_at: at(200) }
      await queries
        .insertInto('lost_endings')
        .values({ ...found, ...place, kind: 'certificate_revoked', subject_id, outcome, settled_at })
        .execute()
    }
    await deleteOldRows(queries, ['issue-certificate'], now)
    const rows = await queries.selectFrom('lost_endings').select('subject_id').orderBy('subject_id').execute()
    expect(rows.map(({ subject_id }) => subject_id)).toEqual(['fresh', 'refused', 'waiting'])
  })

  test('are deleted, and rows still needed stay', async () => {
    const { queries } = store.database
    const user = {
      email: 'a@a.example',
      name: 'A',
      email_verified: 1,
      image: null,
      created_at: '',
      updated_at: '',
    }
    await queries
      .insertInto('users')
      .values({ id: 'usr_a', ...user, operator_role: null, must_change_password: 0 })
      .execute()
    const moments = { created_at: '', updated_at: '' }
    const device = { ip_address: null, user_agent: null }
    for (const [id, expires_at] of [
      ['over', text(0.01)],
      ['lasts', text(-1)],
    ] as const) {
      await queries
        .insertInto('sessions')
        .values({ id, token_sha256: id, user_id: 'usr_a', expires_at, ...device, ...moments })
        .execute()
    }
    for (const [token_sha256, expires_at] of [
      ['over', at(0.001)],
      ['lasts', at(-0.001)],
    ] as const)
      await queries
        .insertInto('step_up_proofs')
        .values({
          ...{ token_sha256, user_id: 'usr_a', session_sha256: 'lasts' },
          ...{ operation_id: 'revokeCertificate', object: token_sha256, expires_at },
        })
        .execute()
    const email = { organization_id: null, recipient: '', subject: '', body: '' }
    for (const [id, created_at, sent_at, withheld] of [
      ['sent-long-ago', at(91), at(91), null],
      ['withheld-long-ago', at(91), null, 'budget'],
      ['still-to-be-sent', at(91), null, null],
      ['sent', at(89), at(89), null],
    ] as const)
      await queries
        .insertInto('outbox')
        .values({ id, key: id, ...email, created_at, sent_at, withheld })
        .execute()
    for (const [id, received_at] of [
      ['old', at(31)],
      ['new', at(29)],
    ] as const)
      await queries
        .insertInto('mailbox')
        .values({ id, recipient: '', sender: '', subject: '', body: '', received_at })
        .execute()
    for (const [id, kind, given_up_at] of [
      ['letter', 'send', at(31)],
      ['late-letter', 'send', at(29)],
      ['waiting-letter', 'send', null],
      ['certificate', 'issue', at(31)],
    ] as const)
      await queries
        .insertInto('jobs')
        .values({ id, key: id, kind, given_up_at, run_at: 1, created_at: 1 })
        .execute()
    for (const [id, expires_at] of [
      ['over', at(0.1)],
      ['lasts', at(-1)],
    ] as const)
      await queries.insertInto('spent_tickets').values({ id, expires_at }).execute()
    // More than one batch of deletions.
    const budgets = Array.from({ length: 1200 }, (_, made) => ({
      subject: `s${made}`,
      start: at(3),
      spent: 1,
    }))
    for (let start = 0; start < budgets.length; start += 400)
      await queries
        .insertInto('budgets')
        .values(budgets.slice(start, start + 400))
        .execute()
    await queries
      .insertInto('budgets')
      .values({ subject: 'now', start: at(1), spent: 1 })
      .execute()

    const organization = { id: 'org_a', slug: 'a', legal_name: 'A', country: 'GB', state: '', created_at: 1 }
    await queries.insertInto('organizations').values(organization).execute()
    for (const [id, expires_at] of [
      ['long-expired', at(31)],
      ['expired', at(29)],
    ] as const)
      await queries
        .insertInto('invitations')
        .values({
          ...{ id, organization_id: 'org_a', email: id, role: 'viewer', token_sha256: id, expires_at },
          ...{ invited_by: 'usr_a', invited_as: 'person', inviter_email: '', created_at: 1 },
        })
        .execute()

    await deleteOldRows(queries, ['issue'], now)

    const read = async (
      table: 'sessions' | 'spent_tickets' | 'outbox' | 'mailbox' | 'jobs' | 'invitations',
    ) => (await queries.selectFrom(table).select('id').orderBy('id').execute()).map(({ id }) => id)
    expect(await read('sessions')).toEqual(['lasts'])
    expect(await read('spent_tickets')).toEqual(['lasts'])
    const proofs = await queries.selectFrom('step_up_proofs').select('token_sha256').execute()
    expect(proofs).toEqual([{ token_sha256: 'lasts' }])
    expect(await read('outbox')).toEqual(['sent', 'still-to-be-sent'])
    expect(await read('mailbox')).toEqual(['new'])
    expect(await read('invitations')).toEqual(['expired'])
    expect(await read('jobs')).toEqual(['certificate', 'late-letter', 'waiting-letter'])
    expect(await queries.selectFrom('budgets').select('subject').execute()).toEqual([{ subject: 'now' }])
  })

  test('of what people are told are deleted after months, and what is still needed for it stays', async () => {
    const { queries } = store.database
    const organization = { id: 'org_a', slug: 'a', legal_name: 'A', country: 'GB', state: '', created_at: 1 }
    await queries.insertInto('organizations').values(organization).execute()
    const plan = { kind: 'certificate', organization_id: 'org_a', began_at: at(400) }
    for (const [id, not_after, due_at] of [
      ['over', at(181), null],
      ['ended', at(179), null],
      ['due', at(181), at(1)],
    ] as const)
      await queries
        .insertInto('expiry_plans')
        .values({ id, ...plan, not_after, due_at })
        .execute()
    const step = { not_after: 1, days: 1, organization_id: 'org_a', due_at: 1, reason: null }
    for (const [id, moment, for_operators] of [
      ['old', at(181), 0],
      ['recent', at(179), 0],
      ['for-operators', at(181), 1],
    ] as const)
      await queries
        .insertInto('expiry_steps')
        .values({ id, plan_id: id, ...step, at: moment, state: 'told', for_operators })
        .execute()
    const email = { organization_id: 'org_a', recipient: '', subject: '', body: '' }
    for (const [id, created_at] of [
      ['old', at(91)],
      ['recent', at(89)],
    ] as const) {
      await queries
        .insertInto('outbox')
        .values({ id, key: id, ...email, created_at, sent_at: created_at })
        .execute()
      await queries
        .insertInto('expiry_letters')
        .values({ outbox_id: id, plan_id: 'ended', days: 1, role: 'contact' })
        .execute()
    }
    for (const [address, asked_at, confirmed_at] of [
      ['silent', at(181), null],
      ['asked', at(179), null],
      ['confirmed', at(181), at(181)],
    ] as const)
      await queries
        .insertInto('mail_contacts')
        .values({ organization_id: 'org_a', address, token_sha256: address, asked_at, confirmed_at })
        .execute()
    for (const [address, last_written_at, unsubscribed_at] of [
      ['old', at(401), null],
      ['recent', at(399), null],
      ['unsubscribed', at(401), at(401)],
    ] as const)
      await queries
        .insertInto('mail_subscriptions')
        .values({
          organization_id: 'org_a',
          address,
          token_sha256: address,
          last_written_at,
          unsubscribed_at,
        })
        .execute()

    await deleteOldRows(queries, ['issue'], now)

    const read = async (
      table: 'expiry_plans' | 'expiry_steps' | 'expiry_letters' | 'mail_contacts' | 'mail_subscriptions',
      column: string,
    ) => {
      const { rows } = await sql<{ name: string }>`
        select ${sql.ref(column)} as name from ${sql.table(table)} order by 1`.execute(queries)
      return rows.map(({ name }) => name)
    }
    expect(await read('expiry_plans', 'id')).toEqual(['due', 'ended'])
    expect(await read('expiry_steps', 'id')).toEqual(['for-operators', 'recent'])
    expect(await read('expiry_letters', 'outbox_id')).toEqual(['recent'])
    expect(await read('mail_contacts', 'address')).toEqual(['asked', 'confirmed'])
    expect(await read('mail_subscriptions', 'address')).toEqual(['recent', 'unsubscribed'])
  })

  const change = (days: number, count = 1) =>
    store.database.transaction(async (tx) => {
      for (let made = 0; made < count; made += 1) await recordChange(tx, 'certificate', 'c', at(days))
    })
  const addGateway = (id: string, confirmed_version: number, seenDays: number, stopped = false) => {
    const counts = { connections: 0, handshakes: 0, answers: 0, last_batch: 0, host: '', release: '' }
    const moments = { started_at: 1, seen_at: at(seenDays), stopped_at: stopped ? at(seenDays) : null }
    return store.database.queries
      .insertInto('gateways')
      .values({ id, process_id: 1, confirmed_version, ...moments, ...counts })
      .execute()
  }
  const placeOf = (version: number) =>
    store.database.queries
      .selectFrom('changes')
      .select(['version', 'mark'])
      .where('version', '=', version)
      .executeTakeFirstOrThrow()
  const countChanges = async () =>
    (await store.database.queries.selectFrom('changes').select('version').execute()).length

  test('of the change log wait for the slowest running gateway, and the latest change stays', async () => {
    const { queries } = store.database
    await change(3, 2500)
    const newest = await latestVersion(queries)
    await addGateway('slow', newest - 10, 0)
    await addGateway('gone', 1, 2)
    await addGateway('stopped', 1, 0, true)
    await deleteOldChanges(queries, now)
    expect(await countChanges()).toBe(11)
    expect(await latestVersion(queries)).toBe(newest)
    // The slow gateway misses nothing; the one that was offline is told to read everything again.
    expect(await findChanges(queries, await placeOf(newest - 10))).toHaveLength(10)
    expect(await findChanges(queries, { version: newest - 12, mark: 'm' })).toBe('forgotten')
    await queries
      .updateTable('gateways')
      .set({ confirmed_version: newest })
      .where('id', '=', 'slow')
      .execute()
    await deleteOldChanges(queries, now)
    expect(await countChanges()).toBe(1)
    expect(await findChanges(queries, await latestPosition(queries))).toEqual([])
    const place = await latestPosition(queries)
    await change(0)
    expect(await findChanges(queries, place)).toHaveLength(1)
  })

  test('of the change log are kept for a day, and not forever for a gateway that hangs', async () => {
    const { queries } = store.database
    await change(31, 5)
    await change(2, 5)
    await change(0.5, 5)
    await addGateway('hung', 1, 0)
    await deleteOldChanges(queries, now)
    expect(await countChanges()).toBe(10)
    await queries.deleteFrom('gateways').execute()
    await deleteOldChanges(queries, now)
    expect(await countChanges()).toBe(5)
  })

  test('leave no gap that looks like a rolled-back transaction', async () => {
    const { queries } = store.database
    await change(0)
    const place = await latestPosition(queries)
    const undone = store.database.transaction(async (tx) => {
      await recordChange(tx, 'certificate', 'c', now)
      throw new Error('stop')
    })
    await expect(undone).rejects.toThrow('stop')
    await change(0)
    expect(await findChanges(queries, place)).toHaveLength(1)
  })
})
