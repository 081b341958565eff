import { PosternError } from '../errors.ts'
import { readClientTls } from '../tls-files/read-client-tls.ts'
import { type KeyPairFiles, type NamedHost, readKeyPair } from '../tls-files/read-key-pair.ts'
import { readProxyTls } from '../tls-files/read-proxy-tls.ts'
import { assertServerCa, type ServerCaFiles } from '../tls-files/read-server-ca.ts'
import { readTrustedCertificates } from '../tls-files/read-trusted-certificates.ts'
import type { Config, Environment } from './config.ts'

/** The server certificate of an environment, and the names that clients expect in it. */
export interface ServerFiles extends KeyPairFiles {
  hosts: readonly NamedHost[]
}

/**
 * Returns whether Postern itself creates the server certificate of an environment, in the development
 * profile.
 */
export const isMadeHere = ({ gateway }: Pick<Config, 'gateway'>, { serverFiles }: Environment): boolean =>
  serverFiles === null && gateway.serverCaFile !== null

/** Returns the files of the server certificate of an environment. */
export function toServerFiles(config: Pick<Config, 'gateway'>, environment: Environment): ServerFiles {
  const { name, serverFiles } = environment
  if (serverFiles !== null)
    return { setting: `environments.${name}`, ...serverFiles, hosts: listServerNames(environment) }
  const { certificateFile, keyFile } = config.gateway
  const hosts = isMadeHere(config, environment) ? [] : listServerNames(environment)
  return { setting: 'gateway', certificateFile, keyFile, hosts }
}

/** Returns where the portal finds the CA that clients of an environment need for its server certificate. */
export function toServerCaFiles(
  { gateway }: Pick<Config, 'gateway'>,
  environment: Environment,
): ServerCaFiles {
  const { name, serverFiles } = environment
  if (serverFiles !== null) return { setting: `environments.${name}`, ...serverFiles }
  const { certificateFile, serverCaFile, caFile } = gateway
  return { setting: 'gateway', certificateFile, caFile: serverCaFile ?? caFile }
}

/**
 * Returns the names by which clients reach an environment: that of its public URL, and its host if that
 * differs.
 */
export function listServerNames({ name, gatewayHost, gatewayUrl }: Environment): NamedHost[] {
  const host = { setting: `environments.${name}.host`, host: gatewayHost }
  const publicName = new URL(gatewayUrl).hostname.replace(/^\[|\]$/g, '')
  if (publicName === gatewayHost) return [host]
  const url = { setting: `environments.${name}.url`, host: publicName }
  // The default host was not chosen by an operator.
  return gatewayHost === 'localhost' ? [url] : [url, host]
}

/**
 * Checks the TLS certificates and keys that `parts` use. Throws `config_invalid` with one sentence for each
 * unusable file.
 */
export function assertTlsFiles(
  config: Config,
  parts: { portal: boolean; gateway: boolean },
  now: number,
): void {
  const problems = new Set<string>()
  for (const read of [
    ...(parts.gateway ? gatewayFiles(config, now) : []),
    ...(parts.portal ? portalFiles(config, now) : []),
  ]) {
    try {
      read()
    } catch (error) {
      if (!(error instanceof PosternError)) throw error
      problems.add(error.message)
    }
  }
  if (problems.size > 0) throw new PosternError('config_invalid', [...problems].join(' '))
}

function gatewayFiles(config: Config, now: number): (() => unknown)[] {
  const { environments, authorizer } = config
  const proxy = authorizer !== null && 'port' in authorizer ? authorizer.tls : null
  return [
    ...environments
      .filter((environment) => !isMadeHere(config, environment))
      .map((environment) => toServerFiles(config, environment))
      .map((files) => () => readKeyPair(files, { side: 'server', hosts: files.hosts }, now)),
    ...environments.map(
      ({ name, upstreamTls }) =>
        () =>
          readClientTls(`environments.${name}.upstreamTls`, upstreamTls, now),
    ),
    ...(proxy === null ? [] : [() => readProxyTls(proxy, now)]),
    ...traceFiles(config, now),
  ]
}

function traceFiles({ traces }: Config, now: number): (() => unknown)[] {
  const path = traces?.caFile ?? null
  return path === null ? [] : [() => readTrustedCertificates({ setting: 'telemetry.traces.ca', path }, now)]
}

function portalFiles(config: Config, now: number): (() => unknown)[] {
  const { environments, mail, audit } = config
  const caFile = mail.smtp?.caFile ?? null
  const collector = audit.export.syslog
  return [
    ...environments
      .filter((environment) => !isMadeHere(config, environment))
      .map((environment) => toServerCaFiles(config, environment))
      .map((files) => () => assertServerCa(files, now)),
    ...(caFile === null
      ? []
      : [() => readTrustedCertificates({ setting: 'mail.smtp.ca', path: caFile }, now)]),
    ...(collector === null ? [] : [() => readClientTls('audit.export.syslog', collector.tls, now)]),
    ...traceFiles(config, now),
  ]
}
