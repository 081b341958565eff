import { randomBytes, timingSafeEqual } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createFile, makeFolder } from '../durable-file.ts'
import { PosternError } from '../errors.ts'
import { type MasterKey, toMasterKey } from '../shapes/master-key.ts'
import type { Config, Secrets } from './config.ts'
import { listSecretFiles } from './list-secret-files.ts'
import { assertPrivate } from './private-file.ts'
import { readUrlVariable, type Settings } from './read-settings.ts'
import { toAuthorizerSecret } from './to-authorizer.ts'

/**
 * The role of a process: a gateway gets no key of the certificate authority, a process that publishes the key
 * of OCSP responders alone, the portal all keys, a tool that reads the store none, one that moves CA keys the
 * sealing key.
 */
export type Part = 'portal' | 'gateway' | 'publication' | 'tool' | 'authority'

/**
 * Returns the secrets of a process. In the development profile missing keys are created and kept in the data
 * folder (mode 0600); in production they must be given, in files that no other user can read. Throws
 * `config_invalid`.
 */
export function toSecrets(settings: Settings, config: Config, part: Part): Secrets {
  const { file, variables } = settings
  assertPrivate(config.profile, listSecretFiles(settings, config))
  const key = (name: MasterKeyName) => toChangingKey(settings, config, name)
  return {
    storage: toStorage(file.storage.engine, variables.databaseUrl, config),
    readStorage: toReadStorage(file.storage.engine, variables.databaseReadUrl, part),
    authorityKey: part === 'portal' || part === 'authority' ? key('authority') : null,
    gatewayKey: part === 'portal' || part === 'gateway' ? key('gateway') : null,
    publicationKey:
      part === 'publication' || (part === 'portal' && sharesResponders(config, variables.publicationKey))
        ? key('publication')
        : null,
    smtpPassword: part === 'publication' ? null : (variables.smtpPassword ?? null),
    tokenPin: part === 'portal' ? toTokenPin(config, variables.tokenPin) : null,
    authorizerSecret: part === 'gateway' ? toAuthorizerSecret(config, variables.authorizerSecret) : null,
    sessionKey:
      part === 'portal'
        ? Buffer.from(toKey(config, 'session', variables.sessionKey)).toString('base64url')
        : null,
  }
}

/** A portal shares them also before another process is to publish, so that there is no gap. */
const sharesResponders = ({ publication }: Config, given: string | undefined): boolean =>
  publication.servedBy !== 'portal' || given !== undefined

/** Returns the location of the store. Throws `config_invalid`. */
export function toStorage(
  engine: 'sqlite' | 'postgres',
  url: string | undefined,
  config: Config,
): Secrets['storage'] {
  if (engine === 'sqlite') {
    if (url !== undefined) {
      throw new PosternError(
        'config_invalid',
        'POSTERN_DATABASE_URL is set while storage.engine is sqlite; set storage.engine to postgres or remove the URL.',
      )
    }
    return { engine, path: join(config.dataFolder, 'postern.db') }
  }
  if (url === undefined) {
    throw new PosternError(
      'config_invalid',
      'storage.engine is postgres: set POSTERN_DATABASE_URL or POSTERN_DATABASE_URL_FILE.',
    )
  }
  return { engine, url }
}

/** Returns the replica that a gateway reads. Throws `config_invalid`. */
function toReadStorage(
  engine: 'sqlite' | 'postgres',
  url: string | undefined,
  part: Part,
): Secrets['readStorage'] {
  if (url !== undefined && engine === 'sqlite') {
    throw new PosternError(
      'config_invalid',
      `${readUrlVariable} is set while storage.engine is sqlite, which has no replicas; remove it.`,
    )
  }
  return url === undefined || part !== 'gateway'
    ? null
    : { engine: 'postgres', url, variable: readUrlVariable }
}

function toTokenPin({ authority }: Config, pin: string | undefined): string | null {
  if (authority.token === null) return null
  if (pin !== undefined && pin !== '') return pin
  throw new PosternError(
    'config_invalid',
    'authority.pkcs11 is set: give the PIN of the token with POSTERN_PKCS11_PIN or POSTERN_PKCS11_PIN_FILE.',
  )
}

/** The keys that seal what is in the store. */
export const masterKeyNames = ['authority', 'gateway', 'publication'] as const

export type MasterKeyName = (typeof masterKeyNames)[number]

/** Returns the variable of a key: `POSTERN_GATEWAY_KEY`. */
export const toVariable = (name: string): string => `POSTERN_${name.toUpperCase()}_KEY`

function toChangingKey({ variables }: Settings, config: Config, name: MasterKeyName): MasterKey {
  return withSecond(toKey(config, name, variables[`${name}Key`]), variables, name)
}

/** Returns a master key with the second one, if that is given; an empty one is none. Throws `config_invalid`. */
function withSecond(first: Uint8Array, variables: Settings['variables'], name: MasterKeyName): MasterKey {
  const given = variables[`${name}KeySecond`]
  if (given === undefined || given.trim() === '') return toMasterKey(first)
  const variable = `${toVariable(name)}_SECOND`
  const second = parseKey(given, variable)
  if (!timingSafeEqual(first, second)) return toMasterKey(first, second)
  throw new PosternError(
    'config_invalid',
    `${variable} holds the same key as ${toVariable(name)}. Give the next or the former key, or remove ${variable}.`,
  )
}

function toKey(config: Config, name: string, given: string | undefined): Uint8Array {
  const variable = toVariable(name)
  if (given !== undefined) return parseKey(given, variable)
  if (config.profile === 'production') {
    throw new PosternError(
      'config_invalid',
      `Set ${variable} or ${variable}_FILE to 32 random bytes in base64, for example from openssl rand -base64 32.`,
    )
  }
  return readOrMakeKey(join(config.dataFolder, 'keys'), `${name}.key`)
}

/** Returns a master key if it is given, or if the development profile has created it; never creates one. */
export function findMasterKey(
  { variables }: Settings,
  config: Config,
  name: MasterKeyName,
): MasterKey | undefined {
  const given = variables[`${name}Key`]
  if (given !== undefined) return withSecond(parseKey(given, toVariable(name)), variables, name)
  const path = join(config.dataFolder, 'keys', `${name}.key`)
  const isMade = config.profile === 'development' && existsSync(path)
  return isMade ? withSecond(parseKey(readFileSync(path, 'utf8'), path), variables, name) : undefined
}

function readOrMakeKey(folder: string, name: string): Uint8Array {
  const path = join(folder, name)
  makeFolder(folder)
  if (!existsSync(path)) {
    try {
      // Fails if another process has created it in between, which is then read. Synced to disk before
      // anything is sealed with it.
      createFile(path, randomBytes(32).toString('base64'), 0o600)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
  return parseKey(readFileSync(path, 'utf8'), path)
}

/** Parses a key. Throws `config_invalid` for anything but 32 bytes in base64. */
function parseKey(text: string, source: string): Uint8Array {
  const key = Buffer.from(text.trim(), 'base64')
  if (key.length !== 32) throw new PosternError('config_invalid', `${source} must hold 32 bytes in base64.`)
  return key
}
