import type { Generated, GeneratedAlways } from 'kysely'

/**
 * The tables, the same on SQLite and PostgreSQL: moments are integers (milliseconds since 1970),
 * flags are 0 or 1, lists and objects are JSON text, DER is bytes. The four tables of sign-in
 * keep their moments as ISO text, as the sign-in library writes them.
 */
export interface Schema {
  users: UserRow
  sessions: SessionRow
  accounts: AccountRow
  verifications: VerificationRow
  organizations: OrganizationRow
  members: MemberRow
  issuers: IssuerRow
  issuer_keys: IssuerKeyRow
  revocation_lists: RevocationListRow
  revocation_list_chunks: RevocationListChunkRow
  ocsp_responders: OcspResponderRow
  certificates: Omit<CertificateRow, 'key_renewal'> & { key_renewal: Generated<number> }
  registrations: RegistrationRow
  seen_rsa_keys: SeenRsaKeysRow
  credentials: CredentialRow
  credential_secrets: CredentialSecretRow
  signing_keys: SigningKeyRow
  revoked_tokens: RevokedTokenRow
  changes: ChangeRow
  audit: AuditRow
  audit_keys: AuditKeyRow
  audit_checkpoints: AuditCheckpointRow
  jobs: JobRow
  outbox: OutboxRow
  mailbox: MailboxRow
  activity: ActivityRow
  usage: UsageRow
  usage_facets: UsageFacetRow
  gateways: GatewayRow
  enforcements: EnforcementRow
  enforcement_plans: EnforcementPlanRow
  readiness_hours: ReadinessHourRow
  refusal_hours: RefusalHourRow
}

interface UserRow {
  id: string
  email: string
  email_verified: number
  name: string
  image: string | null
  is_operator: number
  must_change_password: number
  created_at: string
  updated_at: string
}

interface SessionRow {
  id: string
  user_id: string
  token: string
  expires_at: string
  ip_address: string | null
  user_agent: string | null
  created_at: string
  updated_at: string
}

interface AccountRow {
  id: string
  account_id: string
  provider_id: string
  user_id: string
  access_token: string | null
  refresh_token: string | null
  id_token: string | null
  access_token_expires_at: string | null
  refresh_token_expires_at: string | null
  scope: string | null
  password: string | null
  created_at: string
  updated_at: string
}

interface VerificationRow {
  id: string
  identifier: string
  value: string
  expires_at: string
  created_at: string
  updated_at: string
}

interface OrganizationRow {
  id: string
  slug: string
  legal_name: string
  country: string
  state: string
  next_certificate_number: Generated<number>
  created_at: number
}

interface MemberRow {
  id: string
  organization_id: string
  user_id: string
  role: string
  created_at: number
}

interface IssuerRow {
  id: string
  /** `root`, `issuing`, or `foreign` for an authority of somebody else. */
  kind: string
  /** Null for the root. */
  environment: string | null
  /** Null for the root and for those of others. */
  parent_id: string | null
  certificate_der: Uint8Array
  not_before: number
  not_after: number
  /** Number of the newest CRL (RFC 5280, 5.2.3). */
  crl_number: Generated<number>
  created_at: number
  /** From when on its certificates are refused; null means never. */
  retires_at: number | null
}

/** Only `signer/` reads this table. */
interface IssuerKeyRow {
  issuer_id: string
  algorithm: string
  /** `store`, `pkcs11` or `offline`. */
  location: string
  /** PKCS#8 under AES-256-GCM; null where the key is not in the store. */
  sealed_key: Uint8Array | null
  /** The label of the token that the key is in, or its slot. */
  token: string | null
  /** Its CKA_ID there, hex. */
  token_key_id: string | null
  created_at: number
}

interface RevocationListRow {
  issuer_id: string
  /** 0 is the full CRL; the others are partitions of it. */
  partition: number
  /** The address that the certificates of a partition name; null for the full CRL. */
  address: string | null
  /** How many certificates may name this partition already. */
  places: Generated<number>
  /** 0 until it is published. */
  number: Generated<number>
  this_update: Generated<number>
  next_update: Generated<number>
  entries: Generated<number>
  /** Octets of its DER, which is in chunks. */
  size: Generated<number>
  /** From when it is to be made anew. */
  due_at: Generated<number>
}

/** A piece of the DER of a CRL; those of the list before stay until the next one. */
interface RevocationListChunkRow {
  issuer_id: string
  partition: number
  number: number
  /** The first is 0. */
  position: number
  bytes: Uint8Array
}

