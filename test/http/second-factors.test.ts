import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addLink } from '../../src/accounts/link-store.ts'
import { operations } from '../../src/contract/operations.ts'
import type { PasskeyCreationOptions, PasskeyRequestOptions } from '../../src/contract/passkey.ts'
import type { SecondStep } from '../../src/contract/session.ts'
import { type ApiClient, createApiClient, signInFirst, withApiKey } from '../support/api.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'
import { addPasskey, answerStepUp, codeOf, proveBy, setUpTotp } from '../support/second-factors.ts'
import { certifiedAttestation, createSoftwareAuthenticator } from '../support/software-authenticator.ts'
import { addOrganization, addUser, signIn, testPassword } from '../support/users.ts'

let postern: LocalPostern
beforeAll(async () => {
  postern = await openPostern({ config: { portal: { operatorsNeedSecondFactor: true } } })
})
afterAll(() => postern?.stop())

let made = 0
const newUser = (role: 'viewer' | 'developer' | 'admin' = 'developer', organization = 'acme') =>
  addUser(postern, `user-${++made}@acme.example`, role, organization)

/** Returns a client that has proven the password of a user with a second factor. */
async function passPassword(email: string) {
  const client = createApiClient(postern, email)
  const answer = await client.send(operations.signIn, { body: { email, password: testPassword } })
  expect([answer.status, answer.body.code]).toEqual([401, 'second_factor_required'])
  const { secondFactors } = answer.body as unknown as { secondFactors: string[] }
  return { client, secondFactors }
}
const complete = (client: ApiClient, body: SecondStep) => client.send(operations.completeSignIn, { body })
const codesOf = ({ status, body }: { status: number; body: { code?: string } }) => [status, body.code]
const getSession = (client: ApiClient) => client.send(operations.getSession, {})
const countRows = async () => {
  const { queries } = postern.database
  const tables = ['spent_tickets', 'passkeys', 'totp_secrets', 'recovery_codes', 'sessions', 'audit'] as const
  const rows = await Promise.all(tables.map((table) => queries.selectFrom(table).selectAll().execute()))
  return rows.map(({ length }) => length)
}
const wrongCode = (secret: string) => {
  const right = [-1, 0, 1, 2].map((step) => codeOf(secret, step))
  return ['000000', '111111', '222222', '333333', '444444'].find((code) => !right.includes(code)) as string
}

test('a user signs in with a passkey alone, once for each challenge, and the session has a second factor', async () => {
  const user = await newUser()
  const { authenticator, passkey } = await addPasskey(postern, user, 'Łódź Płatności S.A.')
  expect(passkey.name).toBe('Łódź Płatności S.A.')
  const client = createApiClient(postern)
  const options = await client.call(operations.beginPasskeySignIn, { body: {} })
  expect([options.rpId, options.allowCredentials, options.userVerification]).toEqual([
    'localhost',
    [],
    'required',
  ])
  const body = { response: authenticator.get(options) }
  const stolen = client.cookie()
  const session = await client.call(operations.signInWithPasskey, { body })
  expect(session).toMatchObject({ email: user.email, hasSecondFactor: true })
  const [item] = (await client.call(operations.listPasskeys, {})).items
  expect(item?.lastUsedAt).not.toBeNull()
  // The same assertion again, with the cookie of its challenge.
  const replayed = await createApiClient(postern).send(operations.signInWithPasskey, {
    body,
    headers: { cookie: stolen },
  })
  expect(codesOf(replayed)).toEqual([400, 'passkey_challenge_expired'])
})

test('two sign-ins with one assertion at once begin one session', async () => {
  const user = await newUser()
  const { authenticator } = await addPasskey(postern, user)
  const client = createApiClient(postern)
  const options = await client.call(operations.beginPasskeySignIn, { body: {} })
  const body = { response: authenticator.get(options) }
  const headers = { cookie: client.cookie() }
  const answers = await Promise.all(
    [1, 2, 3].map(() => createApiClient(postern).send(operations.signInWithPasskey, { body, headers })),
  )
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400, 400])
})

