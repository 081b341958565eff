import { sql } from 'kysely'
import { type PersonalDataKind, type PersonalRecord, personalDataKinds } from '../contract/privacy.ts'
import { PosternError } from '../errors.ts'
import { toText } from '../shapes/moment.ts'
import type { Database, Queries } from '../storage/database.ts'
import { createPaging, cursorParts, type Page } from '../storage/page.ts'

/** Part of the export and key of the last record in it. */
const paging = createPaging('personal data', [cursorParts.smallNumber, cursorParts.name])

/** A record with the key by which its part is in order. */
interface Keyed {
  key: string
  data: Record<string, unknown>
}

interface Reading {
  userId: string
  email: string
  /** The key after which records are read; empty for the first. */
  after: string
  limit: number
}

type ReadPart = (queries: Queries, reading: Reading) => Promise<Keyed[]>

/** Creates the store that reads what is kept about a user, page by page, without any secret. */
export function createPersonalDataStore({ aside }: Database) {
  return {
    /** Throws `not_found` and `cursor_invalid`. */
    async list(
      userId: string,
      { cursor, limit }: { cursor?: string | undefined; limit: number },
    ): Promise<Page<PersonalRecord>> {
      const filter = { userId }
      const [first, key] = paging.findPosition(cursor, filter) ?? [0, '']
      const user = await aside
        .selectFrom('users')
        .select('email')
        .where('id', '=', userId)
        .where('deactivated_at', 'is', null)
        .executeTakeFirst()
      if (user === undefined) throw new PosternError('not_found', 'There is no such user.')
      const found: (Keyed & { part: number })[] = []
      for (let part = first; part < personalDataKinds.length && found.length <= limit; part += 1) {
        const kind = personalDataKinds[part] as PersonalDataKind
        const after = part === first ? key : ''
        const reading = { userId, email: user.email, after, limit: limit + 1 - found.length }
        found.push(...(await parts[kind](aside, reading)).map((record) => ({ ...record, part })))
      }
      return paging.toPage(
        found,
        { limit, filter },
        ({ part, key }) => [part, key],
        ({ part, data }) => ({ kind: personalDataKinds[part] as PersonalDataKind, data }),
      )
    },
  }
}

export type PersonalDataStore = ReturnType<typeof createPersonalDataStore>

/** Returns the one record of a part that has one; it has no position behind it. */
const single = (after: string, data: Record<string, unknown> | undefined): Keyed[] =>
  after !== '' || data === undefined ? [] : [{ key: 'one', data }]

const byId = <Row extends { id: string }>(
  rows: Row[],
  toData: (row: Row) => Record<string, unknown>,
): Keyed[] => rows.map((row) => ({ key: row.id, data: toData(row) }))

