import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLog } from '../../src/app/create-log.ts'
import { createGatewayApp, type GatewayApp } from '../../src/app/gateway-app.ts'
import { type PortalCore, prepareCore } from '../../src/app/portal-core.ts'
import type { Config, Secrets } from '../../src/config/config.ts'
import { defaultEnvironments } from '../../src/config/default-environments.ts'
import type { EnvironmentSettings } from '../../src/config/environment-settings.ts'
import { toConfig } from '../../src/config/to-config.ts'
import { toSecrets } from '../../src/config/to-secrets.ts'
import type { Log } from '../../src/gateway/log/log.ts'
import {
  type DemoUpstream,
  demoUpstreamSocket,
  startDemoUpstream,
} from '../../src/gateway/upstream/demo-upstream.ts'
import { createOrganizationStore } from '../../src/organizations/organization-store.ts'
import { systemActor } from '../../src/shapes/actor.ts'
import type { Organization } from '../../src/shapes/organization.ts'
import { ensureDevelopmentTls } from '../../src/signer/development-tls.ts'
import { type Database, openDatabase, type StorageLocation } from '../../src/storage/database.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { awaitFollowed } from './await-followed.ts'
import { copyMigratedStore } from './copy-migrated-store.ts'
import { createMakers, type Makers } from './gateway-makers.ts'
import { findFreePort } from './postgres.ts'
import { createSettings, noMail } from './settings.ts'

const noLimits = { openConnections: 0, connectionsPerSecond: 0, totalConnectionsPerSecond: 0 }

export interface HarnessOptions {
  /** A data folder that was used before, which stays; a new one if undefined, which does not. */
  folder?: string
  /** A temporary SQLite file if undefined. */
  location?: StorageLocation
  /** A replica of it, which the gateways read; none if undefined. */
  readLocation?: StorageLocation
  /** Returns where the gateways find the store, which has been prepared; as the portal if undefined. */
  openForGateways?(): Promise<StorageLocation>
  environments?: Record<string, Partial<EnvironmentSettings>>
  gateways?: number
  /** Where the gateways write their log; `logged` if undefined. */
  log?: Log
  /** Whether the environments share one port and are distinguished by host. */
  isPortShared?: boolean
  /** How long open requests may continue when a gateway stops. */
  drainSeconds?: number
  /** How long without the store until clients are denied; never if undefined. */
  staleSeconds?: number
  /** What one address may do without an accepted certificate; unlimited if undefined. */
  unauthenticatedLimits?: Partial<Config['gateway']['unauthenticatedLimits']>
  /**
   * Whether reverse proxies may send authorization requests: on loopback; over TLS with these files; or over
   * a Unix socket with this mode.
   */
  authorizer?: boolean | { certificateFile: string; keyFile: string; clientCaFile: string } | { mode: number }
  /** The secret that proxies send with each authorization request; none if undefined. */
  authorizerSecret?: string
  /** Whether the gateways count what Prometheus reads. */
  hasMetrics?: boolean
  /** Where its traces go. */
  traces?: { endpoint: string; ratio?: number }
  /** The file of the access log. */
  accessLog?: string
  /** Addresses of load balancers that send the PROXY protocol. */
  proxyProtocolFrom?: string[]
  /** Headers that clients may not send, in addition to those of the table. */
  reservedHeaders?: string[]
}

export type { TestClient, TestCredential } from './gateway-makers.ts'

/** A store that a portal has prepared, with two organizations, gateways on free ports over it, and the demo upstream. */
export interface GatewayHarness extends Makers {
  database: Database
  organizations: Readonly<Record<string, Organization>>
  gateways: GatewayApp[]
  upstream: DemoUpstream
  /** What the gateways logged. */
  logged: string[]
  folder: string
  /** The server CA, PEM. */
  ca: string
  caFile: string
  /** Sets the offset of the gateways' clock in milliseconds; 0 is the current time. */
  shiftClock(milliseconds: number): void
  url(environment?: string): string
  port(environment?: string, gateway?: number): number
  /** Waits until the gateways have what was changed in the store, as each of the makers does. */
  untilFollowed(): Promise<void>
  /** Returns the latest matching events of the gateways, once there are at least `count`. */
  untilActivity(isMeant: (row: ActivityRow) => boolean, count?: number): Promise<ActivityRow[]>
  [Symbol.asyncDispose](): Promise<void>
}

type ActivityRow = Awaited<ReturnType<typeof readActivity>>[number]

