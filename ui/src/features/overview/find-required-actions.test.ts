import { expect, test } from 'vitest'
import type { ActivityView } from '../../../../src/contract/activity.ts'
import type { CertificateSummary } from '../../../../src/contract/certificate.ts'
import { findRequiredActions } from './find-required-actions.ts'

const now = new Date('2026-11-23T12:00:00Z')
const certificate = (parts: Partial<CertificateSummary>) =>
  ({
    id: 'a',
    name: 'acme-0001',
    description: '',
    status: 'issued',
    notAfter: null,
    ...parts,
  }) as CertificateSummary
const denial = (at: string) => ({ at }) as ActivityView

test('the list of needs starts with the most urgent', () => {
  const needs = findRequiredActions(
    {
      certificates: [
        certificate({ id: 'draft', status: 'draft' }),
        certificate({ id: 'soon', notAfter: '2026-12-10T12:00:00Z' }),
        certificate({ id: 'urgent', notAfter: '2026-11-25T12:00:00Z' }),
      ],
      refusals: [denial('2026-11-23T11:30:00Z')],
    },
    now,
  )
  expect(needs.map(({ id }) => id)).toEqual(['refusals', 'urgent', 'soon', 'draft'])
})

test.each([
  [
    'a certificate with months left',
    { certificates: [certificate({ notAfter: '2027-06-01T00:00:00Z' })], refusals: [] },
  ],
  [
    'a revoked certificate',
    { certificates: [certificate({ status: 'revoked', notAfter: '2026-11-25T00:00:00Z' })], refusals: [] },
  ],
  ['a two-hour-old denial', { certificates: [], refusals: [denial('2026-11-23T10:00:00Z')] }],
])('the list of needs is empty for %s', (_, given) => expect(findRequiredActions(given, now)).toEqual([]))
