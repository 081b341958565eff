import { createSecureContext, type SecureContext, type SecureContextOptions, type TlsOptions } from 'node:tls'
import type { ServerFiles } from '../../config/tls-settings.ts'
import { PosternError } from '../../errors.ts'
import { type DatedKeyPair, readKeyPair } from '../../tls-files/read-key-pair.ts'
import { type GatewayEnvironment, getHosts } from '../environment/gateway-environment.ts'
import type { Registry } from '../registry/registry.ts'
import type { RequestHandler } from '../request/handle-request.ts'
import { toSecureContext } from './tls-options.ts'

/** An environment as a port serves it. */
export interface VirtualHost {
  environment: GatewayEnvironment
  files: ServerFiles
  handleRequest: RequestHandler
}

/**
 * Creates the environments behind one port, selected by the server name of the handshake (SNI, RFC 6066,
 * section 3).
 */
export function createVirtualHosts(
  all: readonly VirtualHost[],
  { registry, clock }: { registry: Pick<Registry, 'listIssuers'>; clock: { now(): number } },
) {
  const byName = new Map<string, VirtualHost>()
  for (const virtualHost of all)
    for (const host of getHosts(virtualHost.environment)) if (!byName.has(host)) byName.set(host, virtualHost)
  const [first] = all as [VirtualHost, ...VirtualHost[]]
  const pairs = new Map<VirtualHost, DatedKeyPair>()
  const contexts = new Map<VirtualHost, SecureContext>()

  const read = (virtualHost: VirtualHost): void => {
    const { files } = virtualHost
    pairs.set(virtualHost, readKeyPair(files, { side: 'server', hosts: files.hosts }, clock.now()))
  }
  /**
   * Creates the TLS contexts with the issuers of every environment: a client must send a certificate to be
   * told why it is denied.
   */
  const reload = (): SecureContextOptions => {
    const issuerNames = registry.listIssuers().map((issuer) => issuer.parsed.subjectDer)
    const options = all.map((virtualHost) =>
      toSecureContext(pairs.get(virtualHost) as DatedKeyPair, issuerNames),
    )
    for (const [index, virtualHost] of all.entries())
      contexts.set(virtualHost, createSecureContext(options[index]))
    return options[0] as SecureContextOptions
  }
  const find = (serverName: string | false | null | undefined): VirtualHost =>
    (serverName ? byName.get(serverName.toLowerCase()) : undefined) ?? first

  return {
    all,
    /** Returns the environment for an SNI name; the first one if the name is absent or unknown. */
    find,
    /**
     * Applies the current issuers to the certificates in use, and returns the TLS options of the first
     * environment.
     */
    reload,
    /** Reloads all files: one sentence for each unusable pair, which leaves the previous pair in use. */
    readFiles(): string[] {
      return all.flatMap((virtualHost) => {
        try {
          read(virtualHost)
          return []
        } catch (error) {
          if (error instanceof PosternError) return [error.message]
          throw error
        }
      })
    },
    /** Returns the server certificate in use of each environment; `notAfter` in milliseconds since 1970. */
    listCertificates: () =>
      [...pairs].map(([{ environment }, { serialNumber, notAfter }]) => ({
        ...{ environment: environment.name, serialNumber, notAfter },
      })),
    /** Throws `config_invalid` if a server certificate is unusable. */
    tlsOptions(): TlsOptions {
      for (const virtualHost of all) read(virtualHost)
      const options = reload()
      if (all.length === 1) return options
      return { ...options, SNICallback: (name, choose) => choose(null, contexts.get(find(name))) }
    },
  }
}

export type VirtualHosts = ReturnType<typeof createVirtualHosts>