export async function openGatewayHarness(options: HarnessOptions = {}): Promise<GatewayHarness> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'postern-gw-'))
  if (options.folder === undefined && options.location === undefined) copyMigratedStore(folder)
  const settings = createSettings(await toFile(folder, options), {
    POSTERN_DATA: folder,
    POSTERN_AUTHORIZER_SECRET: options.authorizerSecret,
  })
  const config = toConfig(settings)
  const storageOf = (secrets: Secrets) => ({
    ...secrets,
    storage: options.location ?? secrets.storage,
    readStorage: options.readLocation ?? null,
  })
  const core = await openPortal(config, storageOf(toSecrets(settings, config, 'portal')))
  const { database } = core.ground
  const organizations = await findOrganizations(core)
  const upstream = await startDemoUpstream(demoUpstreamSocket(folder))
  const gatewayLocation = await options.openForGateways?.()
  let shift = 0
  const clock = { now: () => Date.now() + shift }
  const gateways: GatewayApp[] = []
  const openedAt = Date.now()
  const logged: string[] = []
  for (let i = 0; i < (options.gateways ?? 1); i++) {
    // The first gateway has the port of the configured addresses, the others any.
    if (i > 0) for (const environment of config.environments) environment.gatewayPort = 0
    const note = (_facts: object, sentence: string) => void logged.push(sentence)
    const log = options.log ?? { warn: note, error: note }
    const secrets = storageOf(toSecrets(settings, config, 'gateway'))
    if (gatewayLocation !== undefined) secrets.storage = gatewayLocation
    gateways.push(await createGatewayApp(config, secrets, { clock, log }))
  }
  const untilFollowed = awaitFollowed(database, () => gateways.length, openedAt)
  const port = (environment = 'production', gateway = 0) => gateways[gateway]?.ports[environment] as number
  return {
    database,
    organizations,
    gateways,
    upstream,
    logged,
    folder,
    ca: readFileSync(config.gateway.serverCaFile ?? '', 'utf8'),
    caFile: config.gateway.serverCaFile ?? '',
    shiftClock(milliseconds) {
      shift = milliseconds
    },
    port,
    url: (environment) => `https://localhost:${port(environment)}`,
    ...createMakers(core, { folder, organizations, untilFollowed }),
    untilFollowed,
    async untilActivity(isMeant, count = 1) {
      for (const end = Date.now() + 20_000; ; ) {
        const rows = await readActivity(database)
        if (rows.filter(isMeant).length >= count) return rows.filter(isMeant)
        if (Date.now() > end) throw new Error(`not seen within 20 s; there is ${JSON.stringify(rows)}`)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(gateways.map((gateway) => gateway.close()))
      await upstream.close()
      await core.close()
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The configuration file of a world. */
async function toFile(folder: string, options: HarnessOptions): Promise<object> {
  const environments: Record<string, object> = {}
  const shared = await findFreePort()
  for (const [name, given] of Object.entries(defaultEnvironments)) {
    const port = options.isPortShared ? shared : await findFreePort()
    environments[name] = { ...given, port, ...options.environments?.[name] }
  }
  const { staleSeconds, drainSeconds = 5, reservedHeaders = [], proxyProtocolFrom = [] } = options
  return {
    publication: { url: 'http://127.0.0.1:1' },
    gateway: {
      processes: 1,
      drainSeconds,
      unauthenticatedLimits: { ...noLimits, ...options.unauthenticatedLimits },
      reservedHeaders,
      ...(options.accessLog !== undefined && { accessLog: options.accessLog }),
      proxyProtocolFrom,
      ...(staleSeconds !== undefined && { whenStale: 'deny', staleSeconds }),
    },
    environments,
    ...(options.traces && { telemetry: { traces: options.traces } }),
    ...(options.hasMetrics && { operations: { port: await findFreePort() } }),
    ...(options.authorizer && { authorizer: await toAuthorizer(folder, options.authorizer) }),
  }
}

async function toAuthorizer(
  folder: string,
  given: NonNullable<HarnessOptions['authorizer']>,
): Promise<object> {
  if (typeof given === 'object' && 'mode' in given)
    return { socketPath: join(folder, 'authorizer.sock'), socketMode: `0${given.mode.toString(8)}` }
  const port = await findFreePort()
  if (typeof given === 'boolean') return { port }
  return { port, certificate: given.certificateFile, key: given.keyFile, clientCa: given.clientCaFile }
}

/**
 * The portal that prepares the store, without its ports: an hour ago, so that its issuers are older than what tests
 * issue, and from then on by the time of the machine.
 */
async function openPortal(config: Config, secrets: Secrets): Promise<PortalCore> {
  let age = 3_600_000
  const clock = { now: () => Date.now() - age }
  const log = createLog('portal', config)
  // That it is an hour behind is meant.
  log.level = 'silent'
  const { certificateFile, keyFile, serverCaFile } = config.gateway
  // Clients that check the name get as far as an environment that is not served under it.
  if (serverCaFile !== null)
    await ensureDevelopmentTls(
      { certificateFile, keyFile, serverCaFile },
      ['localhost', '127.0.0.1', '::1', 'other.example'],
      clock,
    )
  const core = await prepareCore(config, secrets, {
    ...{ clock, log, mail: noMail },
    async openDatabase(...given) {
      const database = await openDatabase(...given)
      await migrate(database)
      const organizations = createOrganizationStore(database)
      const isUsed = await database.queries.selectFrom('organizations').select('id').executeTakeFirst()
      if (isUsed !== undefined) return database
      // A store that holds something gets no demo.
      for (const [slug, legalName] of [
        ['acme', 'Acme Payments Ltd'],
        ['globex', 'Globex GmbH'],
      ] as const)
        await organizations.insert(
          { slug, legalName, country: 'GB', state: 'Kent' },
          { actor: systemActor('test'), now: clock.now() },
        )
      return database
    },
  })
  age = 0
  log.level = 'warn'
  return core
}

async function findOrganizations({ dependencies: parts }: PortalCore): Promise<Record<string, Organization>> {
  const found: Record<string, Organization> = {}
  for (const slug of ['acme', 'globex'])
    found[slug] = (await parts.organizations.findBySlug(slug)) as Organization
  return found
}

const readActivity = (database: Database) =>
  database.queries.selectFrom('activity').selectAll().orderBy('sequence', 'desc').execute()
