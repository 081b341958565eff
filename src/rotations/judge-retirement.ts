import { formatCount } from '../contract/format-count.ts'
import type { RetirementCode } from '../contract/rotation.ts'
import { type GatewayWatch, isWatched } from '../shapes/gateway-watch.ts'
import { formatSpan } from './format-span.ts'
import {
  findLastUse,
  longestPause,
  type RotatedCertificate,
  type SteadyUse,
  type Traffic,
} from './rotation.ts'

const hour = 3_600_000
const namedAddresses = 3

/** What is known of a rotation. Times are milliseconds since 1970. */
export interface Findings {
  old: RotatedCertificate
  oldTraffic: Traffic
  /** The client addresses of the old certificate, the latest first. */
  addresses: readonly { address: string; lastAt: number }[]
  next: RotatedCertificate | null
  nextTraffic: Traffic
  /** Null if no gateway has accepted the replacement within the set time. */
  nextSteady: SteadyUse | null
  /** Undefined before anybody has looked after the gateways. */
  watch: GatewayWatch | undefined
  silenceMs: number
}

/** Whether an old certificate can be retired. */
export interface Verdict {
  code: RetirementCode
  sentence: string
  silentSince: number | null
  safeFrom: number | null
}

/**
 * Returns whether the old certificate of a rotation is safe to retire at `now`: only after it was silent for the set
 * time while the gateways reported without a gap and accepted the replacement again and again. Without the last two,
 * silence may be an outage: of the gateways, of those who watch them, of what stands before them, or of the client.
 */
export function judgeRetirement(findings: Findings, now: number): Verdict {
  const { old, next } = findings
  const decided = (code: RetirementCode, sentence: string): Verdict => ({
    ...{ code, sentence, silentSince: null, safeFrom: null },
  })
  if (old.status !== 'issued') {
    return old.status === 'expired'
      ? decided('expired', `${old.name} has expired: nothing is left to retire`)
      : decided('retired', `${old.name} is ${old.status}: it is not accepted any more`)
  }
  const used = describeUse(findings, now)
  if (used?.isNow === true) return decided('still_used', used.sentence)
  const obstacle = findObstacle(findings, now)
  if (next === null || obstacle?.isFirst === true)
    return decided(obstacle?.code ?? 'no_replacement', `not yet: ${obstacle?.sentence ?? ''}`)
  const since = findSilence(findings, now)
  const safeFrom = since.at + findings.silenceMs
  const waiting = (code: RetirementCode, sentence: string): Verdict => ({
    ...{ code, sentence, silentSince: since.at, safeFrom: Math.max(safeFrom, now) },
  })
  if (used !== undefined) return waiting('still_used', used.sentence)
  if (obstacle !== undefined) return decided(obstacle.code, `not yet: ${obstacle.sentence}`)
  if (safeFrom > now) return waiting(since.code, `not yet: ${describeWait(findings, since, now)}`)
  return {
    code: 'safe',
    sentence: `safe to retire: silent for ${formatSpan(now - since.at)}`,
    silentSince: since.at,
    safeFrom,
  }
}

/** Says who uses the old certificate; undefined if nobody has within the set time. */
function describeUse(
  { old, oldTraffic, addresses, silenceMs }: Findings,
  now: number,
): { isNow: boolean; sentence: string } | undefined {
  const lastUse = findLastUse(old, oldTraffic)
  if (lastUse === null || now - lastUse >= silenceMs) return undefined
  const count = oldTraffic.calls + oldTraffic.denied
  const from = (since: number) => nameAddresses(addresses.filter(({ lastAt }) => lastAt >= since))
  if (count > 0) {
    const sentence = `not yet: ${formatCount(count, 'call')} in the last hour${from(now - hour)}`
    return { isNow: true, sentence }
  }
  return {
    isNow: false,
    sentence: `not yet: last used ${formatSpan(now - lastUse)} ago${from(now - silenceMs)}`,
  }
}

function nameAddresses(addresses: readonly { address: string }[]): string {
  if (addresses.length === 0) return ''
  const more = addresses.length - namedAddresses
  const named = addresses.slice(0, namedAddresses).map(({ address }) => address)
  return ` from ${[...named, ...(more > 0 ? [`${more} more`] : [])].join(', ')}`
}

