import { PosternError } from '../../errors.ts'
import type { Act } from '../../shapes/act.ts'
import { toActorRef } from '../../shapes/actor.ts'
import { endedBefore } from '../../shapes/moment.ts'
import type { Database, Queries, Tx } from '../../storage/database.ts'
import { newId } from '../../storage/id.ts'
import { prepareInsert, prepareQuery } from '../../storage/prepare-query.ts'
import {
  type Certificate,
  type Details,
  draftLifetimeMs,
  type KeyKind,
  type SubjectDetails,
} from '../certificate.ts'
import { assertCertificatesBelow, assertDraftsBelow } from '../certificate-limit-store.ts'
import { certificateNotFound, recordStep, toCertificate, toSearchText } from '../certificate-row-store.ts'
import { type CertificateLimits, spendCertificate } from '../hourly-budget-store.ts'
import { type ProvenCertificate, takeProven } from '../registered-row-store.ts'
import { findResponsible } from '../responsible-user-store.ts'
import { type Submission, takeRequest } from '../take-request-store.ts'

/** The fields of a new draft. */
export interface NewDraft extends Details {
  organizationId: string
  environment: string
  subject: SubjectDetails
  certifiedSubject: SubjectDetails
  keyKind: KeyKind
  replacesId: string | null
}

/** The request or the proven registration that a draft is created with. */
type Submitted = { submission: Submission }
type Proven = { proven: ProvenCertificate }

/** Creates the store that creates certificates. */
export function createDraftStore(database: Database) {
  return {
    /**
     * Stores a draft under the next number of its organization; with a request or a proven registration, it
     * is submitted in the same transaction. Throws `certificate_limit_reached`, `certificate_rate_exceeded`,
     * `certificate_wrong_state` if the replaced certificate already has a replacement, and for a request or a
     * registration `key_already_used`, `key_revoked` or `registration_wrong_state`; then nothing is stored.
     */
    async insert(
      draft: NewDraft,
      limits: CertificateLimits,
      act: Act,
      more?: Submitted | Proven,
    ): Promise<Certificate> {
      const { actor, now } = act
      const id = newId('certificate', now)
      return database.transaction(async (tx) => {
        // Locks the organization's row first: concurrent creations in this organization wait.
        const { number, name } = await takeNumber(tx, draft.organizationId)
        if (draft.replacesId !== null) await assertNoSuccessor(tx, draft, draft.replacesId, now)
        if (more === undefined) await assertDraftsBelow(tx, draft, limits.maxCertificates)
        else await assertCertificatesBelow(tx, draft, limits.maxCertificates, now)
        await spendCertificate(tx, { ...draft, what: 'draft' }, limits, now)
        const { organizationId, environment, subject, contacts } = draft
        const [row] = await insertRow(tx, {
          id,
          organization_id: organizationId,
          environment,
          number,
          name,
          status: 'draft',
          source: 'postern',
          description: draft.description,
          owner: draft.owner,
          related_service: draft.relatedService,
          rotation_policy: draft.rotationPolicy,
          contacts: JSON.stringify(contacts),
          organization_name: subject.organizationName,
          country: subject.country,
          state: subject.state,
          certified_subject: JSON.stringify(draft.certifiedSubject),
          key_kind: draft.keyKind,
          replaces_id: draft.replacesId,
          draft_ends_at: now + draftLifetimeMs,
          created_at: now,
          created_by: actor.name,
          created_by_ref: toActorRef(actor),
          responsible_user_id: await findResponsible(tx, actor),
          search_text: toSearchText(name, draft.description),
        })
        const { replacesId, keyKind, description, certifiedSubject } = draft
        const details = { description, subject, certifiedSubject, keyKind, contacts }
        const after = { name, environment, ...details, replacesId }
        await recordStep(tx, { id, organizationId }, { actor, action: 'certificate.created', after }, now)
        if (row === undefined) throw certificateNotFound()
        const stored = toCertificate(row)
        if (more === undefined) return stored
        return 'submission' in more
          ? takeRequest(tx, stored, more.submission, act)
          : takeProven(tx, stored, more.proven, act)
      })
    },
  }
}

export type DraftStore = ReturnType<typeof createDraftStore>

const insertRow = prepareInsert(
  'certificates',
  [
    'id',
    'organization_id',
    'environment',
    'number',
    'name',
    'status',
    'source',
    'description',
    'owner',
    'related_service',
    'rotation_policy',
    'contacts',
    'organization_name',
    'country',
    'state',
    'certified_subject',
    'key_kind',
    'replaces_id',
    'draft_ends_at',
    'created_at',
    'created_by',
    'created_by_ref',
    'responsible_user_id',
    'search_text',
  ],
  (query) => query.returningAll(),
)

const minDigits = 4

async function takeNumber(tx: Tx, organizationId: string): Promise<{ number: number; name: string }> {
  const [taken] = await raiseNumber(tx, { organizationId })
  if (taken === undefined) throw certificateNotFound()
  const { slug, next_certificate_number: next } = taken
  const number = next - 1
  return { number, name: `${slug}-${String(number).padStart(minDigits, '0')}` }
}

const raiseNumber = prepareQuery((queries, values: { organizationId: string }) =>
  queries
    .updateTable('organizations')
    .set((e) => ({ next_certificate_number: e('next_certificate_number', '+', 1) }))
    .where('id', '=', values.organizationId)
    .returning(['slug', 'next_certificate_number']),
)

/**
 * Selects the replacements of a certificate that are unfinished, or valid until after `end`. It names no environment,
 * in which replacements always are: SQLite would read all that the organization has there.
 */
export const selectSuccessors = (queries: Queries, organizationId: string, replacesId: string, end: number) =>
  queries
    .selectFrom('certificates')
    .select('name')
    .where('organization_id', '=', organizationId)
    .where('replaces_id', '=', replacesId)
    .where((e) =>
      e.or([
        e('status', 'in', ['draft', 'pending']),
        e.and([e('status', '=', 'issued'), e('not_after', '>', end)]),
      ]),
    )

async function assertNoSuccessor(tx: Tx, draft: NewDraft, replacesId: string, now: number): Promise<void> {
  const successor = await selectSuccessors(
    tx,
    draft.organizationId,
    replacesId,
    endedBefore(now),
  ).executeTakeFirst()
  if (successor === undefined) return
  throw new PosternError(
    'certificate_wrong_state',
    `This certificate already has a replacement: ${successor.name}. Continue with that one, or discard it first.`,
  )
}
