import type { Generated } from 'kysely'

/** Where the events of organizations go, and their deliveries. */
export interface WebhookTables {
  webhooks: WebhookRow
  webhook_secrets: WebhookSecretRow
  webhook_deliveries: WebhookDeliveryRow
  webhook_cursors: WebhookCursorRow
  webhook_client_certificates: WebhookClientCertificateRow
  outgoing_cas: OutgoingCaRow
}

interface WebhookRow {
  id: string
  organization_id: string
  name: string
  url: string
  /** Null for all environments. */
  environment: string | null
  /** JSON array of types, or JSON null for all. */
  event_types: string
  /** Null while it is enabled. */
  disabled_reason: 'user' | 'failing' | 'gone' | 'no_secret' | null
  /** Rows of the audit log up to this one are not sent. */
  after_sequence: number
  /** Since when no delivery succeeded, and how many tries failed since. */
  failing_since: number | null
  failures: Generated<number>
  last_attempt_at: number | null
  last_delivered_at: number | null
  /** Events that were not queued since the webhook was enabled, and when that happened last. */
  dropped_events: Generated<number>
  dropped_at: number | null
  /** When its owner was last told that events are dropped. */
  told_dropped_at: number | null
  /** PEM of the CAs that the endpoint's certificate has to come from; null for the public ones. */
  server_ca: string | null
  /** Until when the endpoint has asked to be sent nothing. */
  paused_until: number | null
  created_at: number
  created_by: string
  created_by_ref: string
}

interface WebhookSecretRow {
  id: string
  webhook_id: string
  /** The 32 bytes, sealed under the authority key. */
  sealed: Uint8Array
  created_at: number
  /** Null for the one that stays. */
  expires_at: number | null
}

interface WebhookDeliveryRow {
  id: string
  webhook_id: string
  event_id: string
  event_type: string
  event_at: number
  /** The body of the request. */
  payload: string
  status: 'pending' | 'delivered' | 'failed'
  attempts: Generated<number>
  /** When it is tried next; null if it is not. */
  due_at: number | null
  /** When it is given up. */
  expires_at: number
  created_at: number
  last_attempt_at: number | null
  response_status: number | null
  response_body: string | null
  duration_milliseconds: number | null
  error: string | null
  /** What the latest try presented. */
  client_certificate_id: string | null
  /** The live one, if the latest try presented the former one because the endpoint rejected it. */
  rejected_client_certificate_id: Generated<string | null>
}

interface WebhookCursorRow {
  name: string
  sequence: number
}

interface WebhookClientCertificateRow {
  id: string
  webhook_id: string
  /** Postern's CA for outgoing connections, or the CA of the customer. */
  issuer: 'postern' | 'own_ca'
  /** The private key, PKCS#8 in PEM, sealed under the authority key. */
  sealed_key: Uint8Array
  /** The CSR for the CA of the customer. */
  request_der: Uint8Array | null
  /** PEM, the certificate first; null until the CA of the customer has issued it. */
  chain: string | null
  not_before: number | null
  not_after: number | null
  /** From when on deliveries present it; null until somebody decides that. */
  live_from: number | null
  /** When to look whether its expiry has to be told of. */
  letter_at: number | null
  created_at: number
  created_by: string
  created_by_ref: string
}

interface OutgoingCaRow {
  id: string
  certificate_der: Uint8Array
  sealed_key: Uint8Array
  not_after: number
  created_at: number
}
