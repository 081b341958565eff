import { z } from 'zod'
import { Timestamp } from '../common.ts'
import { count, defineChanges, nothing, text, textOrNull, texts } from './change-type.ts'

/** Accesses of one account in about a minute. */
const Accesses = z.object({
  count,
  from: Timestamp,
  until: Timestamp,
  addresses: texts,
  fromOtherAddresses: count,
  operations: z.record(z.string(), count).meta({ description: 'How often, by operation.' }),
  certificates: texts.optional(),
})

const most = count.nullable()
const OrganizationLimits = z.object({
  environments: z.array(z.object({ environment: text, maxCertificates: most, certificatesPerHour: most })),
  maxCredentials: most,
  emailsPerHour: most,
  maxPeople: most,
})
const OrganizationFacts = z.object({ legalName: text, country: text, state: text }).partial()
const UserFacts = z.object({ name: text, timeZone: textOrNull }).partial()
const NotificationChoices = z.object({ teamAddress: textOrNull, timeZone: textOrNull })
const ConfirmedAct = z.object({ operationId: text, pathParameters: z.record(z.string(), z.string()) })
const ApiKeyTerms = z.object({
  name: text,
  role: text,
  scopes: texts.nullable(),
  networks: texts.nullable(),
  prefix: text,
  expiresAt: Timestamp,
})
/** The settings of single sign-on, without its secret. */
const SingleSignOn = z.object({
  issuer: text,
  clientId: text,
  domains: texts,
  roleClaim: textOrNull,
  roles: z.array(z.object({ value: text, role: text })),
  defaultRole: textOrNull,
  required: z.boolean(),
  passwordAdmins: texts,
  secondFactorValues: texts,
})

