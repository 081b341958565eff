import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { z } from 'zod'
import { createCurrentAddressTest } from '../trusted-addresses.ts'
import { compareSettings } from './compare-settings.ts'
import { ConfigFile } from './config-file.ts'
import { readSettings } from './read-settings.ts'
import { createReload } from './reload-config.ts'
import { environmentEffects, settingEffects } from './setting-effects.ts'
import { toConfig } from './to-config.ts'

/** A process that has read a file, and the file. */
function runWith(content: object, variables: NodeJS.ProcessEnv = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'postern-reload-'))
  const file = join(folder, 'postern.yaml')
  const write = (next: object | string) =>
    writeFileSync(file, typeof next === 'string' ? next : stringify(next))
  write(content)
  const read = () => readSettings({ POSTERN_CONFIG: file, POSTERN_DATA: join(folder, 'data'), ...variables })
  const settings = read()
  const config = toConfig(settings)
  let applied = 0
  const reload = createReload(
    config,
    { settings, read },
    {
      parts: { portal: true, gateway: true },
      now: Date.now,
      prepare: () => () => {
        applied += 1
      },
    },
  )
  return { folder, write, read, config, reload, applied: () => applied }
}

const scopes = [{ name: 'read' }, { name: 'write' }]
const before = {
  log: { level: 'info' },
  portal: {
    trustedProxies: ['10.0.0.1'],
    organizationWord: { singular: 'bank', plural: 'banks' },
    operatorsNeedSecondFactor: false,
    connections: { perAddress: 1, requestSeconds: 2, idleSeconds: 3 },
    sessions: { idleMinutes: 5, maxHours: 1 },
    singleSignOn: { allowPrivateIssuers: false },
  },
  organizations: { maxCredentials: 1, maxPeople: 2 },
  publication: {
    trustedProxies: [],
    connections: { perAddress: 1, requestSeconds: 2, idleSeconds: 3 },
  },
  gateway: {
    whenStale: 'continue',
    staleSeconds: 10,
    unauthenticatedLimits: { openConnections: 1, connectionsPerSecond: 2, totalConnectionsPerSecond: 3 },
    proxyProtocolFrom: [],
    reservedHeaders: [],
  },
  authority: { offlineCrlDays: 1 },
  audit: { syslog: { host: 'logs.example', port: 514 } },
  backup: { recipient: 'age1a', maxAgeHours: 1, drillDays: 1 },
  telemetry: { minuteRetentionHours: 1, hourRetentionDays: 1, dayRetentionDays: 30 },
  operations: { maxLagSeconds: 5 },
  operators: { secondPerson: [] },
  mail: {
    from: 'a@provider.example',
    smtp: { host: 'a.example', port: 25, secure: false, unencrypted: true },
    limits: { perHour: 1, externalPerHour: 1, perRecipientPerDay: 1, externalPerRecipientPerDay: 1 },
  },
  webhooks: { allowedNetworks: ['10.1.0.0/16'] },
  externalStatus: { allowedNetworks: ['10.1.0.0/16'] },
  environments: {
    live: {
      port: 9443,
      label: 'A',
      live: false,
      upstream: 'http://a.example',
      upstreamTimeouts: { connectSeconds: 1, responseSeconds: 1, idleSeconds: 1 },
      limits: {
        upstreamConnections: 1,
        callsPerOrganization: 1,
        callsPerCertificate: 1,
        callsPerSecond: 1,
        callsPerSecondByOrganization: { acme: 1 },
        burstSeconds: 1,
        minBytesPerSecond: 1,
        minBytesWindowSeconds: 1,
      },
      assertion: true,
      assertionPerCall: true,
      assertionBodyDigest: true,
      assertionBodyKilobytes: 1,
      issuance: 'automatic',
      validityDays: 1,
      allowedKeys: ['ec-p256'],
      allowedKeysUntil: {},
      signals: { unusedDays: 1, replacementDays: 1, secretDays: 1, keyKindDays: 1 },
      externalCertificates: 'off',
      sameKeyRenewal: false,
      maxCertificates: 1,
      certificatesPerHour: 1,
      denials: 'explain',
      recordedPaths: 'template',
      enforcement: 'enforce',
      enforcementWindowHours: 1,
      retirementSilenceHours: 1,
      rotationOverlapDays: null,
      lastRenewals: [],
      externalStatus: { mode: 'soft', softHours: 1, issuers: [] },
      certificateStatusHeader: false,
      profile: 'fapi2',
      tokenSeconds: 60,
      tokenAlgorithm: 'ES256',
      scopes,
      routes: [{ path: '/a', scope: 'read' }],
    },
  },
}
const after = {
  log: { level: 'debug' },
  portal: {
    trustedProxies: ['10.0.0.2'],
    organizationWord: { singular: 'partner', plural: 'partners' },
    operatorsNeedSecondFactor: true,
    connections: { perAddress: 4, requestSeconds: 5, idleSeconds: 6 },
    sessions: { idleMinutes: 6, maxHours: 2 },
    singleSignOn: { allowPrivateIssuers: true },
  },
  organizations: { maxCredentials: 3, maxPeople: 4 },
  publication: {
    trustedProxies: ['10.0.0.0/8'],
    connections: { perAddress: 4, requestSeconds: 5, idleSeconds: 6 },
  },
  gateway: {
    whenStale: 'deny',
    staleSeconds: 20,
    unauthenticatedLimits: { openConnections: 4, connectionsPerSecond: 5, totalConnectionsPerSecond: 6 },
    proxyProtocolFrom: ['10.0.0.3'],
    reservedHeaders: ['x-tenant'],
  },
  authority: { offlineCrlDays: 2 },
  audit: { syslog: { host: 'other.example', port: 515 } },
  backup: { recipient: 'age1b', maxAgeHours: 2, drillDays: 2 },
  telemetry: { minuteRetentionHours: 2, hourRetentionDays: 2, dayRetentionDays: 31 },
  operations: { maxLagSeconds: 6 },
  operators: { secondPerson: ['bulk-revocations'] },
  mail: {
    from: 'b@provider.example',
    smtp: { host: 'b.example', port: 465, secure: true, unencrypted: false, user: 'postern' },
    limits: { perHour: 2, externalPerHour: 2, perRecipientPerDay: 2, externalPerRecipientPerDay: 2 },
  },
  webhooks: { allowedNetworks: ['10.2.0.0/16'] },
  externalStatus: { allowedNetworks: ['10.2.0.0/16'] },
  environments: {
    live: {
      port: 9443,
      label: 'B',
      live: true,
      upstream: 'http://b.example/api',
      upstreamTimeouts: { connectSeconds: 2, responseSeconds: 2, idleSeconds: 2 },
      limits: {
        upstreamConnections: 2,
        callsPerOrganization: 2,
        callsPerCertificate: 2,
        callsPerSecond: 2,
        callsPerSecondByOrganization: { globex: 2 },
        burstSeconds: 2,
        minBytesPerSecond: 2,
        minBytesWindowSeconds: 2,
      },
      assertion: false,
      assertionPerCall: false,
      assertionBodyDigest: false,
      assertionBodyKilobytes: 2,
      issuance: 'asynchronous',
      validityDays: 2,
      allowedKeys: ['rsa-3072', 'rsa-2048'],
      allowedKeysUntil: { 'rsa-2048': '2027-06-30' },
      signals: { unusedDays: 2, replacementDays: 2, secretDays: 2, keyKindDays: 2 },
      externalCertificates: 'pinned',
      sameKeyRenewal: true,
      maxCertificates: 2,
      certificatesPerHour: 2,
      denials: 'drop',
      recordedPaths: 'none',
      enforcement: 'observe',
      enforcementWindowHours: 2,
      retirementSilenceHours: 2,
      rotationOverlapDays: 30,
      lastRenewals: [{ issuer: 'CN=Public CA', on: '2027-03-14' }],
      externalStatus: { mode: 'hard', softHours: 2, issuers: [{ issuer: 'CN=Public CA', mode: 'soft' }] },
      certificateStatusHeader: true,
      profile: 'oauth2',
      tokenSeconds: 61,
      tokenAlgorithm: 'PS256',
      scopes: [...scopes, { name: 'all' }],
      routes: [{ path: '/b', scope: 'write' }],
    },
  },
}