interface OcspResponderRow {
  id: string
  issuer_id: string
  serial_number: string
  /** What the issuer is to sign: stored before it signs. */
  tbs_der: Uint8Array
  certificate_der: Uint8Array | null
  /** PKCS#8 under AES-256-GCM; null again when the certificate has ended. Only `signer/` reads it. */
  sealed_key: Uint8Array | null
  not_after: number
  created_at: number
}

export interface CertificateRow {
  id: string
  organization_id: string
  environment: string
  number: number
  name: string
  status: string
  description: string
  owner: string
  related_service: string
  rotation_policy: string
  /** JSON array of e-mail addresses. */
  contacts: string
  /** The subject that the certificate carries, beside its name. */
  /** JSON: what the certificate carries; the three columns below are what the pre-filled command asks for. */
  certified_subject: string
  organization_name: string
  country: string
  state: string
  key_kind: string
  csr_der: Uint8Array | null
  /** SHA-256 of the SubjectPublicKeyInfo, hex; null again when a request is given up, which frees the key. */
  spki_sha256: string | null
  submitted_at: number | null
  submitted_by: string | null
  submitted_from: string | null
  issuer_id: string | null
  serial_number: string | null
  /** The partition of the CRL that it names; null where that is the full one. */
  crl_partition: number | null
  /** What the key is to sign: stored before it signs. */
  tbs_der: Uint8Array | null
  certificate_der: Uint8Array | null
  /** SHA-256 of the certificate, hex. */
  fingerprint_sha256: string | null
  not_before: number | null
  not_after: number | null
  issued_at: number | null
  decided_at: number | null
  decided_by: string | null
  approved: number | null
  decision_reason: string | null
  revoked_at: number | null
  revoked_by: string | null
  revocation_reason: string | null
  replaces_id: string | null
  created_at: number
  created_by: string
  first_used_at: number | null
  last_used_at: number | null
  /** Name, description, serial number and fingerprint in lower case. */
  search_text: string
  /** `postern`; `trusted-issuer` or `pinned` where another authority has issued it. */
  source: string
  /** PEM of what stands between such a certificate and the trusted issuer. */
  foreign_chain: string | null
  /** JSON: how somebody proved to have the key of such a certificate. */
  proof: string | null
  /** 0 for the first certificate of a key; one more for each that renews the one before. */
  key_renewal: number
}

/** A certificate of another authority whose key is still to be proven. It holds nobody else up. */
export interface RegistrationRow {
  id: string
  organization_id: string
  environment: string
  /** JSON: what people write about the certificate. */
  details: string
  certificate_der: Uint8Array
  fingerprint_sha256: string
  /** PEM of the other certificates that came with it. */
  foreign_chain: string
  /** As it was judged when it was registered; the proof judges again. */
  source: string
  not_after: number
  /** 256 random bits, base64url: makes the statement that is to be signed a new one each time. */
  challenge: string
  /** JSON: who registers it. */
  registered_by: string
  created_at: number
  expires_at: number
  /** JSON: the mTLS call that has proven the key. */
  handshake: string | null
  /** Why such a call did not suffice. */
  problem: string | null
  certificate_id: string | null
}

/** RSA keys that were ever submitted, in blocks, so that a comparison with all of them reads few rows. */
interface SeenRsaKeysRow {
  /** Without gaps from 1; only the last one grows. */
  block: number
  /** How many keys it holds. */
  count: number
  /** Modulus and exponent of each, each after its length in two octets. */
  keys: Uint8Array
}

interface CredentialRow {
  id: string
  organization_id: string
  environment: string
  name: string
  description: string
  client_id: string
  /** JSON array; empty means all scopes of the environment. */
  scopes: string
  /** JSON array of CIDR ranges. */
  networks: string
  /** JSON array of certificate ids. */
  certificate_ids: string
  tls_client_auth_kind: string | null
  tls_client_auth_value: string | null
  created_at: number
  created_by: string
  deleted_at: number | null
  last_used_at: number | null
}

interface CredentialSecretRow {
  id: string
  credential_id: string
  /** SHA-256 of the secret, hex. The secret has 256 random bits, so no slow hash is needed. */
  secret_sha256: string
  hint: string
  created_at: number
  expires_at: number | null
}

interface SigningKeyRow {
  /** The key id, `kid`. */
  id: string
  environment: string
  algorithm: string
  public_jwk: string
  /** PKCS#8 under AES-256-GCM with the gateways' key, which opens no CA key. */
  sealed_key: Uint8Array
  created_at: number
  /** From when it signs. It is published from `created_at` on. */
  signs_from: number
  /** Until when tokens that it signed are accepted; null while it is the newest. */
  accepted_until: number | null
}

interface RevokedTokenRow {
  /** `jti` of the token. */
  id: string
  environment: string
  expires_at: number
  revoked_at: number
}

