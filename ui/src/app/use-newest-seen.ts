import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ActivityView } from '../../../src/contract/activity.ts'
import { activityQuery } from '../features/activity/api/list-activity.ts'
import type { Followed } from '../features/activity/use-followed-activity.ts'
import { useWorkspace } from '../lib/workspace.tsx'

const fewRows = 10

/**
 * Returns the latest gateway event since the page was opened: of the given certificate, or a denied request
 * of the organization that has no certificate.
 */
export function useNewestSeen({ arrived }: Followed): ActivityView | undefined {
  const { params } = useWorkspace()
  const { data } = useInfiniteQuery(activityQuery(params, { outcome: 'denied', limit: fewRows }))
  const refused = data?.pages[0]?.items
  const [known, setKnown] = useState<ReadonlySet<string>>()
  // Events of the first response happened before; the clocks of browser and server may differ.
  if (refused !== undefined && known === undefined) setKnown(new Set(refused.map(({ id }) => id)))
  const untied = refused?.find(({ id, certificate }) => certificate === null && known?.has(id) === false)
  const tied = arrived[0]
  if (untied === undefined || tied === undefined) return tied ?? untied
  return tied.at >= untied.at ? tied : untied
}
