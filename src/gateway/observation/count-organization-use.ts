import type { ActivityRecord, OrganizationUsage } from '../../contract/usage-batch.ts'
import { classOf } from './count-use.ts'

const minuteMs = 60_000

type Countable = Pick<
  ActivityRecord,
  'at' | 'outcome' | 'kind' | 'status' | 'environment' | 'organizationId' | 'proven'
>
type Minutes = Map<number, OrganizationUsage>

/**
 * Counts the use of each organization by minute, with or without a certificate, until the counts are taken.
 */
export function createOrganizationUseCounter() {
  const environments = new Map<string, Map<string, Minutes>>()

  const minutesOf = (environment: string, organizationId: string): Minutes => {
    let organizations = environments.get(environment)
    if (organizations === undefined) {
      organizations = new Map()
      environments.set(environment, organizations)
    }
    let minutes = organizations.get(organizationId)
    if (minutes === undefined) {
      minutes = new Map()
      organizations.set(organizationId, minutes)
    }
    return minutes
  }
  const usageAt = (environment: string, organizationId: string, at: number): OrganizationUsage => {
    const minutes = minutesOf(environment, organizationId)
    const minute = at - (at % minuteMs)
    const known = minutes.get(minute)
    if (known !== undefined) return known
    const counts = { handshakes: 0, ok: 0, redirects: 0, clientErrors: 0, serverErrors: 0 }
    const usage = { environment, organizationId, minute, ...counts, refusals: 0, unproven: 0 }
    minutes.set(minute, usage)
    return usage
  }

  return {
    /** Counts an event; one that is tied to no organization is not counted. */
    count({ at, outcome, kind, status, environment, organizationId, proven }: Countable): void {
      if (organizationId === null) return
      const usage = usageAt(environment, organizationId, at)
      if (outcome === 'refused') {
        usage.refusals += 1
        if (!proven) usage.unproven += 1
      } else if (kind !== 'connection') usage[classOf(status)] += 1
    },
    /** Counts a handshake with a known certificate of the organization. */
    countHandshake({ environment, organizationId }: CertificateOwner, at: number): void {
      usageAt(environment, organizationId, at).handshakes += 1
    },
    take: (): OrganizationUsage[] =>
      [...environments.values()].flatMap((organizations) =>
        [...organizations.values()].flatMap((minutes) => [...minutes.values()]),
      ),
  }
}

/** Where a certificate belongs. */
export interface CertificateOwner {
  environment: string
  organizationId: string
}
