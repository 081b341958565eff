import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addLink } from '../../src/accounts/link-store.ts'
import { operations } from '../../src/contract/operations.ts'
import { newId } from '../../src/storage/id.ts'
import { type ApiClient, createApiClient, signInFirst } from '../support/api.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'
import { openTestProvider, type TestProvider } from '../support/openid-provider.ts'
import { addPasskey, setUpTotp } from '../support/second-factors.ts'
import { addOrganization, addUser, testPassword } from '../support/users.ts'

let postern: LocalPostern
let provider: TestProvider
let operator: ApiClient
/** Admins of organizations, by slug. */
const admins: Record<string, ApiClient> = {}

beforeAll(async () => {
  let records: string[] = []
  const config = { portal: { singleSignOn: { allowPrivateIssuers: true } }, organizations: { maxPeople: 6 } }
  postern = await openPostern({ config, findTxtRecords: async () => records })
  provider = await openTestProvider()
  operator = await signInFirst(postern, 'operator@postern.example', testPassword)
  for (const [slug, legalName] of [
    ['lodz', 'Łódź Płatności S.A.'],
    ['oneil', "O'Neil & Co / Ltd"],
  ] as const) {
    admins[slug] = await addOrganization(postern, { slug, legalName })
    const set = await configure(slug)
    records = set.settings?.domains.map(({ recordValue }) => recordValue) ?? []
    const params = { organization: slug, domain: `${slug}.test` }
    await admins[slug]?.call(operations.checkSingleSignOnDomain, { params })
  }
}, 60_000)
afterAll(async () => {
  await provider?.close()
  await postern?.stop()
})

/** Sets the provider of an organization. */
async function configure(organization: string, more: object = {}) {
  const { issuer, clientId, clientSecret } = provider
  const domains = [`${organization}.test`]
  const body = { issuer, clientId, clientSecret, domains, defaultRole: 'viewer' as const, ...more }
  return (admins[organization] as ApiClient).call(operations.setSingleSignOn, {
    params: { organization },
    body,
  })
}

/** Signs in through the provider; `meanwhile` happens while the user is there. */
async function enter(email: string, claims: object = {}, meanwhile: () => Promise<unknown> = async () => {}) {
  const client = createApiClient(postern, email)
  const { authorizationUrl } = await client.call(operations.startSingleSignOn, { body: { email } })
  const response = provider.signIn(authorizationUrl, {
    ...{ sub: email, email, email_verified: true, name: 'Zoë' },
    ...claims,
  })
  await meanwhile()
  const organization = (email.split('@')[1] ?? '').replace('.test', '')
  return {
    client,
    ...(await client.send(operations.completeSingleSignOn, { body: { organization, response } })),
  }
}

const getCodes = async (client: ApiClient) => {
  const read = (organization: string) => client.send(operations.getOrganization, { params: { organization } })
  return [(await read('lodz')).body.code, (await read('oneil')).body.code]
}

const otherSignIn = 'other_sign_in_needed'

/** Makes a user a member of another organization too. */
async function join(email: string, slug: string, role: 'viewer' | 'admin') {
  const { queries } = postern.database
  const organization = await queries
    .selectFrom('organizations')
    .select('id')
    .where('slug', '=', slug)
    .executeTakeFirstOrThrow()
  const user = await queries
    .selectFrom('users')
    .select('id')
    .where('email', '=', email)
    .executeTakeFirstOrThrow()
  const id = newId('member', Date.now())
  await queries
    .insertInto('members')
    .values({ id, organization_id: organization.id, user_id: user.id, role, created_at: 1 })
    .execute()
}

test('a deactivated user is not let in, linked or not', async () => {
  const { queries } = postern.database
  const deactivate = (email: string, deactivatedAt: number | null) =>
    queries.updateTable('users').set({ deactivated_at: deactivatedAt }).where('email', '=', email).execute()
  await addUser(postern, 'ann@lodz.test', 'viewer', 'lodz')
  await deactivate('ann@lodz.test', 1)
  const first = await enter('ann@lodz.test')
  expect([first.status, first.body.code]).toEqual([403, 'single_sign_on_denied'])
  await deactivate('ann@lodz.test', null)
  expect((await enter('ann@lodz.test')).status).toBe(200)
  await deactivate('ann@lodz.test', 1)
  const linked = await enter('ann@lodz.test')
  expect([linked.status, linked.body.code]).toEqual([403, 'single_sign_on_denied'])
})

