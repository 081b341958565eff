import type { Actor } from '../shapes/actor.ts'
import { daysToMs, toMinute } from '../shapes/moment.ts'
import type { EndedOverlaps, OverdueCertificate } from './overlap-store.ts'
import { judgePairs, type KnownRotation, type RotationTerms } from './read-rotation.ts'
import { type RetireDependencies, retireIfSafe } from './retire-certificate.ts'

/** How many certificates are read at once, and how many pages of them in one round: the next round goes on. */
const perPage = 100
const maxPages = 10

/** Returns the environments that limit overlaps, and when a replacement was accepted whose overlap ends at `now`. */
export const listEndedOverlaps = (
  environments: ReadonlyMap<string, Pick<RotationTerms, 'rotationOverlapDays'>>,
  now: number,
): EndedOverlaps[] =>
  [...environments].flatMap(([environment, { rotationOverlapDays: days }]) =>
    days === null ? [] : [{ environment, acceptedBefore: now - daysToMs(days) }],
  )

/**
 * Creates the task that retires certificates whose overlap with their replacement is over, as far as that is safe; never
 * the last working one. One that is not safe stays valid and is looked at again, with one email about each end of an
 * overlap. If several processes do this concurrently, each certificate is retired once.
 */
export function createOverlapEnd(
  dependencies: RetireDependencies,
  actor: Actor,
  onFailure: (error: unknown) => void,
): () => Promise<void> {
  const { overlaps, environments, clock } = dependencies
  let cursor: string | undefined
  return async () => {
    await overlaps.deleteOver(clock.now())
    for (let pages = 0; pages < maxPages; pages += 1) {
      const now = clock.now()
      const page = await overlaps.listOverdue(listEndedOverlaps(environments, now), {
        ...{ cursor, limit: perPage, now },
      })
      // Each is judged at its turn: the revocations before it take seconds, in which it may be used. One that cannot be
      // retired does not hold up the others.
      for (const item of page.items) await endOverlap(dependencies, actor, item).catch(onFailure)
      cursor = page.nextCursor ?? undefined
      if (cursor === undefined) return
    }
  }
}

/** A rotation whose overlap is over. */
export interface OverdueRotation {
  known: KnownRotation
  organization: OverdueCertificate['organization']
}

/** Returns how these rotations stand; none of an environment without a limit, or that ended meanwhile. */
export async function judgeOverdue(
  dependencies: RetireDependencies,
  overdue: readonly OverdueCertificate[],
): Promise<OverdueRotation[]> {
  const { rotations, environments, clock } = dependencies
  const judged = await Promise.all(
    [...Map.groupBy(overdue, ({ environment }) => environment)].map(async ([environment, all]) => {
      const terms = environments.get(environment)
      const pairs = await rotations.listOld(
        all.map(({ id }) => id),
        clock.now(),
      )
      return terms === undefined ? [] : judgePairs(dependencies, pairs, terms)
    }),
  )
  const known = new Map(judged.flat().map((one) => [one.old.id, one]))
  return overdue.flatMap(({ id, organization }) => {
    const one = known.get(id)
    const end = one?.overlap?.limitedUntil ?? null
    return one === undefined || end === null || end > clock.now() ? [] : [{ known: one, organization }]
  })
}

async function endOverlap(
  dependencies: RetireDependencies,
  actor: Actor,
  item: OverdueCertificate,
): Promise<void> {
  const [overdue] = await judgeOverdue(dependencies, [item])
  if (overdue === undefined) return
  const { known, organization } = overdue
  const obstacle = await retireIfSafe(dependencies, actor, { organization, known })
  const { old, next, overlap, hold, plan } = known
  const endsAt = overlap?.limitedUntil ?? null
  if (obstacle === undefined || endsAt === null || next === null) return
  if (hold !== undefined && hold.endsAt >= endsAt) return
  const { overlaps, letters, findNews, clock } = dependencies
  const emails =
    // The contacts know already that it is retired as soon as that is safe.
    (plan?.postponedSince ?? null) !== null
      ? []
      : letters.postponed(await findNews({ organization, certificateId: old.id }), {
          retireAt: endsAt,
          planned: `was to be retired at ${toMinute(endsAt)}, when the time ends that the provider gives it beside its replacement ${next.name}`,
          verdict: obstacle,
        })
  await overlaps.hold(old, { endsAt, verdict: obstacle, emails, actor, now: clock.now() })
}
