import type { Retirement } from '../contract/rotation.ts'
import { PosternError } from '../errors.ts'
import type { Actor } from '../shapes/actor.ts'
import type { CertificateNews } from '../shapes/certificate-news.ts'
import { toText } from '../shapes/moment.ts'
import type { DuePlan } from './plan-store.ts'
import { getTerms, judgePairs, type RotationDependencies } from './read-rotation.ts'
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
  await dependencies.plans.set(old, when === 'manual' ? undefined : { mode: when, retireAt }, { actor, now })
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
  if (known?.verdict.code !== 'safe') return postpone(dependencies, due, known?.verdict.sentence ?? 'not yet')
  const organization = { id: due.organizationId, slug: due.organizationSlug }
  try {
    await dependencies.revoke(actor, { organization, certificateId: due.certificateId }, (hasOther) => {
      if (!hasOther) throw lastWorking(pair.old)
    })
  } catch (error) {
    if (!(error instanceof PosternError && error.code === 'name_does_not_match')) throw error
    await postpone(dependencies, due, `not yet: ${pair.old.name} is the last certificate that works`)
  }
}

async function postpone(dependencies: RetireDependencies, due: DuePlan, verdict: string): Promise<void> {
  const { plan, certificateId, organizationId, organizationSlug } = due
  if (plan.retireAt === null || plan.postponedSince !== null) return
  const organization = { id: organizationId, slug: organizationSlug }
  const news = await dependencies.findNews({ organization, certificateId })
  const emails = dependencies.letters.postponed(news, { retireAt: plan.retireAt, verdict })
  const now = dependencies.clock.now()
  await dependencies.plans.postpone({ id: certificateId, organizationId }, { verdict, emails, now })
}

const wrongState = (sentence: string) => new PosternError('certificate_wrong_state', sentence)

const lastWorking = ({ name }: Pick<RotatedCertificate, 'name'>) =>
  new PosternError(
    'name_does_not_match',
    `${name} is the last certificate here that works: type its name to retire it nevertheless. Nothing was retired.`,
  )