const parts: Record<PersonalDataKind, ReadPart> = {
  async account(queries, { userId, after }) {
    const row = await queries
      .selectFrom('users')
      .select(['id', 'email', 'email_verified', 'name', 'operator_role', 'created_at', 'updated_at'])
      .select(['last_seen_at', 'time_zone'])
      .where('id', '=', userId)
      .executeTakeFirst()
    const signIns = await queries
      .selectFrom('accounts')
      .select(['provider_id', 'account_id', 'created_at'])
      .where('user_id', '=', userId)
      .execute()
    return single(
      after,
      row && {
        lastSeenAt: row.last_seen_at,
        timeZone: row.time_zone,
        signIns: signIns.map((one) => ({
          ...{ provider: one.provider_id, id: one.account_id, createdAt: one.created_at },
        })),
        ...{ id: row.id, email: row.email, isEmailVerified: row.email_verified === 1, name: row.name },
        ...{ operatorRole: row.operator_role, createdAt: row.created_at, updatedAt: row.updated_at },
      },
    )
  },
  async membership(queries, { userId, after, limit }) {
    const rows = await queries
      .selectFrom('members')
      .innerJoin('organizations', 'organizations.id', 'members.organization_id')
      .select(['members.id', 'slug', 'legal_name', 'role', 'members.created_at'])
      .where('user_id', '=', userId)
      .where('members.id', '>', after)
      .orderBy('members.id')
      .limit(limit)
      .execute()
    return byId(rows, ({ id, slug, legal_name: legalName, role, created_at: at }) => ({
      ...{ id, organization: slug, legalName, role, joinedAt: toText(at) },
    }))
  },
  async scim_user(queries, { userId, after, limit }) {
    const rows = await queries
      .selectFrom('scim_users')
      .innerJoin('organizations', 'organizations.id', 'scim_users.organization_id')
      .select(['scim_users.id', 'slug', 'user_name', 'external_id', 'profile', 'roles'])
      .select(['scim_users.created_at', 'scim_users.updated_at'])
      .where('user_id', '=', userId)
      .where('scim_users.id', '>', after)
      .orderBy('scim_users.id')
      .limit(limit)
      .execute()
    return byId(rows, ({ id, slug, user_name: userName, external_id: externalId, ...row }) => ({
      ...{ id, organization: slug, userName, externalId },
      ...{ profile: JSON.parse(row.profile), roles: JSON.parse(row.roles) },
      ...{ createdAt: toText(row.created_at), updatedAt: toText(row.updated_at) },
    }))
  },
  async session(queries, { userId, after, limit }) {
    const rows = await queries
      .selectFrom('sessions')
      .select(['id', 'ip_address', 'user_agent', 'second_factor', 'created_at', 'updated_at', 'expires_at'])
      .where('user_id', '=', userId)
      .where('id', '>', after)
      .orderBy('id')
      .limit(limit)
      .execute()
    return byId(rows, (row) => ({
      ...{ id: row.id, address: row.ip_address, userAgent: row.user_agent, secondFactor: row.second_factor },
      ...{ createdAt: row.created_at, lastUsedAt: row.updated_at, expiresAt: row.expires_at },
    }))
  },
  async one_time_link(queries, { userId, after }) {
    const rows = await queries
      .selectFrom('one_time_links')
      .select(['purpose', 'email', 'created_at', 'expires_at', 'used_at'])
      .where('user_id', '=', userId)
      .orderBy('created_at', 'desc')
      .limit(100)
      .execute()
    const links = rows.map(({ purpose, email: newEmail, created_at, expires_at, used_at }) => ({
      ...{ purpose, newEmail, createdAt: toText(created_at) },
      ...{ expiresAt: toText(expires_at), usedAt: toText(used_at) },
    }))
    return single(after, rows.length === 0 ? undefined : { links })
  },
  async passkey(queries, { userId, after, limit }) {
    const rows = await queries
      .selectFrom('passkeys')
      .select(['id', 'name', 'is_synced', 'created_at', 'last_used_at'])
      .where('user_id', '=', userId)
      .where('id', '>', after)
      .orderBy('id')
      .limit(limit)
      .execute()
    return byId(rows, ({ id, name, is_synced, created_at, last_used_at }) => ({
      ...{ id, name, isSynced: is_synced === 1 },
      ...{ createdAt: toText(created_at), lastUsedAt: toText(last_used_at) },
    }))
  },
  async totp(queries, { userId, after }) {
    const row = await queries
      .selectFrom('totp_secrets')
      .select(['created_at', 'confirmed_at'])
      .where('user_id', '=', userId)
      .executeTakeFirst()
    return single(after, row && { createdAt: toText(row.created_at), confirmedAt: toText(row.confirmed_at) })
  },
  async recovery_codes(queries, { userId, after }) {
    const row = await queries
      .selectFrom('recovery_codes')
      .select((e) => [e.fn.countAll<number>().as('count'), e.fn.max('created_at').as('latest')])
      .where('user_id', '=', userId)
      .executeTakeFirstOrThrow()
    const count = Number(row.count)
    return single(after, count === 0 ? undefined : { unused: count, createdAt: toText(Number(row.latest)) })
  },
  async api_key(queries, { userId, after, limit }) {
    const rows = await queries
      .selectFrom('api_keys')
      .leftJoin('organizations', 'organizations.id', 'api_keys.organization_id')
      .select(['api_keys.id', 'name', 'role', 'scopes', 'networks', 'slug', 'expires_at', 'last_used_at'])
      .select('api_keys.created_at')
      .where('user_id', '=', userId)
      .where('api_keys.id', '>', after)
      .orderBy('api_keys.id')
      .limit(limit)
      .execute()
    return byId(rows, ({ id, name, role, slug, ...row }) => ({
      ...{ id, name, role, organization: slug },
      ...{ scopes: JSON.parse(row.scopes), networks: JSON.parse(row.networks) },
      ...{ createdAt: toText(row.created_at), expiresAt: toText(row.expires_at) },
      lastUsedAt: toText(row.last_used_at),
    }))
  },
  invitation_received: (queries, { email, after, limit }) =>
    listInvitations(queries, { column: 'email', value: email, after, limit }),
  invitation_sent: (queries, { userId, after, limit }) =>
    listInvitations(queries, { column: 'invited_by', value: userId, after, limit }),
  async confirmation(queries, { userId, after, limit }) {
    const rows = await queries
      .selectFrom('confirmations')
      .select(['id', 'status', 'operation_id', 'requested_by_id', 'requested_from', 'requested_at'])
      .select(['decided_by_id', 'decided_at'])
      .where((e) => e.or([e('requested_by_id', '=', userId), e('decided_by_id', '=', userId)]))
      .where('id', '>', after)
      .orderBy('id')
      .limit(limit)
      .execute()
    return byId(rows, (row) => ({
      ...{ id: row.id, status: row.status, operationId: row.operation_id },
      ...(row.requested_by_id === userId && {
        requestedAt: toText(row.requested_at),
        requestedFrom: row.requested_from,
      }),
      ...(row.decided_by_id === userId && { decidedAt: toText(row.decided_at) }),
    }))
  },
  async email(queries, { email, after, limit }) {
    const rows = await queries
      .selectFrom('outbox')
      .select(['id', 'recipient', 'subject', 'body', 'is_secret', 'created_at', 'sent_at', 'withheld'])
      .where(sql`lower(recipient)`, '=', email.toLowerCase())
      .where('id', '>', after)
      .orderBy('id')
      .limit(limit)
      .execute()
    return byId(rows, (row) => ({
      ...{ id: row.id, to: row.recipient, subject: row.subject, createdAt: toText(row.created_at) },
      ...{ sentAt: toText(row.sent_at), withheld: row.withheld },
      // A session alone must not be enough to read a link.
      ...(row.is_secret === 0 && { text: row.body }),
    }))
  },
  audit_entry_by: (queries, reading) =>
    listAudit(queries, reading, sql<boolean>`audit.actor_id = ${reading.userId}`),
  audit_entry_about: (queries, reading) =>
    listAudit(
      queries,
      reading,
      sql<boolean>`audit.subject_id = ${reading.userId} and audit.actor_id <> ${reading.userId}`,
    ),
}

