import { randomUUID } from 'node:crypto'
import { createAccountRecord } from '../accounts/account-record-store.ts'
import { createAccountStore } from '../accounts/account-store.ts'
import { createDeviceCookie } from '../accounts/device-cookie.ts'
import { createFactorRemoval } from '../accounts/factors/factor-removal-store.ts'
import { createFactors } from '../accounts/factors/factors-store.ts'
import { createResetGuard } from '../accounts/guard-reset.ts'
import { addressPace, createSignInGuard } from '../accounts/guard-sign-in.ts'
import { createIdentity } from '../accounts/identity-store.ts'
import { createOperatorStore } from '../accounts/operator-store.ts'
import { createOwnSessionStore } from '../accounts/own-session-store.ts'
import { createAttemptPace } from '../accounts/pace-attempts.ts'
import { provisionedAccounts } from '../accounts/provisioned-user-store.ts'
import { createResetStore } from '../accounts/reset-store.ts'
import { createSessionStore } from '../accounts/session-store.ts'
import { createSharedAttempts } from '../accounts/shared-attempts-store.ts'
import { findTxtRecords } from '../accounts/single-sign-on/find-txt-records.ts'
import { createGuardedFetch } from '../accounts/single-sign-on/guarded-fetch.ts'
import { createProviderClient } from '../accounts/single-sign-on/provider.ts'
import { createProviderEntry } from '../accounts/single-sign-on/provider-user-store.ts'
import { createSignInFlow } from '../accounts/single-sign-on/sign-in-flow.ts'
import { createSingleSignOnStore } from '../accounts/single-sign-on/single-sign-on-store.ts'
import { createStepUpStore } from '../accounts/step-up-store.ts'
import { createTurns } from '../accounts/take-turns.ts'
import { createApiKeyStore } from '../api-keys/api-key-store.ts'
import { createApiKeyUseStore } from '../api-keys/api-key-use-store.ts'
import { createApiKeyCheck } from '../api-keys/check-api-key.ts'
import { createRedactionStore } from '../audit/redaction-store.ts'
import { createCalendarEventStore } from '../calendar-feeds/calendar-event-store.ts'
import { createCalendarFeedStore } from '../calendar-feeds/calendar-feed-store.ts'
import { createCertificateStore } from '../certificates/certificate-store.ts'
import { createAbandonedDraftStore } from '../certificates/issuance/abandoned-draft-store.ts'
import { createDraftStore } from '../certificates/issuance/draft-store.ts'
import { createIssuanceStore } from '../certificates/issuance-store.ts'
import { createSharedFactorCheck } from '../certificates/key-checks/shared-factor-check.ts'
import { createUsedKeyStore } from '../certificates/key-checks/used-key-store.ts'
import { createRegistrationStore } from '../certificates/registration/registration-store.ts'
import { createBulkProgressStore } from '../certificates/revocation/bulk-progress-store.ts'
import { createBulkRevocationStore } from '../certificates/revocation/bulk-revocation-store.ts'
import { createConfirmationStore } from '../confirmations/confirmation-store.ts'
import type { SecondPersonArea } from '../contract/confirmation.ts'
import { createEnforcementEmails } from '../enforcement/enforcement-emails.ts'
import { createPolicyStore } from '../enforcement/policy-store.ts'
import { createReadinessStore } from '../enforcement/readiness-store.ts'
import { PosternError } from '../errors.ts'
import { createNotificationListStore } from '../expiry/notification-list-store.ts'
import { createFindLonely, createFindRecipients } from '../expiry/recipient-store.ts'
import { isSignedBy } from '../gateway/decision/check-signatures.ts'
import { createAuthentication } from '../http/authenticate.ts'
import { createWaiting } from '../http/await-change.ts'
import { createPrincipalLimit } from '../http/limit-principals.ts'
import { createMigrationEmails } from '../migration-plans/migration-emails.ts'
import { createMigrationPlanStore } from '../migration-plans/migration-plan-store.ts'
import { createCertificateEmails } from '../notifications/certificate-emails.ts'
import { createInvitationMail } from '../notifications/invitation-email-store.ts'
import { createMailContactStore, findReachableContacts } from '../notifications/mail-contact-store.ts'
import { createMailboxStore } from '../notifications/mailbox-store.ts'
import { createMembershipMail } from '../notifications/membership-email-store.ts'
import {
  createNotificationSettingsStore,
  findTeamAddress,
} from '../notifications/notification-settings-store.ts'
import { createOutboxStore } from '../notifications/outbox-store.ts'
import { createOwnEmailStore } from '../notifications/own-email-store.ts'
import { createSubscriptionStore, findUnsubscribed } from '../notifications/subscription-store.ts'
import { createUnsubscribeTokens } from '../notifications/unsubscribe-links.ts'
import { createEmailWriter } from '../notifications/write-emails-store.ts'
import { createAcceptanceStore } from '../organizations/acceptance-store.ts'
import { createInvitationStore } from '../organizations/invitation-store.ts'
import { createMemberStore } from '../organizations/member-store.ts'
import { createMembershipChanges, removeMemberships } from '../organizations/membership-store.ts'
import { createOrganizationStore } from '../organizations/organization-store.ts'
import { createEraser } from '../privacy/erase-people.ts'
import { createErasureStore } from '../privacy/erasure-store.ts'
import { createPersonalDataStore } from '../privacy/export-store.ts'
import { createSweepStore } from '../privacy/sweep-store.ts'
import { createUserStore } from '../privacy/user-store.ts'
import { createProvisioningStore } from '../scim/provisioning-store.ts'
import { createScimUserStore } from '../scim/scim-user-store.ts'
import { createSharedUses } from '../shared-uses.ts'
import { createRecordSeals } from '../signer/record-seals.ts'
import { exchangeUses } from '../storage/exchange-uses.ts'
import { createIdempotencyStore } from '../storage/idempotency-store.ts'
import { createActivityStore } from '../telemetry/activity-store.ts'
import { createDenialStore } from '../telemetry/denial-store.ts'
import { createGatewayStore } from '../telemetry/gateway-store.ts'
import { createGatewayWatchStore } from '../telemetry/gateway-watch-store.ts'
import { createLiveActivity } from '../telemetry/live-activity.ts'
import { createLostRevocationStore } from '../telemetry/lost-revocation-store.ts'
import { createRequiredActionStore } from '../telemetry/required-action-store.ts'
import { createUsageReadStore } from '../telemetry/usage-read-store.ts'
import { announce as announceToWebhooks } from '../webhooks/plan-deliveries-store.ts'
import { buildAudit } from './portal-audit.ts'
import { buildAuditExport } from './portal-audit-export.ts'
import { buildAuthority } from './portal-authority.ts'
import { buildExpiry } from './portal-expiry.ts'
import { buildExternalStatus } from './portal-external-status.ts'
import type { BaseDependencies, PortalReplacements } from './portal-ground.ts'
import { buildRotations } from './portal-rotations.ts'
import { buildSignals } from './portal-signals.ts'
import { buildWebhooks } from './portal-webhooks.ts'

