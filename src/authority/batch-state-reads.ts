import type { CertificateState } from '../pki/status/ocsp-response.ts'

/** A reader of certificate states. */
interface StateReader {
  list(issuerId: string, serialNumbers: readonly string[]): Promise<CertificateState[]>
}

interface Waiting {
  serialNumbers: string[]
  answer: Promise<CertificateState[]>
}

/** More are read together only if one request asks for more. */
const maxAtOnce = 256

/**
 * Batches the reads of one turn of the event loop, so that a busy responder rarely queries the store. Nothing
 * is cached: each caller gets the state of the store after its call.
 */
export function batchStateReads(states: StateReader): StateReader {
  const waiting = new Map<string, Waiting>()

  const open = (issuerId: string): Waiting => {
    const serialNumbers: string[] = []
    const answer = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      if (waiting.get(issuerId)?.serialNumbers === serialNumbers) waiting.delete(issuerId)
      return states.list(issuerId, padded(serialNumbers))
    })
    const opened = { serialNumbers, answer }
    waiting.set(issuerId, opened)
    return opened
  }

  return {
    async list(issuerId, serialNumbers) {
      const present = waiting.get(issuerId)
      const group =
        present !== undefined && present.serialNumbers.length < maxAtOnce ? present : open(issuerId)
      const start = group.serialNumbers.push(...serialNumbers) - serialNumbers.length
      return (await group.answer).slice(start, start + serialNumbers.length)
    },
  }
}

/**
 * Returns the list padded to a power of two with its last entry, so that the store prepares few statements.
 */
function padded(serialNumbers: readonly string[]): string[] {
  const [last = ''] = serialNumbers.slice(-1)
  const length = 2 ** Math.ceil(Math.log2(serialNumbers.length))
  return Array.from({ length }, (_, i) => serialNumbers[i] ?? last)
}
