import type { Clock } from '../clock.ts'
import type { RotationSummary, RotationView } from '../contract/rotation.ts'
import { PosternError } from '../errors.ts'
import { readActor } from '../shapes/actor.ts'
import { type GatewayWatch, isWatched } from '../shapes/gateway-watch.ts'
import { toText } from '../shapes/moment.ts'
import { type Findings, judgeRetirement, type Verdict } from './judge-retirement.ts'
import { describeEnded, findOverlap, type Overlap, type OverlapHold } from './overlap.ts'
import type { OverlapStore } from './overlap-store.ts'
import type { PlanStore } from './plan-store.ts'
import { noTraffic, type RotatedCertificate, type StoredPlan, type Traffic } from './rotation.ts'
import type { RotationPair, RotationStore } from './rotation-store.ts'
import { type IssuedTokens, recentMinutes, type TrafficStore } from './traffic-store.ts'

const hour = 3_600_000
const day = 24 * hour
const shownAddresses = 20
/** Credentials that have not come with the old certificate for so long are not expected to switch. */
const expectedMs = 30 * day

/** The settings of an environment for rotations. */
export interface RotationTerms {
  retirementSilenceHours: number
  rotationOverlapDays: number | null
  tokenSeconds: number
}

/** What rotations are read with. */
export interface RotationDependencies {
  rotations: RotationStore
  traffic: TrafficStore
  plans: PlanStore
  overlaps: OverlapStore
  /** Returns since when the gateways report without a gap. */
  readWatch(): Promise<GatewayWatch | undefined>
  environments: ReadonlyMap<string, RotationTerms>
  clock: Clock
}

/** A rotation as it stands, with all that its verdict rests on. */
export interface KnownRotation extends Findings {
  verdict: Verdict
  plan: StoredPlan | undefined
  overlap: Overlap | null
  /** The last end of its overlap at which it was not retired, whatever the end is now. */
  hold: OverlapHold | undefined
}

/** Returns an environment's settings. Throws `unavailable` if it is no longer configured. */
export function getTerms({ environments }: RotationDependencies, name: string): RotationTerms {
  const terms = environments.get(name)
  if (terms !== undefined) return terms
  throw new PosternError(
    'unavailable',
    'The environment of this certificate is not configured any more. Ask the operator.',
  )
}

/** Returns how these rotations of one environment stand. */
export async function judgePairs(
  dependencies: RotationDependencies,
  pairs: readonly RotationPair[],
  { retirementSilenceHours, rotationOverlapDays }: Omit<RotationTerms, 'tokenSeconds'>,
): Promise<KnownRotation[]> {
  const { traffic, plans, overlaps, readWatch, clock } = dependencies
  const now = clock.now()
  const silenceMs = retirementSilenceHours * hour
  const oldIds = pairs.map(({ old }) => old.id)
  const nextIds = pairs.flatMap(({ next }) => (next === null ? [] : [next.id]))
  const [uses, steady, addresses, planned, holds, watch] = await Promise.all([
    traffic.read([...oldIds, ...nextIds], now),
    traffic.readSteady(nextIds, { now, silenceMs }),
    traffic.listAddresses(oldIds, now - Math.max(silenceMs, hour)),
    plans.list(oldIds),
    overlaps.list(oldIds),
    readWatch(),
  ])
  return pairs.map((pair) => {
    const { old, next } = pair
    const findings: Findings = {
      old,
      oldTraffic: uses.get(old.id) ?? noTraffic,
      addresses: addresses.filter(({ certificateId }) => certificateId === old.id).slice(0, shownAddresses),
      next,
      nextTraffic: (next && uses.get(next.id)) ?? noTraffic,
      nextSteady: (next && steady.get(next.id)) ?? null,
      watch,
      silenceMs,
    }
    const plan = planned.get(old.id)
    const hold = holds.get(old.id)
    const overlap = findOverlap(pair, { plan, hold, days: rotationOverlapDays }, now)
    return { ...findings, verdict: judgeRetirement(findings, now), plan, overlap, hold }
  })
}

