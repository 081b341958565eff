import type { Retirement } from '../contract/rotation.ts'
import { PosternError } from '../errors.ts'
import type { Actor } from '../shapes/actor.ts'
import type { CertificateNews } from '../shapes/certificate-news.ts'
import { toMinute, toText } from '../shapes/moment.ts'
import type { DuePlan } from './plan-store.ts'
import { getTerms, judgePairs, type KnownRotation, type RotationDependencies } from './read-rotation.ts'
import type { RotatedCertificate } from './rotation.ts'
import type { RotationEmails } from './rotation-emails.ts'
import type { RotationPair } from './rotation-store.ts'

/** A certificate of an organization. */
interface Place {
  organization: { id: string; slug: string }
  certificateId: string
}

/** What retirements need of certificates and notifications. */
export interface RetireDependencies extends RotationDependencies {
  letters: RotationEmails
  /**
   * Revokes a certificate as superseded, with all that belongs to a revocation. In its transaction `check` gets whether
   * another valid certificate was accepted; if it throws, nothing is revoked. Throws `certificate_wrong_state`.
   */
  revoke(actor: Actor, place: Place, check: (hasOtherWorking: boolean) => void): Promise<void>
  /** Returns the recipients of the emails about a certificate. */
  findNews(place: Place): Promise<CertificateNews>
}

/**
 * Retires a certificate now, or decides when it is retired. Now it needs to be safe and not the last working one, unless
 * its name was typed. Throws `bad_request`, `certificate_wrong_state`, `retirement_not_safe` or `name_does_not_match`.
 */
export async function retireCertificate(
  dependencies: RetireDependencies,
  actor: Actor,
  { organization, pair }: { organization: Place['organization']; pair: RotationPair },
  { when, at, name }: Retirement,
): Promise<void> {
  const { old, next } = pair
  const now = dependencies.clock.now()
  if ((when === 'at') !== (at !== null))
    throw new PosternError('bad_request', 'Send `at` with `when: at`, and with nothing else.')
  if (old.status !== 'issued')
    throw wrongState(`${old.name} is ${old.status}, so there is nothing to retire.`)
  if (when === 'now') return retireNow(dependencies, actor, { organization, pair }, name)
  if (when !== 'manual' && next === null)
    throw wrongState(`${old.name} has no replacement. Rotate it first, or revoke it.`)
  const retireAt = at === null ? null : Date.parse(at)
  if (retireAt !== null && (retireAt <= now || retireAt >= (old.notAfter ?? 0)))
    throw new PosternError(
      'bad_request',
      `Send a time in the future that is before the expiry of ${old.name}, ${toText(old.notAfter)}.`,
    )
  if (retireAt !== null) await checkOverlap(dependencies, pair, retireAt)
  await dependencies.plans.set(old, when === 'manual' ? undefined : { mode: when, retireAt }, { actor, now })
}

/** A time after the end of the overlap would never come. */
async function checkOverlap(
  dependencies: RetireDependencies,
  pair: RotationPair,
  retireAt: number,
): Promise<void> {
  const [known] = await judgePairs(dependencies, [pair], getTerms(dependencies, pair.old.environment))
  const end = known?.overlap?.limitedUntil ?? null
  if (end !== null && retireAt > end)
    throw new PosternError(
      'bad_request',
      `The overlap of ${pair.old.name} and its replacement ends at ${toText(end)}, and from then on it is retired as soon as that is safe. Send an earlier time, or \`when_safe\`.`,
    )
}

async function retireNow(
  dependencies: RetireDependencies,
  actor: Actor,
  { organization, pair }: { organization: Place['organization']; pair: RotationPair },
  typed: string,
): Promise<void> {
  const { old } = pair
  const isNamed = typed.trim() === old.name
  if (typed.trim() !== '' && !isNamed)
    throw new PosternError(
      'name_does_not_match',
      'The name that was typed is not the name of this certificate. Nothing was retired.',
    )
  const [known] = await judgePairs(dependencies, [pair], getTerms(dependencies, old.environment))
  const { code, sentence } = known?.verdict ?? { code: 'not_watched', sentence: 'not yet' }
  if (code !== 'safe' && !isNamed)
    throw new PosternError(
      'retirement_not_safe',
      `${old.name}: ${sentence}. Type its name to retire it nevertheless. Nothing was retired.`,
    )
  await dependencies.revoke(actor, { organization, certificateId: old.id }, (hasOther) => {
    if (!hasOther && !isNamed) throw lastWorking(old)
  })
}

