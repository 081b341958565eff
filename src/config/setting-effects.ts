import type { ConfigFile } from './config-file.ts'
import type { Variables } from './read-settings.ts'

/** When a changed setting takes effect: as soon as the file is read again, or at the next start. */
export type Effect = 'now' | 'restart'

/** One effect for each setting of a section, or one for the whole section. */
type EffectsOf<Section> =
  NonNullable<Section> extends readonly unknown[]
    ? Effect
    : NonNullable<Section> extends object
      ? Effect | { [Key in keyof NonNullable<Section>]-?: EffectsOf<NonNullable<Section>[Key]> }
      : Effect

type Environments = NonNullable<ConfigFile['environments']>

const connections = {
  total: 'restart',
  perAddress: 'now',
  requestSeconds: 'now',
  idleSeconds: 'now',
} as const

/**
 * When each setting of the file takes effect. A restart is needed for what names a place (an address, a
 * file, the store, a token), for what the supervisor itself works with, and for what stands in certificates
 * and cookies.
 */
export const settingEffects: EffectsOf<Omit<ConfigFile, 'environments'>> = {
  profile: 'restart',
  data: 'restart',
  log: 'now',
  portal: {
    host: 'restart',
    port: 'restart',
    url: 'restart',
    trustedProxies: 'now',
    organizationWord: 'now',
    operatorsNeedSecondFactor: 'now',
    connections,
    sessions: 'now',
    singleSignOn: 'now',
  },
  organizations: 'now',
  publication: {
    host: 'restart',
    port: 'restart',
    url: 'restart',
    servedBy: 'restart',
    trustedProxies: 'now',
    connections,
  },
  gateway: {
    host: 'restart',
    processes: 'restart',
    certificate: 'restart',
    key: 'restart',
    ca: 'restart',
    drainSeconds: 'restart',
    whenStale: 'now',
    staleSeconds: 'now',
    unauthenticatedLimits: 'now',
    proxyProtocolFrom: 'now',
    accessLog: 'restart',
    reservedHeaders: 'now',
  },
  authority: { keys: 'restart', algorithm: 'restart', pkcs11: 'restart', offlineCrlDays: 'now' },
  audit: { checkpointFiles: 'restart', syslog: 'now', export: 'restart' },
  backup: { recipient: 'now', maxAgeHours: 'now', drillDays: 'now', journalFolders: 'restart' },
  telemetry: {
    minuteRetentionHours: 'now',
    hourRetentionDays: 'now',
    dayRetentionDays: 'now',
    traces: 'restart',
  },
  authorizer: 'restart',
  operations: { host: 'restart', port: 'restart', drainSeconds: 'restart', maxLagSeconds: 'now' },
  storage: 'restart',
  operators: 'now',
  mail: 'now',
  webhooks: { allowedNetworks: 'now', ca: 'restart' },
  externalStatus: { allowedNetworks: 'now' },
}

/** The same for each environment. To add, remove, rename or reorder one needs a restart. */
export const environmentEffects: EffectsOf<Environments[string]> = {
  label: 'now',
  live: 'now',
  host: 'restart',
  port: 'restart',
  url: 'restart',
  certificate: 'restart',
  key: 'restart',
  ca: 'restart',
  upstream: 'now',
  upstreamTls: 'now',
  upstreamTimeouts: 'now',
  limits: 'now',
  assertion: 'now',
  assertionPerCall: 'now',
  assertionBodyDigest: 'now',
  assertionBodyKilobytes: 'now',
  issuance: 'now',
  validityDays: 'now',
  allowedKeys: 'now',
  allowedKeysUntil: 'now',
  signals: 'now',
  externalCertificates: 'now',
  lastRenewals: 'now',
  externalStatus: 'now',
  sameKeyRenewal: 'now',
  maxCertificates: 'now',
  certificatesPerHour: 'now',
  denials: 'now',
  recordedPaths: 'now',
  enforcement: 'now',
  enforcementWindowHours: 'now',
  retirementSilenceHours: 'now',
  rotationOverlapDays: 'now',
  certificateStatusHeader: 'now',
  profile: 'now',
  tokenSeconds: 'now',
  tokenAlgorithm: 'now',
  scopes: 'now',
  routes: 'now',
}

/** Every variable whose value is a secret of a running process. */
type SecretVariable = Exclude<
  keyof Variables,
  'data' | 'portalPort' | 'publicPort' | 'gatewayPorts' | 'rootPassphrase' | 'secretFiles'
>

/** The variables with secrets, whose values are never shown: only files that they name can change. */
export const secretEffects: Record<SecretVariable, { name: string; effect: Effect }> = {
  databaseUrl: { name: 'POSTERN_DATABASE_URL_FILE', effect: 'restart' },
  databaseReadUrl: { name: 'POSTERN_DATABASE_READ_URL_FILE', effect: 'restart' },
  smtpPassword: { name: 'POSTERN_SMTP_PASSWORD_FILE', effect: 'now' },
  authorityKey: { name: 'POSTERN_AUTHORITY_KEY_FILE', effect: 'restart' },
  authorityKeySecond: { name: 'POSTERN_AUTHORITY_KEY_SECOND_FILE', effect: 'restart' },
  gatewayKey: { name: 'POSTERN_GATEWAY_KEY_FILE', effect: 'restart' },
  gatewayKeySecond: { name: 'POSTERN_GATEWAY_KEY_SECOND_FILE', effect: 'restart' },
  publicationKey: { name: 'POSTERN_PUBLICATION_KEY_FILE', effect: 'restart' },
  publicationKeySecond: { name: 'POSTERN_PUBLICATION_KEY_SECOND_FILE', effect: 'restart' },
  sessionKey: { name: 'POSTERN_SESSION_KEY_FILE', effect: 'restart' },
  authorizerSecret: { name: 'POSTERN_AUTHORIZER_SECRET_FILE', effect: 'restart' },
  tokenPin: { name: 'POSTERN_PKCS11_PIN_FILE', effect: 'restart' },
}
