import type { pino } from 'pino'
import { createAccessSummary } from '../audit/access-summary.ts'
import { createAuditStore } from '../audit/audit-store.ts'
import { formatCheckpoint } from '../audit/checkpoint.ts'
import { createCheckpointFile } from '../audit/checkpoint-file.ts'
import { createCheckpointStore } from '../audit/checkpoint-store.ts'
import { sendToSyslog } from '../audit/send-syslog.ts'
import { createCheckpointTaker } from '../audit/take-checkpoint.ts'
import { describeChainProblem } from '../audit/verify-audit.ts'
import { createAuditWatch } from '../audit/watch-audit.ts'
import { createAuthorityStore } from '../authority/authority-store.ts'
import { createCertificateStateStore } from '../authority/certificate-state-store.ts'
import { createPartitionChoice } from '../authority/choose-partition.ts'
import { createForeignIssuerStore } from '../authority/foreign-issuer-store.ts'
import { createIssuerStore } from '../authority/issuer-store.ts'
import { keepPublished } from '../authority/keep-published.ts'
import { createPartitionStore } from '../authority/partition-store.ts'
import { createPublisher } from '../authority/publish-revocation-list.ts'
import { createRetirementStore } from '../authority/retirement-store.ts'
import { createRevocationListStore } from '../authority/revocation-list-store.ts'
import { createRevokedCertificateStore } from '../authority/revoked-certificate-store.ts'
import { createCertificateStore } from '../certificates/certificate-store.ts'
import { createDraftStore } from '../certificates/issuance/draft-store.ts'
import { createIssuanceStore } from '../certificates/issuance-store.ts'
import { createSeenKeyStore } from '../certificates/key-checks/seen-key-store.ts'
import { createSharedFactorCheck } from '../certificates/key-checks/shared-factor-check.ts'
import { createRegistrationStore } from '../certificates/registration/registration-store.ts'
import type { Clock } from '../clock.ts'
import type { Config, Secrets } from '../config/config.ts'
import { createEnforcementLetters } from '../enforcement/enforcement-letters.ts'
import { createPlanStore } from '../enforcement/plan-store.ts'
import { createReadinessStore } from '../enforcement/readiness-store.ts'
import { isSignedBy } from '../gateway/check-signatures.ts'
import { createCertificateLetters } from '../notifications/certificate-letters.ts'
import { createMailboxStore } from '../notifications/mailbox-store.ts'
import { createOutboxStore } from '../notifications/outbox-store.ts'
import { createLetterWriter } from '../notifications/write-letters-store.ts'
import { createDeviceCookie } from '../organizations/device-cookie.ts'
import { createSignInGuard } from '../organizations/guard-sign-in.ts'
import { createIdentity } from '../organizations/identity-store.ts'
import { createOrganizationStore } from '../organizations/organization-store.ts'
import type { FindListedKey } from '../pki/request/check-request.ts'
import type { Actor } from '../shapes/actor.ts'
import { listSealedAuditKeys, openAuditKey } from '../signer/audit-key.ts'
import { certifyAuditKey } from '../signer/certify-audit-key.ts'
import { addIssuer } from '../signer/create-authority.ts'
import type { Hsm } from '../signer/hsm.ts'
import { findKeyLocation } from '../signer/issuer-key-store.ts'
import { openHsm } from '../signer/open-hsm.ts'
import { openOcspResponders } from '../signer/open-ocsp-responders.ts'
import { openSigner } from '../signer/open-signer.ts'
import { createRecordSeals } from '../signer/record-seals.ts'
import type { Database } from '../storage/database.ts'
import type { StoreWatch } from '../storage/watch-store.ts'
import { createActivityStore } from '../telemetry/activity-store.ts'
import { createGatewayStore } from '../telemetry/gateway-store.ts'
import { createLiveActivity } from '../telemetry/live-activity.ts'
import { createLostEndingStore } from '../telemetry/lost-ending-store.ts'
import { createRefusalStore } from '../telemetry/refusal-store.ts'
import { createUsageReadStore } from '../telemetry/usage-read-store.ts'

/** The keys that a portal process holds. */
export interface PortalKeys {
  authorityKey: Uint8Array
  gatewayKey: Uint8Array
  sessionKey: string
}

/** What all parts of the portal share. */
export interface Ground {
  config: Config
  secrets: Secrets
  keys: PortalKeys
  database: Database
  /** Told of how the store fares. */
  watch: StoreWatch
  clock: Clock
  log: pino.Logger
  /** The token that keys of issuers are in. */
  hsm: Hsm | undefined
  findListedKey: FindListedKey
}