/**
 * Retires the certificates whose time has come, and those that are to be retired by themselves, as far as that is safe;
 * never the last working one. A time that has come is postponed while calls would be cut off, with one email about it.
 * If several processes do this concurrently, each certificate is retired once.
 */
export async function retireDue(
  dependencies: RetireDependencies,
  actor: Actor,
  onFailure: (error: unknown) => void,
): Promise<void> {
  const { plans, clock } = dependencies
  await plans.deleteOver(clock.now())
  for (let after = ''; ; ) {
    const due = await plans.listDue(clock.now(), after)
    const last = due.at(-1)
    if (last === undefined) return
    after = last.certificateId
    // One certificate that cannot be retired does not hold up the others.
    for (const one of due) await settle(dependencies, actor, one).catch(onFailure)
  }
}

async function settle(dependencies: RetireDependencies, actor: Actor, due: DuePlan): Promise<void> {
  const { rotations, environments, clock } = dependencies
  const terms = environments.get(due.environment)
  const pair = await rotations.findOld(due.organizationId, due.certificateId, clock.now())
  // Nothing serves an environment that is not configured any more.
  if (terms === undefined || pair === undefined) return
  const [known] = await judgePairs(dependencies, [pair], terms)
  if (known === undefined) return
  const organization = { id: due.organizationId, slug: due.organizationSlug }
  const obstacle = await retireIfSafe(dependencies, actor, { organization, known })
  if (obstacle !== undefined) await postpone(dependencies, due, { known, verdict: obstacle })
}

/**
 * Retires the old certificate of a rotation by itself, if that is safe and another one works; returns what keeps it, in
 * the words of the verdict. One that somebody else has ended meanwhile needs nothing.
 */
export async function retireIfSafe(
  dependencies: RetireDependencies,
  actor: Actor,
  { organization, known: { old, verdict } }: { organization: Place['organization']; known: KnownRotation },
): Promise<string | undefined> {
  if (verdict.code !== 'safe') return verdict.sentence
  try {
    await dependencies.revoke(actor, { organization, certificateId: old.id }, (hasOther) => {
      if (!hasOther) throw lastWorking(old)
    })
  } catch (error) {
    const code = error instanceof PosternError ? error.code : undefined
    if (code === 'name_does_not_match') return `not yet: ${old.name} is the last certificate that works`
    if (code !== 'certificate_wrong_state') throw error
  }
  return undefined
}

async function postpone(
  dependencies: RetireDependencies,
  due: DuePlan,
  { known, verdict }: { known: KnownRotation; verdict: string },
): Promise<void> {
  const { plan, certificateId, organizationId, organizationSlug } = due
  if (plan.retireAt === null || plan.postponedSince !== null) return
  const organization = { id: organizationId, slug: organizationSlug }
  const { retireAt } = plan
  const planned = `was to be retired at ${toMinute(retireAt)}, as planned`
  // The contacts may know already that it is retired as soon as that is safe.
  const emails =
    (known.overlap?.postponedSince ?? null) !== null
      ? []
      : dependencies.letters.postponed(await dependencies.findNews({ organization, certificateId }), {
          ...{ retireAt, planned, verdict },
        })
  const now = dependencies.clock.now()
  await dependencies.plans.postpone({ id: certificateId, organizationId }, { verdict, emails, now })
}

const wrongState = (sentence: string) => new PosternError('certificate_wrong_state', sentence)

const lastWorking = ({ name }: Pick<RotatedCertificate, 'name'>) =>
  new PosternError(
    'name_does_not_match',
    `${name} is the last certificate here that works: type its name to retire it nevertheless. Nothing was retired.`,
  )
