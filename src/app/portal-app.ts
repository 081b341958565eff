import { join } from 'node:path'
import { resumeIssuance } from '../certificates/issuance/resume-issuance.ts'
import { readWeakKeyLists } from '../certificates/key-checks/weak-key-lists.ts'
import { systemClock } from '../clock.ts'
import type { Config, Secrets } from '../config/config.ts'
import { assertTlsFiles, listServerNames } from '../config/tls-settings.ts'
import { PosternError } from '../errors.ts'
import { assertPageIsBuilt } from '../http/serve-page.ts'
import { readDescriptorLimit, shareDescriptors } from '../http/share-descriptors.ts'
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
import { migrate } from '../storage/migrate.ts'
import { createReturnWatch, type ReturnWatch } from '../storage/watch-returns.ts'
import { createStoreWatch } from '../storage/watch-store.ts'
import { ensureSigningKeys } from '../tokens/signing-key-store.ts'
import { startChores } from './chores.ts'
import { createLog } from './create-log.ts'
import { ensureDemo } from './demo.ts'
import { buildChores } from './portal-chores.ts'
import { buildLanes } from './portal-lanes.ts'
import {
  buildParts,
  type Ground,
  issuerPartsOf,
  openHsmOf,
  type Parts,
  type PortalKeys,
} from './portal-parts.ts'
import { openServers } from './portal-servers.ts'

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
  const stopChores = startChores(buildChores(ground, parts, returns), parts.onFailure)
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

/**
 * Brings the store up to this release, and makes or goes on with what it lacks. Each step may be cut off anywhere, as by
 * a crash, and be done again. Throws `master_key_wrong`, `config_invalid` or `storage_unavailable`.
 */
async function prepareStore(ground: Ground, parts: Parts, returns: ReturnWatch): Promise<void> {
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
