import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useEffectEvent, useState } from 'react'
import { StreamEvent, streamEventTypes } from '../../../../../src/contract/events/stream-event.ts'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { buildUrl } from '../../../lib/build-url.ts'

type Params = Sent<typeof operations.streamCertificateActivity>['params']
const retryMs = 3000

/** Whether the page is currently connected to the event stream. */
export type Connection = 'connecting' | 'live' | 'interrupted'

/** Subscribes to the gateway events of a certificate while the component is mounted. */
export function useCertificateStream(
  { organization, certificateId }: Params,
  onEvent: (event: StreamEvent) => void,
  { enabled = true }: { enabled?: boolean } = {},
): Connection {
  const queries = useQueryClient()
  const [connection, setConnection] = useState<Connection>('connecting')
  const receive = useEffectEvent((data: string) => {
    const event = StreamEvent.safeParse(JSON.parse(data))
    if (!event.success) return
    if (event.data.type === 'stream.opened') setConnection('live')
    onEvent(event.data)
  })
  useEffect(() => {
    if (!enabled) return
    const address = buildUrl(operations.streamCertificateActivity, { organization, certificateId })
    let source: EventSource
    let retry: ReturnType<typeof setTimeout> | undefined
    const open = () => {
      source = new EventSource(address)
      for (const type of streamEventTypes) source.addEventListener(type, ({ data }) => receive(data))
      source.onerror = () => {
        setConnection('interrupted')
        // The browser reconnects and continues after the last event, unless the response was not a stream.
        if (source.readyState !== EventSource.CLOSED) return
        retry = setTimeout(open, retryMs)
        // The stream does not give the reason; if the session has ended, the response to a query does.
        void queries.invalidateQueries()
      }
    }
    open()
    return () => {
      clearTimeout(retry)
      source.close()
    }
  }, [organization, certificateId, enabled, queries])
  return connection
}
