import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { toApprovalId } from '../../src/contract/ids.ts'
import { operations } from '../../src/contract/operations.ts'
import { type ApiClient, signInFirst } from '../support/api.ts'
import { makeRequest, until } from '../support/certificates.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'
import { addPlatformUser } from '../support/users.ts'

let postern: LocalPostern
let first: ApiClient
let second: ApiClient
let admin: ApiClient
const folder = mkdtempSync(`${tmpdir()}/postern-confirmations-`)

beforeAll(async () => {
  postern = await openPostern({
    config: {
      operators: { secondPerson: ['approvals', 'certificate-authorities', 'bulk-revocations'] },
      environments: {
        production: { port: 1 },
        staging: { port: 2 },
        careful: { port: 3, issuance: 'approval' },
      },
    },
  })
  first = await signInFirst(postern, 'operator@postern.example')
  second = await addPlatformUser(postern, 'second@postern.example', 'operator')
  admin = await signInFirst(postern, 'admin@acme.example')
})
afterAll(() => postern?.stop())

const rotation = { operationId: 'rotateCertificateAuthority', pathParameters: { environment: 'careful' } }
const ask = (client: ApiClient, body: object) =>
  client.call(operations.requestConfirmation, { body: body as never })
const confirm = (client: ApiClient, confirmationId: string) =>
  client.send(operations.confirmRequest, { params: { confirmationId } })
const countIssuers = async () =>
  (await first.call(operations.listCertificateAuthorities)).items.filter(({ kind }) => kind === 'issuing')
    .length
async function submit() {
  const params = { organization: 'acme', environment: 'careful' }
  const draft = await admin.call(operations.createCertificate, { params, body: {} })
  const body = { csr: makeRequest(folder, draft.name) }
  await admin.call(operations.submitCsr, { params: { ...params, certificateId: draft.id }, body })
  return { approvalId: toApprovalId(draft.id), certificateId: draft.id }
}
const untilStatus = async (certificateId: string, status: string) => {
  const params = { organization: 'acme', certificateId }
  const read = () => admin.call(operations.getCertificate, { params })
  expect((await until(read, (found) => found.status === status, 10)).value.status).toBe(status)
}

test('an act of one operator is done when another one confirms it, on behalf of the first', async () => {
  const before = await countIssuers()
  const refused = await first.send(operations.rotateCertificateAuthority, {
    params: { environment: 'careful' },
  })
  expect([refused.status, refused.body.code]).toEqual([403, 'second_person_required'])
  const { id, status } = await ask(first, rotation)
  expect(status).toBe('waiting')
  expect(await countIssuers()).toBe(before)
  const own = await confirm(first, id)
  expect([own.status, own.body.code]).toEqual([403, 'confirmation_own'])
  const done = await confirm(second, id)
  expect(done.body).toMatchObject({
    ...{
      status: 'done',
      problem: null,
      requestedBy: { kind: 'operator', label: 'operator@postern.example' },
    },
    decidedBy: { kind: 'operator', label: 'second@postern.example' },
  })
  expect(await countIssuers()).toBe(before + 1)
  const { items } = await first.call(operations.listAudit, { query: { limit: 5 } })
  expect(items.map(({ type, actor }) => [type, actor.label])).toEqual(
    expect.arrayContaining([
      ['confirmation.confirmed', 'second@postern.example'],
      ['certificate_authority.created', 'operator@postern.example'],
    ]),
  )
})

test('the first operator hears of the second person before a proof is asked for', async () => {
  const { password } = first
  first.password = undefined
  const params = { environment: 'careful' }
  const refused = await first.send(operations.rotateCertificateAuthority, { params })
  expect(refused.body.code).toBe('second_person_required')
  const begun = await first.send(operations.beginStepUp, { body: rotation })
  expect([begun.status, begun.body.code]).toEqual([403, 'second_person_required'])
  first.password = password
})