/** Creates each dependency of the portal once. */
export function buildDependencies(base: BaseDependencies, replace: PortalReplacements = {}) {
  const { config, keys, database, clock, log } = base
  const environments = new Map(config.environments.map((environment) => [environment.name, environment]))
  const writeEmails = createEmailWriter(config.mail.limits, config.portal.url)
  const onFailure = (what: string, error: unknown) => {
    // An unavailable store is reported once for all its users.
    if (!base.watch.hasSeen(error)) log.error({ what, err: error }, 'tried again later')
  }
  const { external, signer, partitions, ...authority } = buildAuthority(
    base,
    { environments, writeEmails, onFailure },
    replace,
  )
  const certificates = createCertificateStore(database, writeEmails)
  const organizations = createOrganizationStore(database)
  const keyChecks = buildKeyChecks(base)
  const migrationPlans = createMigrationPlanStore(database, writeEmails)
  const audit = buildAudit(base, onFailure)
  const issue = {
    issuance: createIssuanceStore(database, writeEmails),
    issuers: authority.publish.issuers,
    partitions,
    signer,
    seals: createRecordSeals(keys.authorityKey),
    letters: createCertificateEmails(config.portal.url),
    environments,
    clock,
    publicationUrl: config.publication.url,
  }
  const gatewayWatch = createGatewayWatchStore(database)
  const recipients = { findReachable: findReachableContacts, findUnsubscribed, findTeamAddress }
  const findRecipients = createFindRecipients(recipients)
  return {
    ...authority,
    ...audit,
    auditExport: buildAuditExport(base, audit),
    webhooks: buildWebhooks(base, { audit: audit.audit, writeEmails, onFailure }, replace),
    ...buildPrivacy(base, audit),
    ...buildTelemetry(base),
    environments,
    clock,
    issue,
    gatewayWatch,
    rotating: buildRotations(base, {
      ...{ certificates, issue, writeEmails, onFailure, watch: gatewayWatch },
      publishRevocation: authority.publisher.publishRevocation,
    }),
    certificates,
    abandoned: createAbandonedDraftStore(database),
    calendarFeeds: createCalendarFeedStore(database),
    calendarEvents: createCalendarEventStore(database),
    portalUrl: config.portal.url,
    bulk: createBulkRevocationStore(database),
    bulkProgress: createBulkProgressStore(database),
    keys: keyChecks,
    registering: {
      registrations: createRegistrationStore(database),
      certificates,
      drafts: createDraftStore(database),
      keys: keyChecks,
      environments,
      clock,
      findOrganization: organizations.findById,
      listTrustedIssuers: external.listTrusted,
      isSignedBy,
      findMigration: migrationPlans.find,
    },
    migrating: {
      plans: migrationPlans,
      letters: createMigrationEmails(config.portal.url),
      readWatch: gatewayWatch.find,
      environments,
      clock,
    },
    enforcing: {
      plans: createPolicyStore(database, writeEmails),
      readiness: createReadinessStore(database),
      letters: createEnforcementEmails(config.portal.url),
      readWatch: gatewayWatch.find,
      environments,
      clock,
    },
    telling: buildExpiry(base, {
      writeEmails,
      announce: (tx, announcements) => announceToWebhooks(tx, announcements, clock.now()),
      findRecipients,
    }),
    notifications: createNotificationListStore(database, { findRecipients, findUnsubscribed }),
    notificationSettings: createNotificationSettingsStore({
      ...{ database, portalUrl: config.portal.url, writeEmails },
    }),
    subscriptions: createSubscriptionStore({
      database,
      tokenOf: createUnsubscribeTokens(keys.sessionKey),
      findLonely: createFindLonely(recipients),
    }),
    externalStatus: buildExternalStatus(
      base,
      {
        ...{ certificates, environments, onFailure, letters: issue.letters },
        findSlug: async (id) => (await organizations.findById(id))?.slug ?? '',
      },
      replace,
    ),
    signalling: buildSignals(base, {
      ...{ environments, writeEmails, findRecipients, onFailure },
      ...{ watch: gatewayWatch, announce: announceToWebhooks },
    }),
    ...buildSignIn(base, writeEmails),
    singleSignOn: buildSingleSignOn(base, writeEmails, replace),
    scim: buildScim(base, writeEmails),
    organizations,
    organizationWord: config.portal.organizationWord,
    secondPersonAreas: { has: (area: SecondPersonArea) => config.secondPerson.includes(area) },
    ...buildTeam(base, writeEmails),
    requests: buildRequestCount(base, replace),
    confirmations: createConfirmationStore(database, clock),
    endings: createLostRevocationStore(database, writeEmails),
    idempotency: createIdempotencyStore(database, keys.sessionKey, clock),
    waiting: createWaiting(database),
    mailbox: createMailboxStore(database),
    ownEmails: createOwnEmailStore(database),
    mailContacts: createMailContactStore(database),
    outbox: createOutboxStore(database),
    onFailure,
  }
}

