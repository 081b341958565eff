import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { rewrapTotpSecrets } from '../accounts/factors/totp-store.ts'
import { rewrapClientSecrets } from '../accounts/single-sign-on/single-sign-on-store.ts'
import { recordAudit } from '../audit/record-audit.ts'
import { resealCertificates } from '../certificates/issuance/reseal-store.ts'
import type { Config } from '../config/config.ts'
import { assertPrivate } from '../config/private-file.ts'
import { readSettings } from '../config/read-settings.ts'
import { toConfig } from '../config/to-config.ts'
import { parseKey, toSecrets } from '../config/to-secrets.ts'
import { createFile, moveFile } from '../durable-file.ts'
import { PosternError } from '../errors.ts'
import { systemActor } from '../shapes/actor.ts'
import { rewrapAuditKeys } from '../signer/audit-key.ts'
import { rewrapIssuerKeys } from '../signer/issuer-key-store.ts'
import { rewrapOcspResponderKeys } from '../signer/ocsp-responder-store.ts'
import { createRecordSeals } from '../signer/record-seals.ts'
import { type Database, openDatabase, type Tx } from '../storage/database.ts'
import { rewrapSigningKeys } from '../tokens/signing-key-store.ts'
import { rewrapWebhookSecrets } from '../webhooks/webhook-secret-store.ts'
import { assertPortsFree } from './assert-ports-free.ts'
import { lockDataFolder } from './lock-data-folder.ts'

/** The files with the new keys; in the development profile missing keys are created. */
export interface RewrapOptions {
  authorityKeyFile?: string
  gatewayKeyFile?: string
}

/** The change of one key: the present one, the new one, and the data sealed under it. */
interface Change {
  name: 'authority' | 'gateway'
  from: Uint8Array
  to: Uint8Array
  rewrap(tx: Tx, from: Uint8Array, to: Uint8Array): Promise<void>
  /** The path of the key in the development profile. */
  file: string | undefined
}

/**
 * Seals the keys in the store under other keys, all or none. Returns the exit code. Throws `master_key_wrong`
 * if the present keys do not open them, and then has changed nothing.
 */
export async function keysRewrap(options: RewrapOptions): Promise<number> {
  const settings = readSettings()
  const config = toConfig(settings)
  await assertStopped(config)
  const held = existsSync(config.dataFolder)
    ? lockDataFolder(config.dataFolder, { portal: true, gateway: true })
    : undefined
  const secrets = toSecrets(settings, config, 'portal')
  assertPrivate(config.profile, [
    ...(options.authorityKeyFile
      ? [{ setting: '--authority-key-file', path: options.authorityKeyFile }]
      : []),
    ...(options.gatewayKeyFile ? [{ setting: '--gateway-key-file', path: options.gatewayKeyFile }] : []),
  ])
  const changes = planChanges(config, options, secrets)
  const database = await openDatabase(secrets.storage)
  try {
    // Synced to disk before the store needs it: a crash in between loses no key.
    for (const { file, to } of changes) if (file !== undefined) createFile(`${file}.new`, toText(to), 0o600)
    await sealAnew(database, changes).catch((error) => {
      for (const { file } of changes) if (file !== undefined) rmSync(`${file}.new`)
      throw error
    })
    for (const { file } of changes) if (file !== undefined) moveFile(`${file}.new`, file)
  } finally {
    await database.close()
    held?.release()
  }
  process.stdout.write(
    `Sealed under another key: ${changes.map(({ name }) => name).join(', ')}. Start Postern with ${
      config.profile === 'production' ? 'the new keys and destroy the old ones' : 'npm start as before'
    }.\n`,
  )
  return 0
}

async function sealAnew(database: Database, changes: readonly Change[]): Promise<void> {
  await database.transaction(async (tx) => {
    for (const { from, to, rewrap } of changes) await rewrap(tx, from, to)
    const after = { keys: changes.map(({ name }) => name) }
    const entry = { actor: systemActor('keys-rewrap'), action: 'keys.rewrapped', organizationId: null }
    await recordAudit(tx, { ...entry, subjectKind: 'keys', subjectId: 'store', after }, Date.now())
  })
}

async function assertStopped(config: Config): Promise<void> {
  await assertPortsFree(config, { portal: true, gateway: true }).catch((error) => {
    throw new PosternError(
      'conflict',
      'Postern is running here, with the old keys in memory. Stop it first.',
      {
        cause: error,
      },
    )
  })
}

function planChanges(
  config: Config,
  { authorityKeyFile, gatewayKeyFile }: RewrapOptions,
  secrets: ReturnType<typeof toSecrets>,
): Change[] {
  const makesKeys = config.profile === 'development' && !authorityKeyFile && !gatewayKeyFile
  const plan = (name: Change['name'], given: string | undefined, rewrap: Change['rewrap']): Change[] => {
    const from = secrets[`${name}Key`]
    if (from === null || !(given || makesKeys)) return []
    const file = makesKeys ? join(config.dataFolder, 'keys', `${name}.key`) : undefined
    if (file !== undefined) assertNotCutShort(file)
    return [{ name, from, to: given ? readKey(given) : randomBytes(32), rewrap, file }]
  }
  const changes = [
    ...plan('authority', authorityKeyFile, async (tx, from, to) => {
      await rewrapIssuerKeys(tx, from, to)
      await rewrapAuditKeys(tx, from, to)
      await rewrapOcspResponderKeys(tx, from, to)
      await rewrapTotpSecrets(tx, from, to)
      await rewrapClientSecrets(tx, from, to)
      await rewrapWebhookSecrets(tx, from, to)
      await resealCertificates(tx, createRecordSeals(from), createRecordSeals(to))
    }),
    ...plan('gateway', gatewayKeyFile, rewrapSigningKeys),
  ]
  if (changes.length > 0) return changes
  throw new PosternError(
    'bad_request',
    'Name the new key with --authority-key-file or --gateway-key-file; make one with openssl rand -base64 32.',
  )
}

function readKey(file: string): Uint8Array {
  if (existsSync(file)) return parseKey(readFileSync(file, 'utf8'), file)
  throw new PosternError('bad_request', `${file} is not there. Make it with openssl rand -base64 32.`)
}

function assertNotCutShort(file: string): void {
  if (!existsSync(`${file}.new`)) return
  throw new PosternError(
    'conflict',
    `${file}.new is left from a change that was cut short. If Postern says that the key is wrong, rename it to ${file}; else delete it.`,
  )
}

const toText = (key: Uint8Array) => Buffer.from(key).toString('base64')