test('of ten confirmations at once one does the act', async () => {
  const before = await countIssuers()
  const { id } = await ask(first, rotation)
  const answers = await Promise.all(Array.from({ length: 10 }, () => confirm(second, id)))
  const codes = answers.map(({ status, body }) => (status === 200 ? body.status : body.code))
  expect(codes.toSorted()).toEqual([...Array(9).fill('confirmation_over'), 'done'])
  expect(await countIssuers()).toBe(before + 1)
})

test('what was canceled or has expired is not done', async () => {
  const before = await countIssuers()
  const canceled = await ask(first, rotation)
  await first.call(operations.cancelConfirmation, { params: { confirmationId: canceled.id } })
  const expired = await ask(first, rotation)
  await postern.database.queries
    .updateTable('confirmations')
    .set({ expires_at: Date.now() - 1 })
    .where('id', '=', expired.id)
    .execute()
  for (const { id } of [canceled, expired])
    expect((await confirm(second, id)).body.code).toBe('confirmation_over')
  const read = await first.call(operations.getConfirmation, { params: { confirmationId: expired.id } })
  expect(read.status).toBe('expired')
  expect(await countIssuers()).toBe(before)
})

test.each([
  ['lost the role', { operator_role: null }],
  ['was deactivated', { deactivated_at: 1 }],
])('an act of an operator who %s fails, and says why', async (why, change) => {
  const email = `${why.replaceAll(' ', '-')}@postern.example`
  const third = await addPlatformUser(postern, email, 'operator')
  const { id } = await ask(third, rotation)
  await postern.database.queries.updateTable('users').set(change).where('email', '=', email).execute()
  const before = await countIssuers()
  expect((await confirm(second, id)).body).toMatchObject({ status: 'failed', problem: { code: 'forbidden' } })
  expect(await countIssuers()).toBe(before)
})

test('an approval takes two operators, a rejection one', async () => {
  const { approvalId, certificateId } = await submit()
  const body = { decision: 'approve' as const }
  const alone = await first.send(operations.decideApproval, { params: { approvalId }, body })
  expect(alone.body.code).toBe('second_person_required')
  const { id } = await ask(first, { operationId: 'decideApproval', pathParameters: { approvalId }, body })
  expect((await confirm(second, id)).body.status).toBe('done')
  await untilStatus(certificateId, 'issued')
  const other = await submit()
  const rejection = { decision: 'reject' as const, reason: 'Unknown person' }
  await first.call(operations.decideApproval, { params: { approvalId: other.approvalId }, body: rejection })
  await untilStatus(other.certificateId, 'rejected')
})

test('what is asked for is checked as the operation itself would', async () => {
  const wrong: [object, number, string][] = [
    [{ operationId: 'listCertificates', pathParameters: {} }, 400, 'bad_request'],
    [{ ...rotation, body: { surplus: 1 } }, 400, 'bad_request'],
    [{ ...rotation, pathParameters: {} }, 404, 'not_found'],
    [
      { operationId: 'createBulkRevocation', pathParameters: {}, body: { reason: 'superseded' } },
      400,
      'bad_request',
    ],
    [
      {
        ...{ operationId: 'createBulkRevocation', pathParameters: {} },
        body: { serialNumbers: ['00'], reason: 'superseded', dryRun: true },
      },
      409,
      'conflict',
    ],
  ]
  for (const [body, status, code] of wrong) {
    const answer = await first.send(operations.requestConfirmation, { body: body as never })
    expect([body, answer.status, answer.body.code]).toEqual([body, status, code])
  }
})

test('a bulk revocation waits for the second person, its dry run does not', async () => {
  const selection = { serialNumbers: ['00'], reason: 'superseded' as const }
  const dry = await first.send(operations.createBulkRevocation, { body: { ...selection, dryRun: true } })
  expect(dry.status).toBe(201)
  const real = await first.send(operations.createBulkRevocation, { body: { ...selection, expectedCount: 1 } })
  expect(real.body.code).toBe('second_person_required')
})
