import { useDocumentVisibility } from '@mantine/hooks'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { organizationStreamEventTypes } from '../../../src/contract/events/stream-event.ts'
import { operations } from '../../../src/contract/operations.ts'
import { buildUrl } from '../lib/build-url.ts'
import { type Connection, useEventStream } from '../lib/use-event-stream.ts'
import { useWorkspace } from '../lib/workspace.tsx'

/** The counts of calls are written a moment after the calls themselves. */
const countsMs = 1500
/** The pause between two loads while calls arrive. */
const pauseMs = 900
/** What does not change with the certificates, credentials and calls of an organization. */
const steady = ['session', 'environments', 'organizations', 'credential']

/**
 * Loads again what the page shows whenever something of the organization has changed. The whole page has one stream,
 * and none while its tab is hidden: browsers open few connections to one host.
 */
export function useLiveWorkspace(): Connection {
  const { params } = useWorkspace()
  const queries = useQueryClient()
  const isVisible = useDocumentVisibility() === 'visible'
  const refreshedAt = useRef(0)
  const soon = useRef<ReturnType<typeof setTimeout>>(undefined)
  const later = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(
    () => () => {
      clearTimeout(soon.current)
      clearTimeout(later.current)
    },
    [],
  )
  const refresh = () =>
    queries.invalidateQueries({ predicate: ({ queryKey }) => !steady.includes(String(queryKey[0])) })
  return useEventStream({
    address: isVisible ? buildUrl(operations.streamOrganizationChanges, params) : undefined,
    types: organizationStreamEventTypes,
    onData: () => {
      soon.current ??= setTimeout(
        () => {
          soon.current = undefined
          refreshedAt.current = Date.now()
          void refresh()
        },
        pauseMs - (Date.now() - refreshedAt.current),
      )
      clearTimeout(later.current)
      later.current = setTimeout(refresh, countsMs)
    },
  })
}
