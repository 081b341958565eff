import { recordAudit } from '../audit/record-audit.ts'
import type { Clock } from '../clock.ts'
import type { ApiKeyRole, ApiKeyView, UsedApiKey } from '../contract/api-key.ts'
import { parseRestriction } from '../contract/restriction.ts'
import { PosternError } from '../errors.ts'
import type { Act } from '../shapes/act.ts'
import { readActor, toActorRef } from '../shapes/actor.ts'
import { toText } from '../shapes/moment.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { createPaging, cursorParts, type Page } from '../storage/page.ts'
import type { NewApiKeySecret } from './api-key-secret.ts'

/**
 * Whose key it is. The key of a user may be limited to an organization; if `signedInBy` names one, only the keys that are
 * limited to it are meant.
 */
export type ApiKeyOwner = { organizationId: string } | { userId: string; signedInBy: string | null }

/** A key to store. */
export interface ApiKeyDraft {
  name: string
  role: ApiKeyRole
  scopes: string[] | null
  networks: string[] | null
  /** Milliseconds since 1970. */
  expiresAt: number
  /** The organization to which the key of a user is limited. */
  limitedTo: string | null
  secret: NewApiKeySecret
}

const maxKeys = { organization: 50, user: 20 }
const maxSecrets = 2

const paging = createPaging('api-keys', [cursorParts.number, cursorParts.name])

/** Creates the store of API keys. It has the hashes of their secrets alone. */
export function createApiKeyStore(database: Database, clock: Clock) {
  const { queries } = database
  const toView = (row: Row, secrets: SecretRow[]) => describe(row, secrets, clock.now())

  const get = async (owner: ApiKeyOwner, id: string): Promise<ApiKeyView> => {
    const row = await selectOwn(queries, owner).where('api_keys.id', '=', id).executeTakeFirst()
    if (row === undefined) throw notFound()
    return toView(row, await readSecrets(queries, [row.id]))
  }

  return {
    get,

    /** Lists the keys of an owner, newest first. */
    async list(
      owner: ApiKeyOwner,
      { cursor, limit }: { cursor?: string | undefined; limit: number },
    ): Promise<Page<UsedApiKey>> {
      let query = selectOwn(queries, owner)
        .orderBy('api_keys.created_at', 'desc')
        .orderBy('api_keys.id', 'desc')
        .limit(limit + 1)
      const after = paging.findPosition(cursor)
      if (after !== undefined)
        query = query.where((e) =>
          e(e.refTuple('api_keys.created_at', 'api_keys.id'), '<', e.tuple(...after)),
        )
      const rows = await query.execute()
      const secrets = await readSecrets(
        queries,
        rows.map(({ id }) => id),
      )
      return paging.toPage(
        rows,
        limit,
        (row) => [row.created_at, row.id],
        (row) => ({ ...toView(row, secrets), lastUsedAt: toText(row.last_used_at) }),
      )
    },

    /** Throws `api_key_limit_reached`. */
    async insert(owner: ApiKeyOwner, draft: ApiKeyDraft, { actor, now }: Act): Promise<ApiKeyView> {
      const id = newId('apiKey', now)
      const { name, role, scopes, networks, secret, expiresAt } = draft
      const isUser = 'userId' in owner
      await database.transaction(async (tx) => {
        await assertRoom(tx, owner)
        await tx
          .insertInto('api_keys')
          .values({
            ...{ id, name, role, expires_at: expiresAt, created_at: now },
            user_id: isUser ? owner.userId : null,
            organization_id: isUser ? draft.limitedTo : owner.organizationId,
            scopes: JSON.stringify(scopes),
            networks: JSON.stringify(networks),
            created_by: actor.name,
            created_by_ref: toActorRef(actor),
          })
          .execute()
        await insertSecret(tx, id, secret, { now, expiresAt })
        const after = { name, role, scopes, networks, prefix: secret.prefix, expiresAt: toText(expiresAt) }
        await recordAudit(tx, { ...toSubject(owner, id), actor, action: 'api_key.created', after }, now)
      })
      return get(owner, id)
    },

    /**
     * Adds a secret; the one in use ends after `overlapMs`, and no later than before. Throws `not_found`, and
     * `api_key_secrets_full` where two are valid and one would stay.
     */
    async rotate(
      owner: ApiKeyOwner,
      id: string,
      { secret, overlapMs, expiresAt }: { secret: NewApiKeySecret; overlapMs: number; expiresAt: number },
      { actor, now }: Act,
    ): Promise<ApiKeyView> {
      await database.transaction(async (tx) => {
        const key = await selectOwn(tx, owner).where('api_keys.id', '=', id).executeTakeFirst()
        if (key === undefined) throw notFound()
        const valid = (await readSecrets(tx, [id])).filter((one) => Number(one.expires_at) > now)
        if (overlapMs > 0 && valid.length >= maxSecrets) throw secretsFull(valid)
        const othersEndAt = now + overlapMs
        await tx
          .deleteFrom('api_key_secrets')
          .where('api_key_id', '=', id)
          .where('expires_at', '<=', now)
          .execute()
        await tx
          .updateTable('api_key_secrets')
          .set({ expires_at: othersEndAt })
          .where('api_key_id', '=', id)
          .where('expires_at', '>', othersEndAt)
          .execute()
        await insertSecret(tx, id, secret, { now, expiresAt })
        await tx.updateTable('api_keys').set({ expires_at: expiresAt }).where('id', '=', id).execute()
        const after = {
          prefix: secret.prefix,
          expiresAt: toText(expiresAt),
          othersEndAt: toText(othersEndAt),
        }
        await recordAudit(tx, { ...toSubject(owner, id), actor, action: 'api_key.rotated', after }, now)
      })
      return get(owner, id)
    },

    /** Throws `not_found`. */
    async delete(owner: ApiKeyOwner, id: string, { actor, now }: Act): Promise<void> {
      await database.transaction(async (tx) => {
        const key = await selectOwn(tx, owner).where('api_keys.id', '=', id).executeTakeFirst()
        if (key === undefined) throw notFound()
        await tx.deleteFrom('api_keys').where('id', '=', id).execute()
        const before = { name: key.name }
        await recordAudit(tx, { ...toSubject(owner, id), actor, action: 'api_key.deleted', before }, now)
      })
    },
  }
}

