import type { Clock } from '../clock.ts'
import { parseRestriction } from '../contract/restriction.ts'
import type { ApiKeyHolder } from '../shapes/api-key-holder.ts'
import type { Database } from '../storage/database.ts'
import { prepareQuery } from '../storage/prepare-query.ts'
import { quiet } from '../storage/transact.ts'

/** An API key as it is found by the hash of a secret. */
export interface FoundApiKey extends ApiKeyHolder {
  networks: string[] | null
  /** When the secret ends: milliseconds since 1970. */
  expiresAt: number
}

/** Creates what finds presented API keys in the store, and writes when they were used. */
export function createApiKeyUseStore(database: Database, clock: Clock) {
  let used = new Map<string, number>()
  return {
    /** Returns the key with this secret, by one query. */
    async find(sha256: string): Promise<FoundApiKey | undefined> {
      const [row] = await findBySecret(database.queries, { sha256 })
      return row && toFound(row)
    },

    /** Notes a use, which {@link flush} writes: no request waits for that. */
    note(id: string): void {
      used.set(id, clock.now())
    },

    /** Writes the uses since the last time. */
    async flush(): Promise<void> {
      if (used.size === 0) return
      const noted = used
      used = new Map()
      try {
        await database.transaction(async (tx) => {
          // In one order, so that two processes do not wait for each other.
          for (const [id, at] of [...noted].sort(([one], [other]) => (one < other ? -1 : 1)))
            await tx
              .updateTable('api_keys')
              .set({ last_used_at: at })
              .where('id', '=', id)
              .where((e) => e.or([e('last_used_at', 'is', null), e('last_used_at', '<', at)]))
              .execute()
        }, quiet)
      } catch (error) {
        used = new Map([...noted, ...used])
        throw error
      }
    },
  }
}

export type ApiKeyUseStore = ReturnType<typeof createApiKeyUseStore>

const findBySecret = prepareQuery((queries, values: { sha256: string }) =>
  queries
    .selectFrom('api_key_secrets')
    .innerJoin('api_keys', 'api_keys.id', 'api_key_secrets.api_key_id')
    .leftJoin('users', 'users.id', 'api_keys.user_id')
    .select([
      'api_keys.id',
      'api_keys.name',
      'api_keys.role',
      'api_keys.scopes',
      'api_keys.networks',
      'api_keys.organization_id',
      'api_keys.user_id',
      'api_key_secrets.expires_at',
      'users.email',
      'users.name as user_name',
      'users.operator_role',
      'users.must_change_password',
    ])
    .where('api_key_secrets.sha256', '=', values.sha256)
    .where('users.deactivated_at', 'is', null),
)

const toFound = (row: Awaited<ReturnType<typeof findBySecret>>[number]): FoundApiKey => ({
  id: row.id,
  name: row.name,
  role: row.role,
  organizationId: row.organization_id,
  scopes: parseRestriction(row.scopes),
  networks: parseRestriction(row.networks),
  expiresAt: Number(row.expires_at),
  user:
    row.user_id === null
      ? null
      : {
          userId: row.user_id,
          email: row.email ?? '',
          name: row.user_name ?? '',
          operatorRole: row.operator_role,
          mustChangePassword: Boolean(row.must_change_password),
        },
})
