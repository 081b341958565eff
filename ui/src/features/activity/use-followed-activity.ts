import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { ActivityView } from '../../../../src/contract/activity.ts'
import { certificateActivityQuery } from './api/list-certificate-activity.ts'
import { type Connection, useCertificateStream } from './api/stream-certificate-activity.ts'
import { newestFirst } from './newest-first.ts'

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

/** Follows a certificate live. */
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
      else setArrived((before) => newestFirst([message.activity, ...before]).slice(0, mostArrived))
    },
    { enabled },
  )
  // The page of one certificate may lead to that of another without being made anew.
  const own = arrived.filter(({ certificate }) => certificate?.id === params.certificateId)
  return { connection, arrived: own }
}
