import { getConfirmedUntil } from '../../shapes/confirmed-until.ts'
import type { RegisteredStatus } from './registered-status.ts'
import { hasEnded } from './validity.ts'

/** Creates the memory of what other CAs say of the certificates that they issued. */
export function createExternalStatuses() {
  const statuses = new Map<string, RegisteredStatus>()
  const ends = new Map<string, number | null>()

  const set = (certificateId: string, status: RegisteredStatus | undefined): void => {
    if (status === undefined) statuses.delete(certificateId)
    else statuses.set(certificateId, status)
  }

  return {
    find: (certificateId: string) => statuses.get(certificateId),
    findConfirmedUntil(certificateId: string): number | undefined {
      const status = statuses.get(certificateId)
      return status && getConfirmedUntil(status, ends)
    },
    set,
    /** Sets until when the last answer about a statement holds; undefined if it is no longer asked for. */
    setCheck(checkId: string, confirmedUntil: number | null | undefined): void {
      if (confirmedUntil === undefined) ends.delete(checkId)
      else ends.set(checkId, confirmedUntil)
    },
    /** Keeps of a revoked certificate what its CA says of the revocation, and nothing else. */
    noteRevoked(certificateId: string): void {
      const status = statuses.get(certificateId)
      if (status !== undefined)
        set(certificateId, status.finding === null ? undefined : { ...status, links: [] })
    },
    /**
     * Forgets certificates that have expired at `now`, and statements that are about no other. Those that had not expired
     * when the portal last stored a status are kept, since the clock may be ahead: a forgotten one would be accepted
     * without end where it is asked softly. No more of them come without a later time of the portal.
     */
    forgetEnded(now: number): void {
      let storedAt = 0
      for (const { describedAt } of statuses.values()) storedAt = Math.max(storedAt, describedAt)
      const ended = Math.min(now, storedAt)
      const used = new Set<string>()
      for (const [certificateId, status] of statuses)
        if (hasEnded(status, ended)) statuses.delete(certificateId)
        else for (const { checkId } of status.links) used.add(checkId)
      for (const checkId of ends.keys()) if (!used.has(checkId)) ends.delete(checkId)
    },
    clear(): void {
      statuses.clear()
      ends.clear()
    },
  }
}
