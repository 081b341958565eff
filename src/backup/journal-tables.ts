interface Parent {
  column: string
  table: string
  /** Whether a row is nothing to miss without it: it was made after the backup, and does not come back. */
  mayBeAbsent?: true
}

/** How rows of a table come back from the journal. */
export interface JournalTable {
  name: string
  key: readonly string[]
  /** Whether a row that the store does not have is inserted; the column that names what it belongs to. */
  inserts?: readonly Parent[]
  /** Whether a deleted row is deleted again. */
  deletes?: true
  /** Columns that no row of the journal overwrites: they grow, or mean nothing after a restore. */
  keeps?: readonly string[]
  /** Columns that never reach the journal. A change means that their value was replaced: it is taken away. */
  secret?: readonly string[]
}

const organization = { column: 'organization_id', table: 'organizations' }
const issuer = { column: 'issuer_id', table: 'issuers' }

/** The tables of the journal; a table comes after those that it refers to. */
export const journalTables: readonly JournalTable[] = [
  { name: 'organizations', key: ['id'], inserts: [], keeps: ['next_certificate_number'] },
  { name: 'issuers', key: ['id'], inserts: [], deletes: true },
  { name: 'issuer_keys', key: ['issuer_id'], inserts: [issuer] },
  {
    name: 'revocation_lists',
    key: ['issuer_id', 'partition'],
    inserts: [issuer],
    keeps: ['number', 'this_update', 'next_update', 'entries', 'size', 'due_at', 'places'],
  },
  {
    name: 'certificates',
    key: ['id'],
    inserts: [organization, issuer],
    keeps: ['lapsed', 'first_used_at', 'last_used_at', 'last_denied_at', 'replaced_at'],
  },
  { name: 'credentials', key: ['id'], keeps: ['last_used_at'] },
  { name: 'credential_secrets', key: ['id'], deletes: true },
  { name: 'signing_keys', key: ['id'], deletes: true },
  { name: 'users', key: ['id'] },
  { name: 'accounts', key: ['id'], secret: ['password'] },
  // The erasure begins again: what the backup still says of the user is erased as well.
  { name: 'erasures', key: ['user_id'], inserts: [{ column: 'user_id', table: 'users' }] },
  { name: 'api_keys', key: ['id'], deletes: true },
  { name: 'api_key_secrets', key: ['sha256'], deletes: true },
  {
    name: 'webhooks',
    key: ['id'],
    deletes: true,
    keeps: [
      'after_sequence',
      'failing_since',
      'failures',
      'last_attempt_at',
      'last_delivered_at',
      'dropped_events',
      'dropped_at',
      'told_dropped_at',
      'paused_until',
    ],
  },
  {
    name: 'webhook_secrets',
    key: ['id'],
    // Without the one that replaced those that ended, nothing could be signed.
    inserts: [{ column: 'webhook_id', table: 'webhooks', mayBeAbsent: true }],
    deletes: true,
  },
  // The CA that endpoints trust, and the certificate that they expect.
  { name: 'outgoing_cas', key: ['id'], inserts: [] },
  {
    name: 'webhook_client_certificates',
    key: ['id'],
    inserts: [{ column: 'webhook_id', table: 'webhooks', mayBeAbsent: true }],
    deletes: true,
    keeps: ['letter_at'],
  },
  { name: 'passkeys', key: ['id'], deletes: true },
  { name: 'totp_secrets', key: ['user_id'], deletes: true },
  { name: 'recovery_codes', key: ['code_sha256'], deletes: true },
  { name: 'single_sign_on', key: ['organization_id'], deletes: true },
  { name: 'single_sign_on_domains', key: ['organization_id', 'domain'], deletes: true },
  { name: 'members', key: ['id'], deletes: true },
  { name: 'scim_users', key: ['id'], deletes: true },
  { name: 'calendar_feeds', key: ['id'], deletes: true },
  {
    name: 'mail_subscriptions',
    key: ['token_sha256'],
    inserts: [organization],
    keeps: ['last_written_at'],
  },
  {
    name: 'enforcement_plans',
    key: ['organization_id', 'environment'],
    inserts: [organization],
    deletes: true,
  },
  { name: 'migration_plans', key: ['organization_id', 'environment'], inserts: [organization] },
]

/** Returns the table of a journal row; undefined for one that this release does not know. */
export const findJournalTable = (name: string): JournalTable | undefined =>
  journalTables.find((table) => table.name === name)
