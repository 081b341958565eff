import { expect, test } from 'vitest'
import type { Operation } from '../../../../src/contract/operation.ts'
import { operations } from '../../../../src/contract/operations.ts'
import { describeAct } from './describe-act.ts'

test('every act that can need a second person is described in words', () => {
  const pathParameters = { environment: 'careful', issuerId: 'iss_a', approvalId: 'apr_a' }
  const body = { expectedCount: 1, reason: 'key_compromise', retiresAt: '2027-03-31T12:00:00Z' }
  const ids = Object.values<Operation>(operations)
    .filter(({ secondPerson }) => secondPerson !== undefined)
    .map(({ id }) => id)
  expect(ids.map((operationId) => describeAct({ operationId, pathParameters, body })).toSorted()).toEqual([
    'Approve the request apr_a',
    'Create a new issuing CA for careful',
    'Retire the CA iss_a on 31 Mar 2027',
    'Revoke 1 certificate, reason key compromise',
  ])
  const operationId = 'retireCertificateAuthority'
  expect(describeAct({ operationId, pathParameters, body: { retiresAt: null } })).toMatch(/^Take back/)
})
