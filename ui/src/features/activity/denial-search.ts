import type { DayRange } from '../../lib/day-range.ts'

/** Which denied requests are shown; stored in the URL. */
export interface DenialSearch extends DayRange {
  code?: string
  environment?: string
  organization?: string
  traceId?: string
}