test('an assertion with a fault signs nobody in', async () => {
  const user = await newUser()
  const { authenticator } = await addPasskey(postern, user)
  const other = createSoftwareAuthenticator(postern.portalUrl)
  const attempt = async (answer: (options: PasskeyRequestOptions) => ReturnType<typeof other.get>) => {
    const client = createApiClient(postern)
    const options = await client.call(operations.beginPasskeySignIn, { body: {} })
    return codesOf(await client.send(operations.signInWithPasskey, { body: { response: answer(options) } }))
  }
  const rejected = [401, 'passkey_rejected']
  const elsewhere = 'https://portal.example'
  expect(await attempt((o) => authenticator.get(o, { origin: elsewhere }))).toEqual(rejected)
  expect(await attempt((o) => authenticator.get(o, { rpId: 'portal.example' }))).toEqual(rejected)
  expect(await attempt((o) => authenticator.get(o, { verified: false }))).toEqual(rejected)
  expect(await attempt((o) => authenticator.get(o, { type: 'webauthn.create' }))).toEqual(rejected)
  expect(await attempt((o) => authenticator.get({ ...o, challenge: 'AAAA' }))).toEqual(rejected)
  expect(await attempt((o) => other.get(o))).toEqual(rejected)
  // A signature by another key, with the ID of the user's passkey.
  expect(await attempt((o) => ({ ...other.get(o), id: authenticator.id, rawId: authenticator.id }))).toEqual(
    rejected,
  )
  const noCookie = await createApiClient(postern).send(operations.signInWithPasskey, {
    body: { response: authenticator.get({ challenge: 'AAAA' } as PasskeyRequestOptions) },
  })
  expect(codesOf(noCookie)).toEqual([400, 'passkey_challenge_expired'])
  expect(await attempt((o) => authenticator.get(o, { counter: 7 }))).toEqual([200, undefined])
  // A copy of the authenticator has counted less.
  expect(await attempt((o) => authenticator.get(o, { counter: 7 }))).toEqual(rejected)
  expect(await attempt((o) => authenticator.get(o, { counter: 6 }))).toEqual(rejected)
  expect(await attempt((o) => authenticator.get(o, { counter: 8 }))).toEqual([200, undefined])
})

test('a registration with a fault, of another user, or of a known passkey adds nothing', async () => {
  const [user, other] = [await newUser(), await newUser()]
  const authenticator = createSoftwareAuthenticator(postern.portalUrl)
  const attempt = async (
    client: ApiClient,
    answer: (options: PasskeyCreationOptions) => ReturnType<typeof authenticator.create>,
  ) => {
    const options = await client.call(operations.beginPasskeyRegistration, {})
    const body = { name: 'Laptop', response: answer(options) }
    return codesOf(await client.send(operations.registerPasskey, { body }))
  }
  const unsuitable = [400, 'passkey_unsuitable']
  const origin = 'https://portal.example'
  expect(await attempt(user, (o) => authenticator.create(o, { origin }))).toEqual(unsuitable)
  expect(await attempt(user, (o) => authenticator.create(o, { rpId: 'portal.example' }))).toEqual(unsuitable)
  expect(await attempt(user, (o) => authenticator.create(o, { verified: false }))).toEqual(unsuitable)
  expect(await attempt(user, (o) => authenticator.create({ ...o, challenge: 'AAAA' }))).toEqual(unsuitable)
  const attestation = certifiedAttestation
  expect(await attempt(user, (o) => authenticator.create(o, { attestation }))).toEqual(unsuitable)
  // The challenge of one user in the session of another.
  const options = await user.call(operations.beginPasskeyRegistration, {})
  const challenge = /postern\.challenge=[^;]+/.exec(user.cookie())?.[0]
  const foreign = await other.send(operations.registerPasskey, {
    body: { name: 'Laptop', response: authenticator.create(options) },
    headers: { cookie: `${other.cookie()}; ${challenge}` },
  })
  expect(codesOf(foreign)).toEqual([400, 'passkey_challenge_expired'])
  // The challenge of a sign-in is none of a registration.
  const request = await other.call(operations.beginPasskeySignIn, { body: {} })
  const mixed = await other.send(operations.registerPasskey, {
    body: { name: 'Laptop', response: authenticator.create({ ...options, challenge: request.challenge }) },
  })
  expect(codesOf(mixed)).toEqual([400, 'passkey_challenge_expired'])
  expect((await user.call(operations.getSignInMethods, {})).passkeyCount).toBe(0)
  expect(await attempt(user, (o) => authenticator.create(o))).toEqual([201, undefined])
  const taken = [409, 'passkey_already_registered']
  expect(await attempt(other, (o) => authenticator.create(o))).toEqual(taken)
  expect(await attempt(user, (o) => authenticator.create(o))).toEqual(taken)
})

