import type { MasterKey } from '../shapes/master-key.ts'
import { toText } from '../shapes/moment.ts'
import type { Queries, Tx } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { seal, unseal } from '../storage/seal.ts'
import { toSealedValues } from '../storage/sealed-column-store.ts'
import { openClientIdentity, type PresentedIdentity } from './client-certificate-rows-store.ts'

const contextOf = (id: string) => `secret ${id} of a webhook`

/** Stores a secret that stays; sealed, since the sender needs it again. */
export async function insertSecret(
  tx: Tx,
  { webhookId, secret, authorityKey }: { webhookId: string; secret: Uint8Array; authorityKey: MasterKey },
  now: number,
): Promise<void> {
  const id = newId('secret', now)
  await tx
    .insertInto('webhook_secrets')
    .values({
      id,
      webhook_id: webhookId,
      sealed: seal(authorityKey, secret, contextOf(id)),
      created_at: now,
      expires_at: null,
    })
    .execute()
}

/** A secret without its bytes. */
export interface SecretRow {
  id: string
  webhook_id: string
  created_at: number
  expires_at: number | null
}

/** Lists the secrets of webhooks that are valid at `now`, newest first. */
export const listSecrets = (
  queries: Queries,
  webhookIds: readonly string[],
  now: number,
): Promise<SecretRow[]> =>
  webhookIds.length === 0
    ? Promise.resolve([])
    : queries
        .selectFrom('webhook_secrets')
        .select(['id', 'webhook_id', 'created_at', 'expires_at'])
        .where('webhook_id', 'in', [...webhookIds])
        .where((e) => e.or([e('expires_at', 'is', null), e('expires_at', '>', now)]))
        .orderBy((e) => e.case().when('expires_at', 'is', null).then(0).else(1).end())
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .execute()

/** Ends the secrets of a webhook at a moment, and no later than before. */
export async function endSecrets(tx: Tx, webhookId: string, at: number): Promise<void> {
  await tx
    .updateTable('webhook_secrets')
    .set({ expires_at: at })
    .where('webhook_id', '=', webhookId)
    .where((e) => e.or([e('expires_at', 'is', null), e('expires_at', '>', at)]))
    .execute()
}

/** Opens the secrets of a webhook that are valid at `now`, newest first. Throws `master_key_wrong`. */
async function openSecrets(
  queries: Queries,
  webhookId: string,
  { authorityKey, now }: { authorityKey: MasterKey; now: number },
): Promise<Uint8Array[]> {
  const rows = await queries
    .selectFrom('webhook_secrets')
    .select(['id', 'sealed'])
    .where('webhook_id', '=', webhookId)
    .where((e) => e.or([e('expires_at', 'is', null), e('expires_at', '>', now)]))
    .orderBy((e) => e.case().when('expires_at', 'is', null).then(0).else(1).end())
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute()
  return rows.map(({ id, sealed }) => unseal(authorityKey, new Uint8Array(sealed), contextOf(id)))
}

/** Where deliveries of a webhook go, what signs them, and what they present. */
export interface Target {
  url: string
  /** PEM of the CAs of the endpoint; null for the public ones. */
  serverCa: string | null
  secrets: Uint8Array[]
  identity: PresentedIdentity
}

/**
 * Returns the target of a webhook with its secrets and its client certificate, or with the one that `only` names. Throws
 * `master_key_wrong`.
 */
export async function openWebhookTarget(
  queries: Queries,
  { webhookId, url, serverCa }: { webhookId: string; url: string; serverCa: string | null },
  using: { authorityKey: MasterKey; now: number; only?: string | undefined },
): Promise<Target> {
  const secrets = await openSecrets(queries, webhookId, using)
  return { url, serverCa, secrets, identity: await openClientIdentity(queries, webhookId, using) }
}

/** The secrets of all webhooks, under the authority key. */
export const sealedWebhookSecrets = toSealedValues({
  name: 'secrets of webhooks',
  ...{ table: 'webhook_secrets', id: 'id', column: 'sealed', contextOf },
})

/** Returns secrets as answers show them. */
export const toSecretViews = (secrets: readonly SecretRow[], webhookId: string) =>
  secrets
    .filter((secret) => secret.webhook_id === webhookId)
    .map(({ id, created_at: createdAt, expires_at: expiresAt }) => ({
      id,
      createdAt: toText(createdAt),
      expiresAt: toText(expiresAt),
    }))
