import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ActivityView } from '../../../src/contract/activity.ts'
import { activityQuery } from '../features/activity/api/list-activity.ts'
import { certificateActivityQuery } from '../features/activity/api/list-certificate-activity.ts'
import { newestFirst } from '../features/activity/newest-first.ts'
import type { Followed } from '../features/activity/use-followed-activity.ts'
import { useWorkspace } from '../lib/workspace.tsx'

const fewRows = 10

/** What the gateway has seen of a certificate. */
export interface Seen {
  /**
   * The latest event since the page was opened: of the certificate, or a denied request of the organization that has
   * no certificate.
   */
  arrived: ActivityView | undefined
  /** The latest events of the certificate, before the page was opened too; latest first. */
  known: ActivityView[]
}

/** Returns what the gateway has seen of a certificate, up to now. */
export function useNewestSeen(followed: Followed, certificateId: string): Seen {
  const { params } = useWorkspace()
  const own = useInfiniteQuery(certificateActivityQuery({ organization: params.organization, certificateId }))
  const { data } = useInfiniteQuery(activityQuery(params, { outcome: 'denied', limit: fewRows }))
  const denied = data?.pages[0]?.items
  const [before, setBefore] = useState<ReadonlySet<string>>()
  // Events of the first response happened before; the clocks of browser and server may differ.
  if (denied !== undefined && before === undefined) setBefore(new Set(denied.map(({ id }) => id)))
  const untied = denied?.find(({ id, certificate }) => certificate === null && before?.has(id) === false)
  const tied = followed.arrived[0]
  const listed = own.data?.pages.flatMap(({ items }) => items) ?? []
  return {
    arrived: untied === undefined || (tied !== undefined && tied.at >= untied.at) ? tied : untied,
    known: newestFirst([...followed.arrived, ...listed]),
  }
}
