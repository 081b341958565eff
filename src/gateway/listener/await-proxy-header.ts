import type { Socket } from 'node:net'
import { readProxyHeader } from './read-proxy-header.ts'

/** A load balancer sends its header with the first packet of a connection. */
const headerMs = 3000

/** What a load balancer has said about a connection. */
export type Announced =
  | {
      ok: true
      /** Undefined if the connection is one of the load balancer itself. */
      clientAddress: string | undefined
      /** The length of the header. */
      octets: number
      /** What has already arrived after it. */
      rest: Buffer
    }
  | { ok: false; problem: 'absent' | 'late' | 'invalid'; explanation: string }

/**
 * Reads the PROXY protocol header at the start of a connection, and calls `onAnnounced` once, with the socket
 * open. Not called if the peer closes the connection before the header is complete, as health checks do.
 */
export function awaitProxyHeader(socket: Socket, onAnnounced: (announced: Announced) => void): void {
  let bytes = Buffer.alloc(0)
  const onError = () => socket.destroy()
  const settle = (announced?: Announced): void => {
    clearTimeout(timer)
    socket.off('readable', onReadable).off('close', onClose)
    if (announced === undefined || socket.destroyed) return
    onAnnounced(announced)
    socket.off('error', onError)
  }
  const onClose = () => settle()
  const onReadable = (): void => {
    const chunk: Buffer | null = socket.read()
    if (chunk === null) return void socket.destroy()
    bytes = Buffer.concat([bytes, chunk])
    const header = readProxyHeader(bytes)
    if (header.state === 'absent')
      settle({ ok: false, problem: 'absent', explanation: 'it sent something else' })
    else if (header.state === 'invalid')
      settle({ ok: false, problem: 'invalid', explanation: header.problem })
    else if (header.state === 'complete') {
      const { octets, clientAddress } = header
      settle({ ok: true, clientAddress, octets, rest: bytes.subarray(octets) })
    }
  }
  const timer = setTimeout(
    () => settle({ ok: false, problem: 'late', explanation: `none within ${headerMs / 1000} seconds` }),
    headerMs,
  )
  socket.on('error', onError).once('close', onClose).on('readable', onReadable)
}
