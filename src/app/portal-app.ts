import { join } from 'node:path'
import { ocspRoutes } from '../authority/ocsp-routes.ts'
import { publicationRoutes } from '../authority/publication-routes.ts'
import { remindOfRetirements } from '../authority/retire-issuer.ts'
import { readRootListNews } from '../authority/watch-root-list.ts'
import { issueJob } from '../certificates/certificate-jobs.ts'
import { resumeIssuance } from '../certificates/issuance/resume-issuance.ts'
import { readWeakKeyLists } from '../certificates/key-checks/weak-key-lists.ts'
import { createForgettingClock, systemClock } from '../clock.ts'
import type { Config, Listener, Secrets } from '../config/config.ts'
import { assertTlsFiles, listServerNames } from '../config/tls-settings.ts'
import { enforceDue } from '../enforcement/enforce-due.ts'
import { PosternError } from '../errors.ts'
import type { ListenerLimits } from '../http/create-listener.ts'
import { noTrustedProxies } from '../http/limit-requests.ts'
import { createPortalServer } from '../http/portal-server.ts'
import { createPublicationServer } from '../http/publication-server.ts'
import { assertPageIsBuilt } from '../http/serve-page.ts'
import { readDescriptorLimit, shareDescriptors } from '../http/share-descriptors.ts'
import { createAddressTest } from '../http/trusted-addresses.ts'
import { createJobStore } from '../jobs/job-store.ts'
import { runJobs } from '../jobs/run-jobs.ts'
import { openMail } from '../notifications/open-mail.ts'
import { assertKeysServed } from '../signer/assert-keys-served.ts'
import { ensureAuthority } from '../signer/create-authority.ts'
import { ensureDevelopmentTls } from '../signer/development-tls.ts'
import type { Hsm } from '../signer/hsm.ts'
import { untilStoreLets } from '../storage/await-store.ts'
import { openDatabase } from '../storage/database.ts'
import { findClockProblem } from '../storage/find-clock-problem.ts'
import { forgetChanges } from '../storage/forget-changes.ts'
import { forgetOldRows } from '../storage/forget-old-rows.ts'
import { migrate } from '../storage/migrate.ts'
import { createReturnWatch } from '../storage/watch-returns.ts'
import { createStoreWatch } from '../storage/watch-store.ts'
import { settleEndings } from '../telemetry/settle-endings.ts'
import { ensureSigningKeys } from '../tokens/signing-key-store.ts'
import { startChores } from './chores.ts'
import { createLog } from './create-log.ts'
import { ensureDemo } from './demo.ts'
import { createEndAgain } from './end-again.ts'
import { buildHandlers } from './portal-handlers.ts'
import { buildLanes } from './portal-lanes.ts'
import {
  buildParts,
  type Ground,
  issuerPartsOf,
  openHsmOf,
  type Parts,
  type PortalKeys,
} from './portal-parts.ts'

const minute = 60_000
const day = 24 * 60 * minute

/** A running portal process. */
export interface PortalApp {
  /** Ends what is being answered, lets the job at hand finish, and closes the store. */
  close(): Promise<void>
}

/**
 * Builds the portal process: brings the store up to this release, makes what is missing of authority and
 * signing keys, goes on with what a crash left half done, and listens. While the store cannot be used it waits,
 * and says why. Throws `config_invalid`, `hsm_pin_refused`, `master_key_wrong`, or `storage_unavailable` for a store
 * that this release cannot use, and then has changed nothing.
 */
