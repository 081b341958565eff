import { once } from 'node:events'
import { type AddressInfo, createServer as createPlain, type Socket } from 'node:net'
import { createServer as createSecure, type TlsOptions } from 'node:tls'

/** How a collector behaves from its next connection on. */
export type Behavior =
  | 'reading'
  /** It takes connections and reads nothing. */
  | 'hanging'
  /** It reads everything and never ends a connection. */
  | 'never ending'
  /** It resets a connection after its first frame; without TLS. */
  | 'breaking off'
  /** It reads a little every few milliseconds. */
  | 'slow'

/** A syslog server that reads the frames of RFC 5425, section 4.3. */
export interface SyslogCollectorServer {
  port: number
  /** The messages of whole frames, in the order of their arrival. */
  messages: string[]
  connections(): number
  behave(behavior: Behavior): void
  close(): Promise<void>
}

/** Opens a collector on 127.0.0.1; without TLS if no options are given. */
export async function openSyslogCollector(tls?: TlsOptions): Promise<SyslogCollectorServer> {
  const messages: string[] = []
  const sockets = new Set<Socket>()
  let behavior: Behavior = 'reading'
  let connections = 0
  const take = (socket: Socket): void => {
    connections += 1
    socket.on('error', () => {})
    if (behavior === 'hanging') {
      socket.pause()
      return
    }
    const isBreaking = behavior === 'breaking off'
    const parse = createFrameParser((message) => {
      messages.push(message)
      if (isBreaking) socket.resetAndDestroy()
    })
    if (behavior === 'slow') {
      readSlowly(socket, parse)
      return
    }
    socket.on('data', parse)
    if (behavior !== 'never ending') socket.on('end', () => socket.end())
  }
  const options = { allowHalfOpen: true }
  const server = tls === undefined ? createPlain(options, take) : createSecure({ ...tls, ...options }, take)
  server.on('tlsClientError', () => {})
  // Also those that never finish their handshake.
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    messages,
    connections: () => connections,
    behave: (next) => {
      behavior = next
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function createFrameParser(onMessage: (message: string) => void): (octets: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0)
  return (octets) => {
    rest = Buffer.concat([rest, octets])
    for (;;) {
      const blank = rest.indexOf(0x20)
      if (blank < 0) return
      const length = rest.toString('latin1', 0, blank)
      if (!/^[1-9][0-9]*$/.test(length)) throw new Error(`A frame begins with ${length}.`)
      const end = blank + 1 + Number(length)
      if (rest.length < end) return
      onMessage(rest.toString('utf8', blank + 1, end))
      rest = rest.subarray(end)
    }
  }
}

function readSlowly(socket: Socket, parse: (octets: Buffer) => void): void {
  const timer = setInterval(() => {
    const octets: Buffer | null = socket.read(Math.min(8192, Math.max(1, socket.readableLength)))
    if (octets !== null) parse(octets)
  }, 5)
  socket.once('end', () => socket.end())
  socket.once('close', () => clearInterval(timer))
}
