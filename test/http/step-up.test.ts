import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { CertificateView } from '../../src/contract/certificate.ts'
import { operations } from '../../src/contract/operations.ts'
import { type StepUpAct, type StepUpMethod, stepUpHeader } from '../../src/contract/step-up.ts'
import { type ApiClient, createApiClient, signInFirst, withApiKey } from '../support/api.ts'
import { createTestCredential, issueCertificate } from '../support/certificates.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'
import { addPasskey, answerStepUp, codeOf, proveBy, setUpTotp } from '../support/second-factors.ts'
import { addOrganization, addUser, signIn, testPassword } from '../support/users.ts'

const { beginStepUp, proveStepUp, revokeCertificate, rotateCredentialSecret, createBulkRevocation } =
  operations
const organization = 'acme'
const email = 'developer@acme.example'
const password = { method: 'password' as const, password: testPassword }

let postern: LocalPostern
let admin: ApiClient
/** It proves nothing unless it is told to. */
let developer: ApiClient
let operator: ApiClient

/** Signs in as a user who proves nothing by itself. */
const signInAs = async (who = email): Promise<ApiClient> => {
  const client = await signIn(postern, who)
  client.password = undefined
  return client
}

beforeAll(async () => {
  postern = await openPostern()
  admin = await signInFirst(postern, 'admin@acme.example')
  operator = await signInFirst(postern, 'operator@postern.example')
  await addUser(postern, email, 'developer', organization)
  developer = await signInAs()
}, 120_000)
afterAll(() => postern?.stop())

const newCertificate = async () => (await issueCertificate(admin, organization)).certificate
const paramsOf = ({ id }: { id: string }) => ({ organization, certificateId: id })
const prove = async (
  client: ApiClient,
  pathParameters: Record<string, string>,
  operationId = 'revokeCertificate',
) => (await client.call(proveStepUp, { body: { operationId, pathParameters, proof: password } })).token
const revoke = (client: ApiClient, certificate: CertificateView, token?: string, name = certificate.name) =>
  client.send(revokeCertificate, {
    params: paramsOf(certificate),
    body: { reason: 'superseded', name },
    ...(token === undefined ? {} : { headers: { [stepUpHeader]: token } }),
  })
const statusOf = async (certificate: CertificateView) =>
  (await admin.call(operations.getCertificate, { params: paramsOf(certificate) })).status
const invalid = { status: 403, body: { code: 'step_up_invalid' } }

test('a request without a proof names the act and the object to prove, and changes nothing', async () => {
  const certificate = await newCertificate()
  const answer = await revoke(developer, certificate)
  const act = { operationId: 'revokeCertificate', pathParameters: paramsOf(certificate) }
  expect(answer).toMatchObject({ status: 403, body: { code: 'step_up_required', stepUp: act } })
  expect(await statusOf(certificate)).toBe('issued')
  const { token, expiresAt } = await developer.call(proveStepUp, { body: { ...act, proof: password } })
  expect(Date.parse(expiresAt) - Date.now()).toBeLessThanOrEqual(5 * 60_000)
  expect((await revoke(developer, certificate, token)).status).toBe(200)
  expect(await statusOf(certificate)).toBe('revoked')
})

test('a proof is for its own act and object alone, and serves once', async () => {
  const [one, other] = [await newCertificate(), await newCertificate()]
  const token = await prove(developer, paramsOf(one))
  expect(await revoke(developer, other, token)).toMatchObject(invalid)
  const credential = await createTestCredential(admin, organization)
  const rotated = await developer.send(rotateCredentialSecret, {
    params: { organization, credentialId: credential.id },
    body: { overlapSeconds: 60 },
    headers: { [stepUpHeader]: token },
  })
  expect(rotated).toMatchObject(invalid)
  expect((await revoke(developer, one, token)).status).toBe(200)
  expect(await revoke(developer, one, token)).toMatchObject(invalid)
  expect([await statusOf(other), await statusOf(one)]).toEqual(['issued', 'revoked'])
})

test('a proof that a failed request did not use up serves the next one', async () => {
  const certificate = await newCertificate()
  const token = await prove(developer, paramsOf(certificate))
  expect(await revoke(developer, certificate, token, 'another name')).toMatchObject({
    body: { code: 'name_does_not_match' },
  })
  expect((await revoke(developer, certificate, token)).status).toBe(200)
})

test('of two requests at once with one proof, one makes its change', async () => {
  const params = { environment: 'staging' }
  const count = async () => (await operator.call(operations.listCertificateAuthorities)).items.length
  const before = await count()
  const token = await prove(operator, params, 'rotateCertificateAuthority')
  const rotate = () =>
    operator.send(operations.rotateCertificateAuthority, { params, headers: { [stepUpHeader]: token } })
  const answers = await Promise.all([rotate(), rotate()])
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 403])
  expect(await count()).toBe(before + 1)
})