interface Obstacle {
  code: RetirementCode
  sentence: string
  /** Whether nothing else matters before it is out of the way. */
  isFirst?: true
}

/** Returns what is missing besides silence. */
function findObstacle(
  { old, next, nextTraffic, watch, silenceMs }: Findings,
  now: number,
): Obstacle | undefined {
  if (next === null)
    return { code: 'no_replacement', sentence: `${old.name} has no replacement`, isFirst: true }
  if (next.status === 'draft' || next.status === 'pending') {
    const state = next.status === 'draft' ? 'waits for its CSR' : 'waits for approval'
    return { code: 'replacement_not_issued', sentence: `${next.name} ${state}`, isFirst: true }
  }
  if (next.status !== 'issued')
    return {
      code: 'replacement_ended',
      sentence: `the replacement ${next.name} is ${next.status}`,
      isFirst: true,
    }
  if (next.firstUsedAt === null) {
    const denied = nextTraffic.denied
    const more = denied > 0 ? `, and ${formatCount(denied, 'call')} with it were denied in the last hour` : ''
    return {
      code: 'replacement_not_accepted',
      sentence: `no gateway has accepted ${next.name} yet${more}`,
      isFirst: true,
    }
  }
  if ((next.lastDeniedAt ?? 0) > (next.lastUsedAt ?? 0))
    return {
      code: 'replacement_denied',
      sentence: `the last request with ${next.name} was denied, ${formatSpan(now - (next.lastDeniedAt ?? now))} ago`,
    }
  if (!isWatched(watch, now))
    return { code: 'not_watched', sentence: 'it is not known whether the gateways report their calls now' }
  const pause = longestPause(silenceMs)
  if (now - (next.lastUsedAt ?? 0) > pause)
    return {
      code: 'replacement_unused',
      sentence: `${next.name} was last used ${formatSpan(now - (next.lastUsedAt ?? now))} ago, so the client or its way to the gateways may be down: silence counts only while it calls at least every ${formatSpan(pause)}`,
    }
  return undefined
}

interface Silence {
  at: number
  code: RetirementCode
}

/** Returns since when silence counts, and what keeps it from counting for longer. */
function findSilence(findings: Findings, now: number): Silence {
  const { old, oldTraffic, next, watch } = findings
  const lastUse = findLastUse(old, oldTraffic) ?? 0
  const accepted = next?.firstUsedAt ?? 0
  const watched = watch?.since ?? 0
  const steady = findSteady(findings, accepted, now)
  const at = Math.max(lastUse, accepted, watched, steady)
  if (at === watched && watched > lastUse) return { at, code: 'not_watched' }
  if (at === lastUse) return { at, code: 'still_used' }
  return { at, code: at === accepted ? 'replacement_too_new' : 'replacement_unused' }
}

/** Returns since when the replacement is used without a long pause; 0 if for as long as is asked. */
function findSteady({ nextSteady, silenceMs }: Findings, accepted: number, now: number): number {
  if (nextSteady === null) return now
  // Its first use is known exactly.
  const since = nextSteady.from <= accepted ? accepted : nextSteady.latest
  return now - since >= silenceMs ? 0 : since
}

function describeWait({ next, watch, silenceMs }: Findings, { at, code }: Silence, now: number): string {
  const progress = `for ${formatSpan(now - at)} of ${formatSpan(silenceMs)}`
  if (code === 'replacement_too_new') return `${next?.name ?? 'the replacement'} has been in use ${progress}`
  if (code === 'replacement_unused')
    return `${next?.name ?? 'the replacement'} has called without a pause of more than ${formatSpan(longestPause(silenceMs))} ${progress}`
  if (code === 'still_used') return `silent ${progress}`
  return `the gateways have reported without a gap ${progress} (${gapWords[watch?.reason ?? ''] ?? 'nobody watched before'})`
}

/** What ended the time before, by the reason that is stored. */
const gapWords: Readonly<Record<string, string>> = {
  none_running: 'before, no gateway ran',
  not_reporting: 'before, a gateway did not report',
  late: 'before, a gateway reported late',
  clock_wrong: 'before, the clock of a gateway was wrong',
  rows_rejected: 'before, the store rejected what a gateway reported',
}
