import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pino } from 'pino'
import { auditRoutes } from './audit/audit-routes.ts'
import { createAuditStore } from './audit/audit-store.ts'
import { createCheckpointStore } from './audit/checkpoint-store.ts'
import { takeCheckpoint } from './audit/take-checkpoint.ts'
import { describeChainProblem } from './audit/verify-audit.ts'
import { createAuditWatch } from './audit/watch-audit.ts'
import { createCertificateStateStore } from './authority/certificate-state-store.ts'
import { createIssuerStore } from './authority/issuer-store.ts'
import { ocspRoutes } from './authority/ocsp-routes.ts'
import { publicationRoutes } from './authority/publication-routes.ts'
import { publishDueRevocationLists, publishRevocationList } from './authority/publish-revocation-list.ts'
import { createRevocationListStore } from './authority/revocation-list-store.ts'
import { issueJob, publishListJob } from './certificates/certificate-jobs.ts'
import { createCertificateListStore } from './certificates/certificate-list-store.ts'
import { certificateRoutes, createCertificateStateReader } from './certificates/certificate-routes.ts'
import { createCertificateStore } from './certificates/certificate-store.ts'
import { createDraftStore } from './certificates/draft-store.ts'
import { createIssuanceStore } from './certificates/issuance-store.ts'
import { issueCertificate } from './certificates/issue-certificate.ts'
import { presentCertificate } from './certificates/present-certificate.ts'
import { resumeIssuance } from './certificates/resume-issuance.ts'
import { createSeenModulusStore } from './certificates/seen-modulus-store.ts'
import { createSharedFactorCheck } from './certificates/shared-factor-check.ts'
import { readWeakKeyLists } from './certificates/weak-key-lists.ts'
import { startChores } from './chores.ts'
import { type Clock, systemClock } from './clock.ts'
import type { Config, Secrets } from './config/config.ts'
import { operations } from './contract/operations.ts'
import { credentialRoutes } from './credentials/credential-routes.ts'
import { createCredentialStore } from './credentials/credential-store.ts'
import { ensureDemo } from './demo.ts'
import { PosternError } from './errors.ts'
import { evidenceRoutes } from './evidence/evidence-routes.ts'
import { forgetFirstPassword, writeFirstRun } from './first-run.ts'
import { authorize } from './http/authorize.ts'
import type { Handlers } from './http/handler.ts'
import { createPortalServer } from './http/portal-server.ts'
import { createPublicationServer } from './http/publication-server.ts'
import { createJobStore } from './jobs/job-store.ts'
import { runJobs } from './jobs/run-jobs.ts'
import { createCertificateLetters } from './notifications/certificate-letters.ts'
import { mailRoutes } from './notifications/mail-routes.ts'
import { createMailboxStore } from './notifications/mailbox-store.ts'
import { openMail } from './notifications/open-mail.ts'
import { createOutboxStore, sendMailJob, writeLetters } from './notifications/outbox-store.ts'
import { environmentRoutes } from './organizations/environment-routes.ts'
import { createIdentity } from './organizations/identity-store.ts'
import { createOrganizationStore } from './organizations/organization-store.ts'
import { sessionRoutes } from './organizations/session-routes.ts'
import type { FindListedKey } from './pki/check-request.ts'
import { openAuditKey } from './signer/audit-key.ts'
import { ensureAuthority } from './signer/create-authority.ts'
import { ensureDevelopmentTls } from './signer/development-tls.ts'
import { openOcspResponders } from './signer/open-ocsp-responders.ts'
import { openSigner } from './signer/open-signer.ts'
import { type Database, openDatabase } from './storage/database.ts'
import { migrate } from './storage/migrate.ts'
import { activityRoutes } from './telemetry/activity-routes.ts'
import { createActivityStore } from './telemetry/activity-store.ts'
import { createLiveActivity } from './telemetry/live-activity.ts'
import { ensureSigningKeys } from './tokens/signing-key-store.ts'

const minute = 60_000

/** A running portal process. */
export interface PortalApp {
  /** Ends what is being answered, lets the job at hand finish, and closes the store. */
  close(): Promise<void>
}

/** The keys that a portal process holds. */
interface PortalKeys {
  authorityKey: Uint8Array
  gatewayKey: Uint8Array
  sessionKey: string
}

/** What all parts of the portal share. */
interface Ground {
  config: Config
  secrets: Secrets
  keys: PortalKeys
  database: Database
  clock: Clock
  log: pino.Logger
  findListedKey: FindListedKey
}

