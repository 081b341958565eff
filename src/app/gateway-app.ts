import { type Clock, systemClock } from '../clock.ts'
import type { Config, Secrets } from '../config/config.ts'
import { assertTlsFiles, toServerFiles } from '../config/tls-settings.ts'
import { PosternError } from '../errors.ts'
import { createApply } from '../gateway/apply-change.ts'
import { createAuditHeadStore } from '../gateway/audit-head-store.ts'
import { openAuthorizer } from '../gateway/authorizer/open-authorizer.ts'
import { createConnections } from '../gateway/connections.ts'
import { type Follower, followChanges } from '../gateway/follow-changes.ts'
import type { GatewayParts } from '../gateway/gateway-parts.ts'
import { createStrangerLimiter } from '../gateway/limit-strangers.ts'
import type { Log } from '../gateway/log.ts'
import { createOpenCalls } from '../gateway/open-calls.ts'
import { createOpenRegistrationStore } from '../gateway/open-registration-store.ts'
import { createOpenRegistrations } from '../gateway/open-registrations.ts'
import { createRegistry } from '../gateway/registry.ts'
import { createRegistryStore } from '../gateway/registry-store.ts'
import { createFailureReport } from '../gateway/report-failures.ts'
import { startSweeping } from '../gateway/sweep.ts'
import { hasEnded } from '../gateway/validity.ts'
import { watchAuditHead } from '../gateway/watch-audit-head.ts'
import { watchClock } from '../gateway/watch-clock.ts'
import { watchServerFiles } from '../gateway/watch-server-files.ts'
import { untilStoreLets } from '../storage/await-store.ts'
import { openDatabase } from '../storage/database.ts'
import { isStoreAway } from '../storage/engine.ts'
import { findClockProblem } from '../storage/find-clock-problem.ts'
import { newId } from '../storage/id.ts'
import { createStoreWatch } from '../storage/watch-store.ts'
import { openUsageWriter } from '../telemetry/usage-writer.ts'
import { loadSigningKeys } from '../tokens/signing-key-store.ts'
import { createSigningKeys } from '../tokens/signing-keys.ts'
import { createLog } from './create-log.ts'
import { createGatewayReload } from './gateway-epochs.ts'
import { openListeners, toGatewayEnvironment } from './gateway-listeners.ts'
import { untilReady } from './gateway-start.ts'
import { createGatewayTelemetry } from './gateway-telemetry.ts'
import { createTokenParts } from './gateway-tokens.ts'
import { watchWriter } from './gateway-writer.ts'

/** With the second after which it asks at the latest, a gateway notices within five that the store does not answer. */
const waits = { connect: 3000, silent: 3000 }
/** So much longer keys are kept than they count: the clock may be set back. */
const day = 86_400_000

/** A running gateway process. */
export interface GatewayApp {
  /** The port of each environment, by its name. */
  ports: Record<string, number>
  /** Where edges ask; nothing where the configuration names no such port. */
  authorizerPort: number | undefined
  /** Takes no more connections, lets calls finish for as long as the configuration says, and writes what it has counted. */
  close(): Promise<void>
}

/** What a process of its own is given; a test may replace clock and log. */
export interface GatewayGround {
  clock?: Clock
  log?: Log
  /** Descriptors of the sockets that the process has inherited, by their ports. It listens on others itself. */
  sockets?: ReadonlyMap<number, number[]>
}

/**
 * Builds a gateway process and opens its ports. Waits until the portal has made the tables, the
 * issuers, the signing keys and the server certificate. Throws `master_key_wrong` where the
 * gateways' key is not the one of the store, and `config_invalid` where a file of TLS cannot be used.
 */
