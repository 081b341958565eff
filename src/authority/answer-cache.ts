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
 * clients. A response is found only with the state that it was signed for: a process that has just read a
 * revocation from the store never finds the previous response.
 */
export function createAnswerCache() {
  const answers = new Map<string, { state: string; at: number; answer: Promise<SharedAnswer> }>()
  const keyOf = ({ issuerId, certificateId }: Omit<AskedCertificate, 'state'>) =>
    `${issuerId} ${toBinaryText(certificateId)}`
  return {
    /** Returns the cached response while it is fresh, or else that of `sign`. */
    findOrSign(
      asked: AskedCertificate,
      now: number,
      sign: () => Promise<SignedAnswer>,
    ): Promise<SharedAnswer> {
      const key = keyOf(asked)
      const state = JSON.stringify(asked.state)
      const found = answers.get(key)
      const isFresh = found !== undefined && now >= found.at && now - found.at < reuseMs
      if (isFresh && found.state === state) return found.answer
      const entry = { state, at: now, answer: sign().then(toShared) }
      answers.delete(key)
      answers.set(key, entry)
      // The next request retries a failed signature.
      entry.answer.catch(() => {
        if (answers.get(key) === entry) answers.delete(key)
      })
      const [oldest] = answers.keys()
      if (answers.size > maxAnswers && oldest !== undefined) answers.delete(oldest)
      return entry.answer
    },

    /** Returns the last response about a certificate while it is valid, whatever has become of the certificate. */
    async findLast(asked: Omit<AskedCertificate, 'state'>, now: number): Promise<SharedAnswer | undefined> {
      const answer = await answers.get(keyOf(asked))?.answer
      return answer !== undefined && now >= answer.thisUpdate && now < answer.nextUpdate ? answer : undefined
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
