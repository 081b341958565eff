import { hash } from 'node:crypto'
import type { CertificateState } from '../pki/status/ocsp-response.ts'

/** A signed answer. Times are milliseconds since 1970. */
export interface SignedAnswer {
  der: Uint8Array
  thisUpdate: number
  nextUpdate: number
  /** Whether nothing in it can change: every certificate is revoked. */
  isFinal: boolean
}

/** One that is given to several, who may ask by this whether it is still the same. */
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

const mostAnswers = 10_000
/** Half the life of an answer, so that whoever gets one can keep it for the other half. */
const reuseMilliseconds = 300_000

/**
 * Answers to those who ask the same within five minutes, so that one signature serves them all. An answer is
 * found by the state that it tells, as well as by the certificate: whoever has just read from the store that a
 * certificate is revoked never finds the answer from before.
 */
export function createAnswerCache() {
  const answers = new Map<string, { at: number; answer: Promise<SharedAnswer> }>()
  return {
    /** The answer of before, while it is fresh, or the one that `sign` gives. */
    findOrSign(
      { issuerId, certificateId, state }: AskedCertificate,
      now: number,
      sign: () => Promise<SignedAnswer>,
    ): Promise<SharedAnswer> {
      const key = `${issuerId} ${toBinaryText(certificateId)} ${JSON.stringify(state)}`
      const found = answers.get(key)
      if (found !== undefined && now >= found.at && now - found.at < reuseMilliseconds) return found.answer
      const answer = sign().then(toShared)
      answers.delete(key)
      answers.set(key, { at: now, answer })
      // A failed signature is tried again at the next request.
      answer.catch(() => answers.delete(key))
      const [oldest] = answers.keys()
      if (answers.size > mostAnswers && oldest !== undefined) answers.delete(oldest)
      return answer
    },
  }
}

/** The answer with its name. */
export const toShared = (answer: SignedAnswer): SharedAnswer => ({
  ...answer,
  sha256: hash('sha256', answer.der),
})

const toBinaryText = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
