import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { PosternError } from '../errors.ts'
import type { Config } from './config.ts'
import type { ConfigFile } from './config-file.ts'
import type { Settings } from './read-settings.ts'
import { rejectSharedPorts } from './reject-shared-ports.ts'
import { toAudit } from './to-audit.ts'
import { toAuthority } from './to-authority.ts'
import { toAuthorizer } from './to-authorizer.ts'
import { toEnvironments } from './to-environments.ts'
import { toMail } from './to-mail.ts'
import { toOperations } from './to-operations.ts'
import { toReservedHeaders } from './to-reserved-headers.ts'

const hour = 3_600_000

/** Returns the configuration of the settings. Throws `config_invalid` for contradictory settings. */
export function toConfig({ file, baseFolder, variables }: Settings): Config {
  const dataFolder = resolve(baseFolder, variables.data ?? file.data)
  const portalPort = variables.portalPort ?? file.portal.port
  const publicPort = variables.publicPort ?? file.publication.port
  const config: Config = {
    profile: file.profile,
    dataFolder,
    log: { level: file.log.level ?? (file.profile === 'production' ? 'info' : 'warn') },
    portal: {
      host: file.portal.host,
      port: portalPort,
      url: toOrigin(file.portal.url ?? `http://localhost:${portalPort}`),
      trustedProxies: file.portal.trustedProxies,
      operatorsNeedSecondFactor: file.portal.operatorsNeedSecondFactor,
      connections: toConnections(file.portal.connections),
      sessions: {
        absoluteSeconds: file.portal.sessions.maxHours * 3600,
        idleSeconds: file.portal.sessions.idleMinutes * 60,
      },
      organizationWord: file.portal.organizationWord,
      singleSignOn: file.portal.singleSignOn,
    },
    organizations: file.organizations,
    publication: {
      host: file.publication.host,
      port: publicPort,
      url: file.publication.url ?? `http://localhost:${publicPort}`,
      servedBy: file.publication.servedBy,
      trustedProxies: file.publication.trustedProxies,
      connections: toConnections(file.publication.connections),
    },
    gateway: toGateway(file, baseFolder, dataFolder),
    authority: toAuthority(file, baseFolder),
    authorizer: toAuthorizer(file, baseFolder),
    operations: toOperations(file),
    audit: toAudit(file, baseFolder, dataFolder),
    backup: toBackup(file, baseFolder, dataFolder),
    usageRetention: {
      minute: file.telemetry.minuteRetentionHours * hour,
      hour: file.telemetry.hourRetentionDays * 24 * hour,
      day: file.telemetry.dayRetentionDays * 24 * hour,
    },
    traces: toTraces(file, baseFolder),
    environments: toEnvironments(file, { ports: variables.gatewayPorts, baseFolder }),
    secondPerson: file.operators.secondPerson,
    mail: toMail(file, baseFolder),
    webhooks: {
      allowedNetworks: file.webhooks.allowedNetworks,
      caFile: file.webhooks.ca === undefined ? null : resolve(baseFolder, file.webhooks.ca),
    },
    externalStatus: file.externalStatus,
  }
  rejectSharedPorts(config)
  if (config.profile === 'production') rejectConveniences(file, config)
  return config
}

/**
 * Returns the origin as browsers send it in the Origin header: without the default port (RFC 6454, section
 * 6.2).
 */
const toOrigin = (url: string): string => new URL(url).origin

function toBackup({ backup, profile }: ConfigFile, baseFolder: string, dataFolder: string): Config['backup'] {
  const { recipient = null, journalFolders = [join(dataFolder, 'journal')] } = backup
  const isExpected = profile === 'production' || recipient !== null
  return {
    recipient,
    journalFolders: journalFolders.map((folder) => resolve(baseFolder, folder)),
    ages: isExpected ? { maxAgeMs: backup.maxAgeHours * hour, drillMs: backup.drillDays * 24 * hour } : null,
  }
}

function toTraces({ telemetry: { traces } }: ConfigFile, baseFolder: string): Config['traces'] {
  if (traces === undefined) return null
  const { ca, ...rest } = traces
  return { ...rest, caFile: ca === undefined ? null : resolve(baseFolder, ca) }
}

const toConnections = ({ total, ...others }: ConfigFile['portal']['connections']) => ({
  ...others,
  total: total ?? null,
})

function toGateway(file: ConfigFile, baseFolder: string, dataFolder: string): Config['gateway'] {
  const { host, processes = availableParallelism(), certificate, key, ca, drainSeconds } = file.gateway
  const { whenStale, staleSeconds, unauthenticatedLimits, accessLog, proxyProtocolFrom } = file.gateway
  if ((certificate === undefined) !== (key === undefined)) {
    throw new PosternError(
      'config_invalid',
      'gateway.certificate and gateway.key go together: set both or neither.',
    )
  }
  if (ca !== undefined && certificate === undefined)
    throw new PosternError(
      'config_invalid',
      'gateway.ca is the CA of gateway.certificate: set both or neither.',
    )
  const files =
    certificate !== undefined && key !== undefined
      ? {
          certificateFile: resolve(baseFolder, certificate),
          keyFile: resolve(baseFolder, key),
          serverCaFile: null,
          caFile: ca === undefined ? null : resolve(baseFolder, ca),
        }
      : {
          certificateFile: join(dataFolder, 'tls', 'gateway.pem'),
          keyFile: join(dataFolder, 'tls', 'gateway.key'),
          serverCaFile: join(dataFolder, 'tls', 'server-ca.pem'),
          caFile: null,
        }
  return {
    host,
    processes,
    ...files,
    accessLogFile: accessLog === undefined ? null : resolve(baseFolder, accessLog),
    drainSeconds,
    staleSeconds: whenStale === 'deny' ? staleSeconds : null,
    unauthenticatedLimits,
    proxyProtocolFrom,
    reservedHeaders: toReservedHeaders(file),
  }
}

function rejectConveniences(file: ConfigFile, config: Config): void {
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
