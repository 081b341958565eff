import { type InfiniteData, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { ActivityView } from '../../../../src/contract/activity.ts'
import type { Reply } from '../../../../src/contract/operation.ts'
import type { operations } from '../../../../src/contract/operations.ts'
import { certificateActivityQuery } from './api/list-certificate-activity.ts'
import { type Connection, useCertificateStream } from './api/stream-certificate-activity.ts'

type Pages = InfiniteData<Reply<typeof operations.listCertificateActivity>, string | null>

/** What is told of a certificate while its page is open. */
export interface Followed {
  connection: Connection
  /** What came in since the page was opened, newest first. */
  arrived: ActivityView[]
}

interface FollowOptions {
  enabled?: boolean
  /** Told when status or last use of the certificate changes. */
  onState?: (state: { status: string; lastUsedAt: string | null }) => void
}

const mostArrived = 200

/** Follows a certificate live: new activity goes to the top of its list. */
export function useFollowedActivity(
  params: { organization: string; certificateId: string },
  { enabled = true, onState }: FollowOptions = {},
): Followed {
  const queries = useQueryClient()
  const [arrived, setArrived] = useState<ActivityView[]>([])
  const { queryKey } = certificateActivityQuery(params)
  const connection = useCertificateStream(
    params,
    (message) => {
      if (message.event === 'certificate') onState?.(message)
      // What happened before the stream was there, or while it was away, is in the list.
      else if (message.event === 'ready') void queries.invalidateQueries({ queryKey })
      else {
        setArrived((before) => [message.activity, ...before].slice(0, mostArrived))
        queries.setQueryData<Pages>(queryKey, (pages) => pages && prepend(pages, message.activity))
      }
    },
    { enabled },
  )
  return { connection, arrived }
}

function prepend({ pages, pageParams }: Pages, activity: ActivityView): Pages {
  const [first, ...rest] = pages
  if (first === undefined) return { pages, pageParams }
  const others = first.items.filter(({ id }) => id !== activity.id)
  return { pages: [{ ...first, items: [activity, ...others] }, ...rest], pageParams }
}
