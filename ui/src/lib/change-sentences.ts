import type { ChangeEvent, ChangeTypeName } from '../../../src/contract/events/change-event.ts'
import { changeLines } from './change-lines.ts'

type OfType<Name extends ChangeTypeName> = Extract<ChangeEvent, { type: Name }>

/** How a type of change reads. */
interface ChangeWords<Name extends ChangeTypeName> {
  /** Its name in a list of types. */
  label: string
  /** What happened, about `subject`; who did it stands beside it. */
  sentence(subject: string, data: OfType<Name>['data']): string
}

const times = (count: number) => (count === 1 ? 'once' : `${count.toLocaleString('en')} times`)
const certificates = (count: number) =>
  count === 1 ? '1 certificate' : `${count.toLocaleString('en')} certificates`
const entries = (count: number) => `${count.toLocaleString('en')} audit ${count === 1 ? 'entry' : 'entries'}`
const reasonText = (reason: string) => reason.replaceAll('_', ' ')

const changeWords: { [Name in ChangeTypeName]: ChangeWords<Name> } = {
  'certificate.created': {
    label: 'Certificate created',
    sentence: (subject, { after }) =>
      after.replacesId === null
        ? `${subject} was created in ${after.environment}.`
        : `${subject} was created in ${after.environment} to replace another certificate.`,
  },
  'certificate.updated': {
    label: 'Certificate updated',
    sentence: (subject, { before, after }) => `${subject}: ${listFields(before, after)} changed.`,
  },
  'certificate.submitted': {
    label: 'CSR submitted',
    sentence: (subject) => `The CSR of ${subject} was submitted and passed its checks.`,
  },
  'certificate.registered': {
    label: 'External certificate registered',
    sentence: (subject) => `The external certificate ${subject} was registered; its key was proven.`,
  },
  'certificate.approved': {
    label: 'Certificate approved',
    sentence: (subject, { after }) => `The request for ${subject} was approved${because(after.reason)}.`,
  },
  'certificate.rejected': {
    label: 'Certificate rejected',
    sentence: (subject, { after }) => `The request for ${subject} was rejected${because(after.reason)}.`,
  },
  'certificate.prepared': {
    label: 'Certificate prepared',
    sentence: (subject) => `The content of ${subject} was stored for signing.`,
  },
  'certificate.issued': {
    label: 'Certificate issued',
    sentence: (subject) => `${subject} was issued. Gateways accept it.`,
  },
  'certificate.cancelled': {
    label: 'Certificate canceled',
    sentence: (subject) => `The draft or request ${subject} was canceled.`,
  },
  'certificate.revoked': {
    label: 'Certificate revoked',
    sentence: (subject, { after }) => `${subject} was revoked. Reason: ${reasonText(after.reason)}.`,
  },
  'certificate.retirement_changed': {
    label: 'Retirement planned',
    sentence: (subject, { after }) =>
      after.mode === 'manual'
        ? `${subject} is retired by hand.`
        : after.mode === 'when_safe'
          ? `${subject} is to be retired as soon as that is safe.`
          : `The time at which ${subject} is to be retired was set.`,
  },
  'certificate.retirement_postponed': {
    label: 'Retirement postponed',
    sentence: (subject, { after }) => `The retirement of ${subject} is postponed: ${after.verdict}.`,
  },
  'registration.created': {
    label: 'Registration created',
    sentence: (_, { after }) => `An external certificate was submitted for ${after.environment}.`,
  },
  'registration.cancelled': {
    label: 'Registration canceled',
    sentence: () => 'The registration of an external certificate was canceled.',
  },
  'job.given_up': {
    label: 'Background task given up',
    sentence: (_, { after }) =>
      `The background task ${reasonText(after.kind)} failed ${times(after.attempts)} and is not retried.`,
  },
  'confirmation.requested': {
    label: 'Second person asked for',
    sentence: () => 'An operator asked another one to confirm an act.',
  },
  'confirmation.confirmed': {
    label: 'Confirmed by a second person',
    sentence: () => 'An operator confirmed the act of another one.',
  },
  'confirmation.cancelled': {
    label: 'Confirmation canceled',
    sentence: () => 'An act that waited for a second person was canceled.',
  },
  'credential.created': {
    label: 'API credentials created',
    sentence: (subject, { after }) => `The API credentials ${subject} were created in ${after.environment}.`,
  },
  'credential.updated': {
    label: 'API credentials updated',
    sentence: (subject, { before, after }) =>
      `The API credentials ${subject}: ${listFields(before, after)} changed.`,
  },
  'credential.secret_added': {
    label: 'Client secret added',
    sentence: (subject, { after }) =>
      `A client secret ending in ${after.hint} was added to the API credentials ${subject}.`,
  },
  'credential.secret_revoked': {
    label: 'Client secret revoked',
    sentence: (subject, { before }) =>
      `The client secret ending in ${before.hint} of the API credentials ${subject} was revoked.`,
  },
  'credential.deleted': {
    label: 'API credentials deleted',
    sentence: (subject) => `The API credentials ${subject} were deleted, and their tokens revoked.`,
  },
  'enforcement_policy.changed': {
    label: 'Enforcement policy changed',
    sentence: (_, { after }) => `The enforcement policy was set to ${reasonText(after.mode)}.`,
  },
  'enforcement_policy.enforced': {
    label: 'Enforcement started',
    sentence: () => 'The planned date has come. Clients need a certificate from now on.',
  },
  'enforcement_policy.postponed': {
    label: 'Enforcement postponed',
    sentence: () => 'Enforcement was postponed, because requests would be denied.',
  },
  'migration.changed': {
    label: 'Migration changed',
    sentence: (_, { after }) =>
      after.deadline === null
        ? 'Certificates from other CAs have no deadline.'
        : `Certificates from other CAs are to end at ${after.deadline}.`,
  },
  'migration.confirmed': {
    label: 'Migration confirmed',
    sentence: () => 'No call would be denied. Certificates from other CAs end at the deadline.',
  },
  'migration.postponed': {
    label: 'Migration postponed',
    sentence: () =>
      'Certificates from other CAs are still accepted, because calls would be denied or may have been missed.',
  },
  'migration.ended': {
    label: 'Migration completed',
    sentence: () => 'Certificates from other CAs are no longer accepted.',
  },
  'signal.dismissed': {
    label: 'Signal dismissed',
    sentence: (subject, { after }) => `A signal about ${subject} was dismissed: ${reasonText(after.kind)}.`,
  },
  'signal.undismissed': {
    label: 'Signal restored',
    sentence: (subject, { after }) =>
      `The dismissal of a signal about ${subject} was taken back: ${reasonText(after.kind)}.`,
  },
  'signal.address_monitoring_changed': {
    label: 'Address monitoring changed',
    sentence: (_, { after }) =>
      after.enabled
        ? `Calls from new addresses are found in ${after.environment} from now on.`
        : `Calls from new addresses are no longer found in ${after.environment}.`,
  },
  'certificate_authority.created': {
    label: 'CA created',
    sentence: (subject) => `The CA ${subject} was created.`,
  },
  'certificate_authority.outgoing_created': {
    label: 'Outgoing CA created',
    sentence: (_, { after }) => `${after.name} was created for the client certificates of webhooks.`,
  },
  'certificate_authority.trusted': {
    label: 'External CA trusted',
    sentence: (subject) => `The external CA ${subject} is trusted.`,
  },
  'certificate_authority.retirement_set': {
    label: 'CA retirement set',
    sentence: (subject) => `The date on which the CA ${subject} retires was set.`,
  },
  'certificate_authority.retirement_cancelled': {
    label: 'CA retirement canceled',
    sentence: (subject) => `The date on which the CA ${subject} retires was removed.`,
  },
  'certificate_authority.crl_signed': {
    label: 'CRL signed',
    sentence: (_, { after }) => `The CRL ${after.list}, number ${after.number}, was signed.`,
  },
  'certificate_authority.ocsp_responder_certified': {
    label: 'OCSP responder certified',
    sentence: (subject) => `The CA ${subject} certified the key of an OCSP responder.`,
  },
  'certificate_authority.ocsp_responder_shared': {
    label: 'OCSP responder shared',
    sentence: (subject) =>
      `The key of an OCSP responder of the CA ${subject} was shared with the processes that only publish.`,
  },
  'bulk_revocation.created': {
    label: 'Bulk revocation created',
    sentence: (_, { after }) =>
      `A bulk revocation of ${certificates(after.matching)} was created. Reason: ${reasonText(after.reason)}.`,
  },
  'bulk_revocation.finished': {
    label: 'Bulk revocation finished',
    sentence: (_, { after }) =>
      `A bulk revocation ended: ${certificates(after.revoked)} revoked, ${after.skipped.toLocaleString('en')} skipped.`,
  },
  'root_key.exported': {
    label: 'Root key exported',
    sentence: (_, { after }) => `The private key of the root was exported into ${after.file}.`,
  },
  'root_key.export_failed': {
    label: 'Root key export failed',
    sentence: (_, { after }) => `The private key of the root could not be exported into ${after.file}.`,
  },
  'root_key.removed': {
    label: 'Root key removed',
    sentence: () => 'The private key of the root was removed from the store. The root is offline.',
  },
  'root_key.imported': {
    label: 'Root key imported',
    sentence: () => 'The private key of the root was imported into the store.',
  },
  'audit_key.certified': {
    label: 'Audit key certified',
    sentence: () => 'The key that signs the checkpoints of the audit log was certified.',
  },
  'sealing_keys.changed': {
    label: 'Sealing keys changed',
    sentence: () => 'Private keys and secrets in the store were sealed with a new key.',
  },
  'token_signing_key.replaced': {
    label: 'Token signing key replaced',
    sentence: (_, { after }) => `The key that signs the access tokens of ${after.environment} was replaced.`,
  },
  'store.epoch_started': {
    label: 'Store epoch started',
    sentence: (_, { after }) =>
      `Epoch ${after.number} of the store started. Cause: ${reasonText(after.cause)}.`,
  },
  'store.backed_up': {
    label: 'Store backed up',
    sentence: () => 'A backup of the store was made and verified.',
  },
  'store.restore_practised': {
    label: 'Restore practised',
    sentence: () => 'A backup was restored into a place of its own and checked.',
  },
  'configuration.reloaded': {
    label: 'Configuration reloaded',
    sentence: (_, { after }) =>
      `The configuration was read again. Changed: ${Object.keys(after).join(', ') || 'nothing'}.`,
  },
  'configuration.rejected': {
    label: 'Configuration rejected',
    sentence: () => 'The configuration was read again and could not be put in force.',
  },
  'store.moved': {
    label: 'Store moved',
    sentence: () => 'The store was moved into PostgreSQL.',
  },
  'store.restored': {
    label: 'Store restored',
    sentence: () => 'The store was restored from a backup.',
  },
  'organization.created': {
    label: 'Organization created',
    sentence: (_, { after }) => `The organization ${after.legalName} was created.`,
  },
  'organization.updated': {
    label: 'Organization updated',
    sentence: (subject, { before, after }) => `${subject}: ${listFields(before, after)} changed.`,
  },
  'organization.suspended': {
    label: 'Organization suspended',
    sentence: (_, { after }) => `The organization was suspended${because(after.reason)}.`,
  },
  'organization.reactivated': {
    label: 'Organization reactivated',
    sentence: () => 'The organization was reactivated.',
  },
  'organization.closed': {
    label: 'Organization closed',
    sentence: (_, { after }) => `The organization was closed permanently${because(after.reason ?? '')}.`,
  },
  'organization.limits_set': {
    label: 'Limits of an organization set',
    sentence: () => 'The limits of the organization were replaced.',
  },
  'member.added': {
    label: 'Member added',
    sentence: (subject, { after }) => `${subject} became a member with the role ${after.role}.`,
  },
  'member.role_changed': {
    label: 'Role changed',
    sentence: (subject, { before, after }) =>
      `The role of ${subject} changed from ${before.role} to ${after.role}.`,
  },
  'member.removed': {
    label: 'Member removed',
    sentence: (subject, { before }) => `${subject} was removed. The role was ${before.role}.`,
  },
  'member.left': {
    label: 'Member left',
    sentence: (subject, { before }) => `${subject} left. The role was ${before.role}.`,
  },
  'invitation.created': {
    label: 'Invitation sent',
    sentence: (_, { after }) => `${after.email} was invited with the role ${after.role}.`,
  },
  'invitation.cancelled': {
    label: 'Invitation canceled',
    sentence: (_, { before }) => `The invitation to ${before.email} was canceled.`,
  },
  'invitation.accepted': {
    label: 'Invitation accepted',
    sentence: (_, { after }) => `${after.email} accepted the invitation with the role ${after.role}.`,
  },
  'single_sign_on.set': {
    label: 'Single sign-on set',
    sentence: (_, { after }) => `Single sign-on was set to the issuer ${after.issuer}.`,
  },
  'single_sign_on.deleted': {
    label: 'Single sign-on deleted',
    sentence: (_, { before }) => `Single sign-on through the issuer ${before.issuer} was deleted.`,
  },
  'single_sign_on.domain_proven': {
    label: 'Domain proven',
    sentence: (_, { after }) => `The domain ${after.domain} was proven for single sign-on.`,
  },
  'single_sign_on.linked': {
    label: 'User linked to an OpenID provider',
    sentence: (subject, { after }) =>
      `${subject} signed in through ${after.issuer} for the first time${after.isNewUser ? ' and is a new user' : ''}.`,
  },
  'scim.user_created': {
    label: 'User provisioned (SCIM)',
    sentence: (subject, { after }) =>
      `The identity provider provisioned ${subject}${after.isNewUser ? ', who is a new user' : ''}.`,
  },
  'scim.user_updated': {
    label: 'User changed (SCIM)',
    sentence: (subject, { after }) =>
      `The identity provider changed what it says of ${subject}: ${after.changed.join(', ')}.`,
  },
  'scim.user_deleted': {
    label: 'User deleted (SCIM)',
    sentence: (subject) => `The identity provider deleted its record of ${subject}.`,
  },
  'user.signed_in': { label: 'User signed in', sentence: (subject) => `${subject} signed in.` },
  'user.signed_out': { label: 'User signed out', sentence: (subject) => `${subject} signed out.` },
  'user.password_changed': {
    label: 'Password changed',
    sentence: (subject) => `${subject} changed the password.`,
  },
  'user.step_up_proven': {
    label: 'Identity confirmed',
    sentence: (subject) => `${subject} confirmed their identity for one operation.`,
  },
  'user.password_reset_requested': {
    label: 'Password reset requested',
    sentence: (subject) => `A link to choose a new password was requested for ${subject}.`,
  },
  'user.password_reset': {
    label: 'Password reset',
    sentence: (subject) => `${subject} chose a new password with a one-time link.`,
  },
  'user.updated': {
    label: 'Account changed',
    sentence: (subject, { after }) =>
      `${subject} changed the ${[...(after.name === undefined ? [] : ['name']), ...(after.timeZone === undefined ? [] : ['time zone'])].join(' and the ')}.`,
  },
  'user.email_change_requested': {
    label: 'Email change requested',
    sentence: (subject, { after }) => `${subject} asked to change the email address to ${after.email}.`,
  },
  'user.email_confirmed': {
    label: 'Email change confirmed',
    sentence: (subject, { after }) =>
      `The ${after.side} email address confirmed the new address of ${subject}.`,
  },
  'user.email_changed': {
    label: 'Email changed',
    sentence: (_, { before, after }) => `The email address changed from ${before.email} to ${after.email}.`,
  },
  'user.sessions_ended': {
    label: 'Sessions ended',
    sentence: (subject, { after }) =>
      `${subject} ended ${after.count === 1 ? 'another session' : `${after.count.toLocaleString('en')} other sessions`}.`,
  },
  'operator.added': {
    label: 'Operator added',
    sentence: (subject, { after }) => `${subject} got the role ${after.role}.`,
  },
  'operator.link_created': {
    label: 'Operator link created',
    sentence: (subject) => `A one-time link for ${subject} was created on the command line.`,
  },
  'operator.removed': {
    label: 'Operator removed',
    sentence: (subject, { before }) => `${subject} no longer has the role ${before.role}.`,
  },
  'user.passkey_added': {
    label: 'Passkey added',
    sentence: (_, { after }) => `The passkey ${after.name} was added.`,
  },
  'user.passkey_renamed': {
    label: 'Passkey renamed',
    sentence: (_, { before, after }) => `The passkey ${before.name} was renamed to ${after.name}.`,
  },
  'user.passkey_deleted': {
    label: 'Passkey deleted',
    sentence: (_, { before }) => `The passkey ${before.name} was deleted.`,
  },
  'user.totp_set_up': {
    label: 'Authenticator app set up',
    sentence: () => 'An authenticator app was set up.',
  },
  'user.totp_removed': {
    label: 'Authenticator app removed',
    sentence: () => 'The authenticator app was removed.',
  },
  'user.recovery_codes_created': {
    label: 'Recovery codes made',
    sentence: () => 'Recovery codes were made, and the earlier ones no longer work.',
  },
  'user.second_factors_removed': {
    label: 'Second factors removed',
    sentence: (subject, { before }) =>
      `All second factors of ${subject} were removed: ${before.factors.map((factor) => reasonText(factor)).join(', ')}.`,
  },
  'user.second_factor_used': {
    label: 'Second factor used',
    sentence: (_, { after }) => `A second factor was used: ${reasonText(after.factor)}.`,
  },
  'organization.security_policy_changed': {
    label: 'Security policy changed',
    sentence: (subject, { after }) =>
      after.requiresSecondFactor
        ? `${subject} now requires a second factor.`
        : `${subject} no longer requires a second factor.`,
  },
  'user.erased': {
    label: 'User erased',
    sentence: (subject) => `${subject}: the erasure of this user began.`,
  },
  'user.erasure_finished': {
    label: 'Erasure finished',
    sentence: (subject, { after }) =>
      `${subject}: the erasure ended. It redacted ${entries(after.redactedRows)}.`,
  },
  'user.redacted': {
    label: 'Audit entries redacted',
    sentence: (subject, { after }) => `In ${entries(after.rows.length)} ${subject} is no longer named.`,
  },
  'user.sign_in_failed': {
    label: 'Sign-in failed',
    sentence: (subject, { after }) => `Signing in as ${subject} failed ${times(after.count)}.`,
  },
  'contact.confirmed': {
    label: 'Contact confirmed',
    sentence: (_, { after }) => `${after.email} confirmed its address as a contact.`,
  },
  'contact.unsubscribed': {
    label: 'Unsubscribed',
    sentence: (_, { after }) => `${after.email} unsubscribed from emails about expiring certificates.`,
  },
  'contact.resubscribed': {
    label: 'Subscribed again',
    sentence: (_, { after }) => `${after.email} gets emails about expiring certificates again.`,
  },
  'notification_settings.updated': {
    label: 'Notification settings changed',
    sentence: (_, { after }) =>
      `Emails: the team address is ${after.teamAddress ?? 'none'}, and the time zone is ${after.timeZone ?? 'UTC'}.`,
  },
  'calendar_feed.created': {
    label: 'Calendar feed created',
    sentence: (_, { after }) => `A calendar feed of ${after.environment} was created.`,
  },
  'calendar_feed.deleted': {
    label: 'Calendar feed deleted',
    sentence: (_, { before }) => `A calendar feed of ${before.environment} was deleted.`,
  },
  'api_key.created': {
    label: 'API key created',
    sentence: (_, { after }) => `The API key ${after.name} was created with the role ${after.role}.`,
  },
  'api_key.rotated': {
    label: 'API key rotated',
    sentence: (subject, { after }) =>
      `The API key ${subject} got a new secret that begins with ${after.prefix}.`,
  },
  'api_key.deleted': {
    label: 'API key deleted',
    sentence: (_, { before }) => `The API key ${before.name} was deleted.`,
  },
  'webhook.created': {
    label: 'Webhook created',
    sentence: (_, { after }) => `The webhook ${after.name} was created for ${after.origin}.`,
  },
  'webhook.updated': {
    label: 'Webhook changed',
    sentence: (subject, { after }) => {
      if (after.enabled === undefined) return `The webhook ${subject} was changed.`
      return `The webhook ${subject} was ${after.enabled ? 'enabled' : 'disabled'}.`
    },
  },
  'webhook.secret_added': {
    label: 'Webhook secret rotated',
    sentence: (subject) => `The webhook ${subject} got a new secret.`,
  },
  'webhook.disabled': {
    label: 'Webhook disabled',
    sentence: (subject, { after }) => {
      if (after.reason === 'gone')
        return `Postern disabled the webhook ${subject}: its endpoint answered 410 Gone.`
      if (after.reason === 'no_secret')
        return `Postern disabled the webhook ${subject}: it has no valid secret.`
      return `Postern disabled the webhook ${subject}: its deliveries failed for 5 days.`
    },
  },
  'webhook.queue_full': {
    label: 'Webhook queue full',
    sentence: (subject) => `Events of the webhook ${subject} were dropped: too many deliveries wait.`,
  },
  'webhook.client_certificate_requested': {
    label: 'Client certificate requested',
    sentence: (subject) => `A CSR for a client certificate of the webhook ${subject} was created.`,
  },
  'webhook.client_certificate_installed': {
    label: 'Client certificate added',
    sentence: (subject) => `The webhook ${subject} got a client certificate.`,
  },
  'webhook.client_certificate_activated': {
    label: 'Client certificate in use',
    sentence: (subject) => `The webhook ${subject} presents another client certificate.`,
  },
  'webhook.client_certificate_retired': {
    label: 'Client certificate retired',
    sentence: (subject) => `A client certificate of the webhook ${subject} was retired.`,
  },
  'webhook.deleted': {
    label: 'Webhook deleted',
    sentence: (_, { before }) => `The webhook ${before.name} was deleted.`,
  },
  'user.access_denied': {
    label: 'Access denied',
    sentence: (subject, { after }) => `${subject} was denied access ${times(after.count)}.`,
  },
  'user.downloaded': {
    label: 'Files downloaded',
    sentence: (subject, { after }) => `${subject} downloaded certificates or evidence ${times(after.count)}.`,
  },
}

/** Returns what happened, as a sentence. A type of another release is told by its recorded name. */
export function changeSentence(event: ChangeEvent): string {
  if (event.type === 'other') return `Recorded by another release: ${event.data.recordedAs}.`
  const words = changeWords[event.type] as unknown as ChangeWords<ChangeTypeName>
  return words.sentence(event.subject.name ?? event.subject.id, event.data)
}

/** The types of changes with their labels, in the order of the labels. */
export const changeTypeChoices = Object.entries(changeWords)
  .map(([value, { label }]) => ({ value, label }))
  .toSorted((a, b) => (a.label < b.label ? -1 : 1))

const because = (reason: string) => (reason === '' ? '' : `: ${reason.replace(/\.$/, '')}`)

const listFields = (before: Record<string, unknown>, after: Record<string, unknown>): string =>
  [...new Set(changeLines(before, after).map(({ name }) => name))].join('; ') || 'nothing'
