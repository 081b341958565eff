import type { ActivityView } from '../../../../src/contract/activity.ts'

/**
 * Rows by their time, the newest first. They come in the order in which gateway processes write them, which is
 * not that in which things happened.
 */
export const newestFirst = (rows: readonly ActivityView[]): ActivityView[] =>
  rows.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at))
