import type { Clock } from '../clock.ts'
import type { Config } from '../config/config.ts'
import { createUnauthenticatedLimiter } from '../gateway/listener/limit-unauthenticated.ts'
import type { Log } from '../gateway/log/log.ts'
import { formatAccess } from '../gateway/observation/access-log.ts'
import type { Observation } from '../gateway/observation/observation.ts'
import type { UsageRecorder } from '../gateway/observation/usage-recorder.ts'
import { createOpenRegistrationStore } from '../gateway/registry/open-registration-store.ts'
import { createOpenRegistrations } from '../gateway/registry/open-registrations.ts'
import { findStop } from '../gateway/registry/organization-status.ts'
import { createRegistry, type Registry } from '../gateway/registry/registry.ts'
import { createRegistryStore } from '../gateway/registry/registry-store.ts'
import { hasEnded } from '../gateway/registry/validity.ts'
import { createConnections } from '../gateway/request-context/connections.ts'
import { createOpenCalls } from '../gateway/upstream/open-calls.ts'
import type { MasterKey } from '../shapes/master-key.ts'
import { loadSigningKeys } from '../tokens/signing-key-store.ts'
import { createSigningKeys } from '../tokens/signing-keys.ts'
import { createSlowDown } from '../tokens/slow-down.ts'
import { createCurrentAddressTest } from '../trusted-addresses.ts'
import type { AccessLog } from './gateway-access-log.ts'
import type { GatewayMetrics } from './gateway-metrics.ts'
import type { SharedDependencies } from './gateway-parts.ts'
import { createProgress } from './gateway-progress.ts'
import { createGatewayRecorder } from './gateway-recorder.ts'
import type { GatewayStore } from './gateway-store.ts'
import { createTokenDependencies } from './gateway-tokens.ts'
import { createGatewayUses } from './gateway-uses.ts'

/** How much longer keys are kept than they are valid: the clock may be set back. */
const day = 86_400_000

/** Who the process is, and what it measures time and writes its log with. */
interface MemoryGround {
  gatewayId: string
  gatewayKey: MasterKey
  /** Undefined if nobody reads them. */
  metrics: Pick<GatewayMetrics, 'count' | 'times'> | undefined
  accessLog: Pick<AccessLog, 'write'> | undefined
  tracer: SharedDependencies['tracer']
  clock: Clock
  log: Log
}

/** What a gateway process knows and answers from, empty until it is loaded. */
export function createGatewayMemory(
  config: Config,
  { database, source, writer, report }: GatewayStore,
  { gatewayId, gatewayKey, metrics, accessLog, tracer, clock, log }: MemoryGround,
) {
  const store = createRegistryStore(database)
  const registry = createRegistry()
  const connections = createConnections()
  const signingKeys = createSigningKeys()
  const registrations = createOpenRegistrations()
  const registrationStore = createOpenRegistrationStore(database)
  const progress = createProgress(config.gateway, { clock, log })
  const { catchUp, isStale, wasAsleep } = progress
  const { count } = connections
  const recorder = createGatewayRecorder(config, {
    ...{ gatewayId, count, write: writer.write, clock, log },
    onRecorded: accessLog && ((event) => accessLog.write(formatAccess(event))),
  })
  const uses = createGatewayUses({ gatewayId, writer, clock })
  const slowDown = createSlowDown(gatewayKey, uses.noteFailure)
  uses.followFailures(slowDown)
  const tokens = createTokenDependencies({
    ...{ registry, signingKeys, writer, catchUp, slowDown },
    environments: config.environments,
  })
  const loadKeys = async () =>
    signingKeys.replace(await loadSigningKeys(database.queries, gatewayKey, clock.now() - day))
  /** Reads state outside the registry. */
  const loadOthers = async () => {
    for (const open of await registrationStore.list(clock.now())) registrations.set(open)
    await loadKeys()
  }
  const dependencies: SharedDependencies = {
    ...{ registry, connections, tokens, clock, report, tracer, catchUp, isStale, wasAsleep },
    ...createCertificateParts({ registry, recorder, clock }),
    shareCalls: uses.shareCalls,
    openCalls: createOpenCalls(),
    sendsProxyHeader: createCurrentAddressTest(() => config.gateway.proxyProtocolFrom),
    record: metrics === undefined ? recorder.record : countEach(metrics, recorder),
    times: metrics?.times,
    unauthenticatedLimiter: createUnauthenticatedLimiter(config.gateway.unauthenticatedLimits, clock),
    async prove(proof) {
      // The registration may have just started.
      if (!registrations.isAwaited(proof)) await catchUp()
      if (registrations.isAwaited(proof)) recorder.prove(proof)
    },
  }
  let position: Awaited<ReturnType<typeof store.latestPosition>> | undefined
  return {
    ...{
      store,
      dependencies,
      signingKeys,
      registrations,
      registrationStore,
      recorder,
      uses,
      progress,
      loadKeys,
      loadOthers,
    },
    /** Takes in the whole store. Gives how far its changes are in force then, and its lives. */
    load: () =>
      source.readAll(async () => {
        // The version is read before the snapshot, and before that of an attempt that failed: a change in between
        // is applied twice instead of never.
        position ??= await store.latestPosition()
        const epochs = await store.listEpochs()
        await store.loadInto(registry, clock.now())
        registry.hold(await store.listLostEndings())
        await loadOthers()
        return { position, epochs }
      }),
  }
}

/** Counts each event where Prometheus reads it too. */
const countEach =
  ({ count }: Pick<GatewayMetrics, 'count'>, { record }: Pick<UsageRecorder, 'record'>) =>
  (observation: Observation): void => {
    count(observation)
    record(observation)
  }

export type GatewayMemory = ReturnType<typeof createGatewayMemory>

/** What is asked and counted of the certificate of a connection, before any request. */
const createCertificateParts = ({
  registry,
  recorder,
  clock,
}: {
  registry: Pick<Registry, 'findByFingerprint' | 'findOrganization'>
  recorder: Pick<UsageRecorder, 'handshake'>
  clock: Clock
}): Pick<SharedDependencies, 'isAccepted' | 'countHandshake'> => ({
  isAccepted(connection) {
    const known = registry.findByFingerprint(connection?.presented?.fingerprint ?? '')
    if (known === undefined || findStop(registry, known.organizationId) !== undefined) return false
    return !known.revoked && !hasEnded(known, clock.now())
  },
  countHandshake({ presented }) {
    const known = presented && registry.findByFingerprint(presented.fingerprint)
    if (known !== undefined) recorder.handshake(known, clock.now())
  },
})
