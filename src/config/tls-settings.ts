import { PosternError } from '../errors.ts'
import { readClientTls } from '../tls-files/read-client-tls.ts'
import { readEdgeTls } from '../tls-files/read-edge-tls.ts'
import { type KeyPairFiles, type NamedHost, readKeyPair } from '../tls-files/read-key-pair.ts'
import { readTrustedCertificates } from '../tls-files/read-trusted-certificates.ts'
import type { Config, Environment } from './config.ts'

/** The server certificate of an environment, and the names that clients look for in it. */
export interface ServerFiles extends KeyPairFiles {
  hosts: readonly NamedHost[]
}

/** Whether Postern makes the server certificate of an environment itself, in the development profile. */
export const isMadeHere = ({ gateway }: Pick<Config, 'gateway'>, { serverFiles }: Environment): boolean =>
  serverFiles === null && gateway.serverCaFile !== null

/** The files of the server certificate that clients of an environment are shown. */
export function toServerFiles(config: Pick<Config, 'gateway'>, environment: Environment): ServerFiles {
  const { name, serverFiles } = environment
  if (serverFiles !== null)
    return { setting: `environments.${name}`, ...serverFiles, hosts: listServerNames(environment) }
  const { certificateFile, keyFile } = config.gateway
  const hosts = isMadeHere(config, environment) ? [] : listServerNames(environment)
  return { setting: 'gateway', certificateFile, keyFile, hosts }
}

/** By which names clients reach an environment: that of its public address, and its host where that is another. */
export function listServerNames({ name, gatewayHost, gatewayUrl }: Environment): NamedHost[] {
  const host = { setting: `environments.${name}.host`, host: gatewayHost }
  const publicName = new URL(gatewayUrl).hostname.replace(/^\[|\]$/g, '')
  if (publicName === gatewayHost) return [host]
  const url = { setting: `environments.${name}.url`, host: publicName }
  // The default is no name that anybody has chosen.
  return gatewayHost === 'localhost' ? [url] : [url, host]
}

/**
 * Holds every file with certificates or keys of TLS that `parts` use to what it is for. Throws `config_invalid` with
 * one sentence for each that cannot be used.
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
  const edge = authorizer !== null && 'port' in authorizer ? authorizer.tls : null
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
    ...(edge === null ? [] : [() => readEdgeTls(edge, now)]),
  ]
}

const portalFiles = ({ mail }: Config, now: number): (() => unknown)[] => {
  const caFile = mail.smtp?.caFile ?? null
  return caFile === null
    ? []
    : [() => readTrustedCertificates({ setting: 'mail.smtp.ca', path: caFile }, now)]
}
