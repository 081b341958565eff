import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { ActivityView } from '../../../../src/contract/activity.ts'
import type { Connection } from '../../lib/use-event-stream.ts'
import { certificateActivityQuery } from './api/list-certificate-activity.ts'
import { useCertificateStream } from './api/stream-certificate-activity.ts'
import { newestFirst } from './newest-first.ts'

/** What is reported about a certificate while its page is open. */
export interface Followed {
  connection: Connection
  /** The events since the page was opened, latest first. */
  arrived: ActivityView[]
}

interface FollowOptions {
  enabled?: boolean
  /** Called when status, last use or last denial of the certificate changes. */
  onState?: (state: { status: string; lastUsedAt: string | null; lastDeniedAt: string | null }) => void
}

const maxArrived = 200

/** Follows the live events of a certificate. */
export function useFollowedActivity(
  params: { organization: string; certificateId: string },
  { enabled = true, onState }: FollowOptions = {},
): Followed {
  const queries = useQueryClient()
  const [arrived, setArrived] = useState<ActivityView[]>([])
  const { queryKey } = certificateActivityQuery(params)
  const connection = useCertificateStream(
    params,
    ({ type, data }) => {
      if (type === 'certificate.state_changed') onState?.(data)
      // Events before the stream was connected, or while it was interrupted, are in the list.
      else if (type === 'stream.opened') void queries.invalidateQueries({ queryKey })
      else setArrived((before) => newestFirst([data, ...before]).slice(0, maxArrived))
    },
    { enabled },
  )
  // Navigating between two certificates reuses the component.
  const own = arrived.filter(({ certificate }) => certificate?.id === params.certificateId)
  return { connection, arrived: own }
}
