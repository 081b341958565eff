import { setTimeout as wait } from 'node:timers/promises'
import { findFirstRun } from '../app/first-run.ts'
import type { Config } from '../config/config.ts'
import { listSecretFiles } from '../config/list-secret-files.ts'
import { assertPrivate, describeOpenFiles } from '../config/private-file.ts'
import { readSettings } from '../config/read-settings.ts'
import { assertTlsFiles } from '../config/tls-settings.ts'
import { toAuthorizerSecret } from '../config/to-authorizer.ts'
import { toConfig } from '../config/to-config.ts'
import { isPublishedBy } from '../config/who-publishes.ts'
import { PosternError } from '../errors.ts'
import { assertPageIsBuilt } from '../http/serve-page.ts'
import { roles } from '../monitoring/judge-host.ts'
import { openOperations } from '../monitoring/operations-listener.ts'
import { assertPortsFree } from './assert-ports-free.ts'
import { assertStorePlaced } from './assert-store-placed.ts'
import { bindListeningSockets, type ListenAddress, type ListeningSocket } from './bind-listening-sockets.ts'
import { openDataFolder } from './data-folder.ts'
import { gatewayOptions } from './gateway-options.ts'
import { assertSocketsWanted, inheritSockets, joinSockets } from './inherit-sockets.ts'
import { lockDataFolder } from './lock-data-folder.ts'
import { createHostMonitor } from './monitor-host.ts'
import { createSystemdNotifier } from './notify-systemd.ts'
import { createSupervisor, type Supervisor } from './supervise.ts'

/** The parts that this machine runs; all if none is given. */
export interface ServeOptions {
  portal?: boolean
  gateway?: boolean
  publication?: boolean
}

type Parts = Required<ServeOptions>

/** Time limit for a part to stop, in addition to the calls that a gateway finishes. */
const stopMs = 12_000

/** A gateway that does not respond for this long is replaced. */
const gatewayHangMs = 5_000
/** A commit of the portal waits for the disk in its event loop, and other programs may lock SQLite. */
const portalHangMs = 15_000

/** Runs the process tree until it is stopped. Returns the exit code. */
export async function serve(options: ServeOptions): Promise<number> {
  const started = Date.now()
  const inherited = inheritSockets(process.env)
  const settings = readSettings()
  const config = toConfig(settings)
  const secretFiles = listSecretFiles(settings, config)
  assertPrivate(config.profile, secretFiles)
  const parts = toParts(options, config)
  // A gateway would report it, but only once the portal runs.
  if (parts.gateway) toAuthorizerSecret(config, settings.variables.authorizerSecret)
  assertTlsFiles(config, parts, Date.now())
  if (parts.portal) assertPageIsBuilt()
  const ports = listPorts(config, parts)
  assertSocketsWanted(inherited, {
    ports,
    single: [config.portal.port, config.publication.port].filter((port) => ports.includes(port)),
  })
  await assertPortsFree(
    config,
    parts,
    inherited.map(({ port }) => port),
  )
  assertStorePlaced(config)
  const notices = [...openDataFolder(config.dataFolder), ...describeOpenFiles(secretFiles)]
  // On PostgreSQL several machines may share a production folder, which then contains nothing that two of
  // them change.
  if (config.profile === 'development' || settings.file.storage.engine === 'sqlite')
    lockDataFolder(config.dataFolder, parts)
  for (const notice of notices) process.stderr.write(`postern: hint: ${notice}\n`)

  const log = (line: string) => void process.stderr.write(`postern: ${line}\n`)
  const systemd = createSystemdNotifier(process.env, log)
  const supervisor = createSupervisor(process.argv[1] as string, {
    log,
    stopMs: config.gateway.drainSeconds * 1000 + stopMs,
  })
  const stopped = untilToldToStop()
  if (!process.stdin.isTTY) process.on('SIGHUP', supervisor.reload)
  const monitor = createHostMonitor(
    supervisor,
    roles.filter((role) => parts[role]),
  )
  const { address, drainSeconds } = config.operations
  const operations = address === null ? undefined : await openOperations(address, monitor)
  try {
    let isRunning = false
    const running = startProcesses(supervisor, config, parts, inherited).then(() => {
      isRunning = true
      process.stdout.write(describeRunning(config, parts, Date.now() - started))
      void systemd.ready()
      return stopped
    })
    // A gateway waits for its portal without a time limit, and may be stopped in the meantime.
    await Promise.race([running, stopped])
    monitor.drain()
    // Balancers notice, and send their calls elsewhere, while everything still answers.
    if (isRunning) await wait(drainSeconds * 1000)
  } finally {
    void systemd.stopping()
    await supervisor.stop()
    await operations?.close()
  }
  return 0
}