/** Returns a rotation with everything that still uses its old certificate. Throws `unavailable`. */
export async function readRotation(
  dependencies: RotationDependencies,
  pair: RotationPair,
): Promise<RotationView> {
  const { rotations, traffic, clock } = dependencies
  const terms = getTerms(dependencies, pair.old.environment)
  const now = clock.now()
  const { id, organizationId, environment } = pair.old
  const [[known], generations, hasOther, credentials, tokens] = await Promise.all([
    judgePairs(dependencies, [pair], terms),
    rotations.listGenerations(organizationId, pair.next?.id ?? id, now),
    rotations.hasOtherWorking({ id, organizationId, environment, now }),
    traffic.listCredentials(id, now - expectedMs),
    traffic.listTokens(
      pair.next === null ? [id] : [id, pair.next.id],
      now - expectedMs,
      now - terms.tokenSeconds * 1000,
    ),
  ])
  if (known === undefined) throw new Error('A rotation was not judged.')
  const { watch, silenceMs } = known
  const bound = createTokenView(tokens, pair, terms.tokenSeconds * 1000, now)
  return {
    ...toSummary(known, now),
    silenceHours: terms.retirementSilenceHours,
    watchedSince: isWatched(watch, now) ? toText(watch.since) : null,
    isLastWorking: !hasOther,
    clientAddresses: known.addresses.map(({ address, lastAt }) => ({ address, lastAt: toText(lastAt) })),
    credentials: credentials
      .map(({ lastAt, ...credential }) => ({
        ...credential,
        lastUsedAt: toText(lastAt),
        tokenValidUntil: toText(bound.validUntil(credential.id)),
        hasNewToken: bound.hasNew(credential.id),
      }))
      .filter(({ hasNewToken, lastUsedAt }) => !hasNewToken || Date.parse(lastUsedAt) > now - silenceMs),
    boundTokens: bound.total(),
    generations: generations.map(({ id, name, status }) => ({ id, name, status })),
  }
}

/** Returns a rotation as lists show it. */
export function toSummary(
  { old, next, oldTraffic, nextTraffic, verdict, plan, overlap }: KnownRotation,
  now: number,
): RotationSummary {
  const both = oldTraffic.calls + nextTraffic.calls
  const side = (certificate: RotatedCertificate, use: Traffic) => ({
    id: certificate.id,
    name: certificate.name,
    description: certificate.description,
    status: certificate.status,
    notAfter: toText(certificate.notAfter),
    daysLeft: certificate.notAfter && Math.max(0, Math.floor((certificate.notAfter - now) / day)),
    callsPerMinute: use.recentCalls / recentMinutes,
    calls: use.calls,
    deniedCalls: use.denied,
    share: both === 0 ? null : use.calls / both,
    firstUsedAt: toText(certificate.firstUsedAt),
    lastUsedAt: toText(certificate.lastUsedAt),
    lastDeniedAt: toText(certificate.lastDeniedAt),
  })
  return {
    environment: old.environment,
    old: side(old, oldTraffic),
    new: next && side(next, nextTraffic),
    verdict: {
      code: verdict.code,
      sentence:
        verdict.code === 'safe' ? verdict.sentence : `${verdict.sentence}${describeEnded(overlap, now)}`,
      silentSince: toText(verdict.silentSince),
      safeFrom: toText(verdict.safeFrom),
    },
    plan:
      plan === undefined
        ? null
        : {
            mode: plan.mode,
            at: toText(plan.retireAt),
            postponedSince: toText(plan.postponedSince),
            setBy: readActor(plan.setBy.name, plan.setBy.ref),
          },
    overlap: overlap && {
      endsAt: toText(overlap.endsAt),
      ...{ rule: overlap.rule, days: overlap.days },
      limitedUntil: toText(overlap.limitedUntil),
      postponedSince: toText(overlap.postponedSince),
    },
  }
}

/** Says which access tokens are bound to the old certificate, and who has one of the new. */
function createTokenView(
  tokens: readonly IssuedTokens[],
  { old, next }: RotationPair,
  lifetimeMs: number,
  now: number,
) {
  const valid = tokens.filter((one) => one.certificateId === old.id && one.lastAt + lifetimeMs > now)
  const newest = (issued: readonly IssuedTokens[]) =>
    issued.length === 0 ? null : Math.max(...issued.map(({ lastAt }) => lastAt)) + lifetimeMs
  return {
    validUntil: (credentialId: string) => newest(valid.filter((one) => one.credentialId === credentialId)),
    hasNew: (credentialId: string) =>
      tokens.some((one) => one.certificateId === next?.id && one.credentialId === credentialId),
    total: () => ({
      atMost: old.status === 'issued' ? valid.reduce((sum, { count }) => sum + count, 0) : 0,
      validUntil: old.status === 'issued' ? toText(newest(valid)) : null,
    }),
  }
}