/** What is looked for in the key of a CSR beyond its form. */
function buildKeyChecks({ database, findCompromisedKey, log }: BaseDependencies) {
  return {
    findCompromisedKey,
    ...createSharedFactorCheck(createUsedKeyStore(database), (publicKeySha256) =>
      log.error({ publicKeySha256 }, 'a new RSA key has a prime of these keys: revoke their certificates'),
    ),
  }
}

/** Who is signed in, and what slows down those who guess passwords. */
function buildSignIn(
  { config, keys, database, clock, log }: BaseDependencies,
  writeEmails: ReturnType<typeof createEmailWriter>,
) {
  const portalUrl = config.portal.url
  const sessions = createSessionStore(database, clock, config.portal.sessions)
  const identity = createIdentity(database, keys.sessionKey, config.portal, clock)
  const apiKeyUses = createApiKeyUseStore(database, clock)
  const pace = createAttemptPace(addressPace)
  // A SQLite store has one portal at a time, which needs nobody to count with.
  const attempts =
    database.engine === 'postgres' ? createSharedAttempts(database, keys.sessionKey) : undefined
  return {
    accounts: createAccountStore({ database, portalUrl, writeEmails }),
    resets: createResetStore({ database, portalUrl, writeEmails }),
    operators: createOperatorStore(database, portalUrl),
    ownSessions: createOwnSessionStore(database, sessions),
    resetGuard: createResetGuard(clock, attempts),
    accountRecord: createAccountRecord(database),
    stepUpProofs: createStepUpStore(database, clock),
    identity,
    apiKeys: createApiKeyStore(database, clock),
    apiKeyUses,
    authentication: createAuthentication({
      sessions: identity,
      apiKeys: createApiKeyCheck({ uses: apiKeyUses, pace, clock }),
      portalUrl,
    }),
    factors: createFactors(
      database,
      {
        authorityKey: keys.authorityKey,
        sessionKey: keys.sessionKey,
        portalUrl: config.portal.url,
        get operatorsNeedSecondFactor() {
          return config.portal.operatorsNeedSecondFactor
        },
      },
      clock,
    ),
    factorRemoval: createFactorRemoval({ database, portalUrl, writeEmails }),
    devices: createDeviceCookie(keys.sessionKey, config.portal.url, clock),
    guard: createSignInGuard(clock, (sentence) => log.warn(sentence), attempts),
    attempts,
  }
}

