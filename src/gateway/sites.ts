import { createSecureContext, type SecureContext, type SecureContextOptions, type TlsOptions } from 'node:tls'
import { type GatewayEnvironment, hostsOf } from './gateway-environment.ts'
import type { ListenerParts } from './gateway-parts.ts'
import type { Registry } from './registry.ts'
import { readSecureContext, type ServerFiles } from './tls-options.ts'

/** An environment as a port serves it. */
export interface Site {
  environment: GatewayEnvironment
  files: ServerFiles
  parts: ListenerParts
}

/** The environments behind one port, told apart by the server name of the handshake (SNI, RFC 6066, 3). */
export function createSites(all: readonly Site[], registry: Pick<Registry, 'listIssuers'>) {
  const byName = new Map<string, Site>()
  for (const site of all)
    for (const host of hostsOf(site.environment)) if (!byName.has(host)) byName.set(host, site)
  const [first] = all as [Site, ...Site[]]
  const contexts = new Map<Site, SecureContext>()

  /** Who is refused needs to send a certificate to be told why: clients are shown the issuers of every environment. */
  const read = ({ files }: Site): SecureContextOptions =>
    readSecureContext(
      files,
      registry.listIssuers().map((issuer) => issuer.parsed.subjectDer),
    )
  const reload = (): SecureContextOptions => {
    const options = all.map(read)
    for (const [index, site] of all.entries()) contexts.set(site, createSecureContext(options[index]))
    return options[0] as SecureContextOptions
  }
  const find = (serverName: string | false | null | undefined): Site =>
    (serverName ? byName.get(serverName.toLowerCase()) : undefined) ?? first

  return {
    all,
    /** Who serves those that name `serverName`: the first of all where they name none, or one that nobody has. */
    find,
    /** Reads the files of all again and gives what the first is served with. Throws where certificate and key do not fit. */
    reload,
    tlsOptions(): TlsOptions {
      const options = reload()
      if (all.length === 1) return options
      return { ...options, SNICallback: (name, choose) => choose(null, contexts.get(find(name))) }
    },
  }
}

export type Sites = ReturnType<typeof createSites>
