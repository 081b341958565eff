import type { Generated } from 'kysely'

/** The second factors of users. */
export interface FactorTables {
  passkeys: PasskeyRow
  totp_secrets: TotpRow
  recovery_codes: RecoveryCodeRow
  spent_tickets: SpentTicketRow
}

interface PasskeyRow {
  id: string
  user_id: string
  /** Base64url. */
  credential_id: string
  /** COSE_Key (RFC 9052, section 7). */
  public_key: Uint8Array
  /** The signature counter of the last use; 0 for authenticators that do not count. */
  counter: number
  /** A list, as the browser gave it. */
  transports: string
  is_synced: number
  name: string
  created_at: number
  last_used_at: number | null
}

interface TotpRow {
  user_id: string
  /** Sealed with the authority key. */
  sealed_secret: Uint8Array
  /** Null until the first code has confirmed the secret, which does not count before. */
  confirmed_at: number | null
  /** The step (RFC 6238, section 4.2) of the last accepted code. */
  last_step: Generated<number>
  /** Wrong codes since the last right one. */
  failures: Generated<number>
  locked_until: Generated<number>
  created_at: number
}

interface RecoveryCodeRow {
  /** Of the user's ID and the code. */
  code_sha256: string
  user_id: string
  created_at: number
}

/** A signed cookie that has been used, so that it works once. */
interface SpentTicketRow {
  id: string
  expires_at: number
}