test('a repeated request with its idempotency key gets the kept answer without another proof', async () => {
  const credential = await createTestCredential(admin, organization)
  const params = { organization, credentialId: credential.id }
  const token = await prove(developer, params, 'rotateCredentialSecret')
  const rotate = (headers: Record<string, string> = {}) =>
    developer.send(rotateCredentialSecret, {
      params,
      body: { overlapSeconds: 60 },
      headers: { 'idempotency-key': '"once"', ...headers },
    })
  expect((await rotate()).body.code).toBe('step_up_required')
  const first = await rotate({ [stepUpHeader]: token })
  const second = await rotate()
  expect([first.status, second.status]).toEqual([201, 201])
  expect(second.body.clientSecret).toBe(first.body.clientSecret)
})

test('a proof serves no other session, no other user, and nobody after the session has ended', async () => {
  const certificate = await newCertificate()
  const token = await prove(developer, paramsOf(certificate))
  const [again, colleague] = [await signInAs(), await signInAs('admin@acme.example')]
  expect(await revoke(again, certificate, token)).toMatchObject(invalid)
  expect(await revoke(colleague, certificate, token)).toMatchObject(invalid)
  const ended = await prove(again, paramsOf(certificate))
  await again.call(operations.signOut)
  expect(await revoke(await signInAs(), certificate, ended)).toMatchObject(invalid)
  expect(await statusOf(certificate)).toBe('issued')
})

test('a proof expires after five minutes', async () => {
  const certificate = await newCertificate()
  const token = await prove(developer, paramsOf(certificate))
  const now = Date.now()
  const moved = vi.spyOn(Date, 'now').mockImplementation(() => now + 5 * 60_000)
  try {
    expect(await revoke(developer, certificate, token)).toMatchObject(invalid)
  } finally {
    moved.mockRestore()
  }
  expect(await statusOf(certificate)).toBe('issued')
})

test('nobody proves who they are for what they may not do', async () => {
  const certificate = await newCertificate()
  const viewer = await addUser(postern, 'viewer@acme.example', 'viewer', organization)
  const attempt = async (client: ApiClient, operationId: string, pathParameters: Record<string, string>) =>
    (await client.send(proveStepUp, { body: { operationId, pathParameters, proof: password } })).body.code
  expect(await attempt(viewer, 'revokeCertificate', paramsOf(certificate))).toBe('forbidden')
  const elsewhere = { ...paramsOf(certificate), organization: 'globex' }
  expect(await attempt(developer, 'revokeCertificate', elsewhere)).toBe('not_found')
  expect(await attempt(developer, 'createBulkRevocation', {})).toBe('forbidden')
  expect(await attempt(developer, 'revokeCertificate', { organization })).toBe('not_found')
  expect(await attempt(developer, 'revokeCertificate', { ...paramsOf(certificate), stray: 'x' })).toBe(
    'not_found',
  )
  for (const id of ['getCertificate', 'nothing', '__proto__', 'constructor'])
    expect(await attempt(developer, id, {})).toBe('bad_request')
  const { proofs } = await postern.database.queries
    .selectFrom('step_up_proofs')
    .innerJoin('users', 'users.id', 'step_up_proofs.user_id')
    .select((e) => e.fn.countAll<number>().as('proofs'))
    .where('email', '=', 'viewer@acme.example')
    .executeTakeFirstOrThrow()
  expect(Number(proofs)).toBe(0)
})

test('a dry run needs no proof, and what it counts does', async () => {
  const certificate = await newCertificate()
  const serialNumbers = [certificate.issued?.serialNumber ?? '']
  const proven = operator.password
  operator.password = undefined
  const send = (body: object) =>
    operator.send(createBulkRevocation, { body: { serialNumbers, reason: 'superseded', ...body } })
  expect((await send({ dryRun: true })).status).toBe(201)
  expect(await send({ expectedCount: 1 })).toMatchObject({ body: { code: 'step_up_required' } })
  expect(await send({ expectedCount: 1, dryRun: false })).toMatchObject({
    body: { code: 'step_up_required' },
  })
  operator.password = proven
  expect(await statusOf(certificate)).toBe('issued')
})

