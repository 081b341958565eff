import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { ConfigFile } from './config-file.ts'
import { parseConfigFile } from './parse-config-file.ts'
import { readSettings } from './read-settings.ts'
import { renamedSettings } from './renamed-settings.ts'
import { toConfig } from './to-config.ts'
import { toSecrets } from './to-secrets.ts'

function settingsOf(text: string, variables: NodeJS.ProcessEnv = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'postern-config-'))
  const file = join(folder, 'postern.yaml')
  writeFileSync(file, text)
  return readSettings({ POSTERN_CONFIG: file, POSTERN_DATA: join(folder, 'data'), ...variables })
}
const configOf = (text: string, variables?: NodeJS.ProcessEnv) => toConfig(settingsOf(text, variables))

test('an empty configuration is the development profile on the documented ports', () => {
  const config = configOf('')
  expect(config.profile).toBe('development')
  expect([config.portal.port, config.publication.port]).toEqual([3000, 8080])
  expect(
    config.environments.map(({ name, gatewayPort, issuance, live }) => [name, gatewayPort, issuance, live]),
  ).toEqual([
    ['production', 8443, 'automatic', true],
    ['staging', 8444, 'asynchronous', false],
  ])
})

test.each([
  ['portl:\n  port: 1', 'portl is not a setting; did you mean portal?'],
  ['portal:\n  prot: 1', 'portal.prot is not a setting; did you mean port?'],
  [
    'environments:\n  live:\n    port: 1\n    isuance: automatic',
    'environments.live.isuance is not a setting; did you mean issuance?',
  ],
  [
    'environments:\n  live:\n    port: 1\n    foreignCertificates: pinned',
    'environments.live.foreignCertificates is called externalCertificates now.',
  ],
  ['gateway:\n  strangers: { openConnections: 5 }', 'gateway.strangers is called unauthenticatedLimits now.'],
  ['gateway:\n  whenStale: go-on', 'expected one of "continue"|"deny"'],
  ['portal:\n  port: 99999', 'portal.port'],
  ['environments:\n  p:\n    port: 1\n    routes: []', 'environments.p.routes: must not be empty'],
  [
    'environments:\n  p:\n    port: 1\n    routes: [{ path: /x, methods: [], scope: s }]',
    'environments.p.routes.0.methods: must not be empty',
  ],
  ['- a', 'The file'],
  ['a: [', 'is not YAML'],
])('the invalid configuration %j is rejected with a sentence', (text, sentence) => {
  expect(() => parseConfigFile(text, 'postern.yaml')).toThrow(sentence)
})

