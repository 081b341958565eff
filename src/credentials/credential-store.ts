import { recordAudit } from '../audit/record-audit.ts'
import type { ClientKeys } from '../contract/client-key.ts'
import type {
  CredentialChange,
  CredentialUse,
  CredentialView,
  TlsClientAuth,
} from '../contract/credential.ts'
import type { Received } from '../contract/operation.ts'
import type { operations } from '../contract/operations.ts'
import { parseRestriction } from '../contract/restriction.ts'
import { PosternError } from '../errors.ts'
import type { Act } from '../shapes/act.ts'
import { readActor, toActorRef } from '../shapes/actor.ts'
import { toText } from '../shapes/moment.ts'
import { recordChange } from '../storage/change-log.ts'
import type { Database, Queries } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { createPaging, cursorParts, type Page } from '../storage/page.ts'
import type { NewSecret } from './credential.ts'
import { insertSecret } from './credential-secret-store.ts'

/** The fields of a new credential. */
export interface CredentialDraft {
  organizationId: string
  environment: string
  name: string
  description: string
  clientId: string
  scopes: string[] | null
  networks: string[] | null
  certificateIds: string[] | null
  tlsClientAuth: TlsClientAuth | null
  jwks: ClientKeys | null
  secret: NewSecret | null
}

/** A change with checked public keys. */
export type StoredChange = Omit<CredentialChange, 'jwks'> & { jwks?: ClientKeys }

/** The filter and the order of a list of credentials. */
type CredentialListQuery = Received<(typeof operations)['listCredentials']>['query']

const paging = createPaging('credentials', [cursorParts.number, cursorParts.name])

/** Creates the store of API credentials and their secrets (as hashes). Every query names the organization. */
export function createCredentialStore(database: Database) {
  const { queries } = database

  const get = async (organizationId: string, id: string): Promise<CredentialView> => {
    const row = await findRow(queries, organizationId, id)
    if (row === undefined) throw notFound()
    return toView(row, await readSecrets(queries, [id]))
  }

  return {
    get,

    /** Lists the credentials of an organization. */
    async list(organizationId: string, query: CredentialListQuery): Promise<Page<CredentialView>> {
      const { cursor: _, limit, ...filter } = query
      const rows = await selectCredentials(queries, organizationId, query).execute()
      const secrets = await readSecrets(
        queries,
        rows.map((row) => row.id),
      )
      return paging.toPage(
        rows,
        { limit, filter },
        (row) => [row.created_at, row.id],
        (row) => toView(row, secrets),
      )
    },

    /** Lists when the credentials of a page were last used. */
    async listUse(organizationId: string, query: CredentialListQuery): Promise<Page<CredentialUse>> {
      const { cursor: _, limit, ...filter } = query
      return paging.toPage(
        await selectCredentials(queries, organizationId, query).execute(),
        { limit, filter },
        (row) => [row.created_at, row.id],
        (row) => ({ credentialId: row.id, lastUsedAt: toText(row.last_used_at) }),
      )
    },

    /** Returns how many of `certificateIds` are certificates of this organization and environment. */
    async countCertificates(
      organizationId: string,
      environment: string,
      certificateIds: string[],
    ): Promise<number> {
      if (certificateIds.length === 0) return 0
      const rows = await queries
        .selectFrom('certificates')
        .select('id')
        .where('organization_id', '=', organizationId)
        .where('environment', '=', environment)
        .where('id', 'in', certificateIds)
        .execute()
      return rows.length
    },

    /** Stores credentials. Throws `credential_limit_reached` where the organization already has `most`. */
    async insert(
      draft: CredentialDraft,
      { actor, now }: Act,
      most = Number.POSITIVE_INFINITY,
    ): Promise<CredentialView> {
      const id = newId('credential', now)
      const { secret, organizationId, ...details } = draft
      await database.transaction(async (tx) => {
        await assertCredentialsBelow(tx, organizationId, most)
        await tx
          .insertInto('credentials')
          .values({
            id,
            organization_id: organizationId,
            environment: draft.environment,
            name: draft.name,
            description: draft.description,
            client_id: draft.clientId,
            scopes: JSON.stringify(draft.scopes),
            networks: JSON.stringify(draft.networks),
            certificate_ids: JSON.stringify(draft.certificateIds),
            tls_client_auth_kind: draft.tlsClientAuth?.kind ?? null,
            tls_client_auth_value: draft.tlsClientAuth?.value ?? null,
            jwks: draft.jwks && JSON.stringify(draft.jwks),
            created_at: now,
            created_by: actor.name,
            created_by_ref: toActorRef(actor),
          })
          .execute()
        if (secret !== null) await insertSecret(tx, id, secret, now)
        await recordChange(tx, 'credential', id, now)
        await recordAudit(
          tx,
          {
            actor,
            action: 'credential.created',
            organizationId,
            subjectKind: 'credential',
            subjectId: id,
            after: details,
          },
          now,
        )
      })
      return get(organizationId, id)
    },

    /** Changes the given fields. */
    async update(
      organizationId: string,
      id: string,
      change: StoredChange,
      { actor, now }: Act,
    ): Promise<CredentialView> {
      await database.transaction(async (tx) => {
        const row = await findRow(tx, organizationId, id)
        if (row === undefined) throw notFound()
        const changed = toColumns(change)
        const names = Object.keys(changed) as (keyof typeof changed)[]
        if (names.every((name) => changed[name] === row[name])) return
        await tx.updateTable('credentials').set(changed).where('id', '=', id).execute()
        await recordChange(tx, 'credential', id, now)
        const former = toView(row, [])
        const before = Object.fromEntries(
          Object.keys(change).map((name) => [name, former[name as keyof StoredChange]]),
        )
        const subject = { subjectKind: 'credential', subjectId: id } as const
        await recordAudit(
          tx,
          { actor, action: 'credential.updated', organizationId, ...subject, before, after: change },
          now,
        )
      })
      return get(organizationId, id)
    },

    async delete(organizationId: string, id: string, { actor, now }: Act): Promise<void> {
      await database.transaction(async (tx) => {
        const { numUpdatedRows } = await tx
          .updateTable('credentials')
          .set({ deleted_at: now })
          .where('organization_id', '=', organizationId)
          .where('id', '=', id)
          .where('deleted_at', 'is', null)
          .executeTakeFirst()
        if (numUpdatedRows === 0n) throw notFound()
        await tx.deleteFrom('credential_secrets').where('credential_id', '=', id).execute()
        await recordChange(tx, 'credential', id, now)
        await recordAudit(
          tx,
          { actor, action: 'credential.deleted', organizationId, subjectKind: 'credential', subjectId: id },
          now,
        )
      })
    },
  }
}

