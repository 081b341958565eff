import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useEffectEvent, useState } from 'react'

const retryMs = 3000

/** Whether the page is currently connected to an event stream. */
export type Connection = 'connecting' | 'live' | 'interrupted'

interface EventStreamOptions {
  /** The address; undefined while there is nothing to follow. */
  address: string | undefined
  types: readonly string[]
  /** Receives the data of each event, as the server sends it. */
  onData: (data: unknown) => void
}

/** Follows a stream of server-sent events while the component is mounted; it opens again after an interruption. */
export function useEventStream({ address, types, onData }: EventStreamOptions): Connection {
  const queries = useQueryClient()
  const [connection, setConnection] = useState<Connection>('connecting')
  const receive = useEffectEvent((type: string, data: string) => {
    if (type === 'stream.opened') setConnection('live')
    onData(JSON.parse(data))
  })
  const names = types.join(' ')
  useEffect(() => {
    if (address === undefined) return
    let source: EventSource
    let retry: ReturnType<typeof setTimeout> | undefined
    const open = () => {
      source = new EventSource(address)
      for (const type of names.split(' '))
        source.addEventListener(type, ({ data }) => receive(type, String(data)))
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
  }, [address, names, queries])
  return connection
}
