import { expect, test } from 'vitest'
import { assertBound } from './verify-access-token.ts'

const certificate = { id: 'cert_1', name: 'acme-0001', thumbprint: 'a', organizationId: 'org_acme' }
const peer: unknown = { organizationId: 'org_acme', isBindingRequired: false, certificate }
const use = (organizationId: string, cnf: { 'x5t#S256': string } | undefined) => () =>
  assertBound(
    { claims: { cnf }, client: { organizationId, certificateIds: null } } as Parameters<
      typeof assertBound
    >[0],
    peer as Parameters<typeof assertBound>[1],
  )

test('an unbound token of another organization is told so, not that it is bound to another certificate', () => {
  expect(use('org_globex', undefined)).toThrow('belongs to a different organization')
  expect(use('org_globex', { 'x5t#S256': 'b' })).toThrow('bound to a different certificate')
  expect(use('org_acme', { 'x5t#S256': 'b' })).toThrow('bound to a different certificate')
  expect(use('org_acme', undefined)).not.toThrow()
})
