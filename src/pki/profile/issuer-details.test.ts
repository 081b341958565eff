import { expect, test } from 'vitest'
import { makeAuthority } from '../../../test/support/test-authority.ts'
import type { SignatureAlgorithm } from '../key/signature-algorithm.ts'
import { getIssuerDetails } from './issuer-details.ts'

const algorithms: SignatureAlgorithm[] = [
  'ecdsa-with-SHA256',
  'ecdsa-with-SHA384',
  'sha256WithRSAEncryption',
  'ed25519',
]

test.each(algorithms)(
  'the certificate of a CA determines its signature algorithm (%s)',
  async (algorithm) => {
    const { issuing } = await makeAuthority(algorithm)
    const notAfter = Math.floor(issuing.facts.notAfter / 1000) * 1000
    expect(getIssuerDetails(issuing.der)).toEqual({ ...issuing.facts, notAfter })
  },
)
