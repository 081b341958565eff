import { createCertificateStore } from '../certificates/certificate-store.ts'
import { createDraftStore } from '../certificates/issuance/draft-store.ts'
import { createIssuanceStore } from '../certificates/issuance-store.ts'
import { createSeenKeyStore } from '../certificates/key-checks/seen-key-store.ts'
import { createSharedFactorCheck } from '../certificates/key-checks/shared-factor-check.ts'
import { createRegistrationStore } from '../certificates/registration/registration-store.ts'
import { createEnforcementLetters } from '../enforcement/enforcement-letters.ts'
import { createPlanStore } from '../enforcement/plan-store.ts'
import { createReadinessStore } from '../enforcement/readiness-store.ts'
import { isSignedBy } from '../gateway/decision/check-signatures.ts'
import { createCertificateLetters } from '../notifications/certificate-letters.ts'
import { createMailboxStore } from '../notifications/mailbox-store.ts'
import { createOutboxStore } from '../notifications/outbox-store.ts'
import { createLetterWriter } from '../notifications/write-letters-store.ts'
import { createDeviceCookie } from '../organizations/device-cookie.ts'
import { createSignInGuard } from '../organizations/guard-sign-in.ts'
import { createIdentity } from '../organizations/identity-store.ts'
import { createOrganizationStore } from '../organizations/organization-store.ts'
import { createRecordSeals } from '../signer/record-seals.ts'
import { createActivityStore } from '../telemetry/activity-store.ts'
import { createGatewayStore } from '../telemetry/gateway-store.ts'
import { createLiveActivity } from '../telemetry/live-activity.ts'
import { createLostEndingStore } from '../telemetry/lost-ending-store.ts'
import { createRefusalStore } from '../telemetry/refusal-store.ts'
import { createUsageReadStore } from '../telemetry/usage-read-store.ts'
import { buildAudit } from './portal-audit.ts'
import { buildAuthority } from './portal-authority.ts'
import type { Ground, PortalReplacements } from './portal-ground.ts'

/** Creates each dependency of the portal once. */
export function buildParts(ground: Ground, replace: PortalReplacements = {}) {
  const { config, keys, database, clock, log } = ground
  const environments = new Map(config.environments.map((environment) => [environment.name, environment]))
  const writeLetters = createLetterWriter(config.mail.limits)
  const onFailure = (what: string, error: unknown) => {
    // An unavailable store is reported once for all its users.
    if (!ground.watch.hasSeen(error)) log.error({ what, err: error }, 'tried again later')
  }
  const { foreign, signer, partitions, ...authority } = buildAuthority(
    ground,
    { environments, writeLetters, onFailure },
    replace,
  )
  const certificates = createCertificateStore(database, writeLetters)
  const organizations = createOrganizationStore(database)
  const keyChecks = buildKeyChecks(ground)
  return {
    ...authority,
    ...buildAudit(ground, onFailure),
    ...buildTelemetry(ground),
    environments,
    clock,
    issue: {
      issuance: createIssuanceStore(database, writeLetters),
      issuers: authority.publish.issuers,
      partitions,
      signer,
      seals: createRecordSeals(keys.authorityKey),
      letters: createCertificateLetters(config.portal.url),
      environments,
      clock,
      publicationUrl: config.publication.url,
    },
    certificates,
    keys: keyChecks,
    registering: {
      registrations: createRegistrationStore(database),
      certificates,
      drafts: createDraftStore(database),
      keys: keyChecks,
      environments,
      clock,
      findOrganization: organizations.findById,
      listTrustedIssuers: foreign.listTrusted,
      isSignedBy,
    },
    enforcing: {
      plans: createPlanStore(database, writeLetters),
      readiness: createReadinessStore(database),
      letters: createEnforcementLetters(config.portal.url),
      environments,
      clock,
    },
    ...buildSignIn(ground),
    organizations,
    endings: createLostEndingStore(database, writeLetters),
    mailbox: createMailboxStore(database),
    outbox: createOutboxStore(database),
    onFailure,
  }
}

/** What is looked for in the key of a CSR beyond its form. */
function buildKeyChecks({ database, findListedKey, log }: Ground) {
  return {
    findListedKey,
    ...createSharedFactorCheck(createSeenKeyStore(database), (publicKeySha256) =>
      log.error({ publicKeySha256 }, 'a new RSA key has a prime of these keys: revoke their certificates'),
    ),
  }
}

/** Who is signed in, and what slows down those who guess passwords. */
function buildSignIn({ config, keys, database, clock, log }: Ground) {
  return {
    identity: createIdentity(database, keys.sessionKey, config.portal.url, clock),
    devices: createDeviceCookie(keys.sessionKey, config.portal.url, clock),
    guard: createSignInGuard(clock, (sentence) => log.warn(sentence)),
  }
}

/** What gateways have written, as the portal reads it. */
function buildTelemetry({ database }: Ground) {
  const activity = createActivityStore(database)
  return {
    activity,
    gateways: createGatewayStore(database),
    usage: createUsageReadStore(database),
    refusals: createRefusalStore(database),
    live: createLiveActivity(activity),
  }
}

/** The dependencies of the portal. */
export type Parts = ReturnType<typeof buildParts>
