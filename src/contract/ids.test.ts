import { expect, test } from 'vitest'
import { CertificateId, idPrefixes, toApprovalId, toCertificateId } from './ids.ts'

const certificateId = 'cert_01k8z3v9qd4n7xw2r5tfhb6mcj'

test('no two kinds of objects share the prefix of their IDs', () => {
  const prefixes = Object.values(idPrefixes)
  expect(new Set(prefixes).size).toBe(prefixes.length)
  for (const prefix of prefixes) expect(prefix).toMatch(/^[a-z]{2,4}$/)
})

test('an ID of another kind does not match', () => {
  expect(CertificateId.safeParse(certificateId).success).toBe(true)
  for (const wrong of [
    certificateId.replace('cert', 'cred'),
    `${certificateId}0`,
    certificateId.toUpperCase(),
  ])
    expect({ wrong, success: CertificateId.safeParse(wrong).success }).toEqual({ wrong, success: false })
})

test('an approval and its certificate have IDs that lead to each other', () => {
  expect(toApprovalId(certificateId)).toBe('apr_01k8z3v9qd4n7xw2r5tfhb6mcj')
  expect(toCertificateId(toApprovalId(certificateId))).toBe(certificateId)
})