export async function createGatewayApp(
  config: Config,
  secrets: Secrets,
  { clock = systemClock, log = createLog('gateway', config), sockets = new Map() }: GatewayGround = {},
): Promise<GatewayApp> {
  const { gatewayKey } = secrets
  if (gatewayKey === null)
    throw new PosternError('config_invalid', 'A gateway needs the key that opens the token signing keys.')
  assertTlsFiles(config, { portal: false, gateway: true }, clock.now())
  const { storage } = secrets
  const watch = createStoreWatch(storage, log)
  const report = createFailureReport(log, clock)
  const onFailed = (sentence: string) => (error: unknown) => {
    // What keeps the store from being used is told by `watch`.
    const isAway = error instanceof PosternError && error.code === 'storage_unavailable'
    if (!isAway && !watch.hasSeen(error) && !isStoreAway(error)) report.workFailed(error, sentence)
  }
  const database = await untilStoreLets(() => openDatabase(storage, { waits, watch }), watch, storage)
  await untilStoreLets(() => untilReady(config, database, log), watch, storage)
  const store = createRegistryStore(database)
  const registry = createRegistry()
  const connections = createConnections()
  const signingKeys = createSigningKeys()
  const writer = watchWriter(openUsageWriter(storage), watch, onFailed('The store could not be written.'))
  const gatewayId = newId('gw', clock.now())
  const telemetry = createGatewayTelemetry(config, {
    gatewayId,
    count: connections.count,
    write: writer.write,
    clock,
    log,
  })
  const registrations = createOpenRegistrations()
  const registrationStore = createOpenRegistrationStore(database)
  let follower: Follower | undefined
  let caughtUpAt = performance.now()
  const { staleSeconds } = config.gateway
  const catchUp = async () => follower?.catchUp()
  const tokens = createTokenParts({
    ...{ registry, signingKeys, writer, catchUp },
    environments: config.environments,
  })
  const loadKeys = async () =>
    signingKeys.replace(await loadSigningKeys(database.queries, gatewayKey, clock.now() - day))

  /** What stands outside the registry. */
  const loadOthers = async () => {
    for (const open of await registrationStore.list(clock.now())) registrations.set(open)
    await loadKeys()
  }

  const load = async () => {
    // The version is read before the snapshot: what happens between is put in force twice, not never.
    const position = await store.latestPosition()
    const epochs = await store.listEpochs()
    await store.loadInto(registry, clock.now())
    registry.hold(await store.listLostEndings())
    await loadOthers()
    return { position, epochs }
  }
  const { position, epochs } = await untilStoreLets(load, watch, storage)
  const parts: GatewayParts = {
    registry,
    connections,
    tokens,
    clock,
    openCalls: createOpenCalls(),
    record: telemetry.record,
    report,
    strangers: createStrangerLimiter(config.gateway.strangers, clock),
    isAccepted(connection) {
      const known = registry.findByFingerprint(connection?.presented?.fingerprint ?? '')
      return known !== undefined && !known.revoked && !hasEnded(known, clock.now())
    },
    async prove(proof) {
      // It may have been begun a moment ago.
      if (!registrations.isAwaited(proof)) await catchUp()
      if (registrations.isAwaited(proof)) telemetry.prove(proof)
    },
    countHandshake({ presented }) {
      const known = presented && registry.findByFingerprint(presented.fingerprint)
      if (known !== undefined) telemetry.handshake(known.id, clock.now())
    },
    catchUp,
    isStale: () => staleSeconds !== null && performance.now() - caughtUpAt > staleSeconds * 1000,
  }
  const listeners = await openListeners(config, parts, { signingKeys, sockets })
  const authorizer =
    config.authorizer === null
      ? undefined
      : await openAuthorizer(parts, config.environments.map(toGatewayEnvironment(config)), {
          address: inherit(config.authorizer, sockets),
          secret: secrets.authorizerSecret,
          reservedHeaders: config.gateway.reservedHeaders,
          log,
        })
  telemetry.enterEpoch(epochs[0] ?? '')
  telemetry.confirm(position.version)
  follower = await followChanges(
    {
      findChanges: store.findChanges,
      reload: createGatewayReload({
        ...{ gatewayId, store, parts, writer, telemetry, loadOthers, clock, log },
        known: epochs,
        onIssuers: listeners.reload,
      }),
      watch: store.watch,
      apply: createApply({
        store,
        parts,
        registrations,
        findRegistration: registrationStore.find,
        loadSigningKeys: loadKeys,
        onIssuers: listeners.reload,
        onEnforced: (certificateId, cut) =>
          telemetry.enforce({ certificateId, at: clock.now(), connections: cut }),
      }),
      onConfirmed: telemetry.confirm,
      onCaughtUp: (asked) => {
        caughtUpAt = asked
      },
      onFailed: onFailed('Changes of the store could not be put in force; they are tried again.'),
    },
    position,
  )
  const stopWatching = watchAuditHead(createAuditHeadStore(database), {
    onProblem: (sentence) => log.error({ gateway: gatewayId }, sentence),
    onFailed: onFailed('The end of the audit log could not be compared.'),
  })
  const stopWatchingClock = watchClock(() => findClockProblem(database.queries, clock.now()), log, {
    onFailed: onFailed('The clock could not be compared.'),
  })
  const stopSweeping = startSweeping(parts)
  const stopWatchingFiles = watchServerFiles(
    config.environments.map((environment) => toServerFiles(config, environment)),
    listeners.readFiles,
    log,
  )

  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    await Promise.all([listeners.stop(), authorizer?.stop()])
    await connections.drain(config.gateway.drainSeconds * 1000, listeners.countSockets)
    listeners.close()
    stopSweeping()
    stopWatchingFiles()
    stopWatching()
    stopWatchingClock()
    await follower.stop()
    await telemetry.close()
    await writer.stopGateway({ id: gatewayId }).catch(onFailed('The end could not be noted.'))
    await writer.close()
    await listeners.closeUpstreams()
    await database.close()
  }

  return {
    ports: listeners.ports,
    authorizerPort: authorizer?.port,
    close: () => {
      closing ??= close()
      return closing
    },
  }
}

/** The address of the authorizer with the descriptors of its sockets, where this process has inherited it. */
function inherit(
  address: NonNullable<Config['authorizer']>,
  sockets: ReadonlyMap<number, number[]>,
): Parameters<typeof openAuthorizer>[2]['address'] {
  return 'port' in address ? { ...address, descriptors: sockets.get(address.port) } : address
}
