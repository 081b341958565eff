import type { ActivityKind } from './activity.ts'
import type { DenialCode } from './denial-codes.ts'
import type { LostRevocation } from './lost-revocation.ts'

/** One event that a gateway observed. Times are milliseconds since 1970. */
export interface ActivityRecord {
  /** Identifies the row across retries. */
  id: string
  at: number
  kind: ActivityKind
  outcome: 'ok' | 'refused'
  code: DenialCode | null
  /** The code of the denial if the organization were required to use a certificate. */
  wouldBeCode: DenialCode | null
  explanation: string | null
  environment: string
  organizationId: string | null
  /**
   * Whether the client has proven its organization by a key, a secret or an access token, or has only claimed
   * it.
   */
  proven: boolean
  certificateId: string | null
  credentialId: string | null
  /**
   * Set for known API credentials of the organization only: any other value a client sends may be a secret.
   */
  clientId: string | null
  method: string | null
  /** As the environment records paths: never with the query. */
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

/** Use of a certificate in one minute, as counted in one batch. */
export interface CertificateUsage {
  certificateId: string
  /** Start of the minute. */
  minute: number
  handshakes: number
  /** Answers by status class. */
  ok: number
  redirects: number
  clientErrors: number
  serverErrors: number
  /** Denied by the gateway itself. */
  refusals: number
  /** First and last time it was accepted; null if it was only denied. */
  firstAcceptedAt: number | null
  lastAcceptedAt: number | null
  /** Last time that a connection or a request with it was denied; null if none was. */
  lastDeniedAt: number | null
}

/** Use of an organization in one minute, with or without a certificate, as counted in one batch. */
export interface OrganizationUsage
  extends Pick<
    CertificateUsage,
    'minute' | 'handshakes' | 'ok' | 'redirects' | 'clientErrors' | 'serverErrors' | 'refusals'
  > {
  organizationId: string
  environment: string
  /** How many of the denied requests only claimed the organization. */
  unproven: number
}

/**
 * What is counted of a certificate beside its calls; `credential` and `token` by the ID of the credentials, `network` only
 * of calls that were accepted.
 */
export type FacetKind = 'tls' | 'address' | 'credential' | 'token' | 'network'

/**
 * How often a TLS version, a client address or network, or API credentials were observed with a certificate on one day; of a token
 * that was issued to credentials with it, in one hour.
 */
export interface UsageFacet {
  certificateId: string
  /** Start of the day, UTC; of the hour for `token`. */
  day: number
  kind: FacetKind
  value: string
  count: number
  lastAt: number
}

/** How often requests were denied for one cause in one hour. */
export interface DenialCount {
  environment: string
  /** Null if the organization is unknown. */
  organizationId: string | null
  code: DenialCode
  /** Start of the hour. */
  hour: number
  count: number
  /** How many of them only claimed the organization. */
  unproven: number
  lastAt: number
}

/**
 * How many calls of an organization would be allowed or denied in one hour if a certificate were required.
 */
export interface ReadinessCount {
  organizationId: string
  environment: string
  /** Start of monitoring; counts of an earlier start are separate. */
  since: number
  credentialId: string | null
  /** The code of the denial; null if they would be allowed. */
  code: DenialCode | null
  /** Start of the hour. */
  hour: number
  calls: number
  lastAt: number
  lastAddress: string
}

/** The status that a gateway process reports about itself. */
export interface GatewayStatus {
  id: string
  processId: number
  host: string
  release: string
  startedAt: number
  seenAt: number
  /** The process has applied every change up to this version. */
  confirmedVersion: number
  /** The store epoch in which that version was assigned. */
  epoch: string
  /** Open at `seenAt`. */
  connections: number
  /** Connections and answers since `startedAt`. */
  handshakes: number
  answers: number
  /** Age of the oldest record that is not written yet, milliseconds. */
  lagMilliseconds: number
  /** Records that are not written yet. */
  waitingRecords: number
  /** Since `startedAt`: records dropped for lack of memory, and rows that the store rejected. */
  droppedRecords: number
  rejectedRows: number
}

/** Rows of a batch that the store rejected and that were left out of it; the code is that of the store. */
export interface RejectedRows {
  part: string
  code: string
  count: number
}

/** A revocation that a gateway has applied. */
export interface ConfirmedRevocation {
  certificateId: string
  at: number
  /** How many open connections it closed. */
  connections: number
}

/** A client that sent the challenge file of a registration over mTLS with the certificate in question. */
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
 * A batch that a gateway writes in one transaction, once: all of it but for rows that the store rejects, or
 * nothing. Status and confirmations are current even if the rest is a retry.
 */
export interface UsageBatch {
  /** Counts the batches of this process from 1. */
  number: number
  gateway: GatewayStatus
  records: readonly ActivityRecord[]
  certificates: readonly CertificateUsage[]
  organizations: readonly OrganizationUsage[]
  facets: readonly UsageFacet[]
  credentials: readonly { credentialId: string; lastUsedAt: number }[]
  refusals: readonly DenialCount[]
  readiness: readonly ReadinessCount[]
  enforcements: readonly ConfirmedRevocation[]
  provenKeys: readonly ProvenKey[]
}

/** An assertion with which a client has authenticated, under the name by which its use is remembered. */
export interface AssertionUse {
  id: string
  expiresAt: number
}

/** A token that is no longer accepted. */
export interface TokenRevocation {
  tokenId: string
  environment: string
  expiresAt: number
  revokedAt: number
}

/** What a gateway knows of a store epoch that was lost when the store was restored to an older state. */
export interface StoreRestore {
  /** The current epoch of the store. */
  epochId: string
  /** Host and process of the gateway. */
  gateway: string
  endings: readonly LostRevocation[]
  revokedTokens: readonly { tokenId: string; expiresAt: number }[]
  usedAssertions: readonly AssertionUse[]
}