export async function createPortalApp(config: Config, secrets: Secrets): Promise<PortalApp> {
  assertPageIsBuilt()
  const log = createLog('portal', config)
  const totals = shareDescriptors(config, readDescriptorLimit())
  assertTlsFiles(config, { portal: true, gateway: false }, systemClock.now())
  const hsm = openHsmOf(config, secrets)
  await assertPinIsRight(hsm, log)
  const { storage } = secrets
  const watch = createStoreWatch(storage, log)
  const ground: Ground = {
    config,
    secrets,
    keys: portalKeys(secrets),
    database: await untilStoreLets(() => openDatabase(storage, { watch }), watch, storage),
    watch,
    clock: systemClock,
    log,
    hsm,
    findListedKey: await readWeakKeyLists(join(config.dataFolder, 'weak-keys')),
  }
  const returns = createReturnWatch({
    ...{ database: ground.database, dataFolder: config.dataFolder, clock: ground.clock },
    onReturn: (epoch, sentence) => log.error({ epoch }, sentence),
    onFailure: (what, error) => log.error({ what, err: error }, 'tried again later'),
  })
  const parts = buildParts(ground)
  // Each step may be cut off anywhere, as by a crash, and be done again.
  await untilStoreLets(() => prepareStore(ground, parts, returns), watch, storage)
  const { smtp, from } = config.mail
  const server = smtp && { ...smtp, password: secrets.smtpPassword }
  const mail = await openMail(parts, server, from)
  const stopJobs = runJobs({
    jobs: createJobStore(ground.database),
    lanes: buildLanes(parts, mail),
    clock: ground.clock,
    onFailure: parts.onFailure,
    onGivenUp: (job, error) => ground.log.error({ job, err: error }, 'job given up'),
  })
  const stopChores = startChores(
    [...choresOf(ground, parts), ...storeChores(ground, parts, returns)],
    parts.onFailure,
  )
  const servers = await openServers(ground, parts, totals)

  return {
    async close() {
      parts.live.stop()
      await Promise.all(servers.map((server) => server.close()))
      await Promise.all([stopChores(), stopJobs()])
      returns.stop()
      await parts.access.flush().catch((error) => parts.onFailure('write-access-summary', error))
      await mail.close()
      await ground.database.close()
      await hsm?.close()
    },
  }
}

function portalKeys({ authorityKey, gatewayKey, sessionKey }: Secrets): PortalKeys {
  if (authorityKey !== null && gatewayKey !== null && sessionKey !== null)
    return { authorityKey, gatewayKey, sessionKey }
  throw new PosternError('config_invalid', 'The portal needs the keys of authority, gateways and sessions.')
}

/** A token that is away stops no start: what does not need it goes on, and it is used when it is back. */
async function assertPinIsRight(hsm: Hsm | undefined, log: Ground['log']): Promise<void> {
  await hsm?.check().catch((error) => {
    if (!(error instanceof PosternError && error.code === 'issuer_unavailable')) throw error
    log.error({ err: error }, error.message)
  })
}

/** Brings the store up to this release, and makes or goes on with what it lacks. */
async function prepareStore(
  ground: Ground,
  parts: Parts,
  returns: ReturnType<typeof createReturnWatch>,
): Promise<void> {
  const { config, database, hsm, clock, log } = ground
  await migrate(database)
  await returns.start()
  const wrongClock = await findClockProblem(database.queries, clock.now())
  if (wrongClock !== undefined) log.error(wrongClock)
  await ensureKeys(ground)
  const signing = config.environments.map(async ({ name }) => ({
    id: (await parts.issue.issuers.getSigning(name)).id,
    environment: name,
  }))
  await assertKeysServed(database, hsm, await Promise.all(signing))
  await parts.publisher.publishDue()
  if (config.profile === 'development') await introduce(ground, parts)
  await resumeIssuance(parts.issue, parts.onFailure)
}

async function ensureKeys(ground: Ground): Promise<void> {
  const { config, keys, database, clock } = ground
  const { gateway, environments } = config
  await ensureAuthority({ ...issuerPartsOf(ground), environments })
  await ensureSigningKeys(database, environments, keys.gatewayKey, clock)
  const { certificateFile, keyFile, serverCaFile } = gateway
  if (serverCaFile === null) return
  const names = environments.flatMap(listServerNames).map(({ host }) => host)
  const hosts = new Set(['localhost', '127.0.0.1', '::1', ...names])
  await ensureDevelopmentTls({ certificateFile, keyFile, serverCaFile }, [...hosts], clock)
}

/** Makes the demo's organizations and people at the first start, and says how to sign in. */
function introduce({ config, clock }: Ground, { identity, organizations }: Parts): Promise<void> {
  const { dataFolder, portal, publication, environments } = config
  return ensureDemo({ identity, organizations, clock }, dataFolder, {
    portal: portal.url,
    gateways: Object.fromEntries(environments.map(({ name, gatewayUrl }) => [name, gatewayUrl])),
    publication: publication.url,
  })
}