interface ChangeRow {
  version: GeneratedAlways<number>
  kind: string
  subject_id: string
  at: number
}

/** One row of the audit log. */
export interface AuditRow {
  /** Without gaps from 1. */
  sequence: number
  at: number
  actor_kind: string
  actor_id: string
  actor_name: string
  origin: string
  organization_id: string | null
  action: string
  subject_kind: string
  subject_id: string
  /** JSON, without secrets. */
  before: string | null
  after: string | null
  /** SHA-256 in hex. */
  previous_hash: string
  hash: string
}

interface AuditKeyRow {
  id: string
  /** SubjectPublicKeyInfo, DER. */
  public_key: Uint8Array
  sealed_key: Uint8Array
  created_at: number
}

interface AuditCheckpointRow {
  sequence: number
  hash: string
  at: number
  key_id: string
  /** ECDSA with SHA-256, DER. */
  signature: Uint8Array
}

export interface JobRow {
  id: string
  kind: string
  /** At most one job of a kind per key. */
  key: string
  run_at: number
  leased_until: number | null
  attempts: Generated<number>
  last_error: string | null
  created_at: number
}

export interface OutboxRow {
  id: string
  /** A letter is written once per key. */
  key: string
  organization_id: string | null
  recipient: string
  subject: string
  body: string
  created_at: number
  sent_at: number | null
  attempts: Generated<number>
  last_error: string | null
}

interface MailboxRow {
  id: string
  recipient: string
  sender: string
  subject: string
  body: string
  received_at: number
}

export interface ActivityRow {
  sequence: GeneratedAlways<number>
  /** Names the row across retries, so that a batch written twice counts once. */
  id: string
  at: number
  kind: string
  outcome: string
  code: string | null
  /** Why it would have been refused, if a certificate were required of the organization. */
  would_be_code: string | null
  explanation: string | null
  environment: string
  organization_id: string | null
  certificate_id: string | null
  credential_id: string | null
  client_id: string | null
  method: string | null
  path: string | null
  status: number | null
  tls_version: string | null
  cipher: string | null
  resumed: number
  client_address: string
  server_name: string | null
  /** JSON: subject, issuer, serial number and fingerprint of what was presented. */
  presented: string | null
  trace_id: string
}

interface UsageRow {
  certificate_id: string
  /** `minute`, `hour` or `day` (UTC). */
  grain: string
  /** Start of it, milliseconds since 1970. */
  start: number
  handshakes: Generated<number>
  ok: Generated<number>
  redirects: Generated<number>
  client_errors: Generated<number>
  server_errors: Generated<number>
  refusals: Generated<number>
}

interface UsageFacetRow {
  certificate_id: string
  /** Start of the day, UTC. */
  day: number
  /** `tls` or `address`. */
  kind: string
  value: string
  count: number
  last_at: number
}

interface GatewayRow {
  id: string
  process_id: number
  started_at: number
  seen_at: number
  /** Every change up to this version is in force in the process. */
  confirmed_version: number
  host: Generated<string>
  /** Of the program. */
  release: Generated<string>
  /** Open at `seen_at`. */
  connections: Generated<number>
  /** Connections and answers since it started. */
  handshakes: Generated<number>
  answers: Generated<number>
  /** Number of the newest batch of it that has been written. */
  last_batch: Generated<number>
  /** When it ended in order; null while it runs, and of one that was killed. */
  stopped_at: number | null
}

/** When a gateway process put the revocation of a certificate in force. */
interface EnforcementRow {
  certificate_id: string
  gateway_id: string
  /** By the clock of the gateway. */
  at: number
  /** How many open connections it closed for it. */
  connections: number
}

/** What is required of the callers of an organization in an environment; none where nobody has decided. */
interface EnforcementPlanRow {
  organization_id: string
  environment: string
  mode: string
  /** Since when it is this mode. */
  since: number
  /** From when on a certificate is to be required. */
  enforce_at: number | null
  /** Since when that is put off, because calls would be refused. */
  held_since: number | null
  updated_at: number
  updated_by: string
}

/** What would become of calls if a certificate were required: how many, in one hour. */
interface ReadinessHourRow {
  organization_id: string
  environment: string
  /** Since when it was observed. */
  since: number
  /** Empty where it is not known. */
  credential_id: string
  /** Empty where they would pass. */
  code: string
  hour: number
  calls: number
  last_at: number
  last_address: string
}

/** How often callers were refused for one cause in one hour. */
interface RefusalHourRow {
  hour: number
  environment: string
  /** Empty where it is not known whose caller it was. */
  organization_id: string
  code: string
  count: number
  last_at: number
}
