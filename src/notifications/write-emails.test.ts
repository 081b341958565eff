import { beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import type { Email } from '../shapes/email.ts'
import { createEmailWriter } from './write-emails-store.ts'

const hour = 3_600_000
const start = 500_000 * hour

describeOnBothEngines('the email budget', (store) => {
  const limits = { perHour: 4, externalPerHour: 3, perRecipientPerDay: 6, externalPerRecipientPerDay: 2 }
  const writeEmails = createEmailWriter(limits)
  let made = 0
  const email = (recipient: string, more: Partial<Email> = {}): Email => {
    made += 1
    const text = { subject: 'News', body: 'News.' }
    return { key: `k${made}`, organizationId: 'org_acme', recipient, ...text, ...more }
  }
  const write = (emails: readonly Email[], now = start) =>
    store.database.transaction((tx) => writeEmails(tx, emails, now))
  /** Returns the recipients of sent and of withheld emails. */
  const read = async () => {
    const { queries } = store.database
    const rows = await queries.selectFrom('outbox').selectAll().orderBy('id').execute()
    const jobs = await queries.selectFrom('jobs').select('key').execute()
    expect(jobs.map(({ key }) => key).toSorted()).toEqual(
      rows.flatMap(({ id, withheld }) => (withheld === null ? [id] : [])).toSorted(),
    )
    const count = (isKept: boolean, recipient: string, subject = 'News') =>
      rows.filter(
        (row) => row.recipient === recipient && row.subject === subject && (row.withheld !== null) === isKept,
      ).length
    return { rows, sent: (to: string) => count(false, to), withheld: (to: string) => count(true, to), count }
  }

  beforeAll(async () => {
    const { queries } = store.database
    const user = { created_at: '', updated_at: '', name: '', email_verified: 1, image: null }
    const flags = { operator_role: null, must_change_password: 0 }
    for (const slug of ['acme', 'globex']) {
      const organization = {
        id: `org_${slug}`,
        slug,
        legal_name: slug,
        country: 'GB',
        state: '',
        created_at: 1,
      }
      await queries.insertInto('organizations').values(organization).execute()
      const email = `dev@${slug}.example`
      await queries
        .insertInto('users')
        .values({ ...user, ...flags, id: slug, email })
        .execute()
      const member = { id: slug, organization_id: `org_${slug}`, user_id: slug, created_at: 1 }
      await queries
        .insertInto('members')
        .values({ ...member, role: 'admin' })
        .execute()
    }
  })
  beforeEach(async () => {
    for (const table of ['outbox', 'jobs', 'budgets'] as const)
      await store.database.queries.deleteFrom(table).execute()
  })

  test('is strict for contacts who are not members, also for members of another organization', async () => {
    const outside = ['a@x.example', 'A@X.example', 'a@x.example', 'dev@globex.example', 'b@x.example']
    await write(outside.map((address) => email(address)))
    const { sent, withheld, rows } = await read()
    // Two per day to one address in any spelling, and three per hour in total.
    expect([sent('a@x.example'), sent('A@X.example'), withheld('a@x.example')]).toEqual([1, 1, 1])
    expect(rows.filter((row) => row.withheld === null)).toHaveLength(2)
    expect(rows.filter((row) => row.withheld === 'budget').map(({ body }) => body)).toEqual(['', '', ''])
    // Members still get theirs, and so does another organization.
    await write([email('dev@acme.example'), email('a@x.example', { organizationId: 'org_globex' })])
    expect((await read()).sent('dev@acme.example')).toBe(1)
    expect((await read()).sent('a@x.example')).toBe(2)
  })

  test('keeps a reserve for important emails to members, and tells members once about withheld emails', async () => {
    await write(Array.from({ length: 6 }, () => email('dev@acme.example')))
    const usual = await read()
    expect([usual.sent('dev@acme.example'), usual.withheld('dev@acme.example')]).toEqual([4, 2])
    expect(usual.count(false, 'dev@acme.example', 'Emails to you were not sent')).toBe(1)
    await write([email('dev@acme.example', { isImportant: true })])
    expect((await read()).sent('dev@acme.example')).toBe(5)
    await write(Array.from({ length: 9 }, () => email('dev@acme.example', { cause: 'operator' })))
    expect((await read()).sent('dev@acme.example')).toBe(14)
    // The next hour has a budget of its own.
    await write([email('dev@acme.example')], start + hour)
    expect((await read()).sent('dev@acme.example')).toBe(15)
  })

  test('is not exceeded by concurrent emails', async () => {
    await Promise.all(Array.from({ length: 12 }, () => write([email('dev@acme.example')])))
    expect((await read()).sent('dev@acme.example')).toBe(4)
  })

  test('an organization with a limit of its own has that for its members', async () => {
    const { queries } = store.database
    const limit = (emailsPerHour: number) =>
      queries.updateTable('organizations').set({ limits: JSON.stringify({ emailsPerHour }) })
    await limit(1).where('slug', '=', 'acme').execute()
    onTestFinished(() => void queries.updateTable('organizations').set({ limits: '{}' }).execute())
    const [member, stranger] = ['dev@acme.example', 'stranger@x.example']
    await write([email(member), email(member), email(stranger), email(stranger)])
    const { sent } = await read()
    expect([sent(member), sent(stranger)]).toEqual([1, 2])
  })
})
