import type { Actor } from '../audit/record-audit.ts'
import { PosternError } from '../errors.ts'
import type { Database, Tx } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import {
  type Certificate,
  type Details,
  endedBefore,
  type KeyKind,
  type SubjectDetails,
} from './certificate.ts'
import { certificateNotFound, findCertificate, recordStep, toSearchText } from './certificate-row-store.ts'

/** What a new draft is made of. */
export interface NewDraft extends Details {
  organizationId: string
  environment: string
  subject: SubjectDetails
  certifiedSubject: SubjectDetails
  keyKind: KeyKind
  replacesId: string | null
}

/** Begins certificates. */
export function createDraftStore(database: Database) {
  return {
    /**
     * Stores a draft under the next number of its organization. `most` is how many unfinished and valid
     * certificates it may have in the environment. Throws `certificate_limit_reached`, or
     * `certificate_wrong_state` when what it replaces has a successor already.
     */
    async insert(draft: NewDraft, most: number, actor: Actor, now: number): Promise<Certificate> {
      const id = newId('cert', now)
      return database.transaction(async (tx) => {
        // Takes the organization's row first: whoever else begins a certificate here waits.
        const { number, name } = await takeNumber(tx, draft.organizationId)
        if (draft.replacesId !== null) await assertNoSuccessor(tx, draft, draft.replacesId, now)
        await assertBelowLimit(tx, draft, most, now)
        const { organizationId, environment, subject, contacts } = draft
        await tx
          .insertInto('certificates')
          .values({
            id,
            organization_id: organizationId,
            environment,
            number,
            name,
            status: 'draft',
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
            created_at: now,
            created_by: actor.name,
            search_text: toSearchText(name, draft.description),
          })
          .execute()
        const { replacesId, keyKind, description, certifiedSubject } = draft
        const details = { description, subject, certifiedSubject, keyKind, contacts }
        const after = { name, environment, ...details, replacesId }
        await recordStep(tx, { id, organizationId }, { actor, action: 'certificate.created', after }, now)
        const stored = await findCertificate(tx, organizationId, id)
        if (stored === undefined) throw certificateNotFound()
        return stored
      })
    },
  }
}

export type DraftStore = ReturnType<typeof createDraftStore>

const fewestDigits = 4

async function takeNumber(tx: Tx, organizationId: string): Promise<{ number: number; name: string }> {
  const { slug, next_certificate_number: next } = await tx
    .updateTable('organizations')
    .set((e) => ({ next_certificate_number: e('next_certificate_number', '+', 1) }))
    .where('id', '=', organizationId)
    .returning(['slug', 'next_certificate_number'])
    .executeTakeFirstOrThrow()
  const number = next - 1
  return { number, name: `${slug}-${String(number).padStart(fewestDigits, '0')}` }
}

/** Certificates of the draft's organization and environment that are unfinished or valid. */
const selectOpen = (tx: Tx, { organizationId, environment }: NewDraft, now: number) =>
  tx
    .selectFrom('certificates')
    .where('organization_id', '=', organizationId)
    .where('environment', '=', environment)
    .where((e) =>
      e.or([
        e('status', 'in', ['draft', 'pending']),
        e.and([e('status', '=', 'issued'), e('not_after', '>', endedBefore(now))]),
      ]),
    )

async function assertNoSuccessor(tx: Tx, draft: NewDraft, replacesId: string, now: number): Promise<void> {
  const successor = await selectOpen(tx, draft, now)
    .select('name')
    .where('replaces_id', '=', replacesId)
    .executeTakeFirst()
  if (successor === undefined) return
  throw new PosternError(
    'certificate_wrong_state',
    `This certificate has a successor already: ${successor.name}. Go on with that one, or give it up first.`,
  )
}

async function assertBelowLimit(tx: Tx, draft: NewDraft, most: number, now: number): Promise<void> {
  const { count } = await selectOpen(tx, draft, now)
    .select((e) => e.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  if (Number(count) < most) return
  throw new PosternError(
    'certificate_limit_reached',
    `There are ${most} unfinished or valid certificates here, which is the most that this environment allows. Cancel a draft or revoke one that is no longer needed.`,
  )
}
