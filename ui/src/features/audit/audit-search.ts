import type { Sent } from '../../../../src/contract/operation.ts'
import type { operations } from '../../../../src/contract/operations.ts'

/** Which rows of the audit log are shown; stored in the URL. */
export interface AuditSearch {
  type?: string
  /** The ID of what a row is about. */
  subject?: string
  actor?: string
  organization?: string
  /** Days, such as 2027-03-04, in the time zone of the user; `to` is the last one. */
  from?: string
  to?: string
}

type AuditFilter = Omit<Sent<typeof operations.listAudit>['query'], 'cursor'>

const day = /^\d{4}-\d{2}-\d{2}$/

/** Returns the filter of the API. */
export function toAuditFilter({ type, subject, actor, organization, from, to }: AuditSearch): AuditFilter {
  const start = startOf(from)
  const end = startOf(to)
  return {
    ...(type === undefined ? {} : { type: [type] as NonNullable<AuditFilter['type']> }),
    ...(subject === undefined ? {} : { subjectId: subject }),
    ...(actor === undefined ? {} : { actor }),
    ...(organization === undefined ? {} : { organization }),
    ...(start === undefined ? {} : { from: start.toISOString() }),
    ...(end === undefined ? {} : { to: nextDay(end).toISOString() }),
  }
}

function startOf(text: string | undefined): Date | undefined {
  if (text === undefined || !day.test(text)) return undefined
  const start = new Date(`${text}T00:00:00`)
  return Number.isNaN(start.getTime()) ? undefined : start
}

const nextDay = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1)