/**
 * Builds the portal process: brings the store up to this release, makes what is missing of authority and
 * signing keys, goes on with what a crash left half done, and listens. Throws `config_invalid` or
 * `master_key_wrong`, and then has changed nothing.
 */
export async function createPortalApp(config: Config, secrets: Secrets): Promise<PortalApp> {
  const ground: Ground = {
    config,
    secrets,
    keys: portalKeys(secrets),
    database: await openDatabase(secrets.storage),
    clock: systemClock,
    log: createLog(config),
    findListedKey: await readWeakKeyLists(join(config.dataFolder, 'weak-keys')),
  }
  await migrate(ground.database)
  await ensureKeys(ground)
  const parts = buildParts(ground)
  await publishDueRevocationLists(parts.publish)
  if (config.profile === 'development') await introduce(ground, parts)
  await resumeIssuance(parts.issue, parts.onFailure)
  const { smtp, from } = config.mail
  const server = smtp && { ...smtp, password: secrets.smtpPassword }
  const mail = await openMail(parts, server, from)
  const stopJobs = runJobs({
    jobs: createJobStore(ground.database),
    handlers: {
      [issueJob]: (id) => issueCertificate(parts.issue, id),
      [publishListJob]: (id) => publishRevocationList(parts.publish, id),
      [sendMailJob]: mail.send,
    },
    clock: ground.clock,
    onFailure: parts.onFailure,
  })
  const stopChores = startChores(choresOf(ground, parts), parts.onFailure)
  const servers = await openServers(ground, parts)

  return {
    async close() {
      parts.live.stop()
      await Promise.all(servers.map((server) => server.close()))
      await Promise.all([stopChores(), stopJobs()])
      await mail.close()
      await ground.database.close()
    },
  }
}

function portalKeys({ authorityKey, gatewayKey, sessionKey }: Secrets): PortalKeys {
  if (authorityKey !== null && gatewayKey !== null && sessionKey !== null)
    return { authorityKey, gatewayKey, sessionKey }
  throw new PosternError('config_invalid', 'The portal needs the keys of authority, gateways and sessions.')
}

const createLog = ({ profile }: Config) =>
  pino({ name: 'portal', level: profile === 'production' ? 'info' : 'warn' }, pino.destination(2))

async function ensureKeys({ config, keys, database, clock }: Ground): Promise<void> {
  const { gateway, environments, publication } = config
  const { authorityKey, gatewayKey } = keys
  await ensureAuthority({ database, authorityKey, clock, publicationUrl: publication.url, environments })
  await ensureSigningKeys(database, environments, gatewayKey, clock)
  const { certificateFile, keyFile, serverCaFile } = gateway
  if (serverCaFile === null) return
  const hosts = new Set(['localhost', '127.0.0.1', '::1', ...environments.map((one) => one.gatewayHost)])
  await ensureDevelopmentTls({ certificateFile, keyFile, serverCaFile }, [...hosts], clock)
}

function buildParts({ config, keys, database, clock, log, findListedKey }: Ground) {
  const environments = new Map(config.environments.map((environment) => [environment.name, environment]))
  const issuers = createIssuerStore(database)
  const signer = openSigner(database, keys.authorityKey)
  const issue = {
    issuance: createIssuanceStore(database, writeLetters),
    issuers,
    signer,
    letters: createCertificateLetters(config.portal.url),
    environments,
    clock,
    publicationUrl: config.publication.url,
  }
  const audit = createAuditStore(database)
  const checkpoints = createCheckpointStore(database)
  const onFailure = (what: string, error: unknown) => log.error({ what, err: error }, 'tried again later')
  const watch = createAuditWatch({ audit, checkpoints }, clock, ({ problem }) =>
    log.error({ problem }, problem && describeChainProblem(problem)),
  )
  return {
    environments,
    clock,
    async takeCheckpoint() {
      const signer = await openAuditKey(database, keys.authorityKey, clock)
      await takeCheckpoint({ audit, checkpoints, signer, clock })
    },
    issue,
    publish: { issuers, lists: createRevocationListStore(database), signer, clock },
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
    certificates: createCertificateStore(database, writeLetters),
    keys: {
      findListedKey,
      ...createSharedFactorCheck(createSeenModulusStore(database), (publicKeySha256) =>
        log.error({ publicKeySha256 }, 'a new RSA key has a prime of these keys: revoke their certificates'),
      ),
    },
    identity: createIdentity(database, keys.sessionKey, config.portal.url, clock),
    organizations: createOrganizationStore(database),
    activity: createActivityStore(database),
    live: createLiveActivity(createActivityStore(database)),
    audit,
    checkpoints,
    watch,
    mailbox: createMailboxStore(database),
    outbox: createOutboxStore(database),
    onFailure,
  }
}

