import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { PosternError } from '../errors.ts'
import type { Config, Environment } from './config.ts'
import { type ConfigFile, EnvironmentSettings } from './config-file.ts'
import { defaultEnvironments } from './default-environments.ts'
import type { Settings } from './read-settings.ts'
import { toAuthority } from './to-authority.ts'

/** The configuration that the settings mean. Throws `config_invalid` for settings that contradict each other. */
export function toConfig({ file, baseFolder, variables }: Settings): Config {
  const dataFolder = resolve(baseFolder, variables.data ?? file.data)
  const portalPort = variables.portalPort ?? file.portal.port
  const publicPort = variables.publicPort ?? file.publication.port
  const config: Config = {
    profile: file.profile,
    dataFolder,
    portal: {
      host: file.portal.host,
      port: portalPort,
      url: withoutSlash(file.portal.url ?? `http://localhost:${portalPort}`),
      trustedProxies: file.portal.trustedProxies,
    },
    publication: {
      host: file.publication.host,
      port: publicPort,
      url: withoutSlash(file.publication.url ?? `http://localhost:${publicPort}`),
    },
    gateway: toGateway(file, baseFolder, dataFolder),
    authority: toAuthority(file, baseFolder),
    authorizer: toAuthorizer(file, baseFolder),
    environments: toEnvironments(file, variables.gatewayPorts),
    mail: {
      from: file.mail.from,
      smtp: file.mail.smtp === undefined ? null : { ...file.mail.smtp, user: file.mail.smtp.user ?? null },
    },
  }
  refuseSharedPorts(config)
  if (config.profile === 'production') refuseConveniences(file, config)
  return config
}

function toGateway(file: ConfigFile, baseFolder: string, dataFolder: string): Config['gateway'] {
  const { host, processes = availableParallelism(), certificate, key, whenStale, staleSeconds } = file.gateway
  if ((certificate === undefined) !== (key === undefined)) {
    throw new PosternError(
      'config_invalid',
      'gateway.certificate and gateway.key go together: set both or neither.',
    )
  }
  const files =
    certificate !== undefined && key !== undefined
      ? {
          certificateFile: resolve(baseFolder, certificate),
          keyFile: resolve(baseFolder, key),
          serverCaFile: null,
        }
      : {
          certificateFile: join(dataFolder, 'tls', 'gateway.pem'),
          keyFile: join(dataFolder, 'tls', 'gateway.key'),
          serverCaFile: join(dataFolder, 'tls', 'server-ca.pem'),
        }
  return { host, processes, ...files, staleSeconds: whenStale === 'refuse' ? staleSeconds : null }
}

function toAuthorizer({ authorizer }: ConfigFile, baseFolder: string): Config['authorizer'] {
  if (authorizer === undefined) return null
  const { host, port, certificate, key, clientCa } = authorizer
  if (certificate !== undefined && key !== undefined && clientCa !== undefined) {
    const [certificateFile, keyFile, clientCaFile] = [
      resolve(baseFolder, certificate),
      resolve(baseFolder, key),
      resolve(baseFolder, clientCa),
    ]
    return { host, port, tls: { certificateFile, keyFile, clientCaFile } }
  }
  if (certificate !== undefined || key !== undefined || clientCa !== undefined) {
    throw new PosternError(
      'config_invalid',
      'authorizer.certificate, authorizer.key and authorizer.clientCa go together: set all or none.',
    )
  }
  if (!['127.0.0.1', '::1', 'localhost'].includes(host)) {
    throw new PosternError(
      'config_invalid',
      `authorizer.host is ${host}, which others can reach: whoever asks there is believed. Use 127.0.0.1, or set authorizer.certificate, authorizer.key and authorizer.clientCa, so that only your edges can ask.`,
    )
  }
  return { host, port, tls: null }
}

function toEnvironments(file: ConfigFile, ports: Map<string, number>): Environment[] {
  const named = file.environments ?? defaultEnvironments
  for (const name of ports.keys()) {
    if (!Object.hasOwn(named, name)) {
      throw new PosternError(
        'config_invalid',
        `POSTERN_GATEWAY_PORTS names the environment ${name}, which does not exist.`,
      )
    }
  }
  const environments = Object.entries(named).map(([name, given]) =>
    toEnvironment(name, EnvironmentSettings.parse(given), ports.get(name)),
  )
  if (environments.length === 0)
    throw new PosternError('config_invalid', 'environments must name at least one environment.')
  return environments
}

function toEnvironment(name: string, given: EnvironmentSettings, port: number | undefined): Environment {
  const { host, url, upstream, port: filePort, ...policy } = given
  const known = new Set(policy.scopes.map((scope) => scope.name))
  const unknown = policy.routes.find((route) => !known.has(route.scope))
  if (unknown !== undefined) {
    throw new PosternError(
      'config_invalid',
      `environments.${name}.routes asks for the scope ${unknown.scope}, which environments.${name}.scopes does not name.`,
    )
  }
  const gatewayPort = port ?? filePort
  return {
    ...policy,
    name,
    gatewayHost: host,
    gatewayPort,
    gatewayUrl: withoutSlash(url ?? `https://${host}:${gatewayPort}`),
    upstream: upstream === undefined ? null : withoutSlash(upstream),
  }
}

function refuseSharedPorts(config: Config): void {
  const taken = new Map<number, string>()
  const ports: [string, number][] = [
    ['portal.port', config.portal.port],
    ['publication.port', config.publication.port],
    ...(config.authorizer === null ? [] : [['authorizer.port', config.authorizer.port] as [string, number]]),
    ...config.environments.map(({ name, gatewayPort }): [string, number] => [
      `environments.${name}.port`,
      gatewayPort,
    ]),
  ]
  for (const [setting, port] of ports) {
    const other = taken.get(port)
    if (other !== undefined) {
      throw new PosternError(
        'config_invalid',
        `${other} and ${setting} are both ${port}; each needs a port of its own.`,
      )
    }
    taken.set(port, setting)
  }
}

function refuseConveniences(file: ConfigFile, config: Config): void {
  const missing: string[] = []
  if (file.gateway.certificate === undefined)
    missing.push('gateway.certificate and gateway.key (a server certificate)')
  if (file.mail.smtp === undefined) missing.push('mail.smtp (a mail server)')
  if (file.environments === undefined) missing.push('environments')
  if (file.portal.url === undefined || !file.portal.url.startsWith('https:'))
    missing.push('portal.url (an https address)')
  if (file.publication.url === undefined) missing.push('publication.url')
  for (const { name, upstream } of config.environments) {
    if (upstream === null) missing.push(`environments.${name}.upstream`)
  }
  if (missing.length > 0) {
    throw new PosternError(
      'config_invalid',
      `The production profile has no conveniences; set ${missing.join(', ')}.`,
    )
  }
}

const withoutSlash = (url: string) => url.replace(/\/+$/, '')
