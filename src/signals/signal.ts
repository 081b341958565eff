import type { keyKinds } from '../contract/environment.ts'
import type { SignalKind } from '../contract/signal.ts'
import type { KeyRules } from '../shapes/allowed-keys.ts'

/** What an environment says about signals. */
export interface SignalRules extends KeyRules {
  signals: { unusedDays: number; replacementDays: number; secretDays: number; keyKindDays: number }
}

/** A certificate as it is judged. Times are milliseconds since 1970. */
export interface JudgedCertificate {
  id: string
  organizationId: string
  environment: string
  status: string
  /** Of an externally issued certificate, when it was registered. */
  issuedAt: number
  notAfter: number
  revokedAt: number | null
  firstUsedAt: number | null
  lastUsedAt: number | null
  lastDeniedAt: number | null
  /** Whether a gateway has accepted its replacement. */
  isReplaced: boolean
  /** What it replaces. */
  replaced: { status: string; notAfter: number } | null
  /** The kind of its key, read from the certificate. */
  readKeyKind(): (typeof keyKinds)[number] | undefined
}

/** A signal that holds now. */
export interface FoundSignal {
  kind: SignalKind
  subject: string
  organizationId: string
  environment: string
  certificateId: string | null
  credentialId: string | null
  detail: string
}