async function listInvitations(
  queries: Queries,
  {
    column,
    value,
    after,
    limit,
  }: { column: 'email' | 'invited_by'; value: string } & Omit<Reading, 'userId' | 'email'>,
): Promise<Keyed[]> {
  const rows = await queries
    .selectFrom('invitations')
    .innerJoin('organizations', 'organizations.id', 'invitations.organization_id')
    .select(['invitations.id', 'slug', 'role', 'email', 'invitations.created_at', 'expires_at'])
    .select(['ended_at', 'ended_as'])
    .where(column, '=', value)
    .where('invitations.id', '>', after)
    .orderBy('invitations.id')
    .limit(limit)
    .execute()
  return byId(rows, (row) => ({
    ...{ id: row.id, organization: row.slug, role: row.role, email: row.email },
    ...{ createdAt: toText(row.created_at), expiresAt: toText(row.expires_at) },
    ...{ endedAt: toText(row.ended_at), endedAs: row.ended_as },
  }))
}

/** Reads rows of the audit log, the first ones first. Who else acted is not the data of this person. */
async function listAudit(
  queries: Queries,
  { after, limit }: Reading,
  condition: ReturnType<typeof sql<boolean>>,
): Promise<Keyed[]> {
  const [at = 0, sequence = 0] = after.split('-').map(Number)
  const rows = await queries
    .selectFrom('audit')
    .leftJoin('organizations', 'organizations.id', 'audit.organization_id')
    .select(['sequence', 'at', 'action', 'origin', 'subject_kind', 'subject_id', 'before', 'after', 'slug'])
    .where(condition)
    .where(sql<boolean>`(audit.at, audit.sequence) > (${at}, ${sequence})`)
    .orderBy('at')
    .orderBy('sequence')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    key: `${row.at}-${row.sequence}`,
    data: {
      ...{ sequence: row.sequence, at: toText(row.at), action: row.action, origin: row.origin },
      ...{ organization: row.slug, subjectKind: row.subject_kind, subjectId: row.subject_id },
      ...{ before: JSON.parse(row.before ?? 'null'), after: JSON.parse(row.after ?? 'null') },
    },
  }))
}
