import { recordAudit } from '../audit/record-audit.ts'
import type { OperatorView } from '../contract/account.ts'
import type { OperatorRole } from '../contract/roles.ts'
import { PosternError } from '../errors.ts'
import type { Act } from '../shapes/act.ts'
import { toText } from '../shapes/moment.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { createPaging, cursorParts, type Page } from '../storage/page.ts'
import { removeFactors } from './factors/factor-removal-store.ts'
import { addLink, voidLinks } from './link-store.ts'
import { insertUser } from './password-store.ts'

const linkMs = 3_600_000

const paging = createPaging('operators', [cursorParts.name])

/** A user who becomes an operator or auditor, or gets a new link. */
export interface NewOperator {
  email: string
  /** Undefined keeps the name of an existing user. */
  name: string | undefined
  /** Undefined keeps the role of who has one, and makes an operator of everybody else. */
  role: OperatorRole | undefined
  /** Whether the second factors of an existing user are removed, who then needs the password alone. */
  removesFactors?: boolean
}

/** Creates the store of who works for the provider. */
export function createOperatorStore(database: Database, portalUrl: string) {
  const { queries } = database
  return {
    /**
     * Gives a user the role, creates the user if they are missing, and returns a link to choose a password that works
     * once within an hour. Earlier links of the user become invalid; password and sessions stay until it is used, but for
     * the sessions of a user whom the OpenID provider of a customer can sign in.
     */
    async invite(
      { email, name, role, removesFactors }: NewOperator,
      { actor, now }: Act,
    ): Promise<{ link: string; role: OperatorRole; isNew: boolean }> {
      return database.transaction(async (tx) => {
        const found = await tx
          .selectFrom('users')
          .select(['id', 'name', 'operator_role', 'deactivated_at'])
          .where('email', '=', email)
          .executeTakeFirst()
        const given = role ?? found?.operator_role ?? 'operator'
        const user = { email, name: name ?? email, operatorRole: given, mustChangePassword: false }
        const userId = found?.id ?? (await insertUser(tx, user, undefined, now))
        if (found !== undefined)
          await tx
            .updateTable('users')
            .set({
              operator_role: given,
              name: name ?? found.name,
              deactivated_at: null,
              updated_at: toText(now),
            })
            .where('id', '=', userId)
            .execute()
        if (found?.operator_role === null) await endProviderSessions(tx, userId)
        const about = { actor, organizationId: null, subjectKind: 'person', subjectId: userId }
        if (found?.operator_role !== given || found.deactivated_at !== null) {
          const change = { before: { role: found?.operator_role ?? null }, after: { role: given } }
          await recordAudit(tx, { ...about, action: 'operator.added', ...change }, now)
        }
        if (removesFactors) await removeFactors(tx, userId, { actor, now })
        await voidLinks(tx, userId, ['set_password'])
        const link = { purpose: 'set_password', userId, expiresAt: now + linkMs } as const
        const address = await addLink(tx, portalUrl, link, now)
        await recordAudit(tx, { ...about, action: 'operator.link_created' }, now)
        return { link: address, role: given, isNew: found === undefined }
      })
    },

    /** Lists operators and auditors, the first ones first. */
    async list({
      cursor,
      limit,
    }: {
      cursor?: string | undefined
      limit: number
    }): Promise<Page<OperatorView>> {
      const from = paging.findPosition(cursor)
      const all = selectOperators(queries)
        .orderBy('users.id')
        .limit(limit + 1)
      const rows = await (from === undefined ? all : all.where('users.id', '>', from[0])).execute()
      return paging.toPage(rows, limit, (row) => [row.id], toView)
    },

    /** Returns whether anybody can sign in, or has a link, as an operator. */
    async exists(): Promise<boolean> {
      return (await findOperator(queries, '')) !== undefined
    },

    /**
     * Takes the role from a user and ends their sessions; the user stays a member of organizations. Throws `not_found`,
     * and `conflict` for the last operator unless `evenLast`.
     */
    async remove(
      by: { id: string } | { email: string },
      { actor, now, evenLast = false }: Act & { evenLast?: boolean },
    ): Promise<void> {
      await database.transaction(async (tx) => {
        const all = selectOperators(tx)
        const row = await ('id' in by
          ? all.where('users.id', '=', by.id)
          : all.where('users.email', '=', by.email)
        ).executeTakeFirst()
        if (row === undefined) throw new PosternError('not_found', 'There is no such operator or auditor.')
        const isLast = row.role === 'operator' && (await findOperator(tx, row.id)) === undefined
        if (isLast && !evenLast)
          throw new PosternError(
            'conflict',
            'This is the last operator. Add another one first: postern operator create EMAIL. The option --yes of postern operator remove removes also the last one.',
          )
        await tx
          .updateTable('users')
          .set({ operator_role: null, updated_at: toText(now) })
          .where('id', '=', row.id)
          .execute()
        await tx.deleteFrom('sessions').where('user_id', '=', row.id).execute()
        await voidLinks(tx, row.id, ['set_password'])
        const about = { actor, organizationId: null, subjectKind: 'person', subjectId: row.id }
        await recordAudit(tx, { ...about, action: 'operator.removed', before: { role: row.role } }, now)
      })
    },
  }
}

export type OperatorStore = ReturnType<typeof createOperatorStore>

const selectOperators = (within: Queries) =>
  within
    .selectFrom('users')
    .leftJoin('accounts', (join) =>
      join.onRef('accounts.user_id', '=', 'users.id').on('accounts.provider_id', '=', 'credential'),
    )
    .select(['users.id', 'users.email', 'users.name', 'operator_role as role', 'password'])
    .select('users.created_at')
    .where('operator_role', 'is not', null)
    .where('deactivated_at', 'is', null)

/** A session that the provider of a customer has begun must not become one of an operator. */
const endProviderSessions = (tx: Tx, userId: string) =>
  tx
    .deleteFrom('sessions')
    .where('user_id', '=', userId)
    .where((e) =>
      e.exists(
        e
          .selectFrom('accounts')
          .select('accounts.id')
          .where('accounts.user_id', '=', userId)
          .where('provider_id', '!=', 'credential'),
      ),
    )
    .execute()

/** Returns an operator other than the user `exceptId`. */
const findOperator = (within: Queries | Tx, exceptId: string) =>
  within
    .selectFrom('users')
    .select('id')
    .where('operator_role', '=', 'operator')
    .where('deactivated_at', 'is', null)
    .where('id', '!=', exceptId)
    .limit(1)
    .executeTakeFirst()

type Row = Awaited<ReturnType<ReturnType<typeof selectOperators>['execute']>>[number]

const toView = (row: Row): OperatorView => ({
  id: row.id,
  email: row.email,
  name: row.name,
  role: row.role ?? 'auditor',
  hasPassword: row.password !== null,
  createdAt: row.created_at,
})
