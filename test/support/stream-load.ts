import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import type { Duplex } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import type { ClientIdentity } from './gateway-client.ts'
import type { RunningPostern } from './postern.ts'
import { openUpstream, type UpstreamServer } from './upstream-server.ts'

/** How many parts a stream has, and the pause between two: an old process has to let it end. */
const parts = 10
const partMs = 50

const upgrade = {
  connection: 'upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
}

/** Opens an API with answers at once, server-sent events at `/events` and an echo over WebSockets at `/socket`. */
export async function openStreamingUpstream(): Promise<UpstreamServer> {
  const upstream = await openUpstream()
  upstream.answerWith(async (incoming, response) => {
    incoming.resume()
    if (incoming.url !== '/events') return void response.end('{}')
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (let part = 0; part < parts; part += 1) {
      response.write(`data: ${part}\n\n`)
      await wait(partMs)
    }
    response.end()
  })
  upstream.server.on('upgrade', (_, socket) => {
    socket.on('error', () => {})
    socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n')
    socket.pipe(socket)
  })
  return upstream
}

interface StreamTally {
  /** Those that came to their end, and those that a gateway which stops has ended. */
  streams: number
  ended: number
  /** Those that could not be opened. */
  lost: string[]
}

type Stream = (send: ReturnType<typeof createSender>) => Promise<number>

/** Opens one stream after another, each on a connection of its own, and counts how they end. */
export async function openStreams(
  postern: Pick<RunningPostern, 'gateways' | 'serverCaFile'>,
  { identity, token }: { identity: ClientIdentity; token: string },
  record: StreamTally,
  signal: AbortSignal,
): Promise<void> {
  const send = createSender(postern, identity, token)
  const repeat = async (name: string, stream: Stream) => {
    while (!signal.aborted) {
      const received = await stream(send).catch((error: Error) => error.message)
      if (received === parts) record.streams += 1
      else if (typeof received === 'number') record.ended += 1
      else record.lost.push(`${name}: ${received}`)
    }
  }
  await Promise.all([repeat('events', readEvents), repeat('WebSocket', talk)])
}

const createSender =
  (
    { gateways, serverCaFile }: Pick<RunningPostern, 'gateways' | 'serverCaFile'>,
    identity: ClientIdentity,
    token: string,
  ) =>
  (path: string, headers: object) => {
    const sent = request(`${gateways.production}${path}`, {
      ...identity,
      agent: false,
      ca: readFileSync(serverCaFile),
      headers: { authorization: `Bearer ${token}`, ...headers },
    })
    sent.end()
    return sent
  }

const readEvents: Stream = async (send) => {
  const [response] = (await once(send('/events', {}), 'response')) as [IncomingMessage]
  let text = ''
  try {
    for await (const chunk of response) text += chunk
  } catch {
    // It is counted by what has arrived.
  }
  return text.split('data: ').length - 1
}

const talk: Stream = async (send) => {
  const [, socket] = (await once(send('/socket', upgrade), 'upgrade')) as [unknown, Duplex]
  socket.on('error', () => {})
  let echoed = 0
  while (echoed < parts && !socket.destroyed) {
    const ended = once(socket, 'close')
    socket.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]))
    const heard = await Promise.race([once(socket, 'data').then(() => true), ended.then(() => false)])
    if (!heard) break
    echoed += 1
    await wait(partMs)
  }
  socket.destroy()
  return echoed
}
