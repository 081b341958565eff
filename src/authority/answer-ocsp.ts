import type { Clock } from '../clock.ts'
import { PosternError } from '../errors.ts'
import { parseCertificate } from '../pki/certificate/certificate.ts'
import { toHex } from '../pki/der/fingerprint.ts'
import { SoundResponseData } from '../pki/status/lint-ocsp-answer.ts'
import { createOcspIssuer, isIssuedBy, type OcspIssuer } from '../pki/status/ocsp-issuer.ts'
import { type CertificateId, type OcspRequest, parseOcspRequest } from '../pki/status/ocsp-request.ts'
import {
  assembleOcspResponse,
  type CertificateState,
  draftOcspAnswer,
  type OcspError,
  type OcspResponder,
  ocspErrorResponse,
} from '../pki/status/ocsp-response.ts'
import { createAnswerCache, type SharedAnswer, type SignedAnswer, toShared } from './answer-cache.ts'
import { batchStateReads } from './batch-state-reads.ts'
import type { CertificateStateStore } from './certificate-state-store.ts'
import type { Issuer, IssuerStore } from './issuer-store.ts'

/** The longest time for which proxies that cache responses miss a revocation. */
const lifeMs = 600_000

/** The dependencies of OCSP responses. */
export interface OcspDependencies {
  issuers: Pick<IssuerStore, 'find'>
  states: CertificateStateStore
  /** Returns the current responder of an issuer. */
  openResponder(issuer: Issuer): Promise<OcspResponder>
  clock: Clock
  /** Receives requests that could not be answered. */
  onFailure(what: string, error: unknown): void
}

const unknown: CertificateState = { status: 'unknown' }

/** An OCSPResponse; `shared` if the same bytes may be sent to every client with the same request. */
export interface OcspAnswer {
  der: Uint8Array
  shared?: SharedAnswer
}

/**
 * Creates a function that answers OCSP requests (RFC 6960) about the certificates of one issuer from the
 * current state of the store; while the store is unavailable, with its last response that is still valid. It
 * accepts any bytes and never throws: a request that is malformed or about another issuer gets the error
 * status of the protocol.
 */
export function createOcspAnswerer(
  dependencies: OcspDependencies,
): (issuerId: string, request: Uint8Array) => Promise<OcspAnswer> {
  const hashesOf = createIssuerHashes()
  const cache = createAnswerCache()
  const states = batchStateReads(dependencies.states)

  const answer = async (issuerId: string, bytes: Uint8Array): Promise<OcspAnswer> => {
    const request = parseOcspRequest(bytes)
    const issuer = await dependencies.issuers.find(issuerId)
    const now = dependencies.clock.now()
    if (issuer === undefined || !mayAnswer(issuer, now)) return rejection('unauthorized')
    const hashes = await hashesOf(issuer)
    if (!request.certificateIds.every((id) => isIssuedBy(hashes, id))) return rejection('unauthorized')
    const [certificateId] = request.certificateIds
    const isOne = request.certificateIds.length === 1
    let found: CertificateState[]
    try {
      found = await states.list(issuer.id, request.certificateIds.map(serialNumberOf))
    } catch (error) {
      const asked = isOne && certificateId && { issuerId: issuer.id, certificateId: certificateId.der }
      const last = asked && (await cache.findLast(asked, now))
      if (!last) throw error
      return { der: last.der, shared: last }
    }
    const sign = async () => signAnswer(await dependencies.openResponder(issuer), request, found, now)
    if (request.nonce !== undefined) return { der: (await sign()).der }
    const shared =
      !isOne || certificateId === undefined
        ? toShared(await sign())
        : await cache.findOrSign(
            { issuerId: issuer.id, certificateId: certificateId.der, state: found[0] ?? unknown },
            now,
            sign,
          )
    return { der: shared.der, shared }
  }

  return (issuerId, bytes) =>
    answer(issuerId, bytes).catch((error) => {
      if (error instanceof PosternError && error.code === 'ocsp_request_malformed')
        return rejection('malformedRequest')
      dependencies.onFailure('answer-ocsp', error)
      return rejection('tryLater')
    })
}

/** By what requests name an issuer, worked out once for each. */
function createIssuerHashes(): (issuer: Issuer) => Promise<OcspIssuer> {
  const known = new Map<string, OcspIssuer>()
  return async ({ id, certificateDer }) => {
    const present = known.get(id)
    if (present !== undefined) return present
    const { subjectDer, spki } = parseCertificate(new Uint8Array(certificateDer))
    const hashes = await createOcspIssuer(subjectDer, spki)
    known.set(id, hashes)
    return hashes
  }
}

/**
 * Returns whether the issuer has a responder. The key of a root stays off the network, so a root has no
 * responder, only a CRL.
 */
const mayAnswer = ({ kind, details }: Issuer, now: number) => kind === 'issuing' && now < details.notAfter

const rejection = (error: OcspError): OcspAnswer => ({ der: ocspErrorResponse(error) })

/** Returns the serial number as the store has it; no certificate has a negative one. */
function serialNumberOf({ serialNumber }: CertificateId): string {
  const [first = 0] = serialNumber
  if (first >= 0x80) return `-${toHex(serialNumber)}`
  return toHex(first === 0 && serialNumber.length > 1 ? serialNumber.subarray(1) : serialNumber)
}

async function signAnswer(
  responder: OcspResponder,
  { certificateIds, nonce }: OcspRequest,
  states: readonly CertificateState[],
  thisUpdate: number,
): Promise<SignedAnswer> {
  const nextUpdate = Math.min(thisUpdate + lifeMs, responder.notAfter)
  const answers = certificateIds.map((certificateId, i) => ({
    certificateId,
    state: states[i] ?? unknown,
  }))
  const tbs = draftOcspAnswer({ responder, answers, thisUpdate, nextUpdate, nonce })
  const data = new SoundResponseData(tbs, responder)
  const der = assembleOcspResponse(data, responder, await responder.sign(data))
  return {
    der,
    thisUpdate,
    nextUpdate,
    isFinal: states.every(({ status }) => status === 'revoked'),
  }
}
