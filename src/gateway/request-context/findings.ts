import type { DenialCode } from '../../contract/denial-codes.ts'
import type { AccessDecision } from '../decision/access-decision.ts'

/**
 * What has been found out about a request so far. Each step that finds something makes a new value and hands it to the
 * steps after it: to their answer and to the record of the request.
 */
export interface Findings {
  /** Nothing before that is decided, and of public documents. */
  readonly access: AccessDecision | undefined
  /** The remaining rate limit of its organization, if the environment has one. */
  readonly rateLimit: RateLimit | undefined
  /** The API credentials of its access token, or those that it has named and proven at an OAuth endpoint. */
  readonly credentials: UsedCredentials | undefined
  /** What is counted for the enforcement readiness of the organization while it is monitored. */
  readonly readiness: Readiness | undefined
}

/** What is known of a client on which is decided. */
export interface FindingsOf<Access extends AccessDecision> extends Findings {
  readonly access: Access
}

/** Of an organization that the client belongs to. */
export interface UsedCredentials {
  readonly clientId: string | null
  /** Null where the request names them alone, and has not proven to have them. */
  readonly credentialId: string | null
}

/** The fields `RateLimit-Policy` and `RateLimit` of a response (draft-ietf-httpapi-ratelimit-headers-10). */
export interface RateLimit {
  policy: string
  left: string
}

/** The outcome of an allowed request if its organization required a certificate. */
export interface Readiness {
  organizationId: string
  /** When monitoring began, milliseconds since 1970. */
  since: number
  /** Why it would be denied; null where it would pass all the same. */
  code: DenialCode | null
  explanation: string | null
}

/** Of a request about whose client nothing is known. */
export const nothingFound: Findings = {
  access: undefined,
  rateLimit: undefined,
  credentials: undefined,
  readiness: undefined,
}

/** What the decision on a client tells. */
export const getFindings = <Access extends AccessDecision>(access: Access): FindingsOf<Access> => ({
  access,
  rateLimit: undefined,
  credentials: undefined,
  readiness: undefined,
})
