import fc from 'fast-check'
import { expect, test } from 'vitest'
import { certificateStatuses } from '../contract/certificate.ts'
import {
  assertTransition,
  type Certificate,
  type StoredStatus,
  statusAt,
  statusTransitions,
} from './certificate.ts'

const notAfter = 1_800_000_000_000
const at = (status: StoredStatus): Certificate =>
  ({ name: 'acme-0001', status, issued: status === 'issued' ? { notAfter } : null }) as Certificate

test('a certificate that is revoked, rejected, cancelled or expired stays so in any sequence of steps', () => {
  const final = ['revoked', 'rejected', 'cancelled', 'expired']
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...certificateStatuses), { maxLength: 30 }), (wanted) => {
      let status: (typeof certificateStatuses)[number] = 'draft'
      let ended: string | undefined
      for (const next of wanted) {
        if (statusTransitions[status].includes(next)) status = next
        if (ended !== undefined) expect(status).toBe(ended)
        if (final.includes(status)) ended = status
      }
    }),
  )
})

test('a certificate is issued only after it was submitted, and revoked only after it was issued', () => {
  const leadingTo = (wanted: string) =>
    certificateStatuses.filter((status) => (statusTransitions[status] as string[]).includes(wanted))
  expect(leadingTo('issued')).toEqual(['pending'])
  expect(leadingTo('revoked')).toEqual(['issued'])
  expect(leadingTo('draft')).toEqual([])
})

test('a certificate is valid through its last second and expired after it', () => {
  expect(statusAt(at('issued'), notAfter + 999)).toBe('issued')
  expect(statusAt(at('issued'), notAfter + 1000)).toBe('expired')
})

test('an expired certificate can no longer be revoked, a valid one can', () => {
  expect(() => assertTransition(at('issued'), 'revoked', notAfter)).not.toThrow()
  expect(() => assertTransition(at('issued'), 'revoked', notAfter + 1000)).toThrow('acme-0001 is expired')
})