/** The changes of organizations and users, and the accesses of users. */
export const userChanges = defineChanges({
  'organization.created': {
    description: 'An organization was created.',
    recordedAs: 'organization.created',
    before: nothing,
    after: z.object({ slug: text, legalName: text, country: text, state: text }),
  },
  'organization.updated': {
    description: 'The legal name, country or state of an organization changed; both sides have what changed.',
    recordedAs: 'organization.updated',
    before: OrganizationFacts,
    after: OrganizationFacts,
  },
  'organization.suspended': {
    description: 'An organization was suspended: nothing of it works until it is reactivated.',
    recordedAs: 'organization.suspended',
    before: z.object({ status: text }),
    after: z.object({ status: text, reason: text }),
    byOperators: true,
  },
  'organization.reactivated': {
    description: 'The suspension of an organization ended.',
    recordedAs: 'organization.reactivated',
    before: z.object({ status: text }),
    after: z.object({ status: text }),
    byOperators: true,
  },
  'organization.closed': {
    description: 'An organization was closed permanently.',
    recordedAs: 'organization.closed',
    before: z.object({ status: text }),
    after: z.object({ status: text, reason: text.optional() }),
    byOperators: true,
  },
  'organization.limits_set': {
    description: 'The limits of an organization were replaced.',
    recordedAs: 'organization.limits_set',
    before: OrganizationLimits,
    after: OrganizationLimits,
    byOperators: true,
  },
  'member.added': {
    description: 'A user became a member of an organization.',
    recordedAs: 'member.added',
    before: nothing,
    after: z.object({ role: text }),
  },
  'member.role_changed': {
    description: 'The role of a member changed.',
    recordedAs: 'member.role_changed',
    before: z.object({ role: text }),
    after: z.object({ role: text }),
  },
  'member.removed': {
    description:
      'A member was removed from an organization, by an admin or, over SCIM, by its identity provider.',
    recordedAs: 'member.removed',
    before: z.object({ role: text }),
    after: nothing,
  },
  'member.left': {
    description: 'A member left an organization.',
    recordedAs: 'member.left',
    before: z.object({ role: text }),
    after: nothing,
  },
  'invitation.created': {
    description: 'Somebody was invited to an organization; `replaces` names the invitation before it.',
    recordedAs: 'invitation.created',
    before: nothing,
    after: z.object({ email: text, role: text, expiresAt: Timestamp, replaces: textOrNull }),
  },
  'invitation.cancelled': {
    description: 'An invitation was cancelled.',
    recordedAs: 'invitation.cancelled',
    before: z.object({ email: text, role: text }),
    after: nothing,
  },
  'invitation.accepted': {
    description: 'An invitation was accepted, by a new user or by one that existed.',
    recordedAs: 'invitation.accepted',
    before: nothing,
    after: z.object({ email: text, role: text, isNewUser: z.boolean() }),
  },
  'single_sign_on.set': {
    description: 'The single sign-on of an organization was set.',
    recordedAs: 'single_sign_on.set',
    before: SingleSignOn.nullable(),
    after: SingleSignOn.extend({ clientSecretChanged: z.boolean() }),
  },
  'single_sign_on.deleted': {
    description: 'The single sign-on of an organization was deleted.',
    recordedAs: 'single_sign_on.deleted',
    before: SingleSignOn,
    after: nothing,
  },
  'single_sign_on.domain_proven': {
    description: 'An organization proved a domain for its single sign-on.',
    recordedAs: 'single_sign_on.domain_proven',
    before: nothing,
    after: z.object({ domain: text }),
  },
  'single_sign_on.linked': {
    description: 'A user signed in through an OpenID provider for the first time.',
    recordedAs: 'single_sign_on.linked',
    before: nothing,
    after: z.object({ issuer: text, subject: text, isNewUser: z.boolean() }),
  },
  'scim.user_created': {
    description:
      'The identity provider of an organization provisioned a user over SCIM: a new one, or one who existed.',
    recordedAs: 'scim.user_created',
    before: nothing,
    after: z.object({ isNewUser: z.boolean() }),
  },
  'scim.user_updated': {
    description:
      'The identity provider of an organization changed what it says of a user; `changed` names the attributes.',
    recordedAs: 'scim.user_updated',
    before: nothing,
    after: z.object({ changed: texts }),
  },
  'scim.user_deleted': {
    description:
      'The identity provider of an organization deleted a user over SCIM; the account stays without the membership.',
    recordedAs: 'scim.user_deleted',
    before: nothing,
    after: nothing,
  },
  'user.signed_in': {
    description: 'A user signed in.',
    recordedAs: 'person.signed_in',
    before: nothing,
    after: nothing,
  },
  'user.signed_out': {
    description: 'A user signed out.',
    recordedAs: 'person.signed_out',
    before: nothing,
    after: nothing,
  },
  'user.password_changed': {
    description: 'A user chose a new password.',
    recordedAs: 'person.password_changed',
    before: nothing,
    after: nothing,
  },
  'user.step_up_proven': {
    description: 'A user proved again who they are, for one act on one object.',
    recordedAs: 'person.step_up_proven',
    before: nothing,
    after: z.object({ operationId: text, pathParameters: z.record(z.string(), text), method: text }),
  },
  'user.password_reset_requested': {
    description: 'Somebody asked for an email with a link to choose a new password for the user.',
    recordedAs: 'person.password_reset_requested',
    before: nothing,
    after: nothing,
  },
  'user.password_reset': {
    description: 'A user chose a new password with a one-time link; all other sessions ended.',
    recordedAs: 'person.password_reset',
    before: nothing,
    after: nothing,
  },
  'user.updated': {
    description:
      'The name or the time zone of a user changed: by the user, or by the provider of the only organization; both sides have what changed.',
    recordedAs: 'person.updated',
    before: UserFacts,
    after: UserFacts,
  },
  'user.email_change_requested': {
    description: 'A user asked for another email address.',
    recordedAs: 'person.email_change_requested',
    before: nothing,
    after: z.object({ email: text }),
  },
  'user.email_confirmed': {
    description: 'One of the two addresses confirmed a new email address; `side` says which.',
    recordedAs: 'person.email_confirmed',
    before: nothing,
    after: z.object({ side: text }),
  },
  'user.email_changed': {
    description:
      'The email address of a user changed: after both addresses had confirmed it, or by the provider of the only organization.',
    recordedAs: 'person.email_changed',
    before: z.object({ email: text }),
    after: z.object({ email: text }),
  },
  'user.sessions_ended': {
    description: 'A user ended own sessions.',
    recordedAs: 'person.sessions_ended',
    before: nothing,
    after: z.object({ count }),
  },
  'operator.added': {
    description: 'A user became an operator or auditor, or got the other role.',
    recordedAs: 'operator.added',
    before: z.object({ role: text.nullable() }),
    after: z.object({ role: text }),
  },
  'operator.link_created': {
    description: 'A one-time link to choose a password was printed on the machine of Postern.',
    recordedAs: 'operator.link_created',
    before: nothing,
    after: nothing,
  },
  'operator.removed': {
    description: 'A user is no longer an operator or auditor.',
    recordedAs: 'operator.removed',
    before: z.object({ role: text }),
    after: nothing,
  },
  'confirmation.requested': {
    description: 'An operator asked another one to confirm an act.',
    recordedAs: 'confirmation.requested',
    before: nothing,
    after: ConfirmedAct,
    byOperators: true,
  },
  'confirmation.confirmed': {
    description: 'An operator confirmed an act of another one, which was then done.',
    recordedAs: 'confirmation.confirmed',
    before: nothing,
    after: ConfirmedAct,
    byOperators: true,
  },
  'confirmation.cancelled': {
    description: 'An operator cancelled an act that waited for a second person.',
    recordedAs: 'confirmation.cancelled',
    before: nothing,
    after: ConfirmedAct,
    byOperators: true,
  },
  'user.passkey_added': {
    description: 'A user added a passkey.',
    recordedAs: 'person.passkey_added',
    before: nothing,
    after: z.object({ name: text }),
  },
  'user.passkey_renamed': {
    description: 'A user renamed a passkey.',
    recordedAs: 'person.passkey_renamed',
    before: z.object({ name: text }),
    after: z.object({ name: text }),
  },
  'user.passkey_deleted': {
    description: 'A user deleted a passkey.',
    recordedAs: 'person.passkey_deleted',
    before: z.object({ name: text }),
    after: nothing,
  },
  'user.totp_set_up': {
    description: 'A user set up an authenticator app.',
    recordedAs: 'person.totp_set_up',
    before: nothing,
    after: nothing,
  },
  'user.totp_removed': {
    description: 'A user removed the authenticator app.',
    recordedAs: 'person.totp_removed',
    before: nothing,
    after: nothing,
  },
  'user.recovery_codes_created': {
    description: 'A user made recovery codes; the codes made before no longer work.',
    recordedAs: 'person.recovery_codes_created',
    before: nothing,
    after: nothing,
  },
  'user.second_factors_removed': {
    description: 'An operator removed all second factors of a user who had lost them.',
    recordedAs: 'person.second_factors_removed',
    before: z.object({ factors: z.array(text) }),
    after: nothing,
    byOperators: true,
  },
  'user.second_factor_used': {
    description: 'A user proved a second factor.',
    recordedAs: 'person.second_factor_used',
    before: nothing,
    after: z.object({ factor: text }),
  },
  'organization.security_policy_changed': {
    description: 'An admin changed what an organization demands of the sign-in of its members.',
    recordedAs: 'organization.security_policy_changed',
    before: z.object({ requiresSecondFactor: z.boolean() }),
    after: z.object({ requiresSecondFactor: z.boolean() }),
  },
  'user.erased': {
    description:
      'The erasure of a user began: the account is gone, and the audit log names the user by a pseudonym.',
    recordedAs: 'person.erased',
    before: nothing,
    after: nothing,
  },
  'user.erasure_finished': {
    description: 'The erasure of a user ended; `redactedRows` counts the rows of the audit log it redacted.',
    recordedAs: 'person.erasure_finished',
    before: nothing,
    after: z.object({ redactedRows: count }),
  },
  'user.redacted': {
    description:
      'Rows of the audit log that named an erased user were redacted; the key of the audit log signed the hashes of what was written and of what the rows say now.',
    recordedAs: 'audit.redacted',
    before: nothing,
    after: z.object({
      rows: z.array(z.object({ sequence: count, written: text, redacted: text })),
      keyId: text,
      signature: text,
    }),
  },
  'user.sign_in_failed': {
    description: 'Somebody tried to sign in and failed, counted by account.',
    recordedAs: 'person.sign_in_failed',
    before: nothing,
    after: Accesses,
  },
  'contact.confirmed': {
    description: 'A contact outside of an organization confirmed the address, and gets emails from then on.',
    recordedAs: 'contact.confirmed',
    before: nothing,
    after: z.object({ email: text }),
  },
  'contact.unsubscribed': {
    description: 'An address unsubscribed from the emails about expiring certificates of an organization.',
    recordedAs: 'contact.unsubscribed',
    before: nothing,
    after: z.object({ email: text }),
  },
  'contact.resubscribed': {
    description: 'An address that had unsubscribed gets the emails of an organization again.',
    recordedAs: 'contact.resubscribed',
    before: nothing,
    after: z.object({ email: text }),
  },
  'notification_settings.updated': {
    description: 'The team address or the time zone of the emails about an organization was changed.',
    recordedAs: 'notification_settings.updated',
    before: NotificationChoices,
    after: NotificationChoices,
  },
  'calendar_feed.created': {
    description: 'A member created a calendar feed of the expiry dates in an environment.',
    recordedAs: 'calendar_feed.created',
    before: nothing,
    after: z.object({ environment: text }),
  },
  'calendar_feed.deleted': {
    description: 'A calendar feed was deleted; its address no longer works.',
    recordedAs: 'calendar_feed.deleted',
    before: z.object({ environment: text }),
    after: nothing,
  },
  'api_key.created': {
    description: 'An API key of an organization or of a user was created.',
    recordedAs: 'api_key.created',
    before: nothing,
    after: ApiKeyTerms,
  },
  'api_key.rotated': {
    description: 'An API key got a new secret; the one in use stays valid for the overlap period.',
    recordedAs: 'api_key.rotated',
    before: nothing,
    after: z.object({ prefix: text, expiresAt: Timestamp, othersEndAt: Timestamp }),
  },
  'api_key.deleted': {
    description: 'An API key was deleted; it stops working within a second.',
    recordedAs: 'api_key.deleted',
    before: z.object({ name: text }),
    after: nothing,
  },
  'user.access_denied': {
    description: 'A user or an API key called operations without the right to do so, counted by account.',
    recordedAs: 'person.denied',
    before: nothing,
    after: Accesses,
  },
  'user.downloaded': {
    description: 'A user or an API key downloaded certificates or evidence, counted by account.',
    recordedAs: 'person.downloaded',
    before: nothing,
    after: Accesses,
  },
})