export type ApiKeyStore = ReturnType<typeof createApiKeyStore>

const notFound = () => new PosternError('not_found', 'There is no such API key here.')

const secretsFull = (valid: { expires_at: number }[]) => {
  const first = toText(Math.min(...valid.map(({ expires_at: at }) => Number(at))))
  return new PosternError(
    'api_key_secrets_full',
    `Two secrets of this key are valid, the older one until ${first}. Wait for that, or rotate with overlapSeconds 0, which ends both.`,
  )
}

const toSubject = (owner: ApiKeyOwner, id: string) => ({
  organizationId: 'userId' in owner ? null : owner.organizationId,
  subjectKind: 'api-key',
  subjectId: id,
})

/** The keys of an owner, each with the slug of its organization. */
function selectOwn(queries: Queries, owner: ApiKeyOwner) {
  const keys = queries
    .selectFrom('api_keys')
    .leftJoin('organizations', 'organizations.id', 'api_keys.organization_id')
    .selectAll('api_keys')
    .select('organizations.slug')
  if ('organizationId' in owner)
    return keys
      .where('api_keys.organization_id', '=', owner.organizationId)
      .where('api_keys.user_id', 'is', null)
  const own = keys.where('api_keys.user_id', '=', owner.userId)
  return owner.signedInBy === null ? own : own.where('api_keys.organization_id', '=', owner.signedInBy)
}

async function assertRoom(tx: Tx, owner: ApiKeyOwner): Promise<void> {
  const most = 'userId' in owner ? maxKeys.user : maxKeys.organization
  const all = 'userId' in owner ? { ...owner, signedInBy: null } : owner
  const rows = await selectOwn(tx, all).limit(most).execute()
  if (rows.length < most) return
  throw new PosternError(
    'api_key_limit_reached',
    `There are ${most} API keys, and more are not allowed. Delete one that is no longer used, then try again.`,
  )
}

const insertSecret = (
  tx: Tx,
  id: string,
  { sha256, prefix }: NewApiKeySecret,
  { now, expiresAt }: { now: number; expiresAt: number },
) =>
  tx
    .insertInto('api_key_secrets')
    .values({ sha256, api_key_id: id, prefix, created_at: now, expires_at: expiresAt })
    .execute()

const readSecrets = (queries: Queries, ids: string[]) =>
  ids.length === 0
    ? Promise.resolve([])
    : queries
        .selectFrom('api_key_secrets')
        .select(['api_key_id', 'prefix', 'created_at', 'expires_at'])
        .where('api_key_id', 'in', ids)
        .orderBy('created_at', 'desc')
        .execute()

type Row = Awaited<ReturnType<ReturnType<typeof selectOwn>['executeTakeFirstOrThrow']>>
type SecretRow = Awaited<ReturnType<typeof readSecrets>>[number]

const describe = (row: Row, secrets: SecretRow[], now: number): ApiKeyView => ({
  id: row.id,
  name: row.name,
  role: row.role,
  organization: row.slug,
  scopes: parseRestriction(row.scopes),
  networks: parseRestriction(row.networks),
  secrets: secrets
    .filter((one) => one.api_key_id === row.id)
    .filter((one, index) => index === 0 || Number(one.expires_at) > now)
    .map((one) => ({
      prefix: one.prefix,
      createdAt: toText(one.created_at),
      expiresAt: toText(one.expires_at),
    })),
  expiresAt: toText(row.expires_at),
  createdAt: toText(row.created_at),
  createdBy: readActor(row.created_by, row.created_by_ref),
})
