import type { ActorView } from '../contract/actor.ts'
import type { CertificatePurpose } from '../contract/environment.ts'
import type { MigrationView } from '../contract/migration.ts'

/**
 * The plan by which an organization leaves the certificates of other CAs in an environment. Times are
 * milliseconds since 1970.
 */
export interface MigrationPlan {
  /** The time from which these certificates are not to be accepted; null without one. */
  deadline: number | null
  /** When the deadline was set. */
  plannedAt: number | null
  /** The time from which gateways deny them: null until nothing stands against the deadline. */
  endsAt: number | null
  /** How many recent calls an operator has agreed to deny. */
  acceptedDenied: number | null
  /** The time since which the deadline is postponed. */
  postponedSince: number | null
  /** The last reminder, in days before the deadline. */
  remindedDays: number | null
  /** Until when certificates for TLS servers alone are accepted. */
  exceptionUntil: number | null
  /** The paragraphs that the operator writes to the organization. */
  message: readonly string[]
  /** When a scheduled task has to look at it next. */
  nextStepAt: number | null
}

/** A plan that somebody has decided. */
export interface DecidedMigration extends MigrationPlan {
  /** Who or what changed it last. */
  updatedBy: ActorView
}

/** The organization and environment of a plan. */
export interface MigrationScope {
  organizationId: string
  environment: string
}

/** Externally issued certificates of one issuer and purpose, and the calls with them. */
export interface IssuerUse {
  issuer: string
  purpose: CertificatePurpose | null
  certificates: number
  calls: number
  /** When the last of them expires. */
  lastNotAfter: number
}

/** The plan of an organization without a decision. */
export const noPlan: MigrationPlan = {
  deadline: null,
  plannedAt: null,
  endsAt: null,
  acceptedDenied: null,
  postponedSince: null,
  remindedDays: null,
  exceptionUntil: null,
  message: [],
  nextStepAt: null,
}

/** Returns the state of a plan at `now`. */
export function getState(
  { deadline, endsAt, postponedSince }: MigrationPlan,
  now: number,
): MigrationView['state'] {
  if (endsAt !== null && now >= endsAt) return 'ended'
  if (postponedSince !== null && endsAt === null) return 'postponed'
  return deadline === null ? 'accepted' : 'planned'
}
