import ICAL from 'ical.js'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { maxCalendarEvents, maxCalendarFeeds } from '../contract/calendar-feed.ts'
import { systemActor } from '../shapes/actor.ts'
import { deleteOldRows } from '../storage/delete-old-rows.ts'
import { createCalendarEventStore } from './calendar-event-store.ts'
import { createCalendarFeedStore } from './calendar-feed-store.ts'
import { createCalendarToken } from './calendar-token.ts'
import { readCalendar } from './read-calendar.ts'

const day = 86_400_000
const start = Date.parse('2027-01-01T00:00:00Z')
const actor = systemActor('test')
const legalName = "O'Neil & Co / Ltd; Łódź,"

describeOnBothEngines('a calendar feed', (store) => {
  let now = start
  const clock = { now: () => now }
  const feeds = () => createCalendarFeedStore(store.database)
  const create = async (userId = 'usr_ada', environment = 'production') => {
    const token = createCalendarToken()
    const id = await feeds().insert('org_cal', { environment, userId, token }, { actor, now })
    return { id, token }
  }
  const read = (token: string) =>
    readCalendar(
      {
        calendarFeeds: feeds(),
        calendarEvents: createCalendarEventStore(store.database),
        environments: new Map([['production', { name: 'production', label: 'Production' }]]),
        portalUrl: 'https://portal.example',
        clock,
      },
      token,
    )
  const readEvents = async (token: string) => {
    const text = await read(token)
    if (text === undefined) return undefined
    return new ICAL.Component(ICAL.parse(text)).getAllSubcomponents('vevent').map((event) => {
      const [uid, sequence, status] = ['uid', 'sequence', 'status'].map((name) =>
        event.getFirstPropertyValue(name),
      )
      return [String(uid).replace('@postern', ''), Number(sequence), status]
    })
  }
  let number = 0
  const toRow = (id: string, changes: object = {}) => {
    number += 1
    return {
      ...{ id, number, name: `acme-${number}`, organization_id: 'org_cal', environment: 'production' },
      ...{ status: 'issued' as const, description: '', owner: '', related_service: '', rotation_policy: '' },
      ...{ contacts: '[]', certified_subject: '{}', organization_name: '', country: 'PL', state: '' },
      ...{ key_kind: 'ec-p256', source: 'postern', search_text: '', created_by: 'a', created_at: 1 },
      ...{ not_before: 0, not_after: start + 60 * day, ...changes },
    }
  }
  const insert = (...rows: object[]) =>
    store.database.queries
      .insertInto('certificates')
      .values(rows as never)
      .execute()
  const change = (id: string, values: object) =>
    store.database.queries.updateTable('certificates').set(values).where('id', '=', id).execute()

  beforeAll(async () => {
    const { queries } = store.database
    await queries
      .insertInto('organizations')
      .values({ id: 'org_cal', slug: 'cal', legal_name: legalName, country: 'PL', state: '', created_at: 1 })
      .execute()
    const user = { created_at: '', updated_at: '', name: '', email_verified: 1, image: null }
    for (const name of ['ada', 'bob'])
      await queries
        .insertInto('users')
        .values({
          ...{ ...user, id: `usr_${name}`, email: `${name}@cal.example`, operator_role: null },
          must_change_password: 0,
        })
        .execute()
  })
  beforeEach(async () => {
    now = start
    const { queries } = store.database
    for (const table of ['calendar_feeds', 'calendar_events', 'certificates', 'members'] as const)
      await queries.deleteFrom(table).execute()
    const member = { organization_id: 'org_cal', role: 'developer' as const, created_at: 1 }
    await queries
      .insertInto('members')
      .values([
        { ...member, id: 'mem_ada', user_id: 'usr_ada' },
        { ...member, id: 'mem_bob', user_id: 'usr_bob' },
      ])
      .execute()
  })

  test('raises the sequence with each change alone, and cancels what was replaced or revoked', async () => {
    const { token } = await create()
    await insert(toRow('cert_old'), toRow('cert_other'))
    const first = await read(token)
    expect(await readEvents(token)).toEqual([
      ['cert_old', 0, 'CONFIRMED'],
      ['cert_other', 0, 'CONFIRMED'],
    ])
    now += 10 * day
    // Nothing has changed: neither has the text.
    expect(await read(token)).toBe(first)
    await insert(toRow('cert_new', { replaces_id: 'cert_old', not_after: start + 400 * day }))
    expect((await readEvents(token))?.[0]).toEqual(['cert_old', 0, 'CONFIRMED'])
    await change('cert_new', { first_used_at: now })
    await change('cert_old', { replaced_at: now })
    await change('cert_other', { description: 'Settlement' })
    const rotated = [
      ['cert_other', 1, 'CONFIRMED'],
      ['cert_new', 0, 'CONFIRMED'],
      ['cert_old', 1, 'CANCELLED'],
    ]
    // Two calendars at once, of which one is another member's.
    const { token: bobs } = await create('usr_bob')
    expect(await Promise.all([readEvents(token), readEvents(bobs)])).toEqual([rotated, rotated])
    await change('cert_new', { status: 'revoked' })
    expect(await readEvents(token)).toEqual([
      ['cert_old', 2, 'CONFIRMED'],
      ['cert_other', 1, 'CONFIRMED'],
      ['cert_new', 1, 'CANCELLED'],
    ])
  })

  test('has those certificates that end first, for a while after their end, and none of other places', async () => {
    const { token } = await create()
    await insert(
      toRow('cert_ended', { not_after: start - 29 * day }),
      toRow('cert_long_ended', { not_after: start - 31 * day }),
      toRow('cert_draft', { status: 'draft', not_after: null }),
      toRow('cert_staging', { environment: 'staging' }),
      toRow('cert_revoked', { status: 'revoked' }),
    )
    const many = Array.from({ length: maxCalendarEvents }, (_, index) =>
      toRow(`cert_${String(index).padStart(4, '0')}`, { not_after: start + (100 + index) * 1000 }),
    )
    for (let from = 0; from < many.length; from += 100) await insert(...many.slice(from, from + 100))
    const events = await readEvents(token)
    expect(events).toHaveLength(maxCalendarEvents)
    expect(events?.[0]?.[0]).toBe('cert_ended')
    expect(events?.at(-1)?.[0]).toBe(`cert_${String(maxCalendarEvents - 2).padStart(4, '0')}`)
  })

  test('ends with its deletion, with the membership for ever, and while the organization is not active', async () => {
    const { id, token } = await create()
    const { token: bobs } = await create('usr_bob')
    expect(await readEvents(token)).toEqual([])
    const { queries } = store.database
    await queries
      .updateTable('organizations')
      .set({ status: 'suspended' })
      .where('id', '=', 'org_cal')
      .execute()
    expect(await readEvents(token)).toBeUndefined()
    await queries.updateTable('organizations').set({ status: 'active' }).where('id', '=', 'org_cal').execute()
    expect(await readEvents(token)).toEqual([])
    expect(await readEvents(`${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`)).toBeUndefined()
    expect(await readEvents('')).toBeUndefined()

    await feeds().delete('org_cal', id, { actor, now })
    expect(await readEvents(token)).toBeUndefined()
    await expect(feeds().delete('org_cal', id, { actor, now })).rejects.toMatchObject({ code: 'not_found' })
    await queries.updateTable('users').set({ deactivated_at: 1 }).where('id', '=', 'usr_bob').execute()
    expect(await readEvents(bobs)).toBeUndefined()
    await queries.updateTable('users').set({ deactivated_at: null }).where('id', '=', 'usr_bob').execute()
    expect(await readEvents(bobs)).toEqual([])
    await queries.deleteFrom('members').where('id', '=', 'mem_bob').execute()
    const again = { id: 'mem_bob_2', user_id: 'usr_bob', organization_id: 'org_cal', created_at: 2 }
    await queries
      .insertInto('members')
      .values({ ...again, role: 'viewer' })
      .execute()
    expect(await readEvents(bobs)).toBeUndefined()
    expect((await feeds().list('org_cal', { limit: 50 })).items).toEqual([])
    await deleteOldRows(queries, ['none'], now)
    expect(await queries.selectFrom('calendar_feeds').select('id').execute()).toEqual([])
  })

  test('is one of at most a hundred, and its secret is not in the store', async () => {
    const { token } = await create()
    const { queries } = store.database
    for (let count = 1; count < maxCalendarFeeds; count += 1) await create()
    await expect(create()).rejects.toMatchObject({ code: 'calendar_feed_limit_reached' })
    await expect(create('usr_stranger')).rejects.toMatchObject({ code: 'forbidden' })
    const rows = await queries.selectFrom('calendar_feeds').selectAll().execute()
    const audit = await queries.selectFrom('audit').selectAll().execute()
    expect(JSON.stringify([rows, audit])).not.toContain(token)
    await deleteOldRows(queries, ['none'], now)
    expect(await queries.selectFrom('calendar_feeds').select('id').execute()).toHaveLength(maxCalendarFeeds)
  })
})