test('a wrong password is slowed down, ends no session, and is recorded', async () => {
  await addUser(postern, 'guessed@acme.example', 'developer', organization)
  const [guessed, elsewhere] = [
    await signInAs('guessed@acme.example'),
    await signInAs('guessed@acme.example'),
  ]
  const certificate = await newCertificate()
  const act = { operationId: 'revokeCertificate', pathParameters: paramsOf(certificate) }
  const guess = (client: ApiClient, given: string) =>
    client.send(proveStepUp, { body: { ...act, proof: { method: 'password', password: given } } })
  const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => guess(guessed, `wrong ${n}`)))
  const codes = answers.map(({ body }) => body.code)
  expect(new Set(codes)).toEqual(new Set(['step_up_failed', 'too_many_requests']))
  expect(codes.filter((code) => code === 'step_up_failed').length).toBeLessThan(15)
  // Sessions of one user wait together, and no answer has a proof.
  expect((await guess(elsewhere, testPassword)).body.code).toBe('too_many_requests')
  expect((await guessed.send(operations.getSession)).status).toBe(200)
  // Another user does not wait.
  expect((await guess(developer, testPassword)).status).toBe(201)
})

/** Signs a new user in who has an authenticator app, and proves nothing by itself. */
async function addUserWithApp(who: string) {
  const client = await addUser(postern, who, 'developer', organization)
  const secret = await setUpTotp(client)
  client.password = undefined
  return { client, secret }
}
async function addUserWithPasskey(who: string, slug = organization) {
  const client = await addUser(postern, who, 'developer', slug)
  const { authenticator } = await addPasskey(postern, client)
  client.password = undefined
  return { client, authenticator }
}
const send = (client: ApiClient, act: StepUpAct, proof: StepUpMethod, headers = {}) =>
  client.send(proveStepUp, { body: { ...act, proof }, headers })
const codesOf = ({ status, body }: { status: number; body: { code?: string } }) => [status, body.code]
const aboutNew = async () => {
  const certificate = await newCertificate()
  return { certificate, act: { operationId: 'revokeCertificate', pathParameters: paramsOf(certificate) } }
}
const countSessions = async () =>
  (await postern.database.queries.selectFrom('sessions').select('id').execute()).length

test('a code of the app is a proof once, and five wrong ones lock the app and not the password', async () => {
  const { client, secret } = await addUserWithApp('app@acme.example')
  const { certificate, act } = await aboutNew()
  const code = (steps: number) => ({ method: 'totp' as const, code: codeOf(secret, steps) })
  const failed = [401, 'step_up_failed']
  // The code that set the app up is used, and so is each that was a proof.
  expect(codesOf(await send(client, act, code(0)))).toEqual(failed)
  const before = await countSessions()
  const given = await send(client, act, code(1))
  expect([given.status, given.headers.getSetCookie(), await countSessions()]).toEqual([201, [], before])
  expect(codesOf(await send(client, act, code(1)))).toEqual(failed)
  expect((await revoke(client, certificate, given.body.token)).status).toBe(200)
  for (let n = 0; n < 4; n++)
    expect(codesOf(await send(client, act, { method: 'totp', code: 'wrong' }))).toEqual(failed)
  expect(codesOf(await send(client, act, code(1)))).toEqual([429, 'second_factor_locked'])
  expect((await send(client, act, password)).status).toBe(201)
  expect(codesOf(await send(developer, act, code(1)))).toEqual(failed)
})

test('of several proofs with one code at once, one is given', async () => {
  const { client, secret } = await addUserWithApp('at-once@acme.example')
  const { act } = await aboutNew()
  const proof = { method: 'totp' as const, code: codeOf(secret, 1) }
  const answers = await Promise.all([1, 2, 3].map(() => send(client, act, proof)))
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 401, 401])
})

test('a passkey is a proof for the act, object, session and user of its challenge, once', async () => {
  const { client, authenticator } = await addUserWithPasskey('passkey@acme.example')
  const [{ certificate, act }, other] = [await aboutNew(), await aboutNew()]
  const expired = [400, 'passkey_challenge_expired']
  const begun = await client.call(beginStepUp, { body: act })
  expect(begun.methods).toEqual(['passkey', 'password'])
  expect(begun.passkey?.userVerification).toBe('required')
  const proof = await answerStepUp(client, act, authenticator)
  expect(codesOf(await send(client, other.act, proof))).toEqual(expired)
  const rotation = { operationId: 'createInvitation', pathParameters: { organization } }
  expect(codesOf(await send(client, rotation, proof))).toEqual([403, 'forbidden'])
  const ownAct = { operationId: 'createRecoveryCodes', pathParameters: {} }
  expect(codesOf(await send(client, ownAct, proof))).toEqual(expired)
  const challenge = /postern\.challenge=[^;]+/.exec(client.cookie())?.[0]
  const elsewhere = await signInWithPasskey(client, authenticator)
  for (const session of [elsewhere, developer]) {
    const headers = { cookie: `${session.cookie().replace(/postern\.challenge=[^;]+/, '')}; ${challenge}` }
    expect(codesOf(await send(session, act, proof, headers))).toEqual(expired)
  }
  const before = await countSessions()
  const answers = await Promise.all([1, 2, 3].map(() => send(client, act, proof)))
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 400, 400])
  expect([answers.flatMap(({ headers }) => headers.getSetCookie()), await countSessions()]).toEqual([
    [],
    before,
  ])
  const token = answers.find(({ status }) => status === 201)?.body.token
  expect(await revoke(client, other.certificate, token)).toMatchObject(invalid)
  expect((await revoke(client, certificate, token)).status).toBe(200)
})

