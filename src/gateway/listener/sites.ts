import { createSecureContext, type SecureContext, type SecureContextOptions, type TlsOptions } from 'node:tls'
import type { ServerFiles } from '../../config/tls-settings.ts'
import { PosternError } from '../../errors.ts'
import { type KeyPair, readKeyPair } from '../../tls-files/read-key-pair.ts'
import { type GatewayEnvironment, hostsOf } from '../environment/gateway-environment.ts'
import type { Registry } from '../registry/registry.ts'
import type { RequestHandler } from '../request/handle-request.ts'
import { toSecureContext } from './tls-options.ts'

/** An environment as a port serves it. */
export interface Site {
  environment: GatewayEnvironment
  files: ServerFiles
  handleRequest: RequestHandler
}

/** The environments behind one port, told apart by the server name of the handshake (SNI, RFC 6066, 3). */
export function createSites(
  all: readonly Site[],
  { registry, clock }: { registry: Pick<Registry, 'listIssuers'>; clock: { now(): number } },
) {
  const byName = new Map<string, Site>()
  for (const site of all)
    for (const host of hostsOf(site.environment)) if (!byName.has(host)) byName.set(host, site)
  const [first] = all as [Site, ...Site[]]
  const pairs = new Map<Site, KeyPair>()
  const contexts = new Map<Site, SecureContext>()

  const read = (site: Site): void => {
    const { files } = site
    pairs.set(site, readKeyPair(files, { side: 'server', hosts: files.hosts }, clock.now()))
  }
  /** Who is refused needs to send a certificate to be told why: clients are shown the issuers of every environment. */
  const reload = (): SecureContextOptions => {
    const issuerNames = registry.listIssuers().map((issuer) => issuer.parsed.subjectDer)
    const options = all.map((site) => toSecureContext(pairs.get(site) as KeyPair, issuerNames))
    for (const [index, site] of all.entries()) contexts.set(site, createSecureContext(options[index]))
    return options[0] as SecureContextOptions
  }
  const find = (serverName: string | false | null | undefined): Site =>
    (serverName ? byName.get(serverName.toLowerCase()) : undefined) ?? first

  return {
    all,
    /** Who serves those that name `serverName`: the first of all where they name none, or one that nobody has. */
    find,
    /** Takes the issuers of now, with the certificates that are in use, and gives what the first is served with. */
    reload,
    /** Reads the files of all again: one sentence for each that cannot be used, whose pair stays the one in use. */
    readFiles(): string[] {
      return all.flatMap((site) => {
        try {
          read(site)
          return []
        } catch (error) {
          if (error instanceof PosternError) return [error.message]
          throw error
        }
      })
    },
    /** Throws `config_invalid` where a server certificate cannot be used. */
    tlsOptions(): TlsOptions {
      for (const site of all) read(site)
      const options = reload()
      if (all.length === 1) return options
      return { ...options, SNICallback: (name, choose) => choose(null, contexts.get(find(name))) }
    },
  }
}

export type Sites = ReturnType<typeof createSites>
