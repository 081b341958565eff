import { beforeAll, expect, test } from 'vitest'
import { createTestClock } from '../../test/support/certificate-harness.ts'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { systemActor } from '../shapes/actor.ts'
import type { Email } from '../shapes/email.ts'
import type { Database } from '../storage/database.ts'
import { deleteOldRows } from '../storage/delete-old-rows.ts'
import { type AccountStore, createAccountStore } from './account-store.ts'
import { createIdentity, type Identity } from './identity-store.ts'
import { createOperatorStore, type OperatorStore } from './operator-store.ts'
import { createResetStore, type ResetStore, sendResetJob } from './reset-store.ts'

const portalUrl = 'https://portal.example'
const hour = 3_600_000
const origin = '192.0.2.1'
const actor = systemActor('test')
const invalid = { code: 'link_invalid' }

describeOnBothEngines('one-time links', (store) => {
  const clock = createTestClock()
  const sent: Email[] = []
  const writeEmails = async (_: unknown, emails: readonly Email[]) => {
    sent.push(...emails)
  }
  let identity: Identity
  let accounts: AccountStore
  let resets: ResetStore
  let operators: OperatorStore
  beforeAll(() => {
    const { database } = store
    identity = createIdentity(database, 'a session key for tests', { url: portalUrl }, clock)
    accounts = createAccountStore({ database, portalUrl, writeEmails })
    resets = createResetStore({ database, portalUrl, writeEmails })
    operators = createOperatorStore(database, portalUrl)
  })
  let made = 0
  const addUser = async () => {
    made += 1
    const email = `user-${made}@acme.example`
    const user = { email, name: 'Ann', password: 'the first password', operatorRole: null }
    return { email, id: await identity.createUser({ ...user, mustChangePassword: false }) }
  }
  const listRequests = async () => {
    const rows = await store.database.queries
      .selectFrom('jobs')
      .select('key')
      .where('kind', '=', sendResetJob)
      .execute()
    return rows.map(({ key }) => key)
  }
  /** Asks for an email and does the jobs. */
  const sendReset = async ({ email }: { email: string }, address: string | undefined = origin) => {
    await resets.request(email, { origin, address }, clock.now())
    for (const key of await listRequests()) await resets.send(key, clock.now())
  }
  const signIn = (email: string, password: string) => identity.signIn(email, password, new Headers())
  const headersOf = ({ cookies }: { cookies: string[] }) =>
    new Headers({ cookie: cookies.map((cookie) => cookie.split(';')[0]).join('; ') })
  const tokenOf = (link: string) => /#token=([\w-]{43})$/m.exec(link)?.[1] ?? ''
  const tokensTo = async (recipient: string) =>
    sent.filter((email) => email.recipient === recipient).map(({ body }) => tokenOf(body))
  const listActions = (userId: string) =>
    store.database.queries
      .selectFrom('audit')
      .select(['action', 'origin', 'before', 'after'])
      .where('subject_id', '=', userId)
      .orderBy('sequence')
      .execute()
  const reset = (token: string, newPassword = 'quite another password') =>
    identity.resetPassword({ token, newPassword }, new Headers({ 'user-agent': 'curl/8' }), origin)

  test('a link from an email sets a password once, ends all sessions and signs in', async () => {
    const user = await addUser()
    const before = await signIn(user.email, 'the first password')
    await sendReset(user)
    const [token = ''] = await tokensTo(user.email)
    expect(await accounts.inspectLink(token, clock.now())).toMatchObject({
      purpose: 'set_password',
      email: user.email,
      newEmail: null,
    })
    await expect(reset(token, 'password1234')).rejects.toMatchObject({ code: 'password_unsuitable' })
    await expect(reset(token, user.email.padEnd(12, '1'))).resolves.toBeDefined()
    expect(await identity.findUser(headersOf(before))).toBeUndefined()
    await expect(signIn(user.email, 'the first password')).rejects.toMatchObject({ code: 'sign_in_failed' })
    await expect(reset(token)).rejects.toMatchObject(invalid)
    expect((await listActions(user.id)).map(({ action, origin: from }) => [action, from])).toEqual([
      ['person.password_reset_requested', origin],
      ['person.password_reset', origin],
    ])
  })

  test('of two uses of a link at once one succeeds', async () => {
    const user = await addUser()
    await sendReset(user)
    const [token = ''] = await tokensTo(user.email)
    const outcomes = await Promise.allSettled([
      reset(token, 'one of two passwords'),
      reset(token, 'other of two passwords'),
    ])
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    const done = outcomes.find((each) => each.status === 'fulfilled')
    expect((await identity.findUser(headersOf(done?.value ?? { cookies: [] })))?.email).toBe(user.email)
  })

  test('a link ends after an hour, with a new password, and with the deactivation of its user', async () => {
    const user = await addUser()
    const send = async () => {
      await sendReset(user)
      return (await tokensTo(user.email)).at(-1) ?? ''
    }
    const late = await send()
    clock.advance(hour)
    await expect(reset(late)).rejects.toMatchObject(invalid)
    const [replaced, own] = [await send(), await signIn(user.email, 'the first password')]
    const change = { currentPassword: 'the first password', newPassword: 'the second password' }
    await identity.changePassword(headersOf(own), change)
    await expect(reset(replaced)).rejects.toMatchObject(invalid)
    const last = await send()
    const session = await signIn(user.email, 'the second password')
    const setDeactivated = (at: number | null) =>
      store.database.queries
        .updateTable('users')
        .set({ deactivated_at: at })
        .where('id', '=', user.id)
        .execute()
    await setDeactivated(clock.now())
    await expect(reset(last)).rejects.toMatchObject(invalid)
    await expect(signIn(user.email, 'the second password')).rejects.toMatchObject({ code: 'sign_in_failed' })
    expect(await identity.findUser(headersOf(session))).toBeUndefined()
    await resets.request(user.email, { origin, address: origin }, clock.now())
    expect(await listRequests()).toEqual([])
    await setDeactivated(null)
    await expect(accounts.inspectLink('no such token', clock.now())).rejects.toMatchObject(invalid)
  })

  test('a user gets five emails an hour, and the links of earlier ones still work', async () => {
    const user = await addUser()
    for (let n = 0; n < 7; n += 1) await sendReset(user)
    const tokens = await tokensTo(user.email)
    expect(tokens).toHaveLength(5)
    await reset(tokens[0] ?? '')
    await expect(reset(tokens[1] ?? '')).rejects.toMatchObject(invalid)
  })

  test('a stranger who asks for many others stops nobody, and further emails are shared by networks', async () => {
    clock.advance(hour)
    const users = await Promise.all(Array.from({ length: 9 }, addUser))
    const count = async ({ email }: { email: string }) => (await tokensTo(email)).length
    for (const user of users) for (let n = 0; n < 5; n += 1) await sendReset(user, '198.51.100.7')
    const counts = await Promise.all(users.map(count))
    // Thirty beyond the first one of each, whoever of the network asks.
    expect(counts).toEqual([5, 5, 5, 5, 5, 5, 5, 3, 1])
    const [late, other] = [await addUser(), users.at(-1) as { email: string }]
    await sendReset(late, '198.51.100.99')
    await sendReset(late, '198.51.100.99')
    expect(await count(late)).toBe(1)
    await sendReset(other, '203.0.113.1')
    await sendReset(late, undefined)
    expect([await count(other), await count(late)]).toEqual([2, 2])
    clock.advance(hour)
    await sendReset(late, '198.51.100.7')
    await sendReset(late, '198.51.100.7')
    expect(await count(late)).toBe(4)
  })

  test('a request is in the store once it is answered, and is answered by one email, also after a crash', async () => {
    const user = await addUser()
    await resets.request(user.email, { origin, address: origin }, clock.now())
    await resets.request(user.email, { origin, address: origin }, clock.now())
    const requests = await listRequests()
    expect(requests).toHaveLength(1)
    expect(await tokensTo(user.email)).toEqual([])
    const failing = createResetStore({
      database: store.database,
      portalUrl,
      writeEmails: () => Promise.reject(new Error('power is gone')),
    })
    const [key = ''] = requests
    await expect(failing.send(key, clock.now())).rejects.toThrow('power is gone')
    expect(await listRequests()).toEqual(requests)
    await resets.send(key, clock.now())
    expect(await listRequests()).toEqual([])
    expect(await tokensTo(user.email)).toHaveLength(1)
  })

  test('a request for an address without a user takes the same statements, and leaves nothing', async () => {
    const user = await addUser()
    const countStatements = async (email: string) => {
      let statements = 0
      const counting: Database = {
        ...store.database,
        transaction: (work, options) =>
          store.database.transaction(
            (tx) =>
              work(
                tx.withPlugin({
                  transformQuery: ({ node }) => node,
                  async transformResult({ result }) {
                    statements += 1
                    return result
                  },
                }),
              ),
            options,
          ),
      }
      const needs = { database: counting, portalUrl, writeEmails }
      await createResetStore(needs).request(email, { origin, address: origin }, clock.now())
      return statements
    }
    const unknown = await countStatements('nobody@acme.example')
    expect(await listRequests()).toEqual([])
    expect(unknown).toBeGreaterThan(2)
    expect(await countStatements(user.email)).toBe(unknown)
    expect(await listRequests()).toHaveLength(1)
    await sendReset(user)
  })

  test('the store has the hash of a token, and the email with it is marked as a secret', async () => {
    const user = await addUser()
    await sendReset(user)
    const [token = ''] = await tokensTo(user.email)
    const rows = await store.database.queries.selectFrom('one_time_links').selectAll().execute()
    expect(JSON.stringify(rows)).not.toContain(token)
    expect(sent.every(({ isSecret }) => isSecret === true)).toBe(true)
    expect(JSON.stringify(await listActions(user.id))).not.toContain(token)
  })

  test('an address changes when both have confirmed it, in any order', async () => {
    const user = await addUser()
    const act = { actor, now: clock.now() }
    const session = await signIn(user.email, 'the first password')
    const newEmail = `new-${user.email}`
    const asked = await accounts.requestEmailChange(user.id, newEmail, act)
    expect(asked).toMatchObject({ email: user.email, newEmail })
    const [old = '', young = ''] = [...(await tokensTo(user.email)), ...(await tokensTo(newEmail))]
    await sendReset(user)
    const forgotten = (await tokensTo(user.email)).at(-1) ?? ''
    await expect(reset(young)).rejects.toMatchObject(invalid)
    const confirm = (token: string) => accounts.confirmEmailChange(token, origin, clock.now())
    expect(await confirm(young)).toEqual({ newEmail, isChanged: false })
    await expect(confirm(young)).rejects.toMatchObject(invalid)
    expect(await accounts.get(user.id, clock.now())).toMatchObject({ email: user.email, newEmail })
    expect(await confirm(old)).toEqual({ newEmail, isChanged: true })
    expect(await accounts.get(user.id, clock.now())).toMatchObject({ email: newEmail, newEmail: null })
    expect((await identity.findUser(headersOf(session)))?.email).toBe(newEmail)
    await expect(reset(forgotten)).rejects.toMatchObject(invalid)
    await signIn(newEmail, 'the first password')
    await expect(signIn(user.email, 'the first password')).rejects.toMatchObject({ code: 'sign_in_failed' })
    const changed = (await listActions(user.id)).at(-1)
    expect([changed?.action, JSON.parse(changed?.after ?? '')]).toEqual([
      'person.email_changed',
      { email: newEmail },
    ])
  })

  test('an address in use is not revealed, gets no email and is never taken over', async () => {
    const [user, other] = [await addUser(), await addUser()]
    const act = { actor, now: clock.now() }
    const asked = await accounts.requestEmailChange(user.id, other.email, act)
    expect(asked.newEmail).toBe(other.email)
    expect(await tokensTo(other.email)).toEqual([])
    const [old = ''] = await tokensTo(user.email)
    expect(await accounts.confirmEmailChange(old, origin, clock.now())).toMatchObject({ isChanged: false })
    expect((await accounts.get(user.id, clock.now())).newEmail).toBe(other.email)
    await expect(accounts.requestEmailChange(user.id, user.email, act)).rejects.toMatchObject({
      code: 'bad_request',
    })
  })

  test('an address that gets an account before the second confirmation stays with that account', async () => {
    const user = await addUser()
    const newEmail = `taken-${user.email}`
    await accounts.requestEmailChange(user.id, newEmail, { actor, now: clock.now() })
    const [old = ''] = await tokensTo(user.email)
    const [young = ''] = await tokensTo(newEmail)
    await accounts.confirmEmailChange(old, origin, clock.now())
    const fresh = { email: newEmail, name: 'Ben', password: 'the first password', operatorRole: null }
    await identity.createUser({ ...fresh, mustChangePassword: false })
    await expect(accounts.confirmEmailChange(young, origin, clock.now())).rejects.toMatchObject(invalid)
    expect((await accounts.get(user.id, clock.now())).email).toBe(user.email)
  })

  test('a later request replaces the links of an earlier one, and a user may ask five times a day', async () => {
    const user = await addUser()
    const ask = (n: number) => {
      clock.advance(1000)
      const act = { actor, now: clock.now() }
      return accounts.requestEmailChange(user.id, `${n}-${user.email}`, act)
    }
    for (let n = 0; n < 5; n += 1) await ask(n)
    await expect(ask(5)).rejects.toMatchObject({ code: 'too_many_requests' })
    const [first = ''] = await tokensTo(`0-${user.email}`)
    await expect(accounts.confirmEmailChange(first, origin, clock.now())).rejects.toMatchObject(invalid)
    const tokens = await tokensTo(user.email)
    await expect(accounts.confirmEmailChange(tokens[0] ?? '', origin, clock.now())).rejects.toMatchObject(
      invalid,
    )
    await accounts.confirmEmailChange(tokens[4] ?? '', origin, clock.now())
  })

  test('an operator is made by a link, rescued by a newer one, and listed', async () => {
    const email = 'operator@provider.example'
    const act = { actor, now: clock.now() }
    const invite = (change: object = {}) =>
      operators.invite({ email, name: undefined, role: undefined, ...change }, act)
    const first = await invite({ name: 'Łucja O’Neil' })
    expect(first).toMatchObject({ role: 'operator', isNew: true })
    expect(first.link).toMatch(/^https:\/\/portal\.example\/set-password#token=[\w-]{43}$/)
    await expect(signIn(email, 'the first password')).rejects.toMatchObject({ code: 'sign_in_failed' })
    const find = async () => (await operators.list({ limit: 200 })).items.find((each) => each.email === email)
    expect(await find()).toMatchObject({ name: 'Łucja O’Neil', role: 'operator', hasPassword: false })
    const second = await invite()
    await expect(reset(tokenOf(first.link))).rejects.toMatchObject(invalid)
    const { person: user } = await reset(tokenOf(second.link), 'the operator has this one')
    expect(user).toMatchObject({ email, operatorRole: 'operator', mustChangePassword: false })
    expect(await find()).toMatchObject({ hasPassword: true })
    const session = await signIn(email, 'the operator has this one')
    const third = await invite()
    expect(third.isNew).toBe(false)
    expect(await identity.findUser(headersOf(session))).toBeDefined()
    await reset(tokenOf(third.link), 'a new one for the operator')
    expect(await identity.findUser(headersOf(session))).toBeUndefined()
    expect((await listActions(user.userId)).map(({ action }) => action)).toEqual([
      'operator.added',
      'operator.link_created',
      'operator.link_created',
      'person.password_reset',
      'operator.link_created',
      'person.password_reset',
    ])
  })

  test('an existing user gets the role and keeps it; the last operator is not removed unless told', async () => {
    const user = await addUser()
    const act = { actor, now: clock.now() }
    const invite = (email: string, role?: 'operator' | 'auditor') =>
      operators.invite({ email, name: undefined, role }, act)
    expect(await invite(user.email, 'auditor')).toMatchObject({ role: 'auditor', isNew: false })
    expect(await invite(user.email)).toMatchObject({ role: 'auditor' })
    expect(await accounts.get(user.id, clock.now())).toMatchObject({ name: 'Ann', operatorRole: 'auditor' })
    const others = (await operators.list({ limit: 200 })).items.filter(({ role }) => role === 'operator')
    for (const { id } of others) await operators.remove({ id }, { ...act, evenLast: true })
    expect(await operators.exists()).toBe(false)
    await invite(user.email, 'operator')
    expect(await operators.exists()).toBe(true)
    const session = await signIn(user.email, 'the first password')
    await expect(operators.remove({ id: user.id }, act)).rejects.toMatchObject({ code: 'conflict' })
    const other = await addUser()
    await invite(other.email, 'operator')
    const ended = await Promise.allSettled([
      operators.remove({ id: user.id }, act),
      operators.remove({ email: other.email }, act),
    ])
    expect(ended.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(await operators.exists()).toBe(true)
    await operators.remove({ id: user.id }, { ...act, evenLast: true }).catch(() => {})
    expect(await identity.findUser(headersOf(session))).toBeUndefined()
    await expect(operators.remove({ email: 'nobody@x.example' }, act)).rejects.toMatchObject({
      code: 'not_found',
    })
  })

  test('links are deleted a day after their end', async () => {
    const user = await addUser()
    await sendReset(user)
    const count = async () =>
      (
        await store.database.queries
          .selectFrom('one_time_links')
          .select('purpose')
          .where('user_id', '=', user.id)
          .execute()
      ).length
    await deleteOldRows(store.database.queries, ['none'], clock.now() + 24 * hour)
    expect(await count()).toBe(1)
    await deleteOldRows(store.database.queries, ['none'], clock.now() + 26 * hour)
    expect(await count()).toBe(0)
  })
})