/** Throws `config_invalid` if the configuration has other processes serve CRLs and OCSP. */
function toParts(
  { portal = false, gateway = false, publication = false }: ServeOptions,
  config: Config,
): Parts {
  const { servedBy } = config.publication
  if (!portal && !gateway && !publication)
    return { portal: true, gateway: true, publication: servedBy === 'publication' }
  if (publication && servedBy === 'portal')
    throw new PosternError(
      'config_invalid',
      'publication.servedBy is portal: the portal serves CRLs and OCSP. Set it to publication, or to both, for postern serve --publication.',
    )
  if (publication && portal && servedBy === 'both')
    throw new PosternError(
      'config_invalid',
      'publication.servedBy is both: the portal of this machine serves CRLs and OCSP at the same port. Leave --publication out here, or set publication.servedBy to publication.',
    )
  return { portal, gateway, publication }
}

async function startProcesses(
  supervisor: Supervisor,
  config: Config,
  parts: Parts,
  inherited: readonly ListeningSocket[],
): Promise<void> {
  const has = (ports: readonly number[]) => inherited.filter(({ port }) => ports.includes(port))
  const portal = {
    name: 'portal',
    role: 'portal' as const,
    arguments: ['portal-process'],
    hangMs: portalHangMs,
    inherits: has(listPorts(config, { portal: true, gateway: false, publication: false })),
  }
  if (parts.portal) await supervisor.start([portal])
  const publication = {
    name: 'publication',
    role: 'publication' as const,
    arguments: ['publication-process'],
    hangMs: portalHangMs,
    inherits: has(listPorts(config, { portal: false, gateway: false, publication: true })),
  }
  if (parts.publication) await supervisor.start([publication])
  if (!parts.gateway) return
  if (config.environments.some((environment) => environment.upstream === null)) {
    const upstream = { name: 'demo upstream', arguments: ['demo-upstream-process'] }
    await supervisor.start([{ ...upstream, hangMs: gatewayHangMs }])
  }
  const indexes = Array.from({ length: config.gateway.processes }, (_, index) => index)
  const addresses = listAddresses(config)
  const given = has(addresses.map(({ port }) => port))
  const sockets = joinSockets(
    await bindListeningSockets(
      addresses.filter(({ port }) => !given.some((socket) => socket.port === port)),
      config.gateway.processes,
    ),
    given,
    config.gateway.processes,
  )
  await supervisor.start(
    indexes.map((index) => ({
      name: `gateway ${index + 1}`,
      role: 'gateway' as const,
      arguments: ['gateway-process'],
      nodeOptions: gatewayOptions,
      hangMs: gatewayHangMs,
      listens: { sockets, index },
    })),
  )
}

/**
 * Returns the listening addresses of gateways: one port per environment, or for several, and that of the
 * authorizer.
 */
function listAddresses({ gateway: { host }, environments, authorizer }: Config): ListenAddress[] {
  const ports = new Set(environments.map(({ gatewayPort }) => gatewayPort))
  const addresses = [...ports].map((port) => ({ host, port }))
  return authorizer !== null && 'port' in authorizer ? [...addresses, authorizer] : addresses
}

/** Returns the ports of the listeners of these parts that systemd can hold. */
const listPorts = (config: Config, parts: Parts): number[] => [
  ...(parts.portal ? [config.portal.port] : []),
  ...(parts.publication || (parts.portal && isPublishedBy(config, 'portal'))
    ? [config.publication.port]
    : []),
  ...(parts.gateway ? listAddresses(config).map(({ port }) => port) : []),
]

const toAuthority = ({ host, port }: { host: string; port: number }): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`

function untilToldToStop(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
    // Whoever closes the terminal that it runs in wants it to end.
    if (process.stdin.isTTY) process.once('SIGHUP', () => resolve())
  })
}

function describeRunning(config: Config, parts: Parts, milliseconds: number): string {
  const lines = ['', `Postern is ready (${(milliseconds / 1000).toFixed(1)} s).`, '']
  if (parts.portal) lines.push(`  Portal      ${config.portal.url}`)
  if (parts.gateway) {
    for (const { label, name, gatewayUrl } of config.environments) {
      lines.push(`  Gateway     ${gatewayUrl}  (${label ?? name})`)
    }
  }
  if (parts.publication || (parts.portal && isPublishedBy(config, 'portal')))
    lines.push(`  CRLs        ${config.publication.url}`)
  if (parts.portal) lines.push(`  Data        ${config.dataFolder}`)
  const { address } = config.operations
  if (address !== null) lines.push(`  Operations  http://${toAuthority(address)}`)
  const users = parts.portal ? (findFirstRun(config.dataFolder)?.people ?? []) : []
  if (users.length > 0) {
    lines.push('', '  Sign in with a one-time password; you choose your own then:')
    for (const { email, oneTimePassword, role, organization } of users) {
      lines.push(
        `    ${email.padEnd(28)} ${oneTimePassword}   ${role}${organization === null ? '' : ` of ${organization}`}`,
      )
    }
  }
  return `${lines.join('\n')}\n\n`
}