test('members of a suspended organization are not let in, also if it was suspended meanwhile', async () => {
  const params = { organization: 'oneil' }
  const { status, body } = await enter('zed@oneil.test', {}, () =>
    operator.call(operations.suspendOrganization, { params, body: { reason: 'unpaid' } }),
  )
  expect([status, body.code]).toEqual([403, 'organization_suspended'])
  const start = await createApiClient(postern).send(operations.startSingleSignOn, {
    body: { email: 'zed@oneil.test' },
  })
  expect(start.status).toBe(404)
  await operator.call(operations.reactivateOrganization, { params })
  expect((await enter('zed@oneil.test')).status).toBe(200)
})

test('a second factor counts if the ID token states it as the organization accepts it, and for no other', async () => {
  const { email } = await addUser(postern, 'max@lodz.test', 'developer', 'lodz')
  await join(email, 'oneil', 'viewer')
  const { queries } = postern.database
  const demand = (value: 0 | 1) =>
    queries
      .updateTable('organizations')
      .set({ requires_second_factor: value })
      .where('slug', 'in', ['lodz', 'oneil'])
      .execute()
  await demand(1)
  const admin = admins.lodz as ApiClient
  await setUpTotp(admin)
  const needed = 'second_factor_needed'
  // Nothing is believed that the organization has not chosen to believe.
  expect(await getCodes((await enter(email, { amr: ['pwd', 'mfa'] })).client)).toEqual([needed, otherSignIn])
  // The admin of the test confirms with the password.
  await demand(0)
  await configure('lodz', { secondFactorValues: ['mfa', 'urn:example:strong'] })
  await demand(1)
  expect(await getCodes((await enter(email, { amr: ['pwd'] })).client)).toEqual([needed, otherSignIn])
  expect(await getCodes((await enter(email, { amr: { mfa: true } })).client)).toEqual([needed, otherSignIn])
  for (const claims of [{ amr: ['pwd', 'mfa'] }, { acr: 'urn:example:strong' }]) {
    const entered = await enter(email, claims)
    expect(await getCodes(entered.client)).toEqual([undefined, otherSignIn])
    // It is no factor of the account: it removes none.
    expect(entered.body).toMatchObject({ hasSecondFactor: false })
  }
  await demand(0)
})

test('a user whom a provider has created can choose a password by email', async () => {
  await enter('eve@lodz.test')
  await createApiClient(postern).call(operations.requestPasswordReset, { body: { email: 'eve@lodz.test' } })
  const { queries } = postern.database
  const links = queries
    .selectFrom('one_time_links')
    .innerJoin('users', 'users.id', 'one_time_links.user_id')
    .select('purpose')
    .where('users.email', '=', 'eve@lodz.test')
  await expect.poll(() => links.execute()).toEqual([{ purpose: 'set_password' }])
})

test('where single sign-on is required, no passkey, second step or new password goes around it', async () => {
  const client = await addUser(postern, 'pat@lodz.test', 'developer', 'lodz')
  const { authenticator } = await addPasskey(postern, client)
  await configure('lodz', { required: true, passwordAdmins: ['admin@lodz.test'] })
  const stranger = createApiClient(postern)
  const options = await stranger.call(operations.beginPasskeySignIn, { body: {} })
  const byPasskey = await stranger.send(operations.signInWithPasskey, {
    body: { response: authenticator.get(options) },
  })
  expect([byPasskey.status, byPasskey.body.code]).toEqual([403, 'single_sign_on_required'])
  const { id: userId } = await postern.database.queries
    .selectFrom('users')
    .select('id')
    .where('email', '=', 'pat@lodz.test')
    .executeTakeFirstOrThrow()
  const link = await postern.database.transaction((tx) =>
    addLink(
      tx,
      postern.portalUrl,
      { purpose: 'set_password', userId, expiresAt: Date.now() + 60_000 },
      Date.now(),
    ),
  )
  const reset = await stranger.send(operations.resetPassword, {
    body: { token: new URL(link).hash.slice('#token='.length), newPassword: 'another long test password' },
  })
  expect([reset.status, reset.body.code]).toEqual([403, 'single_sign_on_required'])
  const session = await stranger.send(operations.getSession)
  expect(session.body.code).toBe('not_signed_in')
  // The named admin still can.
  const admin = await createApiClient(postern).send(operations.signIn, {
    body: { email: 'admin@lodz.test', password: testPassword },
  })
  expect(admin.body.code).toBe('second_factor_required')
  await configure('lodz')
})

