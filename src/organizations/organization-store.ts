import { recordAudit } from '../audit/record-audit.ts'
import type { OrganizationStatus } from '../contract/organization.ts'
import type { MemberRole } from '../contract/roles.ts'
import type { SecurityPolicy, SecurityPolicyChange } from '../contract/second-factor.ts'
import type { Membership } from '../contract/session.ts'
import type { Act } from '../shapes/act.ts'
import { type Organization, readLimits } from '../shapes/organization.ts'
import type { Database, Queries } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { prepareQuery } from '../storage/prepare-query.ts'
import { createOrganizationChangeStore } from './organization-change-store.ts'

const selectBySlug = prepareQuery((queries, values: { slug: string }) =>
  queries.selectFrom('organizations').selectAll().where('slug', '=', values.slug),
)

const selectRole = prepareQuery((queries, values: { organizationId: string; userId: string }) =>
  queries
    .selectFrom('members')
    .select('role')
    .where('organization_id', '=', values.organizationId)
    .where('user_id', '=', values.userId),
)

/** Creates the store of organizations and their members. */
export function createOrganizationStore(database: Database) {
  const { queries } = database
  const { insert } = createOrganizationChangeStore(database)
  return {
    async findBySlug(slug: string): Promise<Organization | undefined> {
      const [row] = await selectBySlug(queries, { slug })
      return row && toOrganization(row)
    },

    async findById(id: string): Promise<Organization | undefined> {
      const row = await queries
        .selectFrom('organizations')
        .selectAll()
        .where('id', '=', id)
        .executeTakeFirst()
      return row && toOrganization(row)
    },

    async findRole(organizationId: string, userId: string): Promise<MemberRole | undefined> {
      const [row] = await selectRole(queries, { organizationId, userId })
      return row?.role
    },

    /** `signedInBy` is the organization whose provider began the session, if one did. */
    async listMemberships(userId: string, signedInBy: string | null = null): Promise<Membership[]> {
      const rows = await queries
        .selectFrom('members')
        .innerJoin('organizations', 'organizations.id', 'members.organization_id')
        .select(['slug', 'legal_name', 'country', 'state', 'organizations.status', 'role'])
        .select(['requires_second_factor', 'organizations.id'])
        .where('user_id', '=', userId)
        .orderBy('slug')
        .execute()
      return rows.map(
        ({ id, legal_name: legalName, role, requires_second_factor: requiresSecondFactor, ...row }) => ({
          ...row,
          requiresSecondFactor: Boolean(requiresSecondFactor),
          needsOtherSignIn: signedInBy !== null && signedInBy !== id,
          legalName,
          role,
        }),
      )
    },

    insert,

    async insertMember(
      organizationId: string,
      userId: string,
      role: MemberRole,
      { actor, now }: Act,
    ): Promise<void> {
      await database.transaction(async (tx) => {
        await tx
          .insertInto('members')
          .values({
            id: newId('member', now),
            organization_id: organizationId,
            user_id: userId,
            role,
            created_at: now,
          })
          .execute()
        await recordAudit(
          tx,
          {
            actor,
            action: 'member.added',
            organizationId,
            subjectKind: 'person',
            subjectId: userId,
            after: { role },
          },
          now,
        )
      })
    },

    async readSecurityPolicy(id: string): Promise<SecurityPolicy> {
      const row = await queries
        .selectFrom('organizations')
        .select('requires_second_factor')
        .where('id', '=', id)
        .executeTakeFirstOrThrow()
      return {
        requiresSecondFactor: Boolean(row.requires_second_factor),
        membersWithoutFactor: await countWithoutFactor(queries, id),
      }
    },

    /** Sets what the sign-in of members needs; the same policy again changes and records nothing. */
    async setSecurityPolicy(id: string, policy: SecurityPolicyChange, { actor, now }: Act): Promise<void> {
      const { requiresSecondFactor } = policy
      await database.transaction(async (tx) => {
        const changed = await tx
          .updateTable('organizations')
          .set({ requires_second_factor: Number(requiresSecondFactor) })
          .where('id', '=', id)
          .where('requires_second_factor', '!=', Number(requiresSecondFactor))
          .executeTakeFirst()
        if (changed.numUpdatedRows === 0n) return
        const change = { before: { requiresSecondFactor: !requiresSecondFactor }, after: { ...policy } }
        const subject = { organizationId: id, subjectKind: 'organization', subjectId: id }
        const action = 'organization.security_policy_changed'
        await recordAudit(tx, { actor, action, ...subject, ...change }, now)
      })
    },

    async isEmpty(): Promise<boolean> {
      return (
        (await queries.selectFrom('organizations').select('id').limit(1).executeTakeFirst()) === undefined
      )
    },
  }
}

export type OrganizationStore = ReturnType<typeof createOrganizationStore>

/** Counts the members who can sign in and have neither a passkey nor an authenticator app. */
async function countWithoutFactor(queries: Queries, organizationId: string): Promise<number> {
  const row = await queries
    .selectFrom('members')
    .innerJoin('users', 'users.id', 'members.user_id')
    .select((e) => e.fn.countAll<number>().as('count'))
    .where('organization_id', '=', organizationId)
    .where('deactivated_at', 'is', null)
    .where('users.id', 'not in', (e) => e.selectFrom('passkeys').select('user_id'))
    .where('users.id', 'not in', (e) =>
      e.selectFrom('totp_secrets').select('user_id').where('confirmed_at', 'is not', null),
    )
    .executeTakeFirstOrThrow()
  return Number(row.count)
}

const toOrganization = (row: {
  id: string
  slug: string
  legal_name: string
  country: string
  state: string
  status: OrganizationStatus
  limits: string
  requires_second_factor: number
}): Organization => ({
  id: row.id,
  slug: row.slug,
  legalName: row.legal_name,
  country: row.country,
  state: row.state,
  status: row.status,
  limits: readLimits(row.limits),
  requiresSecondFactor: Boolean(row.requires_second_factor),
})
