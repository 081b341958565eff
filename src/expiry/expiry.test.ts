import { beforeEach, expect, test } from 'vitest'
import { describeWithFreshStores } from '../../test/support/databases.ts'
import { createExpiryWorld, type ExpiryWorld, inDays, letterTime } from '../../test/support/expiry-world.ts'
import { recipientNeeds } from '../../test/support/subscriptions.ts'
import { createNotificationListStore } from './notification-list-store.ts'

const hour = 3_600_000
const day = 24 * hour
/** Of a certificate that ends at noon, the steps are at 06:00 of the same days. */
const noon = 6 * hour

describeWithFreshStores('letters about an expiry', (store) => {
  let world: ExpiryWorld
  let acme: string

  beforeEach(async () => {
    world = createExpiryWorld(store.database, letterTime)
    acme = await world.addOrganization('acme', 'Łódź Płatności S.A.')
    await world.addUser('admin@acme.example', { [acme]: 'admin' })
    await world.addUser('dev@acme.example', { [acme]: 'developer' })
    await world.addUser('operator@provider.example', {}, true)
  })

  const issue = (days: number, more: Partial<Parameters<ExpiryWorld['issue']>[0]> = {}) =>
    world.issue({
      ...{ organization: acme, issuedAt: letterTime - 25 * hour, notAfter: inDays(days) + noon },
      ...{ contacts: ['ops@acme.example'], ...more },
    })
  const tellAt = async (days: number) => {
    world.moveTo(inDays(days))
    const before = new Set((await world.emails()).map(({ id }) => id))
    await world.tell()
    return (await world.emails()).filter(({ id }) => !before.has(id))
  }
  const lists = () =>
    createNotificationListStore(store.database, { ...recipientNeeds, findRecipients: world.findRecipients })
  const list = async (query: object = {}) =>
    (await lists().list(acme, { limit: 50, ...query } as never, world.clock.now())).items

  test('are one for each person and day, whatever number of certificates, with who still calls', async () => {
    const ids: string[] = []
    for (let count = 0; count < 130; count += 1) ids.push((await issue(30)).id)
    const [first = ''] = ids
    await world.use(first, letterTime - hour)
    const { queries } = store.database
    await queries
      .insertInto('usage_facets')
      .values({
        ...{ certificate_id: first, day: letterTime - (letterTime % day), kind: 'address' },
        ...{ value: '203.0.113.7', count: 9, last_at: letterTime },
      })
      .execute()
    const letters = await tellAt(0)
    expect(letters.map(({ recipient }) => recipient)).toEqual(['ops@acme.example'])
    const [{ subject, body } = { subject: '', body: '' }] = letters
    expect(subject).toBe('130 certificates need a replacement, acme-0001 expires in 30 days (acme)')
    expect(body).toContain(
      'Still calls with it, from 203.0.113.7; the last accepted call was on 2027-01-01 05:00 UTC.',
    )
    expect(body).toContain('- acme-0125 (The production) expires in 30 days\n- and 5 more')
    expect(body).toContain('https://portal.example/o/acme/production/certificates?sort=expires')
    expect(world.announced.map(({ key }) => key)).toEqual(
      ids.map((id) => `expiry:${id}:${inDays(30) + noon}:30`),
    )
    expect(await tellAt(0)).toEqual([])
    const [{ certificates, certificateCount, recipients, kind, state } = { certificates: [] }] = await list({
      state: ['queued'],
    })
    expect({ kind, state, certificateCount, recipients }).toEqual({
      ...{ kind: 'certificate_expiry', state: 'queued', certificateCount: 130 },
      recipients: [{ email: 'ops@acme.example', reason: 'contact', isUnsubscribed: false }],
    })
    expect(certificates).toHaveLength(20)
  })

  test('reach members without a contact, admins from 7 days, and operators from 1 day', async () => {
    const { name } = await issue(14, { contacts: [] })
    const recipientsAt = async (days: number) =>
      (await tellAt(days)).map(({ recipient }) => recipient).toSorted()
    expect(await recipientsAt(0)).toEqual(['admin@acme.example', 'dev@acme.example'])
    await store.database.queries
      .updateTable('certificates')
      .set({ contacts: '["ops@acme.example"]' })
      .execute()
    await world.confirm(acme, ['ops@acme.example'])
    expect(await recipientsAt(7)).toEqual(['admin@acme.example', 'ops@acme.example'])
    expect(await recipientsAt(11)).toEqual(['admin@acme.example', 'ops@acme.example'])
    const last = await tellAt(13)
    expect(last.map(({ recipient }) => recipient).toSorted()).toEqual([
      'admin@acme.example',
      'operator@provider.example',
      'ops@acme.example',
    ])
    expect(last.find(({ organization_id }) => organization_id === null)).toMatchObject({
      subject: `Certificate ${name} expires in 1 day`,
      body: expect.stringContaining(`${name} of Łódź Płatności S.A. (The production) expires in 1 day`),
    })
  })

  test('go to the operators if an organization has nobody else', async () => {
    const empty = await world.addOrganization('empty')
    await issue(60, { organization: empty, contacts: [] })
    expect((await tellAt(0)).map(({ recipient }) => recipient)).toEqual(['operator@provider.example'])
  })

  /** The mail server refuses the address of emails, or takes nothing for two days. */
  const fail = (ids: readonly string[], isRefused: boolean) =>
    store.database.queries
      .updateTable('outbox')
      .set({ withheld: 'undeliverable', refused_at: isRefused ? world.clock.now() : null })
      .where('id', 'in', ids)
      .execute()

  test('go to whoever is next where an address is refused, and not there again for 7 days', async () => {
    const { id } = await issue(14)
    const [letter] = await tellAt(0)
    world.moveTo(inDays(0.05))
    await fail([letter?.id ?? ''], true)
    expect((await tellAt(0.1)).map(({ recipient }) => recipient).toSorted()).toEqual([
      'admin@acme.example',
      'dev@acme.example',
    ])
    expect(await tellAt(0.2)).toEqual([])
    expect(world.days(id)).toEqual([14])
    expect((await list({ state: ['failed'] })).map(({ recipients }) => recipients)).toEqual([
      [{ email: 'ops@acme.example', reason: 'contact', isUnsubscribed: false }],
    ])
    // It is open to another organization.
    const globex = await world.addOrganization('globex')
    await issue(14, { organization: globex })
    const toAll = (letters: readonly { recipient: string }[]) =>
      letters.map(({ recipient }) => recipient).toSorted()
    expect(toAll(await tellAt(7))).toEqual(['admin@acme.example', 'dev@acme.example', 'ops@acme.example'])
    expect(toAll(await tellAt(11))).toEqual(['admin@acme.example', 'ops@acme.example', 'ops@acme.example'])
  })

  test('go to an address again where a mail server was away, and to refused ones where nobody is left', async () => {
    await issue(30)
    const [letter] = await tellAt(0)
    await fail([letter?.id ?? ''], false)
    expect(await tellAt(0.1)).toHaveLength(2)
    const [next, ...others] = await tellAt(16)
    expect([next?.recipient, others]).toEqual(['ops@acme.example', []])
    const empty = await world.addOrganization('empty')
    await issue(31, { organization: empty, contacts: ['ops@empty.example'] })
    const [refused] = await tellAt(17)
    await fail([refused?.id ?? ''], true)
    // The operators are told of this step, and the next one is tried all the same.
    expect((await tellAt(17.1)).map(({ recipient }) => recipient)).toEqual(['operator@provider.example'])
    expect((await tellAt(24)).map(({ recipient }) => recipient)).toContain('ops@empty.example')
  })

  test('go to members too while no contact has confirmed an address', async () => {
    await issue(7, { isConfirmed: false })
    const members = ['admin@acme.example', 'dev@acme.example']
    const recipients = (letters: readonly { recipient: string }[]) =>
      letters.map(({ recipient }) => recipient).toSorted()
    expect(recipients(await tellAt(0))).toEqual([...members, 'ops@acme.example'])
    const isSent = (state: string) => state !== 'withheld'
    // The first one asks to confirm, and is an email about the certificate all the same.
    expect((await list()).filter(({ state }) => isSent(state))).toHaveLength(3 + 1)
    await tellAt(4)
    const withheld = (await list()).filter(({ state }) => !isSent(state))
    expect(withheld.map((each) => each.recipients)).toEqual([
      [{ email: 'ops@acme.example', reason: 'contact', isUnsubscribed: false }],
    ])
  })

  test('go to members where contacts outside are more than the limits of emails allow', async () => {
    const contacts = Array.from({ length: 22 }, (_, index) => `ops${index}@outside.example`)
    for (const contact of contacts) await issue(30, { contacts: [contact] })
    expect(await tellAt(0)).toHaveLength(22 + 2)
    const withheld = await list({ state: ['withheld'] })
    expect(withheld).toHaveLength(2)
    expect(
      (await list({ state: ['queued'] })).filter(({ certificateCount }) => certificateCount === 2),
    ).toHaveLength(2)
    expect(await tellAt(0.1)).toEqual([])
  })

  test('stop when a replacement is accepted, not when it is issued, and go on when traffic falls back', async () => {
    const { id } = await issue(30)
    const next = await issue(400, { issuedAt: letterTime, replaces: id })
    const [letter] = await tellAt(0)
    expect(letter?.body).toContain(
      `Its replacement ${next.name} is ready, but no gateway has accepted it yet.`,
    )
    world.moveTo(inDays(15))
    await world.use(id)
    await world.use(next.id)
    expect(await tellAt(16)).toEqual([])
    expect(await list({ certificateId: id })).toMatchObject([
      { state: 'planned', silence: 'replaced', certificates: [{ daysBefore: 7 }] },
      { state: 'skipped', silence: 'replaced', certificates: [{ daysBefore: 14 }] },
      { state: 'queued' },
    ])
    world.moveTo(inDays(16.5))
    await world.use(id)
    // The letter of 14 days is written now, since nobody was told of it; that of 30 days is not repeated.
    expect(await tellAt(17)).toHaveLength(1)
    expect(world.days(id)).toEqual([30, 14])
    world.moveTo(inDays(17.5))
    await world.use(next.id)
    expect(await tellAt(23)).toEqual([])
    await world.revoke(next.id)
    expect((await tellAt(24)).map(({ subject }) => subject)).toContain(
      'Certificate acme-0001 expires in 6 days (The production)',
    )
    await world.revoke(id)
    for (const days of [27, 29, 30, 31, 38]) expect(await tellAt(days)).toEqual([])
    expect(world.days(id)).toEqual([30, 14, 7])
  })

  test('are all written in time after one run with a clock far ahead', async () => {
    const { id } = await issue(40)
    const late = await issue(10)
    // Beyond the last step of one of them.
    await tellAt(34)
    expect([world.days(id), world.days(late.id)]).toEqual([[7], [-7]])
    world.announced.length = 0
    await tellAt(0)
    for (const days of [3, 7, 9, 10, 11, 17]) await tellAt(days)
    await tellAt(26)
    await tellAt(33)
    expect(world.days(late.id)).toEqual([7, 3, 1, 0, -1, -7])
    expect(world.days(id)).toEqual([30, 14, 7])
    const { queries } = store.database
    const steps = await queries.selectFrom('expiry_steps').selectAll().where('plan_id', '=', id).execute()
    expect(steps.every(({ at }) => at <= inDays(33))).toBe(true)
    expect(await tellAt(33.1)).toEqual([])
  })

  test('leave out steps before the issue, and of several that are due after a pause all but the last', async () => {
    const { id } = await issue(30, { issuedAt: letterTime - hour })
    expect(await tellAt(0)).toEqual([])
    expect(await tellAt(28)).toHaveLength(2)
    expect(world.days(id)).toEqual([3])
    expect(
      (await list({ state: ['skipped'] }))
        .map(({ certificates, silence }) => `${certificates[0]?.daysBefore} ${silence}`)
        .toSorted(),
    ).toEqual(['14 later_step_due', '7 later_step_due'])
  })

  test('wait while an organization is suspended or closed, and never tell of what has been over for a week', async () => {
    const { id } = await issue(14)
    await world.setStatus(acme, 'suspended')
    expect(await tellAt(0)).toEqual([])
    await world.setStatus(acme, 'active')
    expect(await tellAt(1)).toHaveLength(1)
    await world.setStatus(acme, 'closed')
    expect(await tellAt(22)).toEqual([])
    await world.setStatus(acme, 'active')
    expect(await tellAt(23)).toEqual([])
    expect(world.days(id)).toEqual([14])
  })

  test('are written once by two portals, and one organization that fails delays no other', async () => {
    const globex = await world.addOrganization('globex')
    await issue(30)
    await issue(30, { organization: globex, contacts: ['ops@globex.example'] })
    await Promise.all([world.tell(), world.tell()])
    expect((await world.emails()).map(({ recipient }) => recipient).toSorted()).toEqual([
      'ops@acme.example',
      'ops@globex.example',
    ])
    const { expiry } = world.dependencies
    const { tellOrganization } = expiry
    expiry.tellOrganization = (organization, now) =>
      organization === acme ? Promise.reject(new Error('no')) : tellOrganization(organization, now)
    world.moveTo(inDays(16))
    await expect(world.tell()).rejects.toThrow('no')
    expect((await world.emails()).map(({ recipient }) => recipient)).toHaveLength(3)
    expiry.tellOrganization = tellOrganization
    expect((await tellAt(16)).map(({ recipient }) => recipient)).toEqual(['ops@acme.example'])
  })

  test('tell operators of what is theirs at its steps, and at once of what was not renewed', async () => {
    const own = {
      id: 'x',
      name: 'CN=Acme root',
      beganAt: letterTime - 400 * day,
      notAfter: inDays(30) + noon,
    }
    world.subjects.push({ ...own, kind: 'root' })
    world.subjects.push({
      ...own,
      kind: 'backup',
      name: 'of the store',
      beganAt: letterTime,
      notAfter: inDays(2) + hour,
    })
    expect((await tellAt(0)).map(({ subject }) => subject)).toEqual([
      'Root CA CN=Acme root expires in 30 days',
    ])
    expect(await tellAt(2)).toEqual([])
    expect((await tellAt(2.1)).map(({ subject }) => subject)).toEqual([
      'Backup of the store is late since 2027-01-03 07:00 UTC',
    ])
    // A backup was made, and the root is another one.
    world.subjects.splice(0, 2, { ...own, kind: 'root', notAfter: inDays(4000) })
    for (const days of [3, 10, 23, 29, 30, 31]) expect(await tellAt(days)).toEqual([])
    // A portal on another machine may not see it in between: it is not told of twice.
    world.subjects.splice(0, 1, { ...own, kind: 'root' })
    expect(await tellAt(31)).toHaveLength(1)
    world.subjects.splice(0, 1)
    await tellAt(31.1)
    world.subjects.push({ ...own, kind: 'root' })
    expect(await tellAt(31.2)).toEqual([])
  })

  test('are listed in pages without gaps, and not those of another organization', async () => {
    const globex = await world.addOrganization('globex')
    await issue(30, { organization: globex })
    for (const days of [30, 61, 90, 200]) await issue(days)
    await tellAt(0)
    await tellAt(16)
    const all = await list()
    expect(all.map(({ state, certificates: [first] }) => [state, first?.name, first?.daysBefore])).toEqual([
      ['planned', 'acme-0002', 7],
      ['planned', 'acme-0004', 60],
      ['planned', 'acme-0003', 30],
      ['planned', 'acme-0005', 90],
      ['queued', 'acme-0002', 14],
      ['queued', 'acme-0002', 30],
    ])
    const paged: unknown[] = []
    let cursor: string | undefined
    do {
      const page = await lists().list(acme, { limit: 1, cursor } as never, world.clock.now())
      paged.push(...page.items)
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
    expect(paged).toEqual(all)
  })
})
