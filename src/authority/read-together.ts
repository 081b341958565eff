import type { CertificateState } from '../pki/status/ocsp-response.ts'

/** What can read the states of certificates. */
interface StateReader {
  list(issuerId: string, serialNumbers: readonly string[]): Promise<CertificateState[]>
}

interface Waiting {
  serialNumbers: string[]
  answer: Promise<CertificateState[]>
}

/** More are read at once only where one request asks after more. */
const mostAtOnce = 256

/**
 * Reads what is asked for in the same turn of the event loop at once, so that a busy responder asks the store
 * seldom. Nothing is kept: each is told what the store says after it has asked.
 */
export function readTogether(states: StateReader): StateReader {
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
        present !== undefined && present.serialNumbers.length < mostAtOnce ? present : open(issuerId)
      const start = group.serialNumbers.push(...serialNumbers) - serialNumbers.length
      return (await group.answer).slice(start, start + serialNumbers.length)
    },
  }
}

/** As many as a power of two, the last one repeated, so that the store prepares few statements. */
function padded(serialNumbers: readonly string[]): string[] {
  const [last = ''] = serialNumbers.slice(-1)
  const length = 2 ** Math.ceil(Math.log2(serialNumbers.length))
  return Array.from({ length }, (_, i) => serialNumbers[i] ?? last)
}