test('a session of a provider does nothing by the password of who has a second factor', async () => {
  const { client } = await enter('fay@lodz.test')
  const { queries } = postern.database
  const fay = queries.selectFrom('users').select('id').where('email', '=', 'fay@lodz.test')
  const { id: userId } = await fay.executeTakeFirstOrThrow()
  const link = await postern.database.transaction((tx) =>
    addLink(
      tx,
      postern.portalUrl,
      { purpose: 'set_password', userId, expiresAt: Date.now() + 60_000 },
      Date.now(),
    ),
  )
  const own = createApiClient(postern, 'fay@lodz.test')
  const token = new URL(link).hash.slice('#token='.length)
  await own.call(operations.resetPassword, { body: { token, newPassword: testPassword } })
  own.password = testPassword
  await setUpTotp(own)
  const entered = await enter('fay@lodz.test')
  const act = { operationId: 'requestEmailChange', pathParameters: {} }
  const proof = { method: 'password', password: testPassword } as const
  const answer = await entered.client.send(operations.proveStepUp, { body: { ...act, proof } })
  expect([answer.status, answer.body]).toMatchObject([403, { code: 'step_up_factor_needed' }])
  expect((await client.send(operations.getSession)).status).toBe(401)
})

test('no other address goes around a provider that is required', async () => {
  const client = await addUser(postern, 'gus@lodz.test', 'developer', 'lodz')
  await configure('lodz', { required: true, passwordAdmins: ['admin@lodz.test'] })
  const change = (newEmail: string) => client.send(operations.requestEmailChange, { body: { newEmail } })
  const refused = await change('gus@private.example')
  expect([refused.status, refused.body]).toMatchObject([403, { code: 'single_sign_on_required' }])
  expect((await change('august@lodz.test')).status).toBe(200)
  await configure('lodz')
})

test('a session of a provider opens its organization alone, with few rights on the account', async () => {
  const own = await addUser(postern, 'sue@lodz.test', 'developer', 'lodz')
  await join('sue@lodz.test', 'oneil', 'admin')
  const everywhere = { role: 'viewer', scopes: null, networks: null, expiresInDays: 1 } as const
  const newKey = { name: 'everywhere', organization: null, ...everywhere }
  const ownKey = await own.call(operations.createOwnApiKey, { body: newKey })
  const { client, body: session } = await enter('sue@lodz.test')
  client.password = testPassword
  expect(session).toMatchObject({ isByProvider: true, operatorRole: null })
  const marks = session.organizations.map(({ slug, needsOtherSignIn }) => [slug, needsOtherSignIn])
  expect(marks).toEqual([
    ['lodz', false],
    ['oneil', true],
  ])
  expect(await getCodes(client)).toEqual([undefined, otherSignIn])
  expect(await getCodes(own)).toEqual([undefined, undefined])
  const params = { organization: 'oneil' }
  const invitation = { email: 'mallory@oneil.test', role: 'admin' } as const
  const refused = [
    await client.send(operations.createInvitation, { params, body: invitation }),
    await client.send(operations.beginStepUp, {
      body: { operationId: 'createInvitation', pathParameters: params },
    }),
    await client.send(operations.leaveOrganization, { params }),
    await client.send(operations.updateAccount, { body: { name: 'Mallory' } }),
    await client.send(operations.exportOwnData),
    await client.send(operations.createOwnApiKey, { body: newKey }),
    await client.send(operations.createOwnApiKey, { body: { ...newKey, ...params } }),
  ]
  expect(refused.map(({ status, body }) => [status, body.code])).toEqual(
    refused.map(() => [403, otherSignIn]),
  )
  // It answers what nobody has answered yet, and changes no answer.
  const zones = [
    await client.call(operations.answerTimeZone, { body: { timeZone: 'Europe/Warsaw' } }),
    await client.call(operations.answerTimeZone, { body: { timeZone: 'Asia/Tokyo' } }),
  ]
  expect(zones.map(({ timeZone }) => timeZone)).toEqual(['Europe/Warsaw', 'Europe/Warsaw'])
  // What was made elsewhere is neither shown nor ended.
  const [keys, sessions] = [
    await client.call(operations.listOwnApiKeys),
    await client.call(operations.listSessions),
  ]
  expect([keys.items, sessions.items.map(({ isCurrent }) => isCurrent)]).toEqual([[], [true]])
  const apiKeyId = ownKey.id
  expect((await client.send(operations.deleteOwnApiKey, { params: { apiKeyId } })).status).toBe(404)
  await client.call(operations.endOtherSessions)
  expect(await getCodes(own)).toEqual([undefined, undefined])
  const limited = await client.call(operations.createOwnApiKey, {
    body: { ...newKey, organization: 'lodz' },
  })
  expect(await getCodes(createApiClient(postern, 'key', limited.secret))).toEqual([undefined, 'not_found'])
  // Neither another password nor a factor that the user adds takes the session further.
  const newPassword = 'another long test password'
  await client.call(operations.changePassword, { body: { currentPassword: testPassword, newPassword } })
  client.password = newPassword
  await setUpTotp(client)
  expect(await getCodes(client)).toEqual([undefined, otherSignIn])
  // Nor does a platform role that the user gets meanwhile.
  const { queries } = postern.database
  const setRole = (role: 'operator' | null) =>
    queries.updateTable('users').set({ operator_role: role }).where('email', '=', 'sue@lodz.test').execute()
  await setRole('operator')
  expect(await client.call(operations.getSession)).toMatchObject({ operatorRole: null })
  expect((await client.send(operations.listOrganizations)).body.code).toBe('forbidden')
  expect(await getCodes(client)).toEqual([undefined, otherSignIn])
  await setRole(null)
})