interface JsonSchema {
  properties?: Record<string, JsonSchema>
  anyOf?: JsonSchema[]
}
type Effects = string | { [key: string]: Effects }

/** Returns the path of each setting that takes effect at once, as the schema has them. */
function listLive(schema: JsonSchema, effects: Effects, prefix: string): string[] {
  const { properties } = schema
  if (properties === undefined) return effects === 'now' ? [prefix] : []
  return Object.entries(properties)
    .filter(([name]) => name !== 'environments')
    .flatMap(([name, inner]) => {
      const effect = typeof effects === 'string' ? effects : (effects[name] as Effects)
      return listLive(inner, effect, prefix === '' ? name : `${prefix}.${name}`)
    })
}

test('every setting that the table says takes effect at once does so, for whoever holds a part of the configuration', () => {
  const { write, read, config, reload, applied } = runWith(before)
  const [environment] = config.environments
  const { portal, organizations, mail } = config
  const held = [portal, portal.sessions, organizations, mail.limits, environment, environment?.limits]
  const isProxy = createCurrentAddressTest(() => portal.trustedProxies)
  expect([isProxy('10.0.0.1'), isProxy('10.0.0.2')]).toEqual([true, false])
  write(after)
  const changes = reload()
  expect(config).toEqual(toConfig(read()))
  expect(applied()).toBe(1)
  expect([isProxy('10.0.0.1'), isProxy('10.0.0.2')]).toEqual([false, true])
  const [kept] = config.environments
  expect([
    config.portal,
    config.portal.sessions,
    config.organizations,
    config.mail.limits,
    kept,
    kept?.limits,
  ]).toEqual(held)
  expect(kept).toBe(environment)
  expect(environment?.limits.callsPerSecondByOrganization).toEqual({ globex: 2 })
  expect(new Set(changes.map(({ effect }) => effect))).toEqual(new Set(['now']))

  const schema = z.toJSONSchema(ConfigFile, { io: 'input', unrepresentable: 'any' }) as JsonSchema
  const each = (schema.properties as { environments: { additionalProperties: JsonSchema } }).environments
    .additionalProperties
  const live = [
    ...listLive(schema, settingEffects as Effects, ''),
    ...listLive(each, environmentEffects as Effects, 'environments.live'),
  ]
  const found = changes.map(({ setting }) => setting)
  // Files of TLS need files; the two organizations are named in the record.
  const untried = live.filter((path) => !found.some((one) => one === path || one.startsWith(`${path}.`)))
  expect(untried).toEqual([
    'mail.smtp.ca',
    ...['ca', 'certificate', 'key'].map((name) => `environments.live.upstreamTls.${name}`),
  ])
  expect(reload()).toEqual([])
})

