import type { AddressInfo } from 'node:net'
import type { pino } from 'pino'
import { cacheRevocationLists } from '../authority/cache-revocation-lists.ts'
import { createCertificateStateStore } from '../authority/certificate-state-store.ts'
import { createIssuerStore } from '../authority/issuer-store.ts'
import { ocspRoutes } from '../authority/ocsp-routes.ts'
import { createRevocationListStore } from '../authority/revocation-list-store.ts'
import { revocationRoutes } from '../authority/revocation-routes.ts'
import { type Clock, systemClock } from '../clock.ts'
import type { Config, Secrets } from '../config/config.ts'
import { describeChange, describeRejection, describeReload } from '../config/describe-reload.ts'
import { readSettings } from '../config/read-settings.ts'
import { type ConfigSource, createReload } from '../config/reload-config.ts'
import { PosternError } from '../errors.ts'
import { setTimeLimits } from '../http/create-listener.ts'
import { createRevocationServer } from '../http/revocation-endpoints.ts'
import { readDescriptorLimit, shareDescriptors } from '../http/share-descriptors.ts'
import type { MetricSnapshot } from '../monitoring/process-metrics.ts'
import type { Readiness } from '../monitoring/readiness.ts'
import type { MasterKey } from '../shapes/master-key.ts'
import { openSharedResponders } from '../signer/open-shared-responders.ts'
import { awaitStore } from '../storage/await-store.ts'
import { type Database, openDatabase } from '../storage/database.ts'
import { isStoreUnavailable } from '../storage/engine.ts'
import { createStoreWatch, type StoreWatch } from '../storage/watch-store.ts'
import { createLog } from './create-log.ts'
import { openPort, toListenerLimits } from './plain-listener.ts'
import { createPublicationFollower } from './publication-follower.ts'
import { createPublicationReadiness } from './publication-readiness.ts'

/** Clients of CRLs and OCSP wait for seconds; what is in memory is served after this time. */
const waits = { connect: 3000, silent: 3000 }
/** A client may be able to cause a failure at will. */
const repeatMs = 60_000

/** A running process that publishes. */
export interface PublicationApp {
  /** The port that it listens on. */
  port: number
  readiness: Readiness
  /** Undefined if the configuration has no listener that tells them. */
  readMetrics: (() => Promise<MetricSnapshot>) | undefined
  /** Reads the configuration again; one that is wrong changes nothing. */
  reload(): void
  /** Finishes the answers in progress, and closes the store. */
  close(): Promise<void>
}

/** What a test may replace; all else is as in production. */
export interface PublicationReplacements {
  clock?: Clock
  log?: pino.Logger
  /** Where the configuration is read again from; the file and the variables of the process where not given. */
  source?: ConfigSource
  /** Descriptors of inherited sockets by their ports. */
  sockets?: ReadonlyMap<number, number[]>
}

/**
 * Builds a process that serves CRLs, OCSP and issuer certificates, and opens its port. It holds no key but those of
 * OCSP responders, and changes nothing in the store. Waits for what the portal makes. Throws `config_invalid` without
 * its key, `master_key_wrong` if the key is not the one of the portal, `port_taken`, and `storage_unavailable` for a
 * store that this release cannot use.
 */
export async function createPublicationApp(
  config: Config,
  { storage, publicationKey }: Pick<Secrets, 'storage' | 'publicationKey'>,
  {
    clock = systemClock,
    log = createLog('publication', config),
    sockets = new Map(),
    source = { settings: readSettings(), read: readSettings },
  }: PublicationReplacements = {},
): Promise<PublicationApp> {
  if (publicationKey === null)
    throw new PosternError(
      'config_invalid',
      'A publication needs the key that opens the keys of OCSP responders.',
    )
  const none = { connections: { total: 0 } }
  const { publication: total } = shareDescriptors(
    { portal: none, publication: config.publication },
    readDescriptorLimit(),
  )
  const watch = createStoreWatch(storage, log)
  const onFailure = reportFailures(watch, log)
  const database = await awaitStore(() => openDatabase(storage, { waits, watch }), watch, storage)
  const parts = buildParts(database, publicationKey, { clock, log, onFailure })
  const { issuers, published, responders, follower } = parts
  await awaitStore(() => follower.awaitPublished(config.environments), watch, storage)
  const state = {
    ...{ database, clock, isStoreAway: watch.isAway, lacksResponder: follower.lacksResponder },
    ...{ findListEnd: published.findEnd, findResponderEnd: follower.findResponderEnd },
  }
  const metrics = await openMetrics(config, state)
  const states = createCertificateStateStore(database)
  const limits = toListenerLimits(config.publication, total)
  const server = createRevocationServer(
    [
      ...revocationRoutes(published),
      ...ocspRoutes({ issuers, states, openResponder: responders.open, clock, onFailure }),
    ],
    { limits, log, portalUrl: config.portal.url, count: metrics?.count },
  )
  await openPort(server, config.publication, sockets)
  const stopFollowing = follower.start()
  const reload = createReload(config, source, {
    parts: { portal: false, gateway: false },
    now: () => clock.now(),
    prepare: () => () => {
      log.level = config.log.level
      setTimeLimits(server.server, limits)
    },
  })
  return {
    port: (server.server.address() as AddressInfo).port,
    readiness: createPublicationReadiness(state),
    readMetrics: metrics?.snapshot,
    reload: () => reloadAndTell(reload, log),
    async close() {
      stopFollowing()
      await server.close()
      await database.close()
    },
  }
}

function buildParts(
  database: Database,
  publicationKey: MasterKey,
  given: { clock: Clock; log: pino.Logger; onFailure: (what: string, error: unknown) => void },
) {
  const { clock } = given
  const issuers = createIssuerStore(database)
  const lists = createRevocationListStore(database)
  const published = cacheRevocationLists({ issuers, lists, clock })
  const responders = openSharedResponders({ database, publicationKey, clock })
  const follower = createPublicationFollower({ database, issuers, published, responders, ...given })
  return { issuers, published, responders, follower }
}

/** What nobody reads is not counted, nor loaded. */
async function openMetrics(
  { operations }: Config,
  state: Parameters<typeof import('./publication-metrics.ts')['createPublicationMetrics']>[0],
) {
  if (operations.address === null) return undefined
  const { createPublicationMetrics } = await import('./publication-metrics.ts')
  return createPublicationMetrics(state)
}

function reloadAndTell(reload: ReturnType<typeof createReload>, log: pino.Logger): void {
  try {
    const changes = reload()
    log.warn({ changes: changes.map(describeChange) }, describeReload(changes))
  } catch (error) {
    if (!(error instanceof PosternError)) throw error
    log.error(describeRejection(error))
  }
}

/** Logs a kind of failure once a minute at most. An unavailable store is reported once for all its users. */
function reportFailures(watch: StoreWatch, log: pino.Logger): (what: string, error: unknown) => void {
  const toldAt = new Map<string, number>()
  return (what, error) => {
    const isAway = error instanceof PosternError && error.code === 'storage_unavailable'
    if (isAway || watch.hasSeen(error) || isStoreUnavailable(error)) return
    if (performance.now() - (toldAt.get(what) ?? Number.NEGATIVE_INFINITY) < repeatMs) return
    toldAt.set(what, performance.now())
    log.error({ what, err: error }, 'tried again later')
  }
}
