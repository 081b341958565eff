import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ActivityView } from '../../../src/contract/activity.ts'
import { activityQuery } from '../features/activity/api/list-activity.ts'
import type { Followed } from '../features/activity/use-followed-activity.ts'
import { usePlace } from '../lib/place.tsx'

const fewRows = 10

/**
 * The newest thing that the gateway saw since the page was opened: of the certificate that is
 * followed, or a refusal of the organization that names no certificate, such as a call without one.
 */
export function useNewestSeen({ arrived }: Followed): ActivityView | undefined {
  const { params } = usePlace()
  const { data } = useInfiniteQuery(activityQuery(params, { outcome: 'refused', limit: fewRows }))
  const refused = data?.pages[0]?.items
  const [known, setKnown] = useState<ReadonlySet<string>>()
  // What the first answer holds happened before; clocks of browser and server need not agree.
  if (refused !== undefined && known === undefined) setKnown(new Set(refused.map(({ id }) => id)))
  const untied = refused?.find(({ id, certificate }) => certificate === null && known?.has(id) === false)
  const tied = arrived[0]
  if (untied === undefined || tied === undefined) return tied ?? untied
  return tied.at >= untied.at ? tied : untied
}