export type CredentialStore = ReturnType<typeof createCredentialStore>

const notFound = () => new PosternError('not_found', 'There is no such credential here.')

/** Returns the rows of a page, latest first, and one more if there is a next page. */
/** Returns the query of one page of the credentials of an organization, and one row more. */
export function selectCredentials(queries: Queries, organizationId: string, query: CredentialListQuery) {
  const { cursor, limit, ...filter } = query
  const { environment, name, from, to, order = 'desc' } = filter
  let rows = queries
    .selectFrom('credentials')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('deleted_at', 'is', null)
    .orderBy('created_at', order)
    .orderBy('id', order)
    .limit(limit + 1)
  if (environment !== undefined) rows = rows.where('environment', '=', environment)
  if (name !== undefined) rows = rows.where('name', '=', name)
  if (from !== undefined) rows = rows.where('created_at', '>=', Date.parse(from))
  if (to !== undefined) rows = rows.where('created_at', '<', Date.parse(to))
  const after = paging.findPosition(cursor, filter)
  if (after === undefined) return rows
  const beyond = order === 'asc' ? '>' : '<'
  return rows.where((e) => e(e.refTuple('created_at', 'id'), beyond, e.tuple(...after)))
}

async function assertCredentialsBelow(tx: Queries, organizationId: string, most: number): Promise<void> {
  const row = await tx
    .selectFrom('credentials')
    .select((e) => e.fn.countAll<number>().as('count'))
    .where('organization_id', '=', organizationId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  if (Number(row?.count) < most) return
  throw new PosternError(
    'credential_limit_reached',
    `Your organization has ${most} API credentials, which is its limit. Delete credentials that are no longer needed, or ask the operator for a higher limit.`,
  )
}

const findRow = (queries: Queries, organizationId: string, id: string) =>
  queries
    .selectFrom('credentials')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()

const readSecrets = (queries: Queries, credentialIds: string[]) =>
  credentialIds.length === 0
    ? Promise.resolve([])
    : queries
        .selectFrom('credential_secrets')
        .select(['id', 'credential_id', 'hint', 'created_at', 'expires_at'])
        .where('credential_id', 'in', credentialIds)
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .execute()

/** Returns the columns of a change. */
const toColumns = ({ scopes, networks, certificateIds, jwks, ...texts }: StoredChange) => ({
  ...texts,
  ...(scopes !== undefined && { scopes: JSON.stringify(scopes) }),
  ...(networks !== undefined && { networks: JSON.stringify(networks) }),
  ...(certificateIds !== undefined && { certificate_ids: JSON.stringify(certificateIds) }),
  ...(jwks !== undefined && { jwks: JSON.stringify(jwks) }),
})

type Row = NonNullable<Awaited<ReturnType<typeof findRow>>>
type SecretRow = Awaited<ReturnType<typeof readSecrets>>[number]

function toView(row: Row, secrets: SecretRow[]): CredentialView {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    environment: row.environment,
    clientId: row.client_id,
    scopes: parseRestriction(row.scopes),
    networks: parseRestriction(row.networks),
    certificateIds: parseRestriction(row.certificate_ids),
    tlsClientAuth:
      row.tls_client_auth_kind === null
        ? null
        : { kind: row.tls_client_auth_kind, value: row.tls_client_auth_value ?? '' },
    jwks: row.jwks === null ? null : (JSON.parse(row.jwks) as ClientKeys),
    secrets: secrets
      .filter((secret) => secret.credential_id === row.id)
      .map((secret) => ({
        id: secret.id,
        hint: secret.hint,
        createdAt: toText(secret.created_at),
        expiresAt: toText(secret.expires_at),
      })),
    createdAt: toText(row.created_at),
    createdBy: readActor(row.created_by, row.created_by_ref),
  }
}