test('a passkey belongs to its user: renamed, deleted, and not found by others', async () => {
  const [user, other] = [await newUser(), await newUser()]
  const { passkey, authenticator } = await addPasskey(postern, user)
  const params = { passkeyId: passkey.id }
  for (const [operation, body] of [
    [operations.getPasskey, undefined],
    [operations.renamePasskey, { name: 'Mine' }],
    [operations.deletePasskey, undefined],
  ] as const)
    expect((await other.send(operation, { params, body } as never)).status).toBe(404)
  const name = "O'Neil & Co / Ltd"
  expect((await user.call(operations.renamePasskey, { params, body: { name } })).name).toBe(name)
  await user.call(operations.deletePasskey, { params })
  expect((await user.call(operations.listPasskeys, {})).items).toEqual([])
  const client = createApiClient(postern)
  const options = await client.call(operations.beginPasskeySignIn, { body: {} })
  const gone = await client.send(operations.signInWithPasskey, {
    body: { response: authenticator.get(options) },
  })
  expect(codesOf(gone)).toEqual([401, 'passkey_rejected'])
})

test('requests of a stranger make no rows', async () => {
  const user = await newUser()
  await setUpTotp(user)
  const before = await countRows()
  const stranger = createApiClient(postern)
  for (let n = 0; n < 5; n++) {
    const options = await stranger.call(operations.beginPasskeySignIn, { body: {} })
    const response = createSoftwareAuthenticator(postern.portalUrl).get(options)
    await stranger.send(operations.signInWithPasskey, { body: { response } })
    await complete(stranger, { factor: 'totp', code: '000000' })
  }
  await passPassword(user.email)
  expect(await countRows()).toEqual(before)
})

test('with an authenticator app the password begins no session, and a code completes the sign-in once', async () => {
  const user = await newUser()
  const secret = await setUpTotp(user)
  const { client, secondFactors } = await passPassword(user.email)
  expect(secondFactors).toEqual(['totp'])
  expect((await getSession(client)).status).toBe(401)
  // The code of the set-up has been used.
  const used = await complete(client, { factor: 'totp', code: codeOf(secret) })
  expect(codesOf(used)).toEqual([401, 'second_factor_failed'])
  const code = codeOf(secret, 1)
  const stolen = client.cookie()
  const spaced = `${code.slice(0, 3)} ${code.slice(3)}`
  expect((await complete(client, { factor: 'totp', code: spaced })).status).toBe(200)
  expect((await getSession(client)).body.hasSecondFactor).toBe(true)
  const again = await passPassword(user.email)
  expect(codesOf(await complete(again.client, { factor: 'totp', code }))).toEqual([
    401,
    'second_factor_failed',
  ])
  // The proof of the password works once, too.
  client.password = testPassword
  const { codes } = await client.call(operations.createRecoveryCodes, {})
  const body = { factor: 'recovery_code' as const, code: codes[0] as string }
  const replayed = await createApiClient(postern).send(operations.completeSignIn, {
    body,
    headers: { cookie: stolen },
  })
  expect(codesOf(replayed)).toEqual([401, 'second_factor_expired'])
})