test('a passkey of another user, without verification of its user, or too late is no proof', async () => {
  const { client, authenticator } = await addUserWithPasskey('own-passkey@acme.example')
  const thief = await addUserWithPasskey('thief@acme.example')
  const { act } = await aboutNew()
  const failed = [401, 'step_up_failed']
  const attempt = async (get: typeof authenticator.get) =>
    codesOf(await send(client, act, await answerStepUp(client, act, { get })))
  expect(await attempt(thief.authenticator.get)).toEqual(failed)
  expect(await attempt((options) => authenticator.get(options, { verified: false }))).toEqual(failed)
  expect(await attempt((options) => authenticator.get(options, { origin: 'https://x.example' }))).toEqual(
    failed,
  )
  // A challenge to sign in is none of an act.
  const free = await client.call(operations.beginPasskeySignIn, { body: {} })
  const mixed = { method: 'passkey' as const, response: authenticator.get(free) }
  expect(codesOf(await send(client, act, mixed))).toEqual([400, 'passkey_challenge_expired'])
  const late = await answerStepUp(client, act, authenticator)
  const now = Date.now()
  const moved = vi.spyOn(Date, 'now').mockImplementation(() => now + 5 * 60_000)
  try {
    expect(codesOf(await send(client, act, late))).toEqual([400, 'passkey_challenge_expired'])
  } finally {
    moved.mockRestore()
  }
})

test('where a second factor is demanded, who has one needs it, and a recovery code opens the way to another', async () => {
  const slug = 'strict'
  await addOrganization(postern, { slug, legalName: "O'Neil & Co / Ltd" })
  const { queries } = postern.database
  await queries
    .updateTable('organizations')
    .set({ requires_second_factor: 1 })
    .where('slug', '=', slug)
    .execute()
  // Who has no factor yet adds the first one with the password.
  const { client, authenticator } = await addUserWithPasskey('member@strict.example', slug)
  const codesAct = { operationId: 'createRecoveryCodes', pathParameters: {} }
  expect((await client.call(beginStepUp, { body: codesAct })).methods).toEqual(['passkey'])
  const weak = [403, 'step_up_factor_needed']
  expect(codesOf(await send(client, codesAct, password))).toEqual(weak)
  const headers = await proveBy(client, codesAct, await answerStepUp(client, codesAct, authenticator))
  const { codes } = (await client.send(operations.createRecoveryCodes, { headers })).body
  const lost = createApiClient(postern, client.email)
  await lost.send(operations.signIn, { body: { email: client.email, password: testPassword } })
  await lost.call(operations.completeSignIn, { body: { factor: 'recovery_code', code: codes[0] as string } })
  const passkeyAct = { operationId: 'beginPasskeyRegistration', pathParameters: {} }
  expect((await send(lost, passkeyAct, password)).status).toBe(201)
  const leaving = { operationId: 'leaveOrganization', pathParameters: { organization: slug } }
  expect(codesOf(await send(lost, leaving, password))).toEqual(weak)
})

test('an API key satisfies no act that needs a proof, with a proof of its user either', async () => {
  const certificate = await newCertificate()
  const body = { name: 'Laptop', role: 'admin' as const }
  const key = withApiKey(postern, (await admin.call(operations.createOwnApiKey, { body })).secret)
  const token = await prove(admin, paramsOf(certificate))
  expect(codesOf(await revoke(key, certificate, token))).toEqual([403, 'api_key_not_allowed'])
  const act = { operationId: 'revokeCertificate', pathParameters: paramsOf(certificate) }
  expect(codesOf(await send(key, act, password))).toEqual([403, 'api_key_not_allowed'])
  expect(codesOf(await key.send(beginStepUp, { body: act }))).toEqual([403, 'api_key_not_allowed'])
  expect(await statusOf(certificate)).toBe('issued')
})

/** Returns another session of a user. */
async function signInWithPasskey(
  { email }: ApiClient,
  { get }: Awaited<ReturnType<typeof addPasskey>>['authenticator'],
): Promise<ApiClient> {
  const client = createApiClient(postern, email)
  const options = await client.call(operations.beginPasskeySignIn, { body: {} })
  await client.call(operations.signInWithPasskey, { body: { response: get(options) } })
  return client
}
