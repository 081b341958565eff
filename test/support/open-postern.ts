import { mkdirSync } from 'node:fs'
import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import { createLog } from '../../src/app/create-log.ts'
import { createGatewayApp } from '../../src/app/gateway-app.ts'
import { createPortalApp } from '../../src/app/portal-app.ts'
import type { PortalReplacements } from '../../src/app/portal-ground.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { toConfig } from '../../src/config/to-config.ts'
import { toSecrets } from '../../src/config/to-secrets.ts'
import { demoUpstreamSocket, startDemoUpstream } from '../../src/gateway/upstream/demo-upstream.ts'
import { undeclaredCode } from '../../src/http/send-problem.ts'
import type { MetricSnapshot } from '../../src/monitoring/process-metrics.ts'
import { type Database, openDatabase } from '../../src/storage/database.ts'
import { assertCatalogued } from './assert-catalogued.ts'
import { copyMigratedStore } from './copy-migrated-store.ts'
import { createInjectFetch, type Fetch } from './inject-fetch.ts'
import { type PosternOptions, preparePostern, type RunningPostern } from './postern.ts'

/** A Postern in the process of the test, as `npm start` composes it, with an empty data folder. */
export interface LocalPostern extends Omit<RunningPostern, 'processId' | 'findProcesses' | 'end'> {
  /** The store, as the portal has opened it. */
  database: Database
  /** Asks portal, API and what is published; without a socket where the portal does not listen. */
  fetch: Fetch
  /** Sends any request to the portal, without a socket. */
  inject: PortalInject
  /** Returns what the portal counts for Prometheus, if its configuration has `operations.port`. */
  readMetrics(): Promise<MetricSnapshot | undefined>
  /** Has portal and gateway read the configuration again, as a signal does. */
  reload(): Promise<void>
  /** The address of each environment at the second gateway and those after it. */
  otherGateways: Record<string, string>[]
  /** Ends it and keeps its folder. */
  close(): Promise<void>
}

type PortalInject = (request: InjectOptions) => Promise<LightMyRequestResponse>

export interface LocalOptions extends Pick<PosternOptions, 'config' | 'environment'> {
  /** Whether the ports of portal and publications are open; they are not where not given. */
  listens?: boolean
  /** What looks up TXT records in place of DNS. */
  findTxtRecords?: (name: string) => Promise<string[]>
  /** What resolves the host names of webhook endpoints; without it no name is found. */
  resolveEndpoint?: PortalReplacements['resolveEndpoint']
  /** How many requests a user, a session or a key may make in a minute, where a test makes more than users may. */
  requestsPerMinute?: number
  /** Whether a gateway and the demo upstream run too; they do not where not given. */
  hasGateway?: boolean
  /** How many gateways run beside the first one, on ports of their own; none where not given. */
  otherGateways?: number
}

/** Throws if an answer had a code that its operation does not declare: the test that saw it fails. */
function assertDeclared(printed: string): void {
  const line = printed.split('\n').find((one) => one.includes(undeclaredCode))
  if (line !== undefined) throw new Error(`An answer is not in the document of the API: ${line}`)
}

/** No test waits for a DNS that is not there. */
const resolveNothing = ((_host: string, _options: object, done: (error: Error) => void) =>
  done(Object.assign(new Error('not found'), { code: 'ENOTFOUND' }))) as unknown as NonNullable<
  PortalReplacements['resolveEndpoint']
>

/** Opens a Postern in this process. */
export async function openPostern(options: LocalOptions = {}): Promise<LocalPostern> {
  const { listens = false, hasGateway = false, otherGateways = 0, findTxtRecords } = options
  const { variables, remove, run: _run, start: _start, ...place } = await preparePostern(options)
  mkdirSync(place.dataFolder, { recursive: true, mode: 0o700 })
  if (place.storage.engine === 'sqlite') copyMigratedStore(place.dataFolder)
  const settings = readSettings(variables)
  const config = toConfig(settings)
  const source = { settings, read: () => readSettings(variables) }
  let printed = ''
  const log = (name: 'portal' | 'gateway') =>
    createLog(name, config, {
      write(line) {
        printed += line
      },
    })
  const stores: Database[] = []
  const portal = await createPortalApp(config, toSecrets(settings, config, 'portal'), {
    listens,
    ...(findTxtRecords && { findTxtRecords }),
    resolveEndpoint: options.resolveEndpoint ?? resolveNothing,
    requestsPerMinute: options.requestsPerMinute,
    log: log('portal'),
    source,
    async openDatabase(...given) {
      const database = await openDatabase(...given)
      stores.push(database)
      return database
    },
  })
  const openGateway = async () => {
    const upstream = await startDemoUpstream(demoUpstreamSocket(config.dataFolder))
    const open = () =>
      createGatewayApp(config, toSecrets(settings, config, 'gateway'), { log: log('gateway'), source })
    const gateways = [await open()]
    if (otherGateways > 0) for (const environment of config.environments) environment.gatewayPort = 0
    while (gateways.length <= otherGateways) gateways.push(await open())
    return { upstream, gateways }
  }
  const behind = hasGateway ? await openGateway() : undefined
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= (async () => {
      await Promise.all(behind?.gateways.map((gateway) => gateway.close()) ?? [])
      await behind?.upstream.close()
      await assertCatalogued(stores[0] as Database).finally(() => portal.close())
    })()
    return closing
  }
  return {
    ...place,
    database: stores[0] as Database,
    output: () => printed,
    otherGateways: (behind?.gateways ?? [])
      .slice(1)
      .map(({ ports }) =>
        Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, `https://localhost:${port}`])),
      ),
    fetch: listens
      ? fetch
      : createInjectFetch({ [place.portalUrl]: portal.portal, [place.publicUrl]: portal.publication }),
    inject: (request) => portal.portal.inject(request),
    async reload() {
      await portal.reload()
      for (const gateway of behind?.gateways ?? []) await gateway.reload()
    },
    readMetrics: async () => portal.readMetrics?.(),
    close,
    async stop() {
      await close()
      remove()
      assertDeclared(printed)
    },
  }
}
