import type { ActivityView } from '../../../../src/contract/activity.ts'

/**
 * Sorts rows by time, the latest first. They arrive in the order in which gateway processes write them, not
 * in that of the events.
 */
export const newestFirst = (rows: readonly ActivityView[]): ActivityView[] =>
  rows.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at))
