import type { Duplex } from 'node:stream'
import type { Fields } from '../message/read-fields.ts'
import type { OpenCall } from './open-calls.ts'
import { toClientHeaders } from './to-client-headers.ts'

/**
 * Tells the client of a WebSocket that the upstream has accepted (RFC 6455, section 4.2.2), and connects both
 * sides: bytes flow both ways with backpressure, and both end together.
 */
export function pipeSockets(call: OpenCall, headers: Fields, upstream: Duplex): void {
  const { connection, upgradeHead } = call.context
  const { socket } = connection
  socket.write(headOf(call, headers), 'latin1')
  if (upgradeHead !== undefined) upstream.write(upgradeHead)
  upstream.on('error', () => upstream.destroy())
  upstream.once('close', () => socket.destroySoon())
  socket.once('close', () => upstream.destroy())
  upstream.pipe(socket)
  socket.pipe(upstream)
}

function headOf(call: OpenCall, headers: Fields): string {
  const sent = { ...toClientHeaders(call, 101, headers), connection: 'upgrade', upgrade: 'websocket' }
  const lines = Object.entries(sent).flatMap(([name, value]) =>
    [value].flat().map((one) => `${name}: ${one}\r\n`),
  )
  return `HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}\r\n`
}