test('a code that is sent many times at once signs in once', async () => {
  const user = await newUser()
  const secret = await setUpTotp(user)
  const body = { factor: 'totp' as const, code: codeOf(secret, 1) }
  const clients = await Promise.all([1, 2, 3].map(() => passPassword(user.email)))
  const answers = await Promise.all(clients.map(({ client }) => complete(client, body)))
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401, 401])
})

test('five wrong codes lock the app, also for the right code, and no other factor', async () => {
  const user = await newUser()
  const secret = await setUpTotp(user)
  const { codes } = await user.call(operations.createRecoveryCodes, {})
  const { authenticator } = await addPasskey(postern, user)
  const { client } = await passPassword(user.email)
  const answers: unknown[] = []
  for (let n = 0; n < 6; n++)
    answers.push((await complete(client, { factor: 'totp', code: wrongCode(secret) })).body.code)
  expect(answers).toEqual([...Array(5).fill('second_factor_failed'), 'second_factor_locked'])
  const right = await complete(client, { factor: 'totp', code: codeOf(secret, 1) })
  expect(codesOf(right)).toEqual([429, 'second_factor_locked'])
  expect(Number(right.headers.get('retry-after'))).toBeGreaterThan(30)
  const code = (codes[0] as string).toUpperCase()
  expect((await complete(client, { factor: 'recovery_code', code })).status).toBe(200)
  const next = await passPassword(user.email)
  expect(next.secondFactors).toEqual(['passkey', 'totp', 'recovery_code'])
  const options = await next.client.call(operations.beginPasskeySignIn, {
    body: { purpose: 'second_factor' },
  })
  expect(options.allowCredentials.map(({ id }) => id)).toEqual([authenticator.id])
  const passkey = await complete(next.client, { factor: 'passkey', response: authenticator.get(options) })
  expect(passkey.status).toBe(200)
  const { queries } = postern.database
  const kinds = await queries
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .select('second_factor')
    .where('email', '=', user.email)
    .execute()
  expect(kinds.map((row) => row.second_factor).toSorted()).toEqual(['passkey', 'recovery_code', 'totp'])
})

test('a passkey of another user is no second factor', async () => {
  const [user, thief] = [await newUser(), await newUser()]
  await addPasskey(postern, user)
  const { authenticator } = await addPasskey(postern, thief)
  const { client } = await passPassword(user.email)
  const options = await client.call(operations.beginPasskeySignIn, { body: { purpose: 'second_factor' } })
  const answer = await complete(client, { factor: 'passkey', response: authenticator.get(options) })
  expect(codesOf(answer)).toEqual([401, 'second_factor_failed'])
  // The challenge of a sign-in without a password is none of a second factor.
  const free = await client.call(operations.beginPasskeySignIn, { body: {} })
  const mixed = await complete(client, { factor: 'passkey', response: authenticator.get(free) })
  expect(codesOf(mixed)).toEqual([400, 'passkey_challenge_expired'])
})

test('a recovery code works once, and new ones void the old', async () => {
  const user = await newUser()
  await setUpTotp(user)
  const first = (await user.call(operations.createRecoveryCodes, {})).codes
  expect(new Set(first).size).toBe(10)
  const one = { factor: 'recovery_code' as const, code: first[0] as string }
  expect((await complete((await passPassword(user.email)).client, one)).status).toBe(200)
  const { client } = await passPassword(user.email)
  expect(codesOf(await complete(client, one))).toEqual([401, 'second_factor_failed'])
  expect((await user.call(operations.getSignInMethods, {})).recoveryCodesLeft).toBe(9)
  const { codes } = await user.call(operations.createRecoveryCodes, {})
  const old = await complete(client, { factor: 'recovery_code', code: first[1] as string })
  expect(codesOf(old)).toEqual([401, 'second_factor_failed'])
  expect((await complete(client, { factor: 'recovery_code', code: codes[1] as string })).status).toBe(200)
  const stored = JSON.stringify(
    await postern.database.queries.selectFrom('recovery_codes').selectAll().execute(),
  )
  for (const code of codes) expect(stored).not.toContain(code.replaceAll('-', ''))
})