test.each([
  ['portal:\n  port: 8443', {}, 'portal.port and environments.production.port are both 8443'],
  ['gateway:\n  certificate: a.pem', {}, 'gateway.certificate and gateway.key go together'],
  ['gateway:\n  ca: a.pem', {}, 'gateway.ca is the CA of gateway.certificate'],
  [
    'environments:\n  p: { port: 1, ca: a.pem }',
    {},
    'environments.p.ca is the CA of environments.p.certificate',
  ],
  ['', { POSTERN_GATEWAY_PORTS: 'elsewhere=1' }, 'elsewhere, which does not exist'],
  ['', { POSTERN_PORTAL_PORT: 'x' }, 'POSTERN_PORTAL_PORT must be a port'],
  ['environments:\n  p:\n    port: 1\n    routes: [{ path: /x, scope: s }]', {}, 'asks for the scope s'],
  [
    'environments:\n  p: { port: 1, assertion: false, assertionBodyDigest: true }',
    {},
    'environments.p.assertion is false, so that there is none for environments.p.assertionBodyDigest',
  ],
  [
    'environments:\n  p: { port: 1, profile: fapi2, tokenAlgorithm: RS256 }',
    {},
    'environments.p.profile is fapi2, which does not allow environments.p.tokenAlgorithm: RS256',
  ],
  [
    'environments:\n  p: { port: 1, profile: fapi2, enforcement: observe }',
    {},
    'environments.p.profile is fapi2, which does not allow environments.p.enforcement: observe',
  ],
  ['environments:\n  p: { port: 1, profile: fapi1 }', {}, 'environments.p.profile'],
  ['authorizer:\n  port: 8080', {}, 'publication.port and authorizer.port are both 8080'],
  ['authorizer:\n  port: 9300\n  host: 0.0.0.0', {}, 'authorizer.host is 0.0.0.0, which others can reach'],
  ['authorizer:\n  port: 9300\n  key: a.key', {}, 'authorizer.clientCa go together'],
  ['authorizer: {}', {}, 'authorizer.port and authorizer.socketPath stand for each other'],
  ['authorizer: { port: 9300, socketPath: a.sock }', {}, 'stand for each other'],
  [
    'authorizer: { socketPath: a.sock, certificate: a, key: b, clientCa: c }',
    {},
    'authorizer.certificate, which is for edges on other machines',
  ],
  ['gateway: { reservedHeaders: ["X-*"] }', {}, 'would remove the header x-api-key of every call'],
  ['gateway: { reservedHeaders: [Authorization] }', {}, 'would remove the header authorization'],
  ['gateway: { reservedHeaders: ["content_*"] }', {}, 'would remove the header content-type'],
  ['authority:\n  keys: pkcs11', {}, 'authority.keys is pkcs11 and authority.pkcs11 is missing'],
  ['authority:\n  pkcs11: { module: a.so }', {}, 'set one of them'],
  ['authority:\n  pkcs11: { module: a.so, token: a, slot: 1 }', {}, 'set one of them'],
  [
    'mail:\n  smtp: { host: m, unencrypted: true, secure: true }',
    {},
    'mail.smtp.secure contradict each other',
  ],
  ['mail:\n  smtp: { host: m, unencrypted: true, ca: a.pem }', {}, 'mail.smtp.ca contradict each other'],
  [
    'profile: production\nmail:\n  smtp: { host: m, unencrypted: true, user: u }',
    {},
    'mail.smtp.unencrypted would send the password of mail.smtp.user in clear',
  ],
  ['profile: production', {}, 'The production profile has no conveniences'],
])('the contradictory configuration %j is rejected', (text, variables, sentence) => {
  expect(() => configOf(text, variables)).toThrow(sentence)
})

test('keys are created once, for their owner only, and gateways get no key of the certificate authority', () => {
  const settings = settingsOf('')
  const config = toConfig(settings)
  const first = toSecrets(settings, config, 'portal')
  expect(first.authorityKey?.first).toHaveLength(32)
  expect(toSecrets(settings, config, 'portal')).toEqual(first)
  expect(statSync(join(config.dataFolder, 'keys/authority.key')).mode & 0o777).toBe(0o600)
  expect(toSecrets(settings, config, 'gateway')).toMatchObject({
    authorityKey: null,
    sessionKey: null,
    gatewayKey: first.gatewayKey,
  })
  expect(JSON.stringify(config)).not.toContain(
    Buffer.from(first.authorityKey?.first ?? []).toString('base64'),
  )
})

test('a key that is being changed has a second one, which opens too', () => {
  const [first, second] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
  const keyOf = (given: string) => {
    const settings = settingsOf('', {
      POSTERN_GATEWAY_KEY: first.toString('base64'),
      POSTERN_GATEWAY_KEY_SECOND: given,
    })
    return toSecrets(settings, toConfig(settings), 'gateway').gatewayKey
  }
  expect(keyOf(second.toString('base64'))).toEqual({ first, second })
  expect(keyOf('')).toEqual({ first, second: null })
  expect(() => keyOf('short')).toThrow('POSTERN_GATEWAY_KEY_SECOND must hold 32 bytes')
  expect(() => keyOf(first.toString('base64'))).toThrow('the same key as POSTERN_GATEWAY_KEY')
})

test('a secret comes from a variable or from a file, not both', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'postern-secret-')), 'url')
  writeFileSync(file, 'postgres://localhost/x\n')
  const settings = settingsOf('storage:\n  engine: postgres', { POSTERN_DATABASE_URL_FILE: file })
  expect(toSecrets(settings, toConfig(settings), 'gateway').storage).toEqual({
    engine: 'postgres',
    url: 'postgres://localhost/x',
  })
  expect(() => settingsOf('', { POSTERN_DATABASE_URL_FILE: file, POSTERN_DATABASE_URL: 'x' })).toThrow(
    'not both',
  )
})

