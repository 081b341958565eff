import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { ConfigFile } from './config-file.ts'
import { parseConfigFile } from './parse-config-file.ts'
import { readSettings } from './read-settings.ts'
import { toConfig } from './to-config.ts'
import { toSecrets } from './to-secrets.ts'

function settingsOf(text: string, variables: NodeJS.ProcessEnv = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'postern-config-'))
  const file = join(folder, 'postern.yaml')
  writeFileSync(file, text)
  return readSettings({ POSTERN_CONFIG: file, POSTERN_DATA: join(folder, 'data'), ...variables })
}
const configOf = (text: string, variables?: NodeJS.ProcessEnv) => toConfig(settingsOf(text, variables))

test('nothing configured is the development profile on the documented ports', () => {
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
  ['portal:\n  port: 99999', 'portal.port'],
  ['- a', 'The file'],
  ['a: [', 'is not YAML'],
])('%j is refused with a sentence', (text, sentence) => {
  expect(() => parseConfigFile(text, 'postern.yaml')).toThrow(sentence)
})

test.each([
  ['portal:\n  port: 8443', {}, 'portal.port and environments.production.port are both 8443'],
  ['gateway:\n  certificate: a.pem', {}, 'gateway.certificate and gateway.key go together'],
  ['', { POSTERN_GATEWAY_PORTS: 'elsewhere=1' }, 'elsewhere, which does not exist'],
  ['', { POSTERN_PORTAL_PORT: 'x' }, 'POSTERN_PORTAL_PORT must be a port'],
  ['environments:\n  p:\n    port: 1\n    routes: [{ path: /x, scope: s }]', {}, 'asks for the scope s'],
  ['authorizer:\n  port: 8080', {}, 'publication.port and authorizer.port are both 8080'],
  ['authorizer:\n  port: 9300\n  host: 0.0.0.0', {}, 'authorizer.host is 0.0.0.0, which others can reach'],
  ['authorizer:\n  port: 9300\n  key: a.key', {}, 'authorizer.clientCa go together'],
  ['authority:\n  keys: pkcs11', {}, 'authority.keys is pkcs11 and authority.pkcs11 is missing'],
  ['authority:\n  pkcs11: { module: a.so }', {}, 'set one of them'],
  ['authority:\n  pkcs11: { module: a.so, token: a, slot: 1 }', {}, 'set one of them'],
  ['profile: production', {}, 'The production profile has no conveniences'],
])('%j contradicts itself', (text, variables, sentence) => {
  expect(() => configOf(text, variables)).toThrow(sentence)
})

test('keys are made once, for their owner alone, and the gateways get none of the authority', () => {
  const settings = settingsOf('')
  const config = toConfig(settings)
  const first = toSecrets(settings, config, 'portal')
  expect(first.authorityKey).toHaveLength(32)
  expect(toSecrets(settings, config, 'portal')).toEqual(first)
  expect(statSync(join(config.dataFolder, 'keys/authority.key')).mode & 0o777).toBe(0o600)
  expect(toSecrets(settings, config, 'gateway')).toMatchObject({
    authorityKey: null,
    sessionKey: null,
    gatewayKey: first.gatewayKey,
  })
  expect(JSON.stringify(config)).not.toContain(Buffer.from(first.authorityKey ?? []).toString('base64'))
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

test('the published JSON Schema is that of the configuration file', () => {
  const published = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../docs/postern.schema.json'), 'utf8'),
  )
  expect(published).toEqual(JSON.parse(JSON.stringify(z.toJSONSchema(ConfigFile, { io: 'input' }))))
})

test('the PIN of a token goes to the portal alone, and is asked for where it is missing', () => {
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
