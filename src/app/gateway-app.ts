import { type Clock, systemClock } from '../clock.ts'
import type { Config, Secrets } from '../config/config.ts'
import { readSettings } from '../config/read-settings.ts'
import type { ConfigSource } from '../config/reload-config.ts'
import { assertTlsFiles, toServerFiles } from '../config/tls-settings.ts'
import { PosternError } from '../errors.ts'
import { type Authorizer, openAuthorizer } from '../gateway/authorizer/open-authorizer.ts'
import { watchCertificates } from '../gateway/listener/watch-certificates.ts'
import { watchServerFiles } from '../gateway/listener/watch-server-files.ts'
import type { Log } from '../gateway/log/log.ts'
import { watchClock } from '../gateway/log/watch-clock.ts'
import { createAuditHeadStore } from '../gateway/registry/audit-head-store.ts'
import { watchAuditHead } from '../gateway/registry/watch-audit-head.ts'
import { startSweeping } from '../gateway/request/sweep.ts'
import type { MetricSnapshot } from '../monitoring/process-metrics.ts'
import type { Readiness } from '../monitoring/readiness.ts'
import { findClockProblem } from '../storage/find-clock-problem.ts'
import { newId } from '../storage/id.ts'
import { openTracer } from '../tracing/open-tracer.ts'
import { createLog } from './create-log.ts'
import { openAccessLog } from './gateway-access-log.ts'
import { followStore } from './gateway-follower.ts'
import { type Listeners, openListeners, toGatewayEnvironment } from './gateway-listeners.ts'
import { createGatewayMemory } from './gateway-memory.ts'
import type { SharedDependencies } from './gateway-parts.ts'
import type { Progress } from './gateway-progress.ts'
import { createGatewayReadiness } from './gateway-readiness.ts'
import { createGatewayReload } from './gateway-reload.ts'
import { type GatewayStore, openGatewayStore } from './gateway-store.ts'

/** A running gateway process. */
export interface GatewayApp {
  /** The port of each environment, by its name. */
  ports: Record<string, number>
  /** The address for reverse proxies; undefined if the configuration has none. */
  authorizerPort: number | undefined
  readiness: Readiness
  /** Undefined if the configuration has no listener that tells them. */
  readMetrics: (() => Promise<MetricSnapshot>) | undefined
  /** Reads the configuration again; one that is wrong changes nothing. */
  reload(): void
  /** Accepts no further connections, lets requests finish for the configured time, and writes its counts. */
  close(): Promise<void>
}

/** The context of a process; a test can replace clock and log. */
export interface GatewayBaseDependencies {
  clock?: Clock
  log?: Log & { level?: string }
  /** Where the configuration is read again from; the file and the variables of the process where not given. */
  source?: ConfigSource
  /** Descriptors of the inherited sockets by their ports. The process opens others itself. */
  sockets?: ReadonlyMap<number, number[]>
}

/**
 * Builds a gateway process and opens its ports. Waits until the portal has created the tables, the issuers,
 * the signing keys and the server certificate. Throws `master_key_wrong` if the gateways' key is not that of
 * the store, and `config_invalid` if a TLS file is unusable.
 */