test('issuer and sub are the user after a change of the address, which does not go around the provider', async () => {
  const own = await addUser(postern, 'tia@lodz.test', 'developer', 'lodz')
  await enter('tia@lodz.test')
  await postern.database.queries
    .updateTable('users')
    .set({ email: 'tia@private.example' })
    .where('email', '=', 'tia@lodz.test')
    .execute()
  const { status, body } = await enter('tia@lodz.test')
  expect([status, body.email]).toEqual([200, 'tia@private.example'])
  await configure('lodz', { required: true, passwordAdmins: ['admin@lodz.test'] })
  const withPassword = await createApiClient(postern).send(operations.signIn, {
    body: { email: 'tia@private.example', password: testPassword },
  })
  expect([withPassword.status, withPassword.body.code]).toEqual([403, 'single_sign_on_required'])
  const change = (newEmail: string) => own.send(operations.requestEmailChange, { body: { newEmail } })
  expect((await change('tia@elsewhere.example')).body.code).toBe('single_sign_on_required')
  expect((await change('tia@lodz.test')).status).toBe(200)
  await configure('lodz')
})

test('an erased password admin leaves the others a way in', async () => {
  await configure('lodz', { required: true, passwordAdmins: ['admin@lodz.test'] })
  await postern.database.queries.updateTable('single_sign_on').set({ password_admins: '[]' }).execute()
  const answer = await createApiClient(postern).send(operations.signIn, {
    body: { email: 'admin@lodz.test', password: testPassword },
  })
  expect(answer.body.code).toBe('second_factor_required')
  await configure('lodz')
})

test('a provider creates no more users than the organization may have', async () => {
  const statuses: (string | number | undefined)[] = []
  for (let n = 0; n < 6; n += 1) {
    const { status, body } = await enter(`new${n}@oneil.test`)
    statuses.push(status === 200 ? 200 : body.code)
  }
  expect(statuses).toContain(200)
  expect(statuses.at(-1)).toBe('people_limit_reached')
  // An open invitation has a place too; that of who enters is the place of their own.
  const params = { organization: 'oneil' }
  const { items: members } = await (admins.oneil as ApiClient).call(operations.listMembers, { params })
  const last = members.find(({ email }) => email.startsWith('new'))
  await admins.oneil?.call(operations.removeMember, { params: { ...params, memberId: last?.id ?? '' } })
  const body = { email: 'invited@oneil.test', role: 'viewer' } as const
  await admins.oneil?.call(operations.createInvitation, { params, body })
  expect((await enter('other@oneil.test')).body.code).toBe('people_limit_reached')
  expect((await enter(body.email)).status).toBe(200)
  const { queries } = postern.database
  const refused = queries.selectFrom('users').select('id').where('email', '=', 'new5@oneil.test')
  expect(await refused.execute()).toEqual([])
})

test('a provider that hangs is given up, and not waited for again', { timeout: 30_000 }, async () => {
  let asked = 0
  const hanging: Server = createServer(() => {
    asked += 1
  })
  await new Promise<void>((done) => hanging.listen(0, '127.0.0.1', done))
  await configure('oneil', { issuer: `http://127.0.0.1:${(hanging.address() as AddressInfo).port}` })
  const start = () =>
    createApiClient(postern).send(operations.startSingleSignOn, { body: { email: 'x@oneil.test' } })
  const answers = await Promise.all([start(), start(), start()])
  answers.push(await start())
  expect(answers.map(({ body }) => body.code)).toEqual(answers.map(() => 'single_sign_on_unavailable'))
  expect(asked).toBe(1)
  hanging.closeAllConnections()
  await new Promise((done) => hanging.close(done))
})