const live = { port: 9443, upstream: 'http://a.example' }

test.each([
  ['portal.port', { portal: { port: 4000 } }],
  ['storage.engine', { storage: { engine: 'postgres' } }],
  ['gateway.drainSeconds', { gateway: { drainSeconds: 3 } }],
  ['environments', { environments: { live, test: { port: 9444 } } }],
  ['environments.live.upstream', { environments: { live: { port: 9443 } } }],
  ['environments.live.host', { environments: { live: { ...live, host: 'api.example' } } }],
  ['authorizer.host, authorizer.port, authorizer.socketMode', { authorizer: { port: 9000 } }],
])('a file that changes %s is refused as a whole, and told to need a restart', (setting, next) => {
  const { write, config, reload, applied } = runWith({ environments: { live } })
  const unchanged = structuredClone(config)
  write({ environments: { live }, organizations: { maxPeople: 1 }, ...next })
  expect(reload).toThrow(
    expect.objectContaining({
      code: 'config_invalid',
      message: `These changes need a restart: ${setting}. Nothing of the file was put in force. Restart Postern, or take them back and read the file again.`,
    }),
  )
  expect(config).toEqual(unchanged)
  expect(applied()).toBe(0)
})

test.each([
  ['portal: { port: 1', 'is not YAML'],
  ['portl: {}', 'portl is not a setting; did you mean portal?'],
  ['environments: { live: { port: 9443, routes: [{ path: /a, scope: none }] } }', 'asks for the scope none'],
  [
    'environments: { live: { port: 9443, upstreamTls: { ca: /nowhere/ca.pem } } }',
    'environments.live.upstreamTls.ca',
  ],
])('a wrong file changes nothing, and what is wrong is said: %s', (text, problem) => {
  const { write, config, reload, applied } = runWith({ environments: { live: { port: 9443 } } })
  const unchanged = structuredClone(config)
  write(text)
  expect(reload).toThrow(problem)
  expect(config).toEqual(unchanged)
  expect(applied()).toBe(0)
  write({ environments: { live: { port: 9443, label: 'Right again' } } })
  expect(reload()).toMatchObject([
    { setting: 'environments.live.label', before: null, after: '"Right again"' },
  ])
})

test('a new password of the mail server takes effect, other secrets need a restart, and none is shown', () => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-secrets-'))
  const [password, key] = [join(folder, 'smtp'), join(folder, 'key')]
  const put = (file: string, secret: string) => writeFileSync(file, secret, { mode: 0o600 })
  put(password, 'first-secret')
  put(key, 'a'.repeat(43))
  const { read, reload } = runWith(
    {},
    { POSTERN_SMTP_PASSWORD_FILE: password, POSTERN_SESSION_KEY_FILE: key },
  )
  const settings = read()
  put(password, 'second-secret')
  expect(compareSettings(settings, read())).toEqual([
    { setting: 'POSTERN_SMTP_PASSWORD_FILE', before: 'hidden', after: 'hidden', effect: 'now' },
  ])
  put(key, 'b'.repeat(43))
  expect(reload).toThrow('These changes need a restart: POSTERN_SESSION_KEY_FILE.')
})
