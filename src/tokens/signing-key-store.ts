import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { Profile, TokenAlgorithm } from '../contract/environment.ts'
import type { MasterKey } from '../shapes/master-key.ts'
import { maxClockLagMs } from '../shapes/moment.ts'
import { recordChange } from '../storage/change-log.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { locks, takeLock } from '../storage/lock-order.ts'
import { seal, unseal } from '../storage/seal.ts'
import { toSealedValues } from '../storage/sealed-column-store.ts'
import type { SigningKey } from './signing-keys.ts'

const rotateMs = 90 * 86_400_000
/** A new key is published this long before it signs, so that resource servers have fetched it. */
const leadMs = 3_600_000

/** The settings of an environment for its signing keys. */
export interface SigningEnvironment {
  name: string
  tokenSeconds: number
  tokenAlgorithm: TokenAlgorithm
  profile: Profile
}

const contextOf = (id: string) => `signing-key:${id}`

/**
 * Creates a signing key for each environment without one, and a next key if the active one is older than 90
 * days or has another algorithm than the configured one. The next key is published an hour before it signs;
 * the previous one is accepted until its last token has expired, unless the profile of the environment does
 * not allow its algorithm. Several processes may call it concurrently.
 */
export async function ensureSigningKeys(
  database: Database,
  environments: readonly SigningEnvironment[],
  gatewayKey: MasterKey,
  clock: Clock,
): Promise<void> {
  await database.transaction(async (tx) => {
    await takeLock(tx, locks.authority)
    for (const environment of environments) await ensureOne(tx, environment, gatewayKey, clock.now())
  })
}

async function ensureOne(
  tx: Tx,
  environment: SigningEnvironment,
  gatewayKey: MasterKey,
  now: number,
): Promise<void> {
  const { name, tokenAlgorithm } = environment
  const newest = await tx
    .selectFrom('signing_keys')
    .selectAll()
    .where('environment', '=', name)
    .where('accepted_until', 'is', null)
    .orderBy('signs_from', 'desc')
    .executeTakeFirst()
  if (newest === undefined) {
    await insertKey(tx, environment, gatewayKey, { now, signsFrom: now })
    return
  }
  assertOpens(gatewayKey, newest)
  if (newest.algorithm === tokenAlgorithm && now - newest.created_at < rotateMs) return
  const { signsFrom, acceptedUntil } = planOverlap(environment, newest, now)
  await tx
    .updateTable('signing_keys')
    .set({ accepted_until: acceptedUntil })
    .where('environment', '=', name)
    .where('accepted_until', 'is', null)
    .execute()
  await recordChange(tx, 'signing-key', newest.id, now)
  await insertKey(tx, environment, gatewayKey, { now, signsFrom })
}

/** Throws `master_key_wrong` before anything is written, so that a wrong key changes nothing. */
export const assertOpens = (gatewayKey: MasterKey, key: { id: string; sealed_key: Uint8Array }): void => {
  unseal(gatewayKey, key.sealed_key, contextOf(key.id))
}

/** Returns from when the replacement of `present` signs, and until when the tokens of `present` are accepted. */
export function planOverlap(
  { tokenSeconds, profile }: Pick<SigningEnvironment, 'tokenSeconds' | 'profile'>,
  present: { algorithm: TokenAlgorithm } | undefined,
  now: number,
): { signsFrom: number; acceptedUntil: number } {
  // If the profile does not allow the algorithm of the active key, the key and its tokens end immediately.
  const isForbidden = profile === 'fapi2' && present?.algorithm === 'RS256'
  if (present === undefined || isForbidden) return { signsFrom: now, acceptedUntil: now }
  const signsFrom = now + leadMs
  return { signsFrom, acceptedUntil: signsFrom + tokenSeconds * 1000 + maxClockLagMs }
}

/** Creates a signing key; returns its ID. */
export async function insertKey(
  tx: Tx,
  { name: environment, tokenAlgorithm: algorithm }: Pick<SigningEnvironment, 'name' | 'tokenAlgorithm'>,
  gatewayKey: MasterKey,
  { now, signsFrom }: { now: number; signsFrom: number },
): Promise<string> {
  const { publicKey, privateKey } = generateKeyPair(algorithm)
  const id = newId('signingKey', now)
  const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' })
  await tx
    .insertInto('signing_keys')
    .values({
      id,
      environment,
      algorithm,
      public_jwk: JSON.stringify(publicKey.export({ format: 'jwk' })),
      sealed_key: seal(gatewayKey, pkcs8, contextOf(id)),
      created_at: now,
      signs_from: signsFrom,
    })
    .execute()
  pkcs8.fill(0)
  await recordChange(tx, 'signing-key', id, now)
  return id
}

function generateKeyPair(algorithm: TokenAlgorithm) {
  if (algorithm === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' })
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519')
  return generateKeyPairSync('rsa', { modulusLength: 2048 })
}

/** Returns every signing key that is valid at `now` or later. Throws `master_key_wrong`. */
export async function loadSigningKeys(
  queries: Queries,
  gatewayKey: MasterKey,
  now: number,
): Promise<SigningKey[]> {
  const rows = await queries
    .selectFrom('signing_keys')
    .selectAll()
    .where((e) => e.or([e('accepted_until', 'is', null), e('accepted_until', '>', now)]))
    .execute()
  return rows.map((row) => {
    const pkcs8 = Buffer.from(unseal(gatewayKey, row.sealed_key, contextOf(row.id)))
    const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
    pkcs8.fill(0)
    const publicKey = createPublicKey(privateKey)
    return {
      id: row.id,
      environment: row.environment,
      algorithm: row.algorithm,
      privateKey,
      publicKey,
      // Derived, not read from the store: resource servers trust any published key.
      publicJwk: publicKey.export({ format: 'jwk' }),
      signsFrom: row.signs_from,
      acceptedUntil: row.accepted_until,
    }
  })
}

/** The private keys that sign tokens, under the gateway key. */
export const sealedSigningKeys = toSealedValues({
  name: 'token signing keys',
  ...{ table: 'signing_keys', id: 'id', column: 'sealed_key', contextOf },
})