test('the proof of a password ends with that password', async () => {
  const user = await newUser()
  const secret = await setUpTotp(user)
  const { client } = await passPassword(user.email)
  const newPassword = 'another long password'
  await user.call(operations.changePassword, { body: { currentPassword: testPassword, newPassword } })
  expect((await getSession(user)).body.hasSecondFactor).toBe(true)
  const answer = await complete(client, { factor: 'totp', code: codeOf(secret, 1) })
  expect(codesOf(answer)).toEqual([401, 'second_factor_expired'])
})

test('a session alone, or a session and the password, adds no factor to a user who has one', async () => {
  const user = await newUser()
  const unproven = createApiClient(postern, user.email)
  for (const operation of [
    operations.beginPasskeyRegistration,
    operations.beginTotpSetUp,
    operations.createRecoveryCodes,
  ]) {
    const answer = await unproven.send(operation, { headers: { cookie: user.cookie() } })
    expect(codesOf(answer)).toEqual([403, 'step_up_required'])
  }
  // A session that began before the first factor ends with it.
  const stolen = await signIn(postern, user.email)
  await setUpTotp(user)
  expect((await getSession(stolen)).status).toBe(401)
  expect((await getSession(user)).body.hasSecondFactor).toBe(true)
  await postern.database.queries
    .updateTable('sessions')
    .set({ second_factor: null })
    .where('user_id', '=', (e) => e.selectFrom('users').select('id').where('email', '=', user.email))
    .execute()
  // The password proves nothing more in such a session.
  for (const operation of [
    operations.beginPasskeyRegistration,
    operations.createRecoveryCodes,
    operations.deleteTotp,
  ])
    await expect(user.send(operation, {})).rejects.toThrow('step_up_factor_needed')
})

test('an authenticator app is confirmed by its first code, and a set-up does not replace one in use', async () => {
  const user = await newUser()
  const first = await user.call(operations.beginTotpSetUp, {})
  expect(first.uri).toContain(`secret=${first.secret}`)
  const { secret } = await user.call(operations.beginTotpSetUp, {})
  const wrong = await user.send(operations.confirmTotp, { body: { code: codeOf(first.secret) } })
  expect(codesOf(wrong)).toEqual([400, 'totp_code_wrong'])
  // What is not confirmed counts for nothing.
  expect((await signIn(postern, user.email)).cookie()).toContain('session_token')
  expect(
    (await user.call(operations.confirmTotp, { body: { code: codeOf(secret) } })).totpSetUpAt,
  ).not.toBeNull()
  expect(codesOf(await user.send(operations.beginTotpSetUp, {}))).toEqual([409, 'totp_already_set_up'])
  const rows = await postern.database.queries.selectFrom('totp_secrets').select('sealed_secret').execute()
  const ascii = rows.map(({ sealed_secret }) => Buffer.from(sealed_secret).toString('latin1')).join()
  expect(ascii).not.toContain(secret)
  await user.call(operations.deleteTotp, {})
  expect((await signIn(postern, user.email)).cookie()).toContain('session_token')
})

