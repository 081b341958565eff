import { sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { openDatabase } from '../storage/database.ts'
import { migrate } from '../storage/migrate.ts'
import { sweptTables } from './swept-columns.ts'

/** Tables of the library of the search, of the migrations, and those that another way empties or rewrites. */
const otherWay =
  /^(kysely_|sqlite_|certificate_(search|trigrams|terms)|audit$|users$|sessions$|accounts$|one_time_links$|passkeys$|totp_secrets$|recovery_codes$|members$|scim_users$|api_key_secrets$|idempotency_keys$|budgets$|erasures$|step_up_proofs$)/

/** Columns with text that names nobody: IDs, kinds, states, hashes, facts of organizations and machines. */
const namesNobody: Readonly<Record<string, string>> = {
  activity:
    'id kind outcome code explanation environment organization_id certificate_id credential_id client_id method path tls_version cipher client_address server_name presented trace_id would_be_code source',
  // `updated_by` is replaced with the rows that belong to the user.
  address_monitoring: 'organization_id environment updated_by updated_by_ref',
  api_keys: 'id user_id organization_id role scopes networks created_by_ref',
  audit_checkpoints: 'hash key_id',
  audit_exports: 'target',
  audit_keys: 'id',
  backups: 'id kind file_sha256',
  bulk_revocation_certificates: 'bulk_revocation_id certificate_id outcome',
  bulk_revocations: 'id state reason',
  calendar_events: 'certificate_id digest',
  calendar_feeds: 'id organization_id environment member_id token_sha256',
  certificate_counts: 'organization_id environment issuer_id status',
  certificate_networks: 'certificate_id network',
  certificates:
    'id organization_id environment name status organization_name country state key_kind spki_sha256 submitted_from issuer_id serial_number fingerprint_sha256 revocation_reason replaces_id source foreign_chain created_by_ref submitted_by_ref decided_by_ref revoked_by_ref responsible_user_id external_issuer external_purpose',
  changes: 'kind subject_id mark',
  confirmations: 'id status operation_id requested_by_id requested_from decided_by_id',
  credential_secrets: 'id credential_id secret_sha256 hint',
  credentials:
    'id organization_id environment client_id scopes networks certificate_ids tls_client_auth_kind tls_client_auth_value jwks created_by_ref',
  // `updated_by` is replaced with the rows that belong to the user.
  enforcement_plans: 'organization_id environment mode updated_by updated_by_ref',
  enforcements: 'certificate_id gateway_id',
  // A keyed hash of an account, an address or a device.
  failed_attempts: 'subject',
  // A letter to the user is deleted with its email.
  expiry_letters: 'outbox_id plan_id role',
  expiry_plans: 'id kind name organization_id',
  expiry_steps: 'id plan_id organization_id state reason',
  // What CAs say of certificates: the subject is that of the certificate, which stays as it is.
  external_checks: 'id issuer_id organization_id kind host urls issuer serial_number problem',
  external_links: 'certificate_id check_id serial_number subject',
  external_statuses: 'certificate_id revoked_reason revoked_by revoked_subject',
  gateway_uses: 'process uses',
  gateway_watches: 'name reason',
  gateways: 'id host release epoch',
  // An invitation to the user is deleted.
  invitations: 'id organization_id email role token_sha256 invited_by invited_as ended_as',
  issuer_keys: 'issuer_id algorithm location token token_key_id',
  issuers: 'id kind environment parent_id',
  job_turns: 'kind owner',
  jobs: 'id kind key owner',
  journal: 'table_name row_key',
  lost_endings: 'epoch_id kind subject_id organization_id environment name detail gateway outcome',
  // Emails to the user are deleted.
  mailbox: 'id recipient',
  // A contact with the address of the user is deleted.
  mail_contacts: 'organization_id address token_sha256 time_zone',
  // What an address of the user has chosen is deleted.
  mail_subscriptions: 'token_sha256 organization_id address',
  migration_needs: 'name needs',
  // `updated_by` is replaced with the rows that belong to the user, and the message is the provider's.
  migration_plans: 'organization_id environment updated_by updated_by_ref message',
  // A team address that is one of the user is taken away.
  notification_settings: 'organization_id team_address time_zone',
  ocsp_responders: 'id issuer_id serial_number',
  organization_usage: 'organization_id environment grain',
  organizations: 'id slug legal_name country state status limits',
  outbox: 'id key organization_id recipient withheld action',
  outgoing_cas: 'id',
  overlap_holds: 'certificate_id',
  portal_uses: 'process uses',
  readiness_hours: 'organization_id environment credential_id code last_address',
  refusal_hours: 'environment organization_id code',
  registrations:
    'id organization_id environment fingerprint_sha256 foreign_chain source challenge handshake problem certificate_id',
  restores: 'id state outcome',
  revocation_list_chunks: 'issuer_id',
  revocation_lists: 'issuer_id address',
  // `updated_by` is replaced with the rows that belong to the user.
  retirement_plans: 'certificate_id mode updated_by updated_by_ref',
  revoked_tokens: 'id environment',
  search_spaces: 'organization_id',
  signal_cursors: 'name position',
  signals: 'id organization_id environment kind subject certificate_id credential_id detail dismissed_by_ref',
  signing_keys: 'id environment algorithm public_jwk',
  single_sign_on: 'organization_id issuer client_id role_claim roles default_role second_factor_values',
  single_sign_on_domains: 'organization_id domain challenge',
  spent_tickets: 'id',
  store_epochs: 'id cause noticed_by',
  task_leases: 'name holder',
  usage: 'certificate_id grain',
  usage_facets: 'certificate_id kind value',
  used_assertions: 'id',
  // The subject of a certificate names the organization and the webhook.
  webhook_client_certificates: 'id webhook_id issuer chain created_by_ref',
  watched_times: 'name',
  webhook_cursors: 'name',
  webhook_deliveries:
    'id webhook_id event_id event_type status error client_certificate_id rejected_client_certificate_id',
  webhook_secrets: 'id webhook_id',
  webhooks: 'id organization_id url environment event_types disabled_reason created_by_ref server_ca',
}

test('each column with text is gone through for a person who is erased, or names nobody', async () => {
  const database = await openDatabase({ engine: 'sqlite', path: ':memory:' })
  onTestFinished(() => database.close())
  await migrate(database)
  const { rows } = await sql<{ tableName: string; columnName: string; type: string }>`
    select tables.name as tableName, columns.name as columnName, columns.type as type
    from sqlite_master as tables, pragma_table_info(tables.name) as columns
    where tables.type = 'table' order by tables.name, columns.cid`.execute(database.queries)
  const swept = new Map(sweptTables.map(({ table, columns }) => [table, Object.keys(columns)]))
  const unknown = rows
    .filter(({ tableName, type }) => /text|char/i.test(type) && !otherWay.test(tableName))
    .filter(({ tableName, columnName }) => !swept.get(tableName)?.includes(columnName))
    .filter(({ tableName, columnName }) => !namesNobody[tableName]?.split(' ').includes(columnName))
    .map(({ tableName, columnName }) => `${tableName}.${columnName}`)
  expect(unknown).toEqual([])
})