type Parts = ReturnType<typeof buildParts>

/** Makes the demo's organizations and people at the first start, and says how to sign in. */
async function introduce({ config, clock }: Ground, { identity, organizations }: Parts): Promise<void> {
  const people = await ensureDemo({ identity, organizations, clock })
  if (people.length === 0) return
  writeFirstRun(config.dataFolder, {
    portal: config.portal.url,
    gateways: Object.fromEntries(config.environments.map(({ name, gatewayUrl }) => [name, gatewayUrl])),
    publication: config.publication.url,
    people,
  })
}

/** What has to be done again and again. */
function choresOf({ config, keys, database, clock }: Ground, { publish, ...parts }: Parts) {
  const { environments } = config
  return [
    {
      name: 'publish-revocation-lists',
      everyMilliseconds: minute,
      work: () => publishDueRevocationLists(publish),
    },
    {
      name: 'ensure-signing-keys',
      everyMilliseconds: 60 * minute,
      work: () => ensureSigningKeys(database, environments, keys.gatewayKey, clock),
    },
    {
      name: 'take-audit-checkpoint',
      everyMilliseconds: 10 * minute,
      work: parts.takeCheckpoint,
    },
    { name: 'verify-audit', everyMilliseconds: 60 * minute, work: parts.watch.verify },
  ]
}

async function openServers(ground: Ground, parts: Parts) {
  const { config, log } = ground
  const { findBySlug, findRole } = parts.organizations
  const facts = { findOrganization: findBySlug, findRole, environments: parts.environments }
  const portal = await createPortalServer({
    handlers: buildHandlers(ground, parts, facts),
    facts,
    findSession: parts.identity.findPerson,
    portalUrl: config.portal.url,
    trustedProxies: config.portal.trustedProxies,
    log,
  })
  const publication = createPublicationServer([
    ...publicationRoutes(parts.publish),
    ...ocspRoutes(parts.ocsp),
  ])
  await portal.listen({ host: config.portal.host, port: config.portal.port })
  await publication.listen({ host: config.publication.host, port: config.publication.port })
  return [portal, publication]
}

function buildHandlers(
  { config, database, clock }: Ground,
  parts: Parts,
  facts: Parameters<typeof authorize>[0],
): Handlers {
  const { serverCaFile } = config.gateway
  const lists = createCertificateListStore(database)
  return {
    ...sessionRoutes({
      ...parts,
      onPasswordChosen: (email) => forgetFirstPassword(config.dataFolder, email),
    }),
    ...environmentRoutes(config.environments, serverCaFile),
    ...credentialRoutes({ credentials: createCredentialStore(database), clock }),
    ...certificateRoutes({
      ...parts,
      drafts: createDraftStore(database),
      lists,
      history: parts.audit,
      readServerCa: async () => (serverCaFile === null ? undefined : readFile(serverCaFile)),
      publishRevocationList: (id) => publishRevocationList(parts.publish, id),
    }),
    ...evidenceRoutes({
      ...parts,
      async readCertificate(organizationId, id) {
        const certificate = await parts.certificates.get(organizationId, id)
        return presentCertificate({ ...parts, lists, issuers: parts.publish.issuers }, certificate)
      },
      async readAuthority(organizationId, id) {
        const { plan, revocation } = await parts.certificates.get(organizationId, id)
        const issuerId = plan?.issuerId ?? ''
        const chain = await parts.publish.issuers.listChain(issuerId)
        const list = revocation && (await parts.publish.lists.find(issuerId))
        return { chain: chain.map(({ certificateDer }) => certificateDer), revocationList: list?.der }
      },
      listActivity: parts.activity.listByCertificate,
    }),
    ...activityRoutes({
      ...parts,
      readCertificateState: createCertificateStateReader({ certificates: parts.certificates, clock }),
      async assertStillAdmitted(headers, { slug }) {
        const session = await parts.identity.findPerson(headers)
        await authorize(facts, operations.streamCertificateActivity, session, { organization: slug })
      },
    }),
    ...auditRoutes(parts),
    ...mailRoutes(parts),
  }
}
