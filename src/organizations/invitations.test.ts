import { beforeAll, beforeEach, expect, test } from 'vitest'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { createTeamWorld, type TeamWorld } from '../../test/support/team-world.ts'
import { maxOpenInvitations } from '../contract/invitation.ts'
import type { Actor } from '../shapes/actor.ts'
import type { Database, Tx } from '../storage/database.ts'
import { acceptInvitation } from './accept-invitation.ts'

const day = 86_400_000

describeOnBothEngines('invitations', (store) => {
  let world: TeamWorld
  let acme: Awaited<ReturnType<TeamWorld['addOrganization']>>
  let ann: Actor
  let number = 0
  type Prepared = Awaited<ReturnType<TeamWorld['identity']['prepareUser']>>
  /** Creates any user with a hash that was made once. */
  let insertAs: (email: string) => Prepared

  beforeAll(async () => {
    world = createTeamWorld(store.database)
    const user = { name: 'Zoë', password: 'four random words', operatorRole: null, mustChangePassword: false }
    const given: { email: string; name: string } & typeof user = { ...user, email: 'set later' }
    const insert = await world.identity.prepareUser(given, new Headers())
    insertAs = (email) => (tx) => {
      given.email = email
      return insert(tx)
    }
  })
  beforeEach(async () => {
    number += 1
    acme = await world.addOrganization(`acme-${number}`, 'Łódź Płatności S.A.')
    ann = await world.addUser(`ann-${number}@acme.example`)
    await world.join(acme, ann, 'admin')
  })

  const origin = '192.0.2.7'
  const address = () => `zoe-${number}@new.example`
  const accept = (token: string, email: string, database = store.database) => {
    const { acceptances } = database === store.database ? world : createTeamWorld(database)
    return acceptances.accept(token, { insert: insertAs(email) }, { origin, now: world.clock.now() })
  }
  const rejects = (work: Promise<unknown>, code: string) => expect(work).rejects.toMatchObject({ code })
  const count = async (email: string) => {
    const rows = await world.queries
      .selectFrom('users')
      .leftJoin('members', 'members.user_id', 'users.id')
      .leftJoin('accounts', 'accounts.user_id', 'users.id')
      .leftJoin('sessions', 'sessions.user_id', 'users.id')
      .select(['members.role', 'accounts.id as account', 'sessions.id as session', 'users.id'])
      .where('users.email', '=', email)
      .execute()
    return rows
  }

  test('the store has no token, and the email has it in the fragment of its link', async () => {
    const { id, token, body } = await world.invite(acme, ann, 'New.Person@Example.com', 'admin')
    expect(body).toContain(`${ann.name} invited you to join Łódź Płatności S.A. as admin.`)
    expect(body).toMatch(/^https:\/\/portal\.example\/invitation#token=[\w-]{43}$/m)
    const row = await world.queries.selectFrom('invitations').selectAll().where('id', '=', id).execute()
    expect(JSON.stringify(row)).not.toContain(token)
    expect(await world.invitations.get(acme.id, id, world.clock.now())).toMatchObject({
      ...{ email: 'new.person@example.com', role: 'admin', status: 'open' },
      invitedBy: { kind: 'person', id: ann.id, label: ann.name },
    })
    expect(JSON.stringify(await world.readAudit(id))).not.toContain(token)
  })

  test('accepting makes a member, a user and a session, and spends the token', async () => {
    const { id, token } = await world.invite(acme, ann, address())
    const preview = await world.acceptances.find(token, world.clock.now())
    expect(preview).toMatchObject({
      email: address(),
      role: 'developer',
      invitedBy: ann.name,
      userId: undefined,
    })
    const created = await accept(token, address())
    expect(
      await world.identity.findUser(new Headers({ cookie: toCookie(created?.cookies ?? []) })),
    ).toMatchObject({
      email: address(),
      mustChangePassword: false,
    })
    expect(await world.organizations.findRole(acme.id, created?.userId ?? '')).toBe('developer')
    expect((await world.readAudit(id)).at(-1)).toEqual([
      'invitation.accepted',
      address(),
      null,
      { email: address(), role: 'developer', isNewUser: true },
    ])
    await rejects(accept(token, address()), 'invitation_invalid')
    await rejects(world.acceptances.find(token, world.clock.now()), 'invitation_invalid')
    await rejects(world.acceptances.find('x', world.clock.now()), 'invitation_invalid')
    expect((await world.invitations.list(acme.id, { limit: 5 }, world.clock.now())).items).toEqual([])
  })

  test('50 acceptances at once make one member', async () => {
    const { token } = await world.invite(acme, ann, address())
    const results = await Promise.allSettled(Array.from({ length: 50 }, () => accept(token, address())))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await count(address())).toMatchObject([{ role: 'developer' }])
  })

  test('of several requests with one token one hashes a password', async () => {
    const { token } = await world.invite(acme, ann, address())
    let hashed = 0
    const dependencies = {
      ...world,
      async prepareUser({ email }: { email: string }) {
        hashed += 1
        return insertAs(email)
      },
    }
    const body = { token, name: 'Zoë', password: 'four random words' }
    const who = { session: undefined, headers: new Headers(), origin }
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, () => acceptInvitation(dependencies, body, who)),
    )
    expect([results.filter(({ status }) => status === 'fulfilled').length, hashed]).toEqual([1, 1])
  })

  test('an acceptance that is cut off at any statement leaves nothing, and works afterwards', async () => {
    const { id, token } = await world.invite(acme, ann, address())
    const readAll = async () => [
      await count(address()),
      await world.queries.selectFrom('invitations').selectAll().where('id', '=', id).execute(),
      await world.readAudit(id),
    ]
    const before = await readAll()
    let statements = 0
    for (let left = 1; ; left += 1) {
      const cut = cutAfter(store.database, left)
      try {
        await accept(token, address(), cut)
        break
      } catch (error) {
        expect(error).toMatchObject({ message: 'cut off' })
        statements = left
        expect(await readAll()).toEqual(before)
      }
    }
    expect(statements).toBeGreaterThan(8)
    expect(await count(address())).toMatchObject([{ role: 'developer' }])
  })

  test('a user with the address has to be signed in as that user', async () => {
    const bob = await world.addUser(`bob-${number}@acme.example`)
    const { token } = await world.invite(acme, ann, bob.name.toUpperCase(), 'viewer')
    const now = world.clock.now()
    await rejects(accept(token, bob.name), 'invitation_needs_sign_in')
    await rejects(
      world.acceptances.accept(token, { userId: ann.id }, { origin, now }),
      'invitation_needs_sign_in',
    )
    const body = { token, name: 'B', password: 'four random words' }
    const dependencies = { ...world, prepareUser: async () => insertAs(bob.name) }
    const as = (userId: string, mustChangePassword = false) => ({
      session: { userId, mustChangePassword },
      headers: new Headers(),
      origin,
    })
    await rejects(acceptInvitation(dependencies, body, as(ann.id)), 'invitation_needs_sign_in')
    await rejects(acceptInvitation(dependencies, body, as(bob.id, true)), 'password_change_required')
    expect(await world.organizations.findRole(acme.id, bob.id)).toBeUndefined()
    await acceptInvitation(dependencies, { token }, as(bob.id))
    expect(await world.organizations.findRole(acme.id, bob.id)).toBe('viewer')
  })

  test('a new user needs a name and a password', async () => {
    const { token } = await world.invite(acme, ann, address())
    const dependencies = { ...world, prepareUser: async () => insertAs(address()) }
    const who = { session: undefined, headers: new Headers(), origin }
    await rejects(acceptInvitation(dependencies, { token, name: 'Zoë' }, who), 'bad_request')
    expect((await world.acceptances.find(token, world.clock.now())).email).toBe(address())
  })

  test('an invitation expires after 7 days, and another one to the same address replaces it', async () => {
    const first = await world.invite(acme, ann, address())
    const second = await world.invite(acme, ann, address().toUpperCase(), 'viewer')
    const now = world.clock.now()
    await rejects(accept(first.token, address()), 'invitation_invalid')
    expect(await world.invitations.get(acme.id, first.id, now)).toMatchObject({ status: 'replaced' })
    const { items } = await world.invitations.list(acme.id, { limit: 5 }, now)
    expect(items.map(({ id, status }) => [id, status])).toEqual([[second.id, 'open']])
    const last = now + 7 * day
    await rejects(world.acceptances.find(second.token, last), 'invitation_invalid')
    expect((await world.acceptances.find(second.token, last - 1)).role).toBe('viewer')
    expect((await world.invitations.list(acme.id, { limit: 5 }, last)).items).toMatchObject([
      { status: 'expired' },
    ])
  })

  test('a cancelled invitation is invalid, and stays so', async () => {
    const { id, token } = await world.invite(acme, ann, address())
    const other = await world.addOrganization(`other-${number}`)
    await rejects(world.invitations.cancel(other.id, id, world.act(ann)), 'not_found')
    await world.invitations.cancel(acme.id, id, world.act(ann))
    await rejects(accept(token, address()), 'invitation_invalid')
    await rejects(world.invitations.cancel(acme.id, id, world.act(ann)), 'invitation_ended')
    expect((await world.readAudit(id)).at(-1)?.[0]).toBe('invitation.cancelled')
  })

  test('an inviter who is no longer an admin voids the invitation, also after becoming one again', async () => {
    const bob = await world.addUser(`bob-${number}@acme.example`)
    const member = { organizationId: acme.id, memberId: await world.join(acme, bob, 'admin') }
    const demoted = await world.invite(acme, bob, `one-${address()}`)
    await world.members.changeRole(member, 'developer', world.act(ann))
    await rejects(accept(demoted.token, `one-${address()}`), 'invitation_invalid')
    await world.members.changeRole(member, 'admin', world.act(ann))
    await rejects(accept(demoted.token, `one-${address()}`), 'invitation_invalid')
    const removed = await world.invite(acme, bob, `two-${address()}`)
    await world.members.remove(member, 'member.left', world.act(bob))
    await rejects(accept(removed.token, `two-${address()}`), 'invitation_invalid')
    const { items } = await world.invitations.list(acme.id, { limit: 5 }, world.clock.now())
    expect(items.map(({ status }) => status)).toEqual(['void', 'void'])
    // Sent again by an admin, it can be accepted.
    const again = await world.invite(acme, ann, `two-${address()}`)
    expect(await accept(again.token, `two-${address()}`)).toBeDefined()
  })

  test('an operator invites the first admin, and voids the invitation with the role of an operator', async () => {
    const empty = await world.addOrganization(`empty-${number}`, "O'Neil & Co / Ltd")
    const operator = await world.addUser(`operator-${number}@postern.example`, 'operator')
    const { token } = await world.invite(empty, operator, address(), 'admin')
    const set = (operator_role: 'operator' | 'auditor' | null) =>
      world.queries.updateTable('users').set({ operator_role }).where('id', '=', operator.id).execute()
    for (const role of ['auditor', null] as const) {
      await set(role)
      await rejects(accept(token, address()), 'invitation_invalid')
    }
    await set('operator')
    const created = await accept(token, address())
    expect(await world.organizations.findRole(empty.id, created?.userId ?? '')).toBe('admin')
  })

  test('nobody joins a suspended or closed organization', async () => {
    const { token } = await world.invite(acme, ann, address())
    for (const status of ['suspended', 'closed'] as const) {
      await world.queries.updateTable('organizations').set({ status }).where('id', '=', acme.id).execute()
      await rejects(accept(token, address()), `organization_${status}`)
      await rejects(world.acceptances.find(token, world.clock.now()), `organization_${status}`)
      await rejects(world.invite(acme, ann, `other-${address()}`), `organization_${status}`)
    }
    expect(await count(address())).toEqual([])
  })

  test('a member is not invited, and an address that became one cannot accept', async () => {
    await rejects(world.invite(acme, ann, ann.name.toUpperCase()), 'already_member')
    const bob = await world.addUser(`bob-${number}@acme.example`)
    const { token } = await world.invite(acme, ann, bob.name)
    await world.join(acme, bob, 'viewer')
    await rejects(
      world.acceptances.accept(token, { userId: bob.id }, { origin, now: world.clock.now() }),
      'already_member',
    )
    expect(await world.organizations.findRole(acme.id, bob.id)).toBe('viewer')
  })

  test('an organization has a bounded number of open invitations', async () => {
    const { queries } = world
    const now = world.clock.now()
    const common = {
      organization_id: acme.id,
      role: 'viewer',
      invited_by: ann.id,
      invited_as: 'person',
    } as const
    const rows = Array.from({ length: maxOpenInvitations }, (_, n) => ({
      ...{ ...common, id: `inv_${number}_${n}`, email: `${n}@x.example`, token_sha256: `${number} ${n}` },
      ...{ inviter_email: ann.name, created_at: now, expires_at: now + day },
    }))
    await queries.insertInto('invitations').values(rows).execute()
    await rejects(world.invite(acme, ann, address()), 'invitation_limit_reached')
    // Sending one again adds none.
    expect(await world.invite(acme, ann, '5@x.example')).toBeDefined()
  })

  test('an address and an inviter get and cause a bounded number of emails in a day', async () => {
    const outcomes: string[] = []
    const attempt = (organization: typeof acme, by: Actor, email: string) =>
      world.invite(organization, by, email).then(
        () => outcomes.push('sent'),
        (error) => outcomes.push(error.code),
      )
    for (let n = 0; n < 11; n++) await attempt(acme, ann, address())
    expect(outcomes).toEqual([...Array(10).fill('sent'), 'invitation_rate_exceeded'])
    // From another organization too.
    const other = await world.addOrganization(`other-${number}`)
    const eve = await world.addUser(`eve-${number}@x.example`)
    await world.join(other, eve, 'admin')
    await attempt(other, eve, address())
    expect(outcomes.at(-1)).toBe('invitation_rate_exceeded')
    await world.queries
      .updateTable('budgets')
      .set({ spent: 100 })
      .where('subject', '=', `invitations-by:${ann.id}`)
      .execute()
    await attempt(acme, ann, `other-${address()}`)
    expect(outcomes.at(-1)).toBe('invitation_rate_exceeded')
  })

  test('an invitation whose email is beyond the limits of emails is not created', async () => {
    const limits = { perHour: 9, externalPerHour: 1, perRecipientPerDay: 9, externalPerRecipientPerDay: 9 }
    const strict = createTeamWorld(store.database, limits)
    await strict.invite(acme, ann, `one-${address()}`)
    await rejects(strict.invite(acme, ann, `two-${address()}`), 'invitation_rate_exceeded')
    const { items } = await strict.invitations.list(acme.id, { limit: 5 }, strict.clock.now())
    expect(items.map(({ email }) => email)).toEqual([`one-${address()}`])
  })
})

const toCookie = (cookies: string[]) => cookies.map((each) => each.split(';')[0]).join('; ')

/** Returns the store as it is for a process that ends after `left` statements of a transaction. */
function cutAfter(database: Database, left: number): Database {
  const cut = async <T>(tx: Tx, work: (tx: Tx) => Promise<T>): Promise<T> => {
    const executor = tx.getExecutor()
    const real = executor.executeQuery
    let run = 0
    executor.executeQuery = (...given) => {
      run += 1
      return run > left ? Promise.reject(new Error('cut off')) : Reflect.apply(real, executor, given)
    }
    try {
      return await work(tx)
    } finally {
      executor.executeQuery = real
    }
  }
  return {
    ...database,
    transaction: (work, options) => database.transaction((tx) => cut(tx, work), options),
  }
}