/** What is done about a store that was put back to an older state. */
function storeChores(
  { config, database }: Ground,
  parts: Parts,
  returns: ReturnType<typeof createReturnWatch>,
) {
  const endAgain = createEndAgain(parts, database)
  return [
    { name: 'watch-returns', everyMilliseconds: 2000, work: returns.look },
    {
      name: 'settle-endings',
      everyMilliseconds: 2000,
      work: () => settleEndings({ ...parts, endAgain, portalUrl: config.portal.url }),
    },
  ]
}

/** What has to be done again and again. */
function choresOf({ config, keys, database, clock, log }: Ground, parts: Parts) {
  const { environments } = config
  const forgetting = createForgettingClock(clock)
  return [
    {
      name: 'publish-revocation-lists',
      everyMilliseconds: minute,
      work: parts.publisher.publishDue,
    },
    // Other portals publish too.
    { name: 'keep-published', everyMilliseconds: minute, work: parts.published.refresh },
    {
      name: 'watch-root-list',
      everyMilliseconds: day,
      async work() {
        const news = await readRootListNews(parts.authorities)
        if (news !== undefined) log[news.level](news.sentence)
      },
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
    { name: 'write-access-summary', everyMilliseconds: minute, work: parts.access.flush },
    {
      name: 'verify-audit',
      everyMilliseconds: 60 * minute,
      async work() {
        // The first checkpoint of a new log is made before the log is verified by it; a failure is told by its own chore.
        await parts.takeCheckpoint().catch(() => {})
        await parts.watch.verify()
      },
    },
    {
      name: 'remind-of-retirements',
      everyMilliseconds: 60 * minute,
      work: () => remindOfRetirements(parts.authorities),
    },
    {
      name: 'enforce-due',
      everyMilliseconds: 5000,
      work: () => enforceDue(parts.enforcing, parts.environments),
    },
    {
      name: 'forget-readiness',
      everyMilliseconds: 60 * minute,
      work: () => parts.enforcing.readiness.forgetOld(forgetting.now() - config.usageRetention.hour),
    },
    {
      name: 'forget-refusals',
      everyMilliseconds: 60 * minute,
      work: () => parts.refusals.forgetOld(forgetting.now() - config.usageRetention.hour),
    },
    {
      name: 'forget-usage',
      everyMilliseconds: 10 * minute,
      work: () => parts.usage.forgetOld(config.usageRetention, forgetting.now()),
    },
    {
      name: 'forget-changes',
      everyMilliseconds: 60 * minute,
      work: () => forgetChanges(database.queries, forgetting.now()),
    },
    {
      name: 'forget-old-rows',
      everyMilliseconds: 60 * minute,
      // What was given up of issuance is kept as long as its certificate waits for it.
      work: () => forgetOldRows(database.queries, [issueJob], forgetting.now()),
    },
    {
      name: 'forget-gateways',
      everyMilliseconds: 60 * minute,
      work: () => parts.gateways.forgetGone(forgetting.now()),
    },
  ]
}

const toListenerLimits = ({ connections, trustedProxies }: Listener, total: number): ListenerLimits => ({
  ...connections,
  total,
  isProxy: createAddressTest(trustedProxies),
})

async function openServers(ground: Ground, parts: Parts, totals: ReturnType<typeof shareDescriptors>) {
  const { config, log } = ground
  const { findBySlug, findRole } = parts.organizations
  const facts = { findOrganization: findBySlug, findRole, environments: parts.environments }
  const portal = await createPortalServer({
    handlers: buildHandlers(ground, parts, facts),
    facts,
    findSession: parts.identity.findPerson,
    identifySession: parts.identity.identifySession,
    access: {
      note: parts.access.note,
      async findAccount(email) {
        const id = await parts.identity.findUserId(email)
        return id === undefined ? undefined : { id, name: email.toLowerCase() }
      },
    },
    portalUrl: config.portal.url,
    trustedProxies: config.portal.trustedProxies,
    limits: toListenerLimits(config.portal, totals.portal),
    log,
  })
  const publication = createPublicationServer(
    [...publicationRoutes(parts.published), ...ocspRoutes(parts.ocsp)],
    { limits: toListenerLimits(config.publication, totals.publication), log },
  )
  if (config.profile === 'production' && config.portal.trustedProxies.length === 0) log.warn(noTrustedProxies)
  await portal.listen({ host: config.portal.host, port: config.portal.port })
  await publication.listen({ host: config.publication.host, port: config.publication.port })
  return [portal, publication]
}