test('the authorizer requires a secret in production if every program on the machine can reach it', () => {
  const secret = 'Q2hhbmdlIG1lIGJlZm9yZSB1c2UsIHBsZWFzZQ=='
  const secretOf = (authorizer: string, profile: 'production' | 'development', given?: string) => {
    const settings = settingsOf(authorizer, given === undefined ? {} : { POSTERN_AUTHORIZER_SECRET: given })
    return toSecrets(
      { ...settings, variables: { ...settings.variables, gatewayKey: Buffer.alloc(32).toString('base64') } },
      { ...toConfig(settings), profile },
      'gateway',
    ).authorizerSecret
  }
  const port = 'authorizer: { port: 9300 }'
  expect(() => secretOf(port, 'production')).toThrow(
    'authorizer.port is open to every program on this machine',
  )
  expect(secretOf(port, 'production', secret)).toBe(secret)
  expect(secretOf(port, 'development')).toBeNull()
  expect(secretOf(port, 'development', secret)).toBe(secret)
  expect(secretOf('authorizer: { socketPath: a.sock }', 'production')).toBeNull()
  const tls = 'authorizer: { port: 9300, host: 0.0.0.0, certificate: a, key: b, clientCa: c }'
  expect(secretOf(tls, 'production')).toBeNull()
  expect(secretOf('', 'production', secret)).toBeNull()
  for (const bad of ['short', `${secret} ${secret}`, `"${secret}"`, 'x'.repeat(201)])
    expect(() => secretOf(port, 'production', bad)).toThrow('POSTERN_AUTHORIZER_SECRET must have 32 to 200')
  const settings = settingsOf(port, { POSTERN_AUTHORIZER_SECRET: secret })
  expect(JSON.stringify(toConfig(settings))).not.toContain(secret)
  expect(toSecrets(settings, toConfig(settings), 'portal').authorizerSecret).toBeNull()
})

test('the published JSON Schema matches the configuration file', () => {
  const published = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../docs/postern.schema.json'), 'utf8'),
  )
  expect(published).toEqual(JSON.parse(JSON.stringify(z.toJSONSchema(ConfigFile, { io: 'input' }))))
})

test('the PIN of a token is given to the portal only, and required if it is missing', () => {
  const file = 'authority:\n  pkcs11: { module: hsm.so, token: postern }'
  const settings = settingsOf(file, { POSTERN_PKCS11_PIN: '5678' })
  const config = toConfig(settings)
  expect(toSecrets(settings, config, 'portal').tokenPin).toBe('5678')
  expect(toSecrets(settings, config, 'gateway').tokenPin).toBeNull()
  expect(toSecrets(settings, config, 'tool').tokenPin).toBeNull()
  expect(JSON.stringify(config)).not.toContain('5678')
  const without = settingsOf(file)
  expect(() => toSecrets(without, toConfig(without), 'portal')).toThrow('POSTERN_PKCS11_PIN')
})

test('every renamed setting leads to one that exists', () => {
  for (const [path, present] of Object.entries(renamedSettings)) {
    const names = path.replace('*', 'production').split('.').slice(0, -1)
    const nested = [...names, present].reduceRight<object>((inner, name) => ({ [name]: inner }), {})
    const problems = ConfigFile.safeParse(nested).error?.issues ?? []
    expect(problems.filter(({ code }) => code === 'unrecognized_keys')).toEqual([])
  }
})

test('a kind of key ends only if it is accepted, and another one stays', () => {
  const keysOf = (lines: string) =>
    toConfig(settingsOf(`environments:\n  production:\n    port: 8443\n${lines}`)).environments[0]
  const until = "    allowedKeysUntil: { rsa-2048: '2027-06-30' }\n"
  expect(keysOf(until)?.allowedKeysUntil).toEqual({ 'rsa-2048': '2027-06-30' })
  expect(() => keysOf(`    allowedKeys: [ec-p256]\n${until}`)).toThrow('names rsa-2048')
  expect(() => keysOf(`    allowedKeys: [rsa-2048]\n${until}`)).toThrow('ends every kind of key')
  expect(() => keysOf("    allowedKeysUntil: { rsa-2048: '2027-02-30' }\n")).toThrow('allowedKeysUntil')
})
