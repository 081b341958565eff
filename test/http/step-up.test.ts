import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { CertificateView } from '../../src/contract/certificate.ts'
import { operations } from '../../src/contract/operations.ts'
import { stepUpHeader } from '../../src/contract/step-up.ts'
import { type ApiClient, signInFirst } from '../support/api.ts'
import { createTestCredential, issueCertificate } from '../support/certificates.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'
import { addUser, signIn, testPassword } from '../support/users.ts'

const { proveStepUp, revokeCertificate, rotateCredentialSecret, createBulkRevocation } = operations
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
