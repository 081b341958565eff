import type { ActivityKind } from './activity.ts'
import type { ErrorCode } from './error-codes.ts'
import type { LostEnding } from './lost-ending.ts'

/** One thing that a gateway saw. Moments are milliseconds since 1970. */
export interface ActivityRecord {
  /** Names the row across retries. */
  id: string
  at: number
  kind: ActivityKind
  outcome: 'ok' | 'refused'
  code: ErrorCode | null
  /** Why it would have been refused, if a certificate were required of the organization. */
  wouldBeCode: ErrorCode | null
  explanation: string | null
  environment: string
  organizationId: string | null
  /** Whether the client has proven to be of the organization, by a key, a secret or an access token; else it only named it. */
  proven: boolean
  certificateId: string | null
  credentialId: string | null
  /** Of known API credentials of the organization; what a client sends in its place may be a secret. */
  clientId: string | null
  method: string | null
  /** As the environment has it recorded: never with the query. */
  path: string | null
  status: number | null
  tlsVersion: string | null
  cipher: string | null
  resumed: boolean
  clientAddress: string
  serverName: string | null
  presented: { subject: string; issuer: string; serialNumber: string; fingerprintSha256: string } | null
  traceId: string
}

/** How a certificate was used in one minute, as far as one batch knows. */
export interface CertificateUsage {
  certificateId: string
  /** Start of the minute. */
  minute: number
  handshakes: number
  /** Answers by the class of their status. */
  ok: number
  redirects: number
  clientErrors: number
  serverErrors: number
  /** Of the gateway itself. */
  refusals: number
  /** When it was first and last let in; null where it was only refused. */
  firstAcceptedAt: number | null
  lastAcceptedAt: number | null
}

/** How often a TLS version or a client address was seen with a certificate on one day. */
export interface UsageFacet {
  certificateId: string
  /** Start of the day, UTC. */
  day: number
  kind: 'tls' | 'address'
  value: string
  count: number
  lastAt: number
}

/** How often callers were refused for one cause in one hour. */
export interface RefusalCount {
  environment: string
  /** Null where it is not known whose caller it was. */
  organizationId: string | null
  code: ErrorCode
  /** Start of the hour. */
  hour: number
  count: number
  /** How many of them only named the organization. */
  unproven: number
  lastAt: number
}

/** How many calls of an organization would pass or be refused if a certificate were required of it, in one hour. */
export interface ReadinessCount {
  organizationId: string
  environment: string
  /** Since when it is observed; what was counted for an earlier time is another count. */
  since: number
  credentialId: string | null
  /** Why they would be refused; null where they would pass. */
  code: ErrorCode | null
  /** Start of the hour. */
  hour: number
  calls: number
  lastAt: number
  lastAddress: string
}

/** What a gateway process tells of itself. */
export interface GatewayStanding {
  id: string
  processId: number
  host: string
  release: string
  startedAt: number
  seenAt: number
  /** Every change up to this version is in force in the process. */
  confirmedVersion: number
  /** In which life of the store that version was given. */
  epoch: string
  /** Open at `seenAt`. */
  connections: number
  /** Connections and answers since `startedAt`. */
  handshakes: number
  answers: number
  /** For how long the oldest of what is not written has been waiting, in milliseconds. */
  lagMilliseconds: number
  /** Records that are not written yet. */
  waitingRecords: number
  /** Since `startedAt`: records that had to make room in memory, and rows that the store has refused. */
  droppedRecords: number
  rejectedRows: number
}

/** Rows of a batch that the store refuses and that were left out of it; the code is that of the store. */
export interface RejectedRows {
  part: string
  code: string
  count: number
}

/** A revocation that a gateway has put in force. */
export interface Enforcement {
  certificateId: string
  at: number
  /** How many open connections were closed for it. */
  connections: number
}

/** A client that sent the statement of a registration with the certificate that it is about. */
export interface ProvenKey {
  registrationId: string
  challenge: string
  /** SHA-256 of the certificate, hex. */
  fingerprintSha256: string
  environment: string
  clientAddress: string
  at: number
}

/**
 * What a gateway hands to the store at once: all of it is written but for rows that the store refuses, or nothing; and
 * only once. Standing and confirmations are those of the moment, also where the rest is tried again.
 */
export interface UsageBatch {
  /** Counts the batches of this process from 1. */
  number: number
  gateway: GatewayStanding
  records: readonly ActivityRecord[]
  certificates: readonly CertificateUsage[]
  facets: readonly UsageFacet[]
  credentials: readonly { credentialId: string; lastUsedAt: number }[]
  refusals: readonly RefusalCount[]
  readiness: readonly ReadinessCount[]
  enforcements: readonly Enforcement[]
  provenKeys: readonly ProvenKey[]
}

/** An assertion by which a client has authenticated, under the name that it is remembered by. */
export interface AssertionUse {
  id: string
  expiresAt: number
}

/** A token that is not to be accepted any more. */
export interface TokenRevocation {
  tokenId: string
  environment: string
  expiresAt: number
  revokedAt: number
}

/** What a gateway knows of a life of the store that was lost when the store was put back to an older state. */
export interface StoreReturn {
  /** The life that it is in since. */
  epochId: string
  /** Host and process of the gateway. */
  gateway: string
  endings: readonly LostEnding[]
  revokedTokens: readonly { tokenId: string; expiresAt: number }[]
  usedAssertions: readonly AssertionUse[]
}
