import type { Sent } from '../../../../src/contract/operation.ts'
import type { operations } from '../../../../src/contract/operations.ts'
import { type DayRange, toMoments } from '../../lib/day-range.ts'

/** Which rows of the audit log are shown; stored in the URL. */
export interface AuditSearch extends DayRange {
  type?: string
  /** The ID of what a row is about. */
  subject?: string
  actor?: string
  organization?: string
}

type AuditFilter = Omit<Sent<typeof operations.listAudit>['query'], 'cursor'>

/** Returns the filter of the API. */
export const toAuditFilter = ({ type, subject, actor, organization, ...days }: AuditSearch): AuditFilter => ({
  ...(type === undefined ? {} : { type: [type] as NonNullable<AuditFilter['type']> }),
  ...(subject === undefined ? {} : { subjectId: subject }),
  ...(actor === undefined ? {} : { actor }),
  ...(organization === undefined ? {} : { organization }),
  ...toMoments(days),
})
