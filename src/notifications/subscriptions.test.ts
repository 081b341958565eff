import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { createExpiryWorld, inDays, letterTime } from '../../test/support/expiry-world.ts'
import { openMailServer } from '../../test/support/mail-server.ts'
import { createTestSubscriptions } from '../../test/support/subscriptions.ts'
import { systemActor } from '../shapes/actor.ts'
import { createMailContactStore } from './mail-contact-store.ts'
import { createNotificationSettingsStore } from './notification-settings-store.ts'
import { createOutboxStore } from './outbox-store.ts'
import { createMailSender } from './send-mail.ts'
import { writeEmails } from './write-emails-store.ts'

const hour = 3_600_000
const noon = 12 * hour
const acme = 'org_acme'
const act = { actor: { ...systemActor('test'), name: 'nobody' }, now: letterTime }

describeOnBothEngines('people who do not want emails about expiring certificates', (store) => {
  let world: ReturnType<typeof createExpiryWorld>
  const subscriptions = () => createTestSubscriptions(store.database)
  const open = (email: string) => subscriptions().open(acme, email, letterTime)
  const unsubscribe = async (email: string) => subscriptions().change(await open(email), true, act)
  const issue = (more: object = {}) =>
    world.issue({
      ...{ organization: acme, issuedAt: letterTime - 25 * hour, notAfter: inDays(30) + noon },
      ...{ contacts: ['ops@acme.example'], ...more },
    })
  const tellAt = async (days: number) => {
    world.moveTo(inDays(days))
    const before = new Set((await world.emails()).map(({ id }) => id))
    await world.tell()
    const emails = (await world.emails()).filter(({ id }) => !before.has(id))
    return emails.map(({ recipient }) => recipient).toSorted()
  }
  const audit = async () =>
    (await store.database.queries.selectFrom('audit').select('action').orderBy('sequence').execute()).map(
      ({ action }) => action,
    )

  beforeEach(async () => {
    const { queries } = store.database
    for (const table of [
      ...(['expiry_letters', 'expiry_steps', 'expiry_plans', 'outbox', 'mail_contacts'] as const),
      ...(['mail_subscriptions', 'notification_settings', 'certificates', 'members', 'users'] as const),
      ...(['audit', 'budgets', 'jobs', 'organizations'] as const),
    ])
      await queries.deleteFrom(table).execute()
    world = createExpiryWorld(store.database, letterTime)
    await world.addOrganization('acme', 'Łódź Płatności S.A.')
  })

  test('get none until they take it back, once each, and the others do', async () => {
    await issue({ contacts: ['Ops@acme.example', 'two@acme.example'] })
    const view = { email: 'ops@acme.example', legalName: 'Łódź Płatności S.A.' }
    const token = await open('Ops@acme.example')
    const kept = await store.database.queries.selectFrom('mail_subscriptions').selectAll().execute()
    expect(JSON.stringify(kept)).not.toContain(token)
    expect(await subscriptions().inspect(token)).toEqual({ ...view, isUnsubscribed: false })
    // Twice, and twice at once.
    await Promise.all([subscriptions().change(token, true, act), subscriptions().change(token, true, act)])
    expect(await subscriptions().change(token, true, act)).toEqual({ ...view, isUnsubscribed: true })
    expect(await tellAt(0)).toEqual(['two@acme.example'])
    expect(await subscriptions().change(token, false, act)).toEqual({ ...view, isUnsubscribed: false })
    expect(await tellAt(16)).toEqual(['Ops@acme.example', 'two@acme.example'])
    expect(await audit()).toEqual(['contact.unsubscribed', 'contact.resubscribed'])
    await expect(subscriptions().change(`${token}x`, true, act)).rejects.toMatchObject({
      code: 'link_invalid',
    })
    const foreign = createTestSubscriptions(store.database)
    await world.addOrganization('initech')
    expect(await foreign.open('org_initech', 'ops@acme.example', letterTime)).not.toBe(token)
  })

  test('cannot if they are the last of an environment, also if two do so at once', async () => {
    await issue({ contacts: ['one@acme.example', 'two@acme.example'] })
    await issue({
      contacts: ['one@acme.example', 'two@acme.example', 'three@acme.example'],
      environment: 'staging',
    })
    const [one, two] = await Promise.all([open('one@acme.example'), open('two@acme.example')])
    const outcomes = await Promise.allSettled([
      subscriptions().change(one, true, act),
      subscriptions().change(two, true, act),
    ])
    const refused = outcomes.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[]
    expect(refused.map(({ reason }) => reason)).toMatchObject([
      { code: 'last_recipient', message: expect.stringContaining('certificates in production:') },
    ])
    const told = await tellAt(0)
    expect(told.filter((email) => email !== 'three@acme.example')).toHaveLength(1)
    // A member, as a team address, is somebody else.
    await world.addUser('admin@acme.example', { [acme]: 'admin' })
    await Promise.all([subscriptions().change(one, true, act), subscriptions().change(two, true, act)])
    expect(await tellAt(16)).toEqual(['admin@acme.example', 'three@acme.example'])
  })

  test('get them again if everybody else is gone, with the reason', async () => {
    const { id } = await issue({ contacts: ['one@acme.example', 'two@acme.example'] })
    await unsubscribe('one@acme.example')
    await world.set(id, { contacts: JSON.stringify(['one@acme.example']) })
    expect(await tellAt(0)).toEqual(['one@acme.example'])
    const [email] = await world.emails()
    expect(email?.body).toContain('You have unsubscribed, but nobody else would get it.')
    // An address that has not confirmed is nobody who is reached.
    await world.set(id, { contacts: JSON.stringify(['one@acme.example', 'unknown@acme.example']) })
    expect(await tellAt(16)).toEqual(['one@acme.example', 'unknown@acme.example'])
    // Named by nobody any more, the link still works.
    await world.set(id, { contacts: JSON.stringify(['two@acme.example']) })
    expect(await unsubscribe('one@acme.example')).toMatchObject({ isUnsubscribed: true })
    await expect(unsubscribe('two@acme.example')).rejects.toMatchObject({ code: 'last_recipient' })
  })

  test('can do so as members, and 20 times a day', async () => {
    await issue({ contacts: [] })
    await world.addUser('one@acme.example', { [acme]: 'admin' })
    const own = { organizationId: acme, legalName: 'acme', email: 'One@acme.example' }
    // Rejected ones count: to find that out costs most.
    for (let count = 0; count < 2; count += 1)
      await expect(subscriptions().changeOwn(own, true, act)).rejects.toMatchObject({
        code: 'last_recipient',
      })
    await world.addUser('two@acme.example', { [acme]: 'viewer' })
    for (let count = 0; count < 18; count += 1) await subscriptions().changeOwn(own, count % 2 === 0, act)
    await expect(subscriptions().changeOwn(own, true, act)).rejects.toMatchObject({
      code: 'too_many_requests',
    })
    expect(await tellAt(0)).toEqual(['one@acme.example', 'two@acme.example'])
  })

  test('of a team: the team address is next after the contacts, and before members and admins', async () => {
    await world.addUser('admin@acme.example', { [acme]: 'admin' })
    await world.addUser('viewer@acme.example', { [acme]: 'viewer' })
    const settings = createNotificationSettingsStore({
      ...{ database: store.database, portalUrl: 'https://portal.example', writeEmails },
    })
    const choose = (teamAddress: string | null) =>
      settings.set(
        { id: acme, slug: 'acme', legalName: 'Łódź Płatności S.A.' },
        { teamAddress, timeZone: null },
        act,
      )
    const { id } = await issue()
    expect(await choose('team@acme.example')).toMatchObject({ teamAddressState: 'waiting' })
    await choose('team@acme.example')
    const [question, ...others] = await store.database.queries.selectFrom('outbox').selectAll().execute()
    expect([question?.recipient, question?.may_unsubscribe, others]).toEqual(['team@acme.example', 0, []])
    const token = /#token=([\w-]{43})/.exec(question?.body ?? '')?.[1] ?? ''
    await createMailContactStore(store.database).confirm({ token, timeZone: 'Europe/Warsaw' }, act)
    expect(await settings.get(acme)).toMatchObject({ teamAddressState: 'confirmed' })
    expect(await tellAt(0)).toEqual(['ops@acme.example'])
    // Nobody but the team is reached: the members are not bothered.
    await world.set(id, { contacts: '[]' })
    await issue({ contacts: [] })
    expect(await tellAt(0.001)).toEqual(['team@acme.example'])
    await world.set(id, { contacts: JSON.stringify(['ops@acme.example']) })
    expect(await tellAt(16)).toEqual(['ops@acme.example', 'team@acme.example'])
    expect(await tellAt(23)).toEqual(['admin@acme.example', 'ops@acme.example', 'team@acme.example'])
    await choose(null)
    expect(await tellAt(27)).toEqual(['admin@acme.example', 'ops@acme.example', 'viewer@acme.example'])
    expect(await audit()).toEqual([
      'notification_settings.updated',
      'contact.confirmed',
      'notification_settings.updated',
    ])
  })

  test.each(['https://portal.example', 'http://localhost:3000'])(
    'have the link in the header and at the end of an email of %s, and the store does not',
    async (portalUrl) => {
      const mail = await openMailServer('', { tls: 'none' })
      onTestFinished(() => mail.close())
      await issue({ contacts: ['ops@acme.example', 'unknown@acme.example'] })
      await store.database.queries
        .deleteFrom('mail_contacts')
        .where('address', '=', 'unknown@acme.example')
        .execute()
      await tellAt(0)
      const send = createMailSender(
        {
          ...{ outbox: createOutboxStore(store.database), subscriptions: subscriptions() },
          ...{ clock: world.clock, portalUrl },
        },
        {
          ...{ host: '127.0.0.1', port: mail.port, tls: 'none', caFile: null },
          ...{ user: null, password: null },
        },
        'Postern <postern@localhost>',
      )
      for (const { id } of await world.emails()) await send(id, AbortSignal.timeout(20_000))
      const token = await open('ops@acme.example')
      const headersOf = (name: string) =>
        mail.letters.map(({ headerLines }) => headerLines.find(({ key }) => key === name)?.line)
      const index = mail.letters.findIndex(({ text }) => text?.includes('Unsubscribe from these emails'))
      expect(headersOf('list-unsubscribe')[index]).toBe(
        `List-Unsubscribe: <${portalUrl}/unsubscribe/${token}>`,
      )
      // RFC 8058, section 3.1, demands HTTPS.
      expect(headersOf('list-unsubscribe-post')[index]).toBe(
        portalUrl.startsWith('https:') ? 'List-Unsubscribe-Post: List-Unsubscribe=One-Click' : undefined,
      )
      const letter = mail.letters[index]
      expect(letter?.text).toContain(`${portalUrl}/unsubscribe#token=${token}`)
      expect(letter?.html).toContain(`href="${portalUrl}/unsubscribe#token=${token}"`)
      // An email that asks for a confirmation has no such link.
      expect(mail.letters.filter(({ text }) => text?.includes('/unsubscribe'))).toHaveLength(1)
      expect(headersOf('list-unsubscribe').filter((line) => line !== undefined)).toHaveLength(1)
      expect(mail.letters).toHaveLength(2)
      const outbox = await store.database.queries.selectFrom('outbox').selectAll().execute()
      expect(JSON.stringify(outbox)).not.toContain(token)
    },
  )

  test('have the dates in their own time zone', async () => {
    await world.addUser('admin@acme.example', { [acme]: 'admin' })
    await store.database.queries
      .updateTable('users')
      .set({ time_zone: 'America/New_York' })
      .where('email', '=', 'admin@acme.example')
      .execute()
    await issue({ contacts: ['admin@acme.example', 'ops@acme.example', 'other@acme.example'] })
    await store.database.queries
      .updateTable('mail_contacts')
      .set({ time_zone: 'Europe/Warsaw' })
      .where('address', '=', 'ops@acme.example')
      .execute()
    const bodies = async () => new Map((await world.emails()).map(({ recipient, body }) => [recipient, body]))
    await tellAt(0)
    expect((await bodies()).get('admin@acme.example')).toContain(
      '2027-01-31 13:00 America/New_York (18:00 UTC)',
    )
    expect((await bodies()).get('ops@acme.example')).toContain('2027-01-31 19:00 Europe/Warsaw (18:00 UTC)')
    expect((await bodies()).get('other@acme.example')).toContain('2027-01-31 18:00 UTC')
    await store.database.queries
      .insertInto('notification_settings')
      .values({ organization_id: acme, team_address: null, time_zone: 'Asia/Tokyo' })
      .execute()
    await tellAt(16)
    expect((await bodies()).get('other@acme.example')).toContain(
      '2027-02-01 03:00 Asia/Tokyo (2027-01-31 18:00 UTC)',
    )
  })
})
