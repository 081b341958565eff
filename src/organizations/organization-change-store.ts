import { recordAudit } from '../audit/record-audit.ts'
import type {
  NewOrganization,
  OrganizationChange,
  OrganizationLimits,
  OrganizationStatus,
} from '../contract/organization.ts'
import { PosternError } from '../errors.ts'
import { hastenJobs } from '../jobs/job-store.ts'
import type { Act } from '../shapes/act.ts'
import { readLimits } from '../shapes/organization.ts'
import { recordChange } from '../storage/change-log.ts'
import type { Database, Tx } from '../storage/database.ts'
import { isUniqueViolation } from '../storage/engine.ts'
import { newId } from '../storage/id.ts'

/** The statuses from which an organization can get each. */
const legalMoves: Record<OrganizationStatus, readonly OrganizationStatus[]> = {
  active: ['suspended'],
  suspended: ['active'],
  closed: ['active', 'suspended'],
}

const actions: Record<OrganizationStatus, string> = {
  active: 'organization.reactivated',
  suspended: 'organization.suspended',
  closed: 'organization.closed',
}

/** Creates the store that changes organizations. */
export function createOrganizationChangeStore(database: Database) {
  /** Changes a row in one transaction; `work` gives what the audit log records, or nothing where nothing changes. */
  const change = (
    id: string,
    { actor, now }: Act,
    work: (tx: Tx, row: Row) => Promise<Recorded | undefined>,
  ): Promise<void> =>
    database.transaction(async (tx) => {
      const recorded = await work(tx, await getRow(tx, id))
      if (recorded === undefined) return
      await recordChange(tx, 'organization', id, now)
      const subject = { organizationId: id, subjectKind: 'organization', subjectId: id }
      await recordAudit(tx, { actor, ...subject, ...recorded }, now)
    })

  return {
    /** Creates an organization; returns its ID. Throws `organization_slug_taken`. */
    async insert(organization: NewOrganization, { actor, now }: Act): Promise<string> {
      const id = newId('organization', now)
      const { slug, legalName, country, state } = organization
      try {
        await database.transaction(async (tx) => {
          await tx
            .insertInto('organizations')
            .values({ id, slug, legal_name: legalName, country, state, created_at: now })
            .execute()
          await recordChange(tx, 'organization', id, now)
          const subject = { organizationId: id, subjectKind: 'organization', subjectId: id }
          const after = { slug, legalName, country, state }
          await recordAudit(tx, { actor, action: 'organization.created', ...subject, after }, now)
        })
      } catch (error) {
        if (isUniqueViolation(error)) throw slugTaken(slug)
        throw error
      }
      return id
    },

    /** Changes the given facts. */
    update: (id: string, given: OrganizationChange, act: Act): Promise<void> =>
      change(id, act, async (tx, row) => {
        const former = { legalName: row.legal_name, country: row.country, state: row.state }
        const names = (Object.keys(given) as (keyof typeof former)[]).filter(
          (name) => given[name] !== undefined && given[name] !== former[name],
        )
        if (names.length === 0) return undefined
        const after = Object.fromEntries(names.map((name) => [name, given[name]]))
        const before = Object.fromEntries(names.map((name) => [name, former[name]]))
        const { legalName, country, state } = { ...former, ...after }
        const values = { legal_name: legalName, country, state }
        await tx.updateTable('organizations').set(values).where('id', '=', id).execute()
        return { action: 'organization.updated', before, after }
      }),

    /**
     * Gives an organization another status. Of two equal changes at the same time one succeeds. Throws
     * `organization_wrong_state`.
     */
    changeStatus: (id: string, status: OrganizationStatus, reason: string | null, act: Act): Promise<void> =>
      change(id, act, async (tx, row) => {
        if (!legalMoves[status].includes(row.status)) throw wrongState(row.status, status)
        const values = { status, status_reason: reason, status_changed_at: act.now }
        await tx.updateTable('organizations').set(values).where('id', '=', id).execute()
        // Certificates that were requested before the suspension.
        if (status === 'active') await hastenJobs(tx, id, act.now)
        const after = { status, ...(reason !== null && { reason }) }
        return { action: actions[status], before: { status: row.status }, after }
      }),

    /** Replaces the limits of an organization. */
    setLimits: (id: string, limits: OrganizationLimits, act: Act): Promise<void> =>
      change(id, act, async (tx, row) => {
        const before = readLimits(row.limits)
        const text = JSON.stringify(limits)
        if (text === JSON.stringify(before)) return undefined
        await tx.updateTable('organizations').set({ limits: text }).where('id', '=', id).execute()
        return { action: 'organization.limits_set', before: { ...before }, after: { ...limits } }
      }),
  }
}

export type OrganizationChangeStore = ReturnType<typeof createOrganizationChangeStore>

/** What the audit log says of a change. */
interface Recorded {
  action: string
  before: Record<string, unknown>
  after: Record<string, unknown>
}

const getRow = (tx: Tx, id: string) =>
  tx.selectFrom('organizations').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
type Row = Awaited<ReturnType<typeof getRow>>

const slugTaken = (slug: string) =>
  new PosternError(
    'organization_slug_taken',
    `Another organization has the slug ${slug}. Choose another one: it can never be changed.`,
  )

const wrongState = (from: OrganizationStatus, to: OrganizationStatus) =>
  new PosternError(
    'organization_wrong_state',
    from === to
      ? `The organization is already ${from}. Nothing was changed.`
      : `The organization is ${from}, so it cannot become ${to}. Nothing was changed.`,
  )