/** The export of what is kept about people, and their erasure. */
function buildPrivacy(
  { database, clock }: BaseDependencies,
  { openAuditSigner }: ReturnType<typeof buildAudit>,
) {
  const erasures = createErasureStore({
    database,
    redactions: createRedactionStore(database, openAuditSigner),
    removeMemberships,
  })
  return {
    users: createUserStore(database),
    personalData: createPersonalDataStore(database),
    erasures,
    erasePeople: createEraser({ erasures, sweep: createSweepStore(database), clock }),
  }
}

/** The members of organizations, and how users become members. */
function buildTeam(
  { config, database }: BaseDependencies,
  writeEmails: ReturnType<typeof createEmailWriter>,
) {
  const busy = () =>
    new PosternError('too_many_requests', 'Too many invitations are accepted at the moment. Try again.', {
      retryAfterSeconds: 1,
    })
  return {
    members: createMemberStore(database, createMembershipMail(writeEmails, config.portal.url)),
    invitations: createInvitationStore(
      database,
      createInvitationMail(writeEmails, config.portal.url),
      config.organizations,
    ),
    acceptances: createAcceptanceStore(database),
    acceptanceTurns: createTurns({ atOnce: 1, maxWaiting: 64 }, busy),
  }
}

/** Sign-in through the OpenID providers of organizations. */
function buildSingleSignOn(
  { config, keys, database, clock }: BaseDependencies,
  writeEmails: ReturnType<typeof createEmailWriter>,
  replace: PortalReplacements,
) {
  const { url, singleSignOn } = config.portal
  const urlRules = {
    get allowPrivate() {
      return singleSignOn.allowPrivateIssuers
    },
    get allowPlain() {
      return singleSignOn.allowPrivateIssuers && config.profile === 'development'
    },
  }
  return {
    store: createSingleSignOnStore(database, keys.authorityKey),
    provider: createProviderClient(createGuardedFetch(urlRules), clock),
    flow: createSignInFlow(keys.sessionKey, url, clock),
    enter: createProviderEntry(
      createMembershipChanges(config.organizations, createMembershipMail(writeEmails, url)),
    ),
    urlRules,
    findTxtRecords: replace.findTxtRecords ?? findTxtRecords,
    portalUrl: url,
  }
}

/** The number of requests of each user and API key, which the portals of a deployment count together. */
function buildRequestCount({ database }: BaseDependencies, { requestsPerMinute }: PortalReplacements) {
  const uses = createSharedUses()
  const principals = createPrincipalLimit(undefined, uses.note, requestsPerMinute)
  const process = randomUUID()
  return {
    principals,
    /** Tells the other portals what was counted here, and learns what they have counted. */
    async exchange(): Promise<void> {
      // A SQLite store has one portal at a time.
      if (database.engine === 'sqlite') return
      const { others, now } = await exchangeUses(database.queries, 'portal_uses', {
        process,
        uses: uses.report(),
      })
      for (const [account, requests] of uses.learn(others, now)) principals.add(account, requests)
    },
  }
}

/** The users whom the providers of organizations provision. */
function buildScim(
  { config, database, clock }: BaseDependencies,
  writeEmails: ReturnType<typeof createEmailWriter>,
) {
  const memberships = createMembershipChanges(
    config.organizations,
    createMembershipMail(writeEmails, config.portal.url),
  )
  return {
    users: createScimUserStore(database),
    provisioning: createProvisioningStore({ database, memberships, accounts: provisionedAccounts }),
    portalUrl: config.portal.url,
    clock,
  }
}

/** What gateways have written, as the portal reads it. */
function buildTelemetry({ database }: BaseDependencies) {
  const activity = createActivityStore(database)
  return {
    activity,
    gateways: createGatewayStore(database),
    usage: createUsageReadStore(database),
    actions: createRequiredActionStore(database),
    refusals: createDenialStore(database),
    live: createLiveActivity(activity),
  }
}

/** The dependencies of the portal. */
export type Dependencies = ReturnType<typeof buildDependencies>
