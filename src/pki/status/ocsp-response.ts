import { PosternError } from '../../errors.ts'
import { constructedTag, primitiveTag, tags } from '../der/der-tags.ts'
import { bitString, element, generalizedTime, octetString, oid, sequence } from '../der/der-writer.ts'
import { oids } from '../der/oids.ts'
import { encodeSignatureAlgorithm, type SignatureAlgorithm } from '../key/signature-algorithm.ts'
import type { AnswerSigner, SoundResponseData } from './lint-ocsp-answer.ts'
import { type RevocationReason, revocationReasonDetails } from './revocation-reason.ts'

const basicResponse = oid(oids.ocspBasicResponse)
const nonceType = oid(oids.ocspNonce)
const good = element(primitiveTag(0))
const unknown = element(primitiveTag(2))

/** The state of a certificate at its issuer. */
export type CertificateState =
  | { status: 'good' }
  | { status: 'unknown' }
  | { status: 'revoked'; revokedAt: number; reason: RevocationReason }

/** Signs responses on behalf of an issuer. */
export interface OcspResponder extends AnswerSigner {
  certificateDer: Uint8Array
  signatureAlgorithm: SignatureAlgorithm
  /** The signature of this ResponseData, as certificates have it. */
  sign(data: SoundResponseData): Promise<Uint8Array>
}

/** What an answer says. Times are milliseconds since 1970 and are cut to the second. */
export interface OcspAnswerFields {
  responder: Pick<AnswerSigner, 'keyHash'>
  /** Each with the CertID of the request, as received. */
  answers: readonly { certificateId: { der: Uint8Array }; state: CertificateState }[]
  thisUpdate: number
  nextUpdate: number
  nonce?: Uint8Array | undefined
}

/**
 * Returns the ResponseData (RFC 6960, section 4.2.1) of a response, ready to be signed; the responder is
 * named by its key. Throws `profile_violation` if its dates are impossible.
 */
export function draftOcspAnswer({
  responder,
  answers,
  thisUpdate,
  nextUpdate,
  nonce,
}: OcspAnswerFields): Uint8Array {
  if (!(nextUpdate > thisUpdate))
    throw new PosternError('profile_violation', 'An OCSP answer would end before it begins.')
  const { now, later } = writeTimes(thisUpdate, nextUpdate)
  const singles = answers.map(({ certificateId, state }) =>
    sequence(certificateId.der, encodeState(state), now, later),
  )
  return sequence(
    element(constructedTag(2), octetString(responder.keyHash)),
    now,
    sequence(...singles),
    ...(nonce === undefined
      ? []
      : [element(constructedTag(1), sequence(sequence(nonceType, octetString(octetString(nonce)))))]),
  )
}

let written = { thisSecond: Number.NaN, nextSecond: Number.NaN, now: good, later: good }

/** Returns thisUpdate and nextUpdate; a busy responder writes the same ones for all requests of a second. */
function writeTimes(thisUpdate: number, nextUpdate: number): { now: Uint8Array; later: Uint8Array } {
  const [thisSecond, nextSecond] = [Math.floor(thisUpdate / 1000), Math.floor(nextUpdate / 1000)]
  if (written.thisSecond !== thisSecond || written.nextSecond !== nextSecond) {
    const now = generalizedTime(thisUpdate)
    const later = element(constructedTag(0), generalizedTime(nextUpdate))
    written = { thisSecond, nextSecond, now, later }
  }
  return written
}

/** Returns the OCSPResponse with the signed data and the certificate of the responder. */
export function assembleOcspResponse(
  data: SoundResponseData,
  { certificateDer, signatureAlgorithm }: OcspResponder,
  signature: Uint8Array,
): Uint8Array {
  const basic = sequence(
    data.der,
    encodeSignatureAlgorithm(signatureAlgorithm),
    bitString(signature),
    element(constructedTag(0), sequence(certificateDer)),
  )
  const bytes = sequence(basicResponse, octetString(basic))
  return sequence(responseStatus(0), element(constructedTag(0), bytes))
}

const errorNumbers = { malformedRequest: 1, tryLater: 3, unauthorized: 6 } as const

/** The error statuses (RFC 6960, section 4.2.1). */
export type OcspError = keyof typeof errorNumbers

/** Returns the OCSPResponse with an error status; it is not signed. */
export function ocspErrorResponse(error: OcspError): Uint8Array {
  return sequence(responseStatus(errorNumbers[error]))
}

const responseStatus = (number: number) => element(tags.enumerated, Uint8Array.of(number))

function encodeState(state: CertificateState): Uint8Array {
  if (state.status !== 'revoked') return state.status === 'good' ? good : unknown
  const { code } = revocationReasonDetails[state.reason]
  // As in the CRL: the reason unspecified is omitted (RFC 5280, section 5.3.1).
  const reason = code === 0 ? [] : [element(constructedTag(0), element(tags.enumerated, Uint8Array.of(code)))]
  return element(constructedTag(1), generalizedTime(state.revokedAt), ...reason)
}
