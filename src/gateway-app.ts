import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { type Clock, systemClock } from './clock.ts'
import type { Config, Environment, Secrets } from './config/config.ts'
import { PosternError } from './errors.ts'
import { createApply } from './gateway/apply-change.ts'
import { openAuthorizer } from './gateway/authorizer/open-authorizer.ts'
import { createConnections } from './gateway/connections.ts'
import { demoUpstreamSocket } from './gateway/demo-upstream.ts'
import { type Follower, followChanges } from './gateway/follow-changes.ts'
import type { GatewayEnvironment } from './gateway/gateway-environment.ts'
import type { GatewayParts } from './gateway/gateway-parts.ts'
import { type Listener, openListener } from './gateway/listener.ts'
import { createProxy } from './gateway/proxy.ts'
import { createRegistry } from './gateway/registry.ts'
import { createRegistryStore } from './gateway/registry-store.ts'
import { startSweeping } from './gateway/sweep.ts'
import { createTelemetry } from './gateway/telemetry.ts'
import { createTokenParts } from './gateway-tokens.ts'
import { release } from './release.ts'
import { type Database, openDatabase } from './storage/database.ts'
import { newId } from './storage/id.ts'
import { isMigrated } from './storage/migrate.ts'
import { openUsageWriter } from './telemetry/usage-writer.ts'
import { loadSigningKeys } from './tokens/signing-key-store.ts'
import { createSigningKeys } from './tokens/signing-keys.ts'

const waitMilliseconds = 100
/** Long enough to read a million certificates, short enough to notice a connection that died without a word. */
const queryTimeoutSeconds = 60

/** A running gateway process. */
export interface GatewayApp {
  /** The port of each environment, by its name. */
  ports: Record<string, number>
  /** Where edges ask; nothing where the configuration names no such port. */
  authorizerPort: number | undefined
  /** Takes no more connections, lets calls finish for some seconds, and writes what it has counted. */
  close(): Promise<void>
}

/** What a test may replace. */
export interface Replaceable {
  clock?: Clock
}

/**
 * Builds a gateway process and opens its ports. Waits until the portal has made the tables, the
 * issuers, the signing keys and the server certificate. Throws `master_key_wrong` where the
 * gateways' key is not the one of the store.
 */
export async function createGatewayApp(
  config: Config,
  secrets: Secrets,
  { clock = systemClock }: Replaceable = {},
): Promise<GatewayApp> {
  const { gatewayKey } = secrets
  if (gatewayKey === null)
    throw new PosternError('config_invalid', 'A gateway needs the key that opens the token signing keys.')
  const database = await openDatabase(secrets.storage, { queryTimeoutSeconds })
  await untilReady(config, database)
  const store = createRegistryStore(database)
  const registry = createRegistry()
  const connections = createConnections()
  const signingKeys = createSigningKeys()
  const writer = openUsageWriter(secrets.storage)
  const gatewayId = newId('gw', clock.now())
  const telemetry = createTelemetry({
    gateway: { id: gatewayId, host: hostname(), release },
    count: connections.count,
    clock,
    write: writer.write,
  })
  let follower: Follower | undefined
  let caughtUpAt = performance.now()
  const { staleSeconds } = config.gateway
  const catchUp = async () => follower?.catchUp()
  const tokens = createTokenParts({ registry, signingKeys, writer, catchUp })
  const loadKeys = async () =>
    signingKeys.replace(await loadSigningKeys(database.queries, gatewayKey, clock.now()))

  // The version is read before the snapshot: what happens between is put in force twice, not never.
  const version = await store.latestVersion()
  await store.loadInto(registry, clock.now())
  await loadKeys()
  const parts: GatewayParts = {
    registry,
    connections,
    tokens,
    clock,
    record: telemetry.record,
    catchUp,
    isStale: () => staleSeconds !== null && performance.now() - caughtUpAt > staleSeconds * 1000,
    newId: (now) => newId('act', now),
  }
  const proxies = new Map(config.environments.map((one) => [one.name, createProxy(upstreamOf(config, one))]))
  const listeners = await openListeners(config, parts, proxies)
  const authorizer =
    config.authorizer === null
      ? undefined
      : await openAuthorizer(parts, config.environments.map(toGatewayEnvironment(config)), config.authorizer)
  follower = await followChanges(
    {
      readChanges: store.readChanges,
      watch: store.watch,
      apply: createApply({
        store,
        parts,
        loadSigningKeys: loadKeys,
        onIssuers: () => reloadAll(listeners),
        onEnforced: (certificateId, cut) =>
          telemetry.enforce({ certificateId, at: clock.now(), connections: cut }),
      }),
      onConfirmed: telemetry.confirm,
      onCaughtUp: (asked) => {
        caughtUpAt = asked
      },
    },
    version,
  )
  telemetry.confirm(version)
  const stopSweeping = startSweeping(parts, config.gateway, () => reloadAll(listeners))

  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    for (const listener of listeners.values()) listener.stop()
    authorizer?.close()
    await connections.drain()
    for (const listener of listeners.values()) listener.close()
    stopSweeping()
    await follower.stop()
    await telemetry.close()
    await writer.stopGateway({ id: gatewayId, at: clock.now() }).catch(() => {})
    await writer.close()
    await Promise.all([...proxies.values()].map((proxy) => proxy.close()))
    await database.close()
  }

  return {
    ports: Object.fromEntries([...listeners].map(([name, { port }]) => [name, port])),
    authorizerPort: authorizer?.port,
    close: () => {
      closing ??= close()
      return closing
    },
  }
}

async function untilReady(config: Config, database: Database): Promise<void> {
  const has = async (table: 'issuers' | 'signing_keys', environment: string): Promise<boolean> => {
    const row = await database.queries
      .selectFrom(table)
      .select('id')
      .where('environment', '=', environment)
      .executeTakeFirst()
    return row !== undefined
  }
  const isReady = async (): Promise<boolean> => {
    if (!existsSync(config.gateway.certificateFile) || !existsSync(config.gateway.keyFile)) return false
    if (!(await isMigrated(database))) return false
    for (const { name } of config.environments)
      if (!(await has('issuers', name)) || !(await has('signing_keys', name))) return false
    return true
  }
  while (!(await isReady().catch(() => false))) await wait(waitMilliseconds)
}

function upstreamOf({ dataFolder }: Config, { upstream }: Environment) {
  return upstream === null
    ? { url: 'http://demo-upstream', socketPath: demoUpstreamSocket(dataFolder) }
    : { url: upstream }
}

async function openListeners(
  config: Config,
  parts: GatewayParts,
  proxies: ReadonlyMap<string, ReturnType<typeof createProxy>>,
): Promise<Map<string, Listener>> {
  const listeners = new Map<string, Listener>()
  const options = { host: config.gateway.host, files: config.gateway }
  for (const given of config.environments) {
    const environment = toGatewayEnvironment(config)(given)
    const proxy = proxies.get(given.name) as ReturnType<typeof createProxy>
    listeners.set(given.name, await openListener({ ...parts, proxy }, environment, options))
  }
  return listeners
}

const toGatewayEnvironment =
  ({ profile }: Config) =>
  (environment: Environment): GatewayEnvironment => ({
    ...environment,
    acceptsLoopback: profile === 'development',
  })

function reloadAll(listeners: ReadonlyMap<string, Listener>): void {
  for (const listener of listeners.values()) listener.reload()
}
