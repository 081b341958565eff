import type { ActivityRecord, CertificateUsage, UsageFacet } from '../contract/usage-batch.ts'

const minuteMilliseconds = 60_000
const dayMilliseconds = 86_400_000
/** Addresses of one certificate that are told apart between two batches; the rest are counted together. */
const mostAddresses = 50
const otherAddresses = 'other'

type Countable = Pick<ActivityRecord, 'at' | 'outcome' | 'kind' | 'status' | 'tlsVersion' | 'clientAddress'>

/** Counts how certificates are used, by minute and by facet of the day, until it is taken. */
export function createUseCounter() {
  const usages = new Map<string, CertificateUsage>()
  const facets = new Map<string, UsageFacet>()
  const addresses = new Map<string, number>()

  const usageAt = (certificateId: string, at: number): CertificateUsage => {
    const minute = at - (at % minuteMilliseconds)
    const key = `${certificateId} ${minute}`
    const known = usages.get(key)
    if (known !== undefined) return known
    const usage: CertificateUsage = {
      certificateId,
      minute,
      handshakes: 0,
      ok: 0,
      redirects: 0,
      clientErrors: 0,
      serverErrors: 0,
      refusals: 0,
      firstAcceptedAt: null,
      lastAcceptedAt: null,
    }
    usages.set(key, usage)
    return usage
  }
  const countFacet = (certificateId: string, kind: UsageFacet['kind'], value: string, at: number) => {
    const day = at - (at % dayMilliseconds)
    const key = `${certificateId} ${day} ${kind} ${value}`
    const facet = facets.get(key)
    if (facet === undefined) facets.set(key, { certificateId, day, kind, value, count: 1, lastAt: at })
    else {
      facet.count += 1
      facet.lastAt = at
    }
  }
  const addressOf = (certificateId: string, address: string): string => {
    const key = `${certificateId} ${address}`
    if (addresses.has(key)) return address
    const count = addresses.get(certificateId) ?? 0
    if (count >= mostAddresses) return otherAddresses
    addresses.set(certificateId, count + 1)
    addresses.set(key, 1)
    return address
  }

  return {
    isEmpty: () => usages.size === 0,
    /** Counts something that was seen of a certificate; `accepted` says whether it was let in. */
    count(certificateId: string, seen: Countable, accepted: boolean): void {
      const usage = usageAt(certificateId, seen.at)
      if (seen.outcome === 'refused') usage.refusals += 1
      else if (seen.kind !== 'connection') usage[classOf(seen.status)] += 1
      countFacet(certificateId, 'address', addressOf(certificateId, seen.clientAddress), seen.at)
      if (seen.tlsVersion !== null) countFacet(certificateId, 'tls', seen.tlsVersion, seen.at)
      if (!accepted) return
      usage.firstAcceptedAt ??= seen.at
      usage.lastAcceptedAt = seen.at
    },
    /** Counts a handshake with a certificate that is known. */
    countHandshake(certificateId: string, at: number): void {
      usageAt(certificateId, at).handshakes += 1
    },
    take: () => ({ certificates: [...usages.values()], facets: [...facets.values()] }),
  }
}

/** An edge does not tell how the API answered; that the call passed is all that is known. */
function classOf(status: number | null): 'ok' | 'redirects' | 'clientErrors' | 'serverErrors' {
  if (status === null || status < 300) return 'ok'
  if (status < 400) return 'redirects'
  return status < 500 ? 'clientErrors' : 'serverErrors'
}
