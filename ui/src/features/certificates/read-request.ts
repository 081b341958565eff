import { fingerprintText } from '../../../../src/pki/der/fingerprint.ts'
import { oids } from '../../../../src/pki/der/oids.ts'
import type { KeyPolicy } from '../../../../src/pki/key/public-key.ts'
import { formatName } from '../../../../src/pki/name/name.ts'
import type { Subject } from '../../../../src/pki/name/subject.ts'
import { checkCertificateRequest } from '../../../../src/pki/request/check-request.ts'
import { listDifferences, type RequestDifference } from '../../../../src/pki/request/compare-request.ts'
import { toPem } from '../../../../src/pki/text/pem.ts'

/** What the page has parsed in a CSR, before anything is sent. */
export interface ReadRequest {
  /** PEM, as it is submitted. */
  pem: string
  subject: string
  key: string
  fingerprint: string
  /** SHA-256 of the public key, in hex. */
  publicKeySha256: string
  commonNames: string[]
  differences: RequestDifference[]
  asksForPower: string[]
}

/**
 * Parses and checks a CSR in the page only, and compares it with the resulting certificate. Throws the error,
 * whose sentence says what to do.
 */
export async function readRequest(
  input: string | Uint8Array,
  policy: KeyPolicy,
  subject: Subject,
): Promise<ReadRequest> {
  const request = await checkCertificateRequest(input, policy)
  return {
    pem: toPem('CERTIFICATE REQUEST', request.der),
    subject: formatName(request.subject),
    key: request.publicKey.label,
    fingerprint: fingerprintText(request.spkiSha256),
    publicKeySha256: request.spkiSha256,
    commonNames: request.subject.filter(({ type }) => type === oids.commonName).map(({ value }) => value),
    differences: listDifferences(request, subject),
    asksForPower: request.asksForPower,
  }
}
