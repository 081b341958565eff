/** How a column is gone through: as text, as JSON, or as JSON with lists of contacts. */
type ColumnKind = 'text' | 'json' | 'contacts'

/** A table in which people are named beside what they did, and its columns with text. */
export interface SweptTable {
  table: string
  key: string
  columns: Readonly<Record<string, ColumnKind>>
}

const actor = 'json'

/**
 * The tables that are gone through for the address of a person; a test asks of each other column why it is not here. The audit log has a
 * way of its own, and rows that belong to the person alone are deleted.
 */
export const sweptTables: readonly SweptTable[] = [
  {
    table: 'certificates',
    key: 'id',
    columns: {
      ...{ description: 'text', owner: 'text', related_service: 'text', rotation_policy: 'text' },
      ...{ contacts: 'contacts', search_text: 'text', certified_subject: 'json', proof: 'json' },
      ...{ created_by: 'text', submitted_by: 'text', decided_by: 'text', revoked_by: 'text' },
      decision_reason: 'text',
    },
  },
  { table: 'credentials', key: 'id', columns: { name: 'text', description: 'text', created_by: 'text' } },
  { table: 'api_keys', key: 'id', columns: { name: 'text', created_by: 'text' } },
  { table: 'webhooks', key: 'id', columns: { name: 'text', created_by: 'text' } },
  { table: 'webhook_client_certificates', key: 'id', columns: { created_by: 'text' } },
  { table: 'webhook_deliveries', key: 'id', columns: { payload: 'json', response_body: 'text' } },
  { table: 'signals', key: 'id', columns: { dismissed_by: 'text' } },
  { table: 'registrations', key: 'id', columns: { details: 'contacts', registered_by: actor } },
  { table: 'single_sign_on', key: 'organization_id', columns: { password_admins: 'contacts' } },
  { table: 'bulk_revocations', key: 'id', columns: { selection: 'json', created_by: actor } },
  { table: 'invitations', key: 'id', columns: { inviter_email: 'text' } },
  { table: 'organizations', key: 'id', columns: { status_reason: 'text' } },
  {
    table: 'confirmations',
    key: 'id',
    columns: {
      ...{ path_parameters: 'json', body: 'json', problem: 'json' },
      ...{ requested_by_name: 'text', decided_by_name: 'text' },
    },
  },
  { table: 'outbox', key: 'id', columns: { subject: 'text', body: 'text', last_error: 'text' } },
  { table: 'mailbox', key: 'id', columns: { sender: 'text', subject: 'text', body: 'text' } },
  { table: 'jobs', key: 'id', columns: { last_error: 'text' } },
]