test('an organization that demands a second factor answers no session without one', async () => {
  const slug = `strict-${randomBytes(3).toString('hex')}`
  const admin = await addOrganization(postern, { slug, legalName: "O'Neil & Co / Ltd" })
  const member = await newUser('developer', slug)
  const params = { organization: slug }
  const demand = { params, body: { requiresSecondFactor: true } }
  const needed = [403, 'second_factor_needed']
  expect(codesOf(await admin.send(operations.setSecurityPolicy, demand))).toEqual(needed)
  const secret = await setUpTotp(admin)
  const withoutFactor = { ...demand.body, membersWithoutFactor: 1 }
  expect(await admin.call(operations.setSecurityPolicy, demand)).toEqual(withoutFactor)
  // At once, also for a session that began before.
  for (const operation of [
    operations.getOrganization,
    operations.listCredentials,
    operations.getSecurityPolicy,
  ])
    expect(codesOf(await member.send(operation, { params }))).toEqual(needed)
  const create = { params: { ...params, environment: 'production' }, body: { name: 'n' } }
  expect(codesOf(await member.send(operations.createCredential, create))).toEqual(needed)
  expect((await admin.send(operations.getOrganization, { params })).status).toBe(200)
  expect((await getSession(member)).body.organizations).toMatchObject([{ slug, requiresSecondFactor: true }])
  expect((await member.call(operations.getSignInMethods, {})).isDemanded).toBe(true)
  // The member enrols, and needs no new sign-in.
  const { passkey, authenticator } = await addPasskey(postern, member)
  expect((await member.send(operations.getOrganization, { params })).status).toBe(200)
  const { membersWithoutFactor } = await member.call(operations.getSecurityPolicy, { params })
  expect(membersWithoutFactor).toBe(0)
  const prove = async (operationId: string, pathParameters: Record<string, string> = {}) => {
    const act = { operationId, pathParameters }
    return proveBy(member, act, await answerStepUp(member, act, authenticator))
  }
  const own = { passkeyId: passkey.id }
  const last = await member.send(operations.deletePasskey, {
    ...{ params: own, headers: await prove('deletePasskey', own) },
  })
  expect(codesOf(last)).toEqual([409, 'last_second_factor'])
  expect((await member.call(operations.listPasskeys, {})).items).toHaveLength(1)
  // Of two factors that are removed at once, one is left.
  const begun = await member.send(operations.beginTotpSetUp, { headers: await prove('beginTotpSetUp') })
  await member.call(operations.confirmTotp, { body: { code: codeOf(begun.body.secret) } })
  const [first, second] = [await prove('deletePasskey', own), await prove('deleteTotp')]
  const both = await Promise.all([
    member.send(operations.deletePasskey, { params: own, headers: first }),
    member.send(operations.deleteTotp, { headers: second }),
  ])
  expect(both.map(({ status }) => status).toSorted()).toEqual([204, 409])
  expect(secret).not.toBe('')
})

test('with portal.operatorsNeedSecondFactor operators operate with a second factor', async () => {
  const operator = await signInFirst(postern, 'operator@postern.example', testPassword)
  const answer = await operator.send(operations.listOrganizations, {})
  expect(codesOf(answer)).toEqual([403, 'second_factor_needed'])
  const acme = { params: { organization: 'acme' } }
  expect(codesOf(await operator.send(operations.getOrganization, acme))).toEqual([
    403,
    'second_factor_needed',
  ])
  const secret = await setUpTotp(operator)
  expect((await operator.send(operations.listOrganizations, {})).status).toBe(200)
  const act = { operationId: 'deleteTotp', pathParameters: {} }
  const headers = await proveBy(operator, act, { method: 'totp', code: codeOf(secret, 1) })
  expect(codesOf(await operator.send(operations.deleteTotp, { headers }))).toEqual([
    409,
    'last_second_factor',
  ])
})

test('no secret of a factor reaches the log or the audit log', async () => {
  const user = await newUser()
  const secret = await setUpTotp(user)
  const { codes } = await user.call(operations.createRecoveryCodes, {})
  const rows = JSON.stringify(await postern.database.queries.selectFrom('audit').selectAll().execute())
  for (const text of [secret, ...codes]) expect(`${rows}${postern.output()}`).not.toContain(text)
})

const findUserId = async (email: string) => {
  const users = postern.database.queries.selectFrom('users').select('id').where('email', '=', email)
  return (await users.executeTakeFirstOrThrow()).id
}

