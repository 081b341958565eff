import { z } from 'zod'

/** The prefix of the identifiers of each kind of object. No two kinds share one. */
export const idPrefixes = {
  account: 'acc',
  activity: 'act',
  apiKey: 'key',
  approval: 'apr',
  auditKey: 'auk',
  backup: 'bak',
  bulkRevocation: 'blk',
  calendarFeed: 'cal',
  certificate: 'cert',
  confirmation: 'cnf',
  credential: 'cred',
  email: 'mail',
  event: 'evt',
  expiryStep: 'exp',
  gateway: 'gw',
  invitation: 'inv',
  issuer: 'iss',
  job: 'job',
  member: 'mem',
  passkey: 'pk',
  ocspResponder: 'rsp',
  organization: 'org',
  outgoingCa: 'oca',
  outgoingEmail: 'out',
  registration: 'reg',
  restore: 'rst',
  scimUser: 'scim',
  secret: 'sec',
  session: 'ses',
  signal: 'sig',
  signingKey: 'tsk',
  storeEpoch: 'ep',
  user: 'usr',
  webhook: 'wh',
  webhookClientCertificate: 'whc',
  webhookDelivery: 'whd',
} as const
export type IdKind = keyof typeof idPrefixes

/**
 * Returns the schema of the identifiers of one kind: its prefix, then 26 characters. An identifier of another
 * kind does not match: it is `not_found` in a path and `bad_request` in a body or query.
 */
function idSchema(kind: IdKind, name: string, noun: string) {
  const prefix = idPrefixes[kind]
  return z
    .string()
    .regex(new RegExp(`^${prefix}_[0-9a-z]{26}$`), `must be the ID of ${noun}`)
    .meta({
      id: name,
      description: `The ID of ${noun}: \`${prefix}_\` and 26 lower-case letters and digits.`,
      example: `${prefix}_01k8z3v9qd4n7xw2r5tfhb6mcj`,
    })
}

export const ActivityId = idSchema('activity', 'ActivityId', 'a gateway event')
export const ApiKeyId = idSchema('apiKey', 'ApiKeyId', 'an API key')
export const ApprovalId = idSchema('approval', 'ApprovalId', 'an approval')
export const BulkRevocationId = idSchema('bulkRevocation', 'BulkRevocationId', 'a bulk revocation')
export const CalendarFeedId = idSchema('calendarFeed', 'CalendarFeedId', 'a calendar feed')
export const CertificateId = idSchema('certificate', 'CertificateId', 'a certificate')
export const ConfirmationId = idSchema('confirmation', 'ConfirmationId', 'an act that needs a second person')
export const CredentialId = idSchema('credential', 'CredentialId', 'API credentials')
export const EmailId = idSchema('email', 'EmailId', 'an email in the built-in mailbox')
export const GatewayId = idSchema('gateway', 'GatewayId', 'a gateway process')
export const InvitationId = idSchema('invitation', 'InvitationId', 'an invitation')
export const IssuerId = idSchema('issuer', 'IssuerId', 'a certificate authority')
export const MemberId = idSchema('member', 'MemberId', 'a member of an organization')
export const OutgoingEmailId = idSchema('outgoingEmail', 'OutgoingEmailId', 'an email to you')
export const PasskeyId = idSchema('passkey', 'PasskeyId', 'a passkey')
export const RegistrationId = idSchema('registration', 'RegistrationId', 'a registration')
export const SecretId = idSchema('secret', 'SecretId', 'a client secret')
export const SessionId = idSchema('session', 'SessionId', 'a session')
export const SignalId = idSchema('signal', 'SignalId', 'a signal')
export const UserId = idSchema('user', 'UserId', 'a user')
export const WebhookId = idSchema('webhook', 'WebhookId', 'a webhook')
export const WebhookClientCertificateId = idSchema(
  'webhookClientCertificate',
  'WebhookClientCertificateId',
  'a client certificate of a webhook',
)
export const WebhookDeliveryId = idSchema('webhookDelivery', 'WebhookDeliveryId', 'a delivery of a webhook')

/** Returns the ID of the approval of a certificate; a certificate has at most one. */
export const toApprovalId = (certificateId: string): string =>
  `${idPrefixes.approval}_${certificateId.slice(idPrefixes.certificate.length + 1)}`

/** Returns the ID of the certificate that an approval is about. */
export const toCertificateId = (approvalId: string): string =>
  `${idPrefixes.certificate}_${approvalId.slice(idPrefixes.approval.length + 1)}`
