import { beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { systemActor } from '../shapes/actor.ts'
import { type Email, writeBody } from '../shapes/email.ts'
import { deleteOldRows } from '../storage/delete-old-rows.ts'
import { createMailContactStore, findReachableContacts } from './mail-contact-store.ts'
import { createEmailWriter } from './write-emails-store.ts'

const hour = 3_600_000
const start = 500_000 * hour

describeOnBothEngines('the email budget', (store) => {
  const limits = { perHour: 4, externalPerHour: 3, perRecipientPerDay: 6, externalPerRecipientPerDay: 2 }
  const writeEmails = createEmailWriter(limits, 'https://portal.example')
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

  /** Says that these addresses have been confirmed. */
  const confirm = (organizationId: string, ...addresses: string[]) =>
    store.database.queries
      .insertInto('mail_contacts')
      .values(
        addresses.map((address) => ({
          ...{ organization_id: organizationId, address, token_sha256: `${organizationId} ${address}` },
          ...{ asked_at: 1, confirmed_at: 2 },
        })),
      )
      .execute()

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
    for (const table of ['outbox', 'jobs', 'budgets', 'mail_contacts'] as const)
      await store.database.queries.deleteFrom(table).execute()
  })

  test('is strict for contacts who are not members, also for members of another organization', async () => {
    await confirm('org_acme', 'a@x.example', 'b@x.example', 'dev@globex.example')
    await confirm('org_globex', 'a@x.example')
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

  test('gives a contact who is no member questions alone, three in all, until the address is confirmed', async () => {
    const contacts = createMailContactStore(store.database)
    const body = writeBody(['Certificate acme-0001 is ready.'], 'https://portal.example/o/acme')
    const reachable = () =>
      store.database.transaction((tx) =>
        findReachableContacts(tx, 'org_acme', ['New@x.example', 'dev@acme.example', 'no@x.example']),
      )
    // Twice at once, and for weeks.
    await Promise.all([write([email('New@x.example', { body })]), write([email('new@x.example', { body })])])
    for (let days = 1; days <= 60; days += 1) await write([email('new@x.example')], start + days * 24 * hour)
    expect(await reachable()).toEqual(new Set(['dev@acme.example']))
    const { rows } = await read()
    const questions = rows.filter((row) => row.withheld === null)
    expect(questions.map((row) => (row.created_at - start) / (24 * hour))).toEqual([0, 7, 14])
    const [question] = questions
    expect(rows.filter((row) => row.withheld !== null).every((row) => row.withheld === 'unconfirmed')).toBe(
      true,
    )
    expect(question).toMatchObject({ is_secret: 1, action: 'Confirm address' })
    expect(question?.body).toContain('Certificate acme-0001 is ready.')
    const tokenOf = (text = '') =>
      /\n\nhttps:\/\/portal\.example\/confirm-contact#token=([\w-]{43})\n\nPostern$/.exec(text)?.[1] ?? ''
    const token = tokenOf(questions.at(-1)?.body)
    expect(new Set(questions.map(({ body: text }) => tokenOf(text))).size).toBe(3)
    const kept = await store.database.queries.selectFrom('mail_contacts').selectAll().execute()
    expect(JSON.stringify(kept)).not.toContain(token)

    const act = { actor: { ...systemActor('test'), name: 'nobody' }, now: start }
    await expect(contacts.confirm({ token: `${token}x` }, act)).rejects.toMatchObject({
      code: 'link_invalid',
    })
    const confirmed = { address: 'new@x.example', legalName: 'acme' }
    expect(await Promise.all([contacts.confirm({ token }, act), contacts.confirm({ token }, act)])).toEqual([
      confirmed,
      confirmed,
    ])
    const audit = await store.database.queries.selectFrom('audit').selectAll().execute()
    expect(audit.filter(({ action }) => action === 'contact.confirmed')).toHaveLength(1)
    expect(JSON.stringify(audit)).not.toContain(token)
    expect(await reachable()).toEqual(new Set(['dev@acme.example', 'new@x.example']))
    await write([email('new@x.example')], start + 90 * 24 * hour)
    expect((await read()).sent('new@x.example') + (await read()).sent('New@x.example')).toBe(4)
    // Another organization has to ask for itself.
    await write([email('new@x.example', { organizationId: 'org_globex' })], start + 90 * 24 * hour)
    const asked = await store.database.queries.selectFrom('mail_contacts').selectAll().execute()
    expect(asked.map(({ organization_id }) => organization_id).toSorted()).toEqual(['org_acme', 'org_globex'])
  })

  test('lets no number of organizations bomb an address, and asks again after half a year', async () => {
    for (const slug of ['one', 'two', 'three', 'four'])
      await store.database.queries
        .insertInto('organizations')
        .values({ id: `org_${slug}`, slug, legal_name: slug, country: 'GB', state: '', created_at: 1 })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    const ask = (slug: string, now = start) =>
      write([email('victim@x.example', { organizationId: `org_${slug}` })], now)
    for (const slug of ['one', 'two', 'three', 'four']) await ask(slug)
    expect((await read()).sent('victim@x.example')).toBe(3)
    await ask('one', start + 6 * 24 * hour)
    expect((await read()).sent('victim@x.example')).toBe(3)
    await deleteOldRows(store.database.queries, ['none'], start + 181 * 24 * hour)
    await ask('one', start + 181 * 24 * hour)
    const { sent } = await read()
    // The emails of the beginning were deleted after 90 days, unless they were never sent.
    expect(sent('victim@x.example')).toBe(4)
  })

  test('spends nothing on a contact who has not answered, and asks anew where the question did not arrive', async () => {
    await confirm('org_acme', 'b@x.example')
    await write([email('silent@x.example')])
    await write(Array.from({ length: 9 }, () => email('silent@x.example')))
    await write([email('b@x.example'), email('b@x.example')])
    const { sent, withheld } = await read()
    expect([sent('silent@x.example'), withheld('silent@x.example'), sent('b@x.example')]).toEqual([1, 9, 2])
    const { queries } = store.database
    await queries
      .updateTable('outbox')
      .set({ withheld: 'undeliverable' })
      .where('recipient', '=', 'silent@x.example')
      .where('withheld', 'is', null)
      .execute()
    await queries.deleteFrom('jobs').execute()
    await queries.deleteFrom('outbox').where('withheld', 'is', null).execute()
    await write([email('silent@x.example')], start + hour)
    expect((await read()).sent('silent@x.example')).toBe(1)
  })

  test('tells the admins once of important news that contacts do not get', async () => {
    const news = (recipient: string) =>
      email(recipient, {
        key: `certificate-revoked:c:${recipient}`,
        isImportant: true,
        body: 'Hello,\n\nNews.',
      })
    await write([email('one@x.example'), email('two@x.example')])
    await write([news('one@x.example'), news('two@x.example')])
    await write([news('one@x.example')])
    const admins = async () => (await read()).rows.filter((row) => row.recipient === 'dev@acme.example')
    expect(await admins()).toMatchObject([
      {
        key: 'certificate-revoked:c:dev@acme.example',
        body: expect.stringMatching(/^Hello,\n\nYou get(?:.|\n)*News\.$/),
      },
    ])
    // Their own comes first, and whoever writes about expiries looks for the next recipients.
    await write([
      email('one@x.example', { isImportant: true, key: 'x:one@x.example' }),
      email('dev@acme.example', { isImportant: true, key: 'x:dev@acme.example' }),
      email('two@x.example', { isImportant: true, hasNextRecipients: true }),
    ])
    expect((await admins()).map(({ key, body }) => [key, body])).toHaveLength(2)
    expect((await admins()).find(({ key }) => key === 'x:dev@acme.example')?.body).toBe('News.')
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
    await confirm('org_acme', stranger)
    await write([email(member), email(member), email(stranger), email(stranger)])
    const { sent } = await read()
    expect([sent(member), sent(stranger)]).toEqual([1, 2])
  })
})
