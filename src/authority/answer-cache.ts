import { hash } from 'node:crypto'
import type { CertificateState } from '../pki/status/ocsp-response.ts'

/** A signed OCSP response. Times are milliseconds since 1970. */
export interface SignedAnswer {
  der: Uint8Array
  thisUpdate: number
  nextUpdate: number
  /** Whether the response cannot change: every certificate in it is revoked. */
  isFinal: boolean
}

/** A response for several clients, with a hash for conditional requests. */
export interface SharedAnswer extends SignedAnswer {
  /** SHA-256 of the DER, hex. */
  sha256: string
}

/** The certificate that is asked after, by its CertID, and what is known of it. */
interface AskedCertificate {
  issuerId: string
  certificateId: Uint8Array
  state: CertificateState
}

const maxAnswers = 10_000
/** Half the lifetime of a response, so that a client can cache it for the other half. */
const reuseMs = 300_000

/**
 * Creates a cache of responses to the same request for five minutes, so that one signature serves many
 * clients. The key contains the states as well as the certificates: a process that has just read a revocation
 * from the store never finds the previous response.
 */
export function createAnswerCache() {
  const answers = new Map<string, { at: number; answer: Promise<SharedAnswer> }>()
  return {
    /** Returns the cached response while it is fresh, or else that of `sign`. */
    findOrSign(
      { issuerId, certificateId, state }: AskedCertificate,
      now: number,
      sign: () => Promise<SignedAnswer>,
    ): Promise<SharedAnswer> {
      const key = `${issuerId} ${toBinaryText(certificateId)} ${JSON.stringify(state)}`
      const found = answers.get(key)
      if (found !== undefined && now >= found.at && now - found.at < reuseMs) return found.answer
      const answer = sign().then(toShared)
      answers.delete(key)
      answers.set(key, { at: now, answer })
      // The next request retries a failed signature.
      answer.catch(() => answers.delete(key))
      const [oldest] = answers.keys()
      if (answers.size > maxAnswers && oldest !== undefined) answers.delete(oldest)
      return answer
    },
  }
}

/** Returns the response with its hash. */
export const toShared = (answer: SignedAnswer): SharedAnswer => ({
  ...answer,
  sha256: hash('sha256', answer.der),
})

const toBinaryText = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
