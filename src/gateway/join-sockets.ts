import type { Duplex } from 'node:stream'
import type { Exchange } from './exchange.ts'
import type { Fields } from './read-fields.ts'
import { toClientHeaders } from './to-client-headers.ts'

/**
 * Tells the client of a WebSocket that the upstream has agreed (RFC 6455, 4.2.2), and joins the two
 * connections: bytes go both ways, no faster than they are taken, and both end with either.
 */
export function joinSockets(exchange: Exchange, headers: Fields, upstream: Duplex): void {
  const { socket } = exchange.connection
  socket.write(headOf(exchange, headers), 'latin1')
  if (exchange.upgradeHead !== undefined) upstream.write(exchange.upgradeHead)
  upstream.on('error', () => upstream.destroy())
  upstream.once('close', () => socket.destroySoon())
  socket.once('close', () => upstream.destroy())
  upstream.pipe(socket)
  socket.pipe(upstream)
}

function headOf(exchange: Exchange, headers: Fields): string {
  const sent = { ...toClientHeaders(exchange, 101, headers), connection: 'upgrade', upgrade: 'websocket' }
  const lines = Object.entries(sent).flatMap(([name, value]) =>
    [value].flat().map((one) => `${name}: ${one}\r\n`),
  )
  return `HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}\r\n`
}