export async function createGatewayApp(
  config: Config,
  secrets: Secrets,
  {
    clock = systemClock,
    log = createLog('gateway', config),
    sockets = new Map(),
    source,
  }: GatewayBaseDependencies = {},
): Promise<GatewayApp> {
  const { gatewayKey } = secrets
  if (gatewayKey === null)
    throw new PosternError('config_invalid', 'A gateway needs the key that opens the token signing keys.')
  assertTlsFiles(config, { portal: false, gateway: true }, clock.now())
  const store = await openGatewayStore(config, secrets, { clock, log })
  const { writer, onFailed } = store
  const gatewayId = newId('gateway', clock.now())
  const metrics = await openMetrics(config)
  const { accessLogFile } = config.gateway
  const accessLog = accessLogFile === null ? undefined : await openAccessLog(accessLogFile, log)
  const tracer = await openTracer(config, 'gateway', { clock, log })
  const base = { gatewayId, gatewayKey, metrics, accessLog, tracer, clock, log }
  const memory = createGatewayMemory(config, store, base)
  const loaded = await store.untilLets(memory.load)
  const { dependencies, recorder, signingKeys } = memory
  const listeners = await openListeners(config, dependencies, { signingKeys, sockets })
  const authorizer = await openAuthorizerOf(config, dependencies, {
    secret: secrets.authorizerSecret,
    sockets,
    log,
  })
  recorder.enterEpoch(loaded.epochs[0] ?? '')
  recorder.confirm(loaded.position.version)
  const follower = await followStore(
    { ...base, memory, source: store.source, writer, onFailed },
    loaded,
    listeners.reload,
  )
  const reload = createGatewayReload(config, source ?? { settings: readSettings(), read: readSettings }, {
    ...{ listeners, authorizer, recorder, clock, log },
  })
  const stopExchange = memory.uses.start()
  const stopChecks = startChecks(config, store, {
    ...{ dependencies, listeners, progress: memory.progress, gatewayId, clock, log },
  })

  metrics?.follow({ ...store, ...memory, ...dependencies, listeners })

  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    await Promise.all([listeners.stop(), authorizer?.stop()])
    await dependencies.connections.drain(config.gateway.drainSeconds * 1000, listeners.countSockets)
    listeners.close()
    stopChecks()
    stopExchange()
    await follower.stop()
    await recorder.close()
    await accessLog?.close()
    await writer.stopGateway({ id: gatewayId }).catch(onFailed('The end of the process could not be noted.'))
    await writer.close()
    await listeners.closeUpstreams()
    await tracer?.close()
    await store.close()
  }

  return {
    ports: listeners.ports,
    authorizerPort: authorizer?.port,
    readiness: createGatewayReadiness(config, { ...store, ...memory, listeners, clock }),
    readMetrics: metrics?.snapshot,
    reload,
    close: () => {
      closing ??= close()
      return closing
    },
  }
}

/** What nobody reads is not counted, nor loaded. */
async function openMetrics({ operations }: Config) {
  if (operations.address === null) return undefined
  const { createGatewayMetrics } = await import('./gateway-metrics.ts')
  return createGatewayMetrics()
}

/** The listener for reverse proxies, where the configuration has one. */
async function openAuthorizerOf(
  { authorizer: address, environments, gateway, profile, portal }: Config,
  dependencies: SharedDependencies,
  { secret, sockets, log }: { secret: string | null; sockets: ReadonlyMap<number, number[]>; log: Log },
): Promise<Authorizer | undefined> {
  if (address === null) return undefined
  return openAuthorizer(dependencies, environments.map(toGatewayEnvironment({ profile, portal })), {
    address: 'port' in address ? { ...address, descriptors: sockets.get(address.port) } : address,
    ...{ secret, reservedHeaders: gateway.reservedHeaders, log },
  })
}

/** Begins what a gateway looks at again and again. Gives the function that stops it. */
function startChecks(
  config: Config,
  { database, onFailed }: Pick<GatewayStore, 'database' | 'onFailed'>,
  given: {
    dependencies: SharedDependencies
    listeners: Listeners
    progress: Pick<Progress, 'watchSleep'>
    gatewayId: string
    clock: Clock
    log: Log
  },
): () => void {
  const { dependencies, listeners, progress, gatewayId, clock, log } = given
  const files = config.environments.map((environment) => toServerFiles(config, environment))
  const stops = [
    startSweeping(dependencies),
    progress.watchSleep(),
    watchServerFiles(files, listeners.readFiles, log),
    watchCertificates(listeners.listCertificates, log, clock),
    watchAuditHead(createAuditHeadStore(database), {
      onProblem: (sentence) => log.error({ gateway: gatewayId }, sentence),
      onFailed: onFailed('The end of the audit log could not be compared.'),
    }),
    watchClock(() => findClockProblem(database.queries, clock.now()), log, {
      onFailed: onFailed('The clock could not be compared.'),
    }),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}
