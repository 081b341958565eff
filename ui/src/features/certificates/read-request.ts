import { fingerprintText } from '../../../../src/pki/der/fingerprint.ts'
import type { KeyPolicy } from '../../../../src/pki/key/public-key.ts'
import { formatName } from '../../../../src/pki/name/name.ts'
import type { Subject } from '../../../../src/pki/name/subject.ts'
import { checkCertificateRequest } from '../../../../src/pki/request/check-request.ts'
import { listDifferences, type RequestDifference } from '../../../../src/pki/request/compare-request.ts'
import { toPem } from '../../../../src/pki/text/pem.ts'

/** What the page has read in a signing request, before anything is sent. */
export interface ReadRequest {
  /** PEM, as it is submitted. */
  pem: string
  subject: string
  key: string
  fingerprint: string
  differences: RequestDifference[]
  asksForPower: string[]
}

/**
 * Reads and checks a signing request in this page alone, and compares it with the certificate that
 * will come of it. Throws the refusal, whose sentence says what to do.
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
    differences: listDifferences(request, subject),
    asksForPower: request.asksForPower,
  }
}