test('a reset of the password ends sessions and still asks for the second factor', async () => {
  const user = await newUser()
  const secret = await setUpTotp(user)
  const link = {
    purpose: 'set_password' as const,
    userId: await findUserId(user.email),
    expiresAt: Date.now() + 3_600_000,
  }
  const address = await postern.database.transaction((tx) => addLink(tx, postern.portalUrl, link, Date.now()))
  const body = { token: new URL(address).hash.slice('#token='.length), newPassword: 'quite another password' }
  const client = createApiClient(postern)
  const answer = await client.send(operations.resetPassword, { body })
  expect([codesOf(answer), answer.body]).toMatchObject([
    [401, 'second_factor_required'],
    { secondFactors: ['totp'] },
  ])
  expect((await getSession(client)).status).toBe(401)
  expect((await getSession(user)).status).toBe(401)
  // The link is used up, and the password counts.
  const again = await createApiClient(postern).send(operations.resetPassword, { body })
  expect(codesOf(again)).toEqual([400, 'link_invalid'])
  const session = await complete(client, { factor: 'totp', code: codeOf(secret, 1) })
  expect(session.body).toMatchObject({ email: user.email, hasSecondFactor: true })
})

test('where a second factor is demanded, keys of the organization work and keys of users do not', async () => {
  const slug = `keys-${randomBytes(3).toString('hex')}`
  const admin = await addOrganization(postern, { slug, legalName: 'Łódź Płatności S.A.' })
  const params = { organization: slug }
  const body = { name: 'Terraform', role: 'developer' as const }
  const own = withApiKey(postern, (await admin.call(operations.createOwnApiKey, { body })).secret)
  expect((await own.send(operations.listCredentials, { params })).status).toBe(200)
  const app = await setUpTotp(admin)
  await admin.call(operations.setSecurityPolicy, { params, body: { requiresSecondFactor: true } })
  const act = { operationId: 'createApiKey', pathParameters: params }
  const headers = await proveBy(admin, act, { method: 'totp', code: codeOf(app, 1) })
  const { secret } = (await admin.send(operations.createApiKey, { params, body, headers })).body
  expect((await withApiKey(postern, secret).send(operations.listCredentials, { params })).status).toBe(200)
  expect(codesOf(await own.send(operations.listCredentials, { params }))).toEqual([
    403,
    'second_factor_needed',
  ])
})

test('no second factor lets in who is deactivated, or whose organizations are suspended', async () => {
  const { queries } = postern.database
  const slug = `ended-${randomBytes(3).toString('hex')}`
  await addOrganization(postern, { slug, legalName: "O'Neil & Co / Ltd" })
  const user = await newUser('developer', slug)
  const { authenticator } = await addPasskey(postern, user)
  const secret = await setUpTotp(user)
  const { client: passed } = await passPassword(user.email)
  const tryPasskey = async () => {
    const client = createApiClient(postern)
    const options = await client.call(operations.beginPasskeySignIn, { body: {} })
    const body = { response: authenticator.get(options) }
    return codesOf(await client.send(operations.signInWithPasskey, { body }))
  }
  const tryCode = async () => codesOf(await complete(passed, { factor: 'totp', code: codeOf(secret, 1) }))
  await queries.updateTable('organizations').set({ status: 'suspended' }).where('slug', '=', slug).execute()
  expect(await tryPasskey()).toEqual([403, 'organization_suspended'])
  expect(await tryCode()).toEqual([403, 'organization_suspended'])
  const denied = createApiClient(postern)
  const options = await denied.call(operations.beginPasskeySignIn, { body: {} })
  const body = { response: authenticator.get(options) }
  const headers = { cookie: denied.cookie() }
  const again = async () =>
    codesOf(await createApiClient(postern).send(operations.signInWithPasskey, { body, headers }))
  expect(await again()).toEqual([403, 'organization_suspended'])
  await queries.updateTable('organizations').set({ status: 'active' }).where('slug', '=', slug).execute()
  // Only the transaction that begins the session uses the challenge up.
  expect(await again()).toEqual([200, undefined])
  expect(await again()).toEqual([400, 'passkey_challenge_expired'])
  const userId = await findUserId(user.email)
  await queries.updateTable('users').set({ deactivated_at: 1 }).where('id', '=', userId).execute()
  expect(await tryPasskey()).toEqual([401, 'passkey_rejected'])
  expect(await tryCode()).toEqual([401, 'second_factor_expired'])
})
