import type { Clock } from '../clock.ts'
import { createReadiness, type Problem, type Readiness } from '../monitoring/readiness.ts'
import type { Database } from '../storage/database.ts'
import { isClockOff } from '../storage/find-clock-problem.ts'

const clockAgeMs = 30_000

interface PublicationReadinessDependencies {
  database: Pick<Database, 'queries'>
  isStoreAway(): boolean
  findListEnd(): number | undefined
  lacksResponder(): boolean
  clock: Clock
}

/**
 * Creates the readiness of a process that publishes. While the store is away it serves what it has, and a CRL or a
 * responder that has expired keeps nobody from the others: only a wrong clock takes work away from it.
 */
export const createPublicationReadiness = ({
  database: { queries },
  isStoreAway,
  findListEnd,
  lacksResponder,
  clock,
}: PublicationReadinessDependencies): Readiness =>
  createReadiness([
    { find: () => when('store_unreachable', isStoreAway()) },
    { find: () => when('crl_expired', (findListEnd() ?? Number.POSITIVE_INFINITY) <= clock.now()) },
    { find: () => when('ocsp_responder_expired', lacksResponder()) },
    {
      find: async () =>
        (await isClockOff(queries, clock.now())) ? [{ code: 'clock_wrong', isBlocking: true }] : [],
      maxAgeMs: clockAgeMs,
    },
  ])

const when = (code: Problem['code'], isSo: boolean): Problem[] => (isSo ? [{ code, isBlocking: false }] : [])
