import { afterAll, beforeAll, expect, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import { type ApiClient, signInFirst } from '../support/api.ts'
import { createTestCredential, issueCertificate } from '../support/certificates.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'

let postern: LocalPostern
let admin: ApiClient
let operator: ApiClient

beforeAll(async () => {
  postern = await openPostern()
  admin = await signInFirst(postern, 'admin@acme.example')
  operator = await signInFirst(postern, 'operator@postern.example')
})
afterAll(() => postern?.stop())

const person = { kind: 'person', id: expect.any(String), label: 'admin@acme.example' }
const asOperator = { kind: 'operator', id: expect.any(String), label: 'operator@postern.example' }

test('a certificate says which user created and submitted it, and which operator revoked it', async () => {
  const { certificate } = await issueCertificate(admin, 'acme')
  expect(certificate).toMatchObject({ createdBy: person, request: { submittedBy: person } })
  const params = { organization: 'acme', certificateId: certificate.id }
  const body = { reason: 'superseded' as const, name: certificate.name }
  const revoked = await operator.call(operations.revokeCertificate, { params, body })
  expect(revoked.revocation).toMatchObject({ by: asOperator })
  const { items } = await admin.call(operations.listCertificateHistory, { params })
  expect(items.map(({ actor }) => actor)).toEqual([
    asOperator,
    { kind: 'system', id: null, label: 'issuance' },
    { kind: 'system', id: null, label: 'issuance' },
    person,
    person,
  ])
})

test('a member with the platform role acts as a member where the role in the organization is enough', async () => {
  const { id } = await postern.database.queries
    .selectFrom('users')
    .select('id')
    .where('email', '=', 'admin@acme.example')
    .executeTakeFirstOrThrow()
  const setOperator = (operator_role: 'operator' | null) =>
    postern.database.queries.updateTable('users').set({ operator_role }).where('id', '=', id).execute()
  await setOperator('operator')
  const { certificate } = await issueCertificate(admin, 'acme')
  await setOperator(null)
  expect(certificate.createdBy).toEqual({ ...person, id })
})

test('credentials and enforcement policies say who created or changed them', async () => {
  expect(await createTestCredential(admin, 'acme')).toMatchObject({ createdBy: person })
  const params = { organization: 'acme', environment: 'staging' }
  const read = () => operator.call(operations.getEnforcementPolicy, { params })
  expect(await read()).toMatchObject({ updatedBy: null })
  await operator.call(operations.setEnforcementPolicy, { params, body: { mode: 'observe' } })
  expect(await read()).toMatchObject({ updatedBy: asOperator })
})

test('rows from before kind and id were recorded still say who acted', async () => {
  const { certificate } = await issueCertificate(admin, 'acme')
  const params = { organization: 'acme', certificateId: certificate.id }
  await postern.database.queries
    .updateTable('certificates')
    .set({ created_by_ref: null, submitted_by_ref: null })
    .where('id', '=', certificate.id)
    .execute()
  expect(await admin.call(operations.getCertificate, { params })).toMatchObject({
    createdBy: { ...person, id: null },
    request: { submittedBy: { ...person, id: null } },
  })
})