/** Builds what the portal is made of, each part once. */
export function buildParts(ground: Ground) {
  const { config, keys, database, clock, log, hsm, findListedKey } = ground
  const environments = new Map(config.environments.map((environment) => [environment.name, environment]))
  const foreign = createForeignIssuerStore(database)
  const issuers = createIssuerStore(database)
  const signer = openSigner(database, keys.authorityKey, hsm)
  const seals = createRecordSeals(keys.authorityKey)
  const writeLetters = createLetterWriter(config.mail.limits)
  const onFailure = (what: string, error: unknown) => {
    // A store that cannot be used has been told of, once for all that need it.
    if (!ground.watch.hasSeen(error)) log.error({ what, err: error }, 'tried again later')
  }
  const lists = createRevocationListStore(database)
  const revoked = createRevokedCertificateStore(database)
  const published = keepPublished({ issuers, lists })
  const publisher = createPublisher({
    ...{ issuers, lists, revoked, signer, clock, onFailure },
    onPublished: published.findList,
  })
  const partitions = createPartitionStore(database, config.publication.url)
  const issue = {
    issuance: createIssuanceStore(database, writeLetters),
    issuers,
    partitions: createPartitionChoice({ partitions, lists, publisher }),
    signer,
    seals,
    letters: createCertificateLetters(config.portal.url),
    environments,
    clock,
    publicationUrl: config.publication.url,
  }
  const audit = createAuditStore(database)
  const checkpoints = createCheckpointStore(database)
  const checkpointFiles = config.audit.checkpointFiles.map(createCheckpointFile)
  const evidenceParts = {
    audit,
    checkpoints,
    readEvidence: async () => ({
      keys: await listSealedAuditKeys(database.queries, keys.authorityKey),
      kept: checkpointFiles.flatMap((file) => file.readNewest()),
    }),
  }
  const watch = createAuditWatch(evidenceParts, clock, ({ problem }) =>
    log.error({ problem }, problem && describeChainProblem(problem)),
  )
  const openCertifiedKey = async () => {
    const key = await openAuditKey(database, keys.authorityKey, clock)
    // A token that is away delays the certificate, and no checkpoint.
    const access = { database, authorityKey: keys.authorityKey, hsm, clock }
    await certifyAuditKey(access, key).catch((error) => onFailure('certify-audit-key', error))
    return key
  }
  const publish = { issuers, lists, clock }
  const certificates = createCertificateStore(database, writeLetters)
  const organizations = createOrganizationStore(database)
  const keyChecks = {
    findListedKey,
    ...createSharedFactorCheck(createSeenKeyStore(database), (publicKeySha256) =>
      log.error({ publicKeySha256 }, 'a new RSA key has a prime of these keys: revoke their certificates'),
    ),
  }
  return {
    environments,
    clock,
    authorities: {
      authorities: createAuthorityStore(database),
      findKeyLocation: (id: string) => findKeyLocation(database.queries, id),
      ...publish,
      foreign,
      environments,
      publicationUrl: config.publication.url,
      portalUrl: config.portal.url,
      retirements: createRetirementStore(database, writeLetters),
      async addIssuer(environment: { name: string }, actor: Actor) {
        await addIssuer(issuerPartsOf(ground), environment, actor)
        await publisher.publishDue()
      },
    },
    takeCheckpoint: createCheckpointTaker({
      audit,
      checkpoints,
      openSigner: openCertifiedKey,
      files: checkpointFiles,
      clock,
      async announce(checkpoint) {
        log.info({ checkpoint: formatCheckpoint(checkpoint) }, 'audit checkpoint')
        const { syslog } = config.audit
        if (syslog !== null)
          await sendToSyslog(syslog, checkpoint).catch((error) => onFailure('send-to-syslog', error))
      },
    }),
    openAuditSigner: openCertifiedKey,
    issue,
    publish,
    published,
    publisher,
    ocsp: {
      issuers,
      states: createCertificateStateStore(database),
      openResponder: openOcspResponders({
        database,
        authorityKey: keys.authorityKey,
        signer,
        clock,
        onFailure,
      }),
      clock,
      onFailure,
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
    identity: createIdentity(database, keys.sessionKey, config.portal.url, clock),
    devices: createDeviceCookie(keys.sessionKey, config.portal.url, clock),
    guard: createSignInGuard(clock, (sentence) => log.warn(sentence)),
    organizations,
    activity: createActivityStore(database),
    gateways: createGatewayStore(database),
    endings: createLostEndingStore(database, writeLetters),
    usage: createUsageReadStore(database),
    refusals: createRefusalStore(database),
    live: createLiveActivity(createActivityStore(database)),
    audit,
    access: createAccessSummary({ database, clock }),
    checkpoints,
    watch,
    mailbox: createMailboxStore(database),
    outbox: createOutboxStore(database),
    onFailure,
  }
}

/** What issuers are made with. */
export function issuerPartsOf({ config, keys, database, clock, hsm }: Ground) {
  const { authorityKey } = keys
  const { newKeys } = config.authority
  return { database, authorityKey, clock, hsm, newKeys, publicationUrl: config.publication.url }
}

/** The token that the configuration names, opened when it is first used; nothing where it names none. */
export function openHsmOf({ authority }: Config, { tokenPin }: Secrets): Hsm | undefined {
  return authority.token === null || tokenPin === null ? undefined : openHsm(authority.token, tokenPin)
}

/** The parts of the portal. */
export type Parts = ReturnType<typeof buildParts>
