import { readPolicySubject } from '../contract/enforcement-policy.ts'
import { type ChangeEvent, type ChangeTypeName, changeTypes } from '../contract/events/change-event.ts'
import type { ChangeType } from '../contract/events/change-type.ts'
import type { EventSubject, SubjectKind } from '../contract/events/envelope.ts'
import { idPrefixes } from '../contract/ids.ts'
import { type StoredActor, toActorView } from '../shapes/actor.ts'
import { toText } from '../shapes/moment.ts'

/** What a recorded change has on one side. */
type Recorded = Record<string, unknown> | null

/** One row of the audit log as it is stored, with the names of what it is about. */
export interface AuditRecord {
  sequence: number
  at: number
  action: string
  actor: StoredActor
  origin: string
  /** Slug. */
  organization: string | null
  environment: string | null
  subjectKind: string
  subjectId: string
  subjectName: string | null
  before: Recorded
  after: Recorded
  hash: string
}

/** The characters of an ID after its prefix; of the hash of the row, which no other row has. */
const idLength = 26

const byAction = new Map(
  Object.entries<ChangeType>(changeTypes).map(([name, type]) => [type.recordedAs, { name, ...type }]),
)

/** The kinds of subjects by the names under which they are recorded. */
const subjectKinds: Readonly<Record<string, SubjectKind>> = {
  certificate: 'certificate',
  credential: 'credential',
  'api-key': 'api_key',
  registration: 'registration',
  'enforcement-plan': 'enforcement_policy',
  'migration-plan': 'migration',
  organization: 'organization',
  person: 'user',
  invitation: 'invitation',
  issuer: 'certificate_authority',
  'bulk-revocation': 'bulk_revocation',
  confirmation: 'confirmation',
  'audit-key': 'audit_key',
  job: 'job',
  store: 'store',
  configuration: 'configuration',
  keys: 'sealing_keys',
  'signing-key': 'token_signing_key',
  webhook: 'webhook',
}

/** Returns the recorded kind of a subject. */
export const toRecordedKind = (kind: SubjectKind): string | undefined =>
  Object.entries(subjectKinds).find(([, known]) => known === kind)?.[0]

/** Returns the recorded action of a type. */
export const toRecordedAction = (type: ChangeTypeName): string => changeTypes[type].recordedAs

/**
 * Returns a recorded change as an event of the catalogue. An action that the catalogue does not have, or that
 * was recorded in another form, gives the type `other` with what was recorded.
 */
export function toChangeEvent(record: AuditRecord): ChangeEvent {
  const { action, at, actor, origin, organization, hash } = record
  const type = byAction.get(action)
  const isOperator = type?.byOperators === true && actor.kind === 'person'
  const shared = {
    id: `${idPrefixes.event}_${hash.slice(0, idLength)}`,
    time: toText(at),
    organization,
    environment: findEnvironment(record),
    subject: toSubject(record),
    actor: toActorView(isOperator ? { ...actor, kind: 'operator' } : actor),
    origin,
  }
  const before = type?.before.safeParse(translate(record.before, type))
  const after = type?.after.safeParse(translate(record.after, type))
  if (before?.success && after?.success)
    return { ...shared, type: type?.name, data: { before: before.data, after: after.data } } as ChangeEvent
  const data = { recordedAs: action, before: record.before, after: record.after }
  return { ...shared, type: 'other', data }
}

/** A change of a policy or of a migration names its environment itself. */
const findEnvironment = ({ subjectKind, subjectId, environment }: AuditRecord): string | null =>
  subjectKind === 'enforcement-plan' || subjectKind === 'migration-plan'
    ? readPolicySubject(subjectId).environment
    : environment

/** Subjects are named by the ids that the API has: organizations by their slug. */
function toSubject(record: AuditRecord): EventSubject {
  const { subjectKind, subjectId, subjectName: name, organization } = record
  const kind = subjectKinds[subjectKind] ?? 'other'
  if (kind === 'enforcement_policy' || kind === 'migration')
    return { kind, id: `${organization ?? ''}/${findEnvironment(record) ?? ''}`, name }
  return { kind, id: kind === 'organization' ? (organization ?? subjectId) : subjectId, name }
}

/** Gives members and values the names that they have in the API, and writes enum values in snake_case. */
function translate(recorded: Recorded, { words = [], renamed = {}, values = {} }: ChangeType): Recorded {
  if (recorded === null) return recorded
  const toValue = (name: string, value: unknown): unknown => {
    if (typeof value !== 'string') return value
    return values[name]?.[value] ?? (words.includes(name) ? toWord(value) : value)
  }
  return Object.fromEntries(
    Object.entries(recorded).map(([name, value]) => [renamed[name] ?? name, toValue(name, value)]),
  )
}

const toWord = (value: string): string =>
  value
    .replaceAll('-', '_')
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
