import {
  type ClientRequest,
  Agent as PlainAgent,
  type RequestOptions,
  request as requestHttp,
} from 'node:http'
import { request as requestHttps, Agent as TlsAgent } from 'node:https'
import type { Dispatcher } from 'undici'
import { readFields } from '../message/read-fields.ts'
import { sendContinue } from '../message/send-continue.ts'
import { limitAnswerTime } from './limit-answer-time.ts'
import type { OpenCall } from './open-calls.ts'
import { createRelay, type Relay, type RelayEvents } from './relay-answer.ts'
import { createSentTrailerName, type TrailerName, toAnnounced, toTrailers } from './trailer-fields.ts'
import { maxHeadBytes, readTls, type Upstream, type UpstreamTimeouts } from './upstream.ts'
import type { SentName } from './upstream-headers.ts'

type Options = Pick<Dispatcher.DispatchOptions, 'path' | 'headers'>

/**
 * Forwards requests that announce trailers (RFC 9110, section 6.6.2): undici can receive trailers but not
 * send them, so these few requests use Node's own client, each on its own connection. The returned function
 * says whether it forwards the request; it ignores any other.
 */
export function createTrailerSender(upstream: Upstream, timeouts: UpstreamTimeouts, sentName: SentName) {
  const url = new URL(upstream.url)
  const isTls = url.protocol === 'https:'
  const agent = isTls ? new TlsAgent(readTls(upstream)) : new PlainAgent()
  const connected = isTls ? 'secureConnect' : 'connect'
  const target = {
    ...{ protocol: url.protocol, hostname: url.hostname, port: url.port },
    ...{ socketPath: upstream.socketPath, agent, maxHeaderSize: maxHeadBytes },
  }

  return function forwardTrailers(call: OpenCall, { path, headers }: Options, events: RelayEvents): boolean {
    const { request } = call.context
    if (request.headers.trailer === undefined) return false
    const toName = createSentTrailerName(sentName, request.headers.connection)
    const announced = toAnnounced(request.headers.trailer, toName)
    if (announced === undefined) return false
    const relay = createRelay(call, events)
    const sent = (isTls ? requestHttps : requestHttp)({
      ...target,
      ...{ method: call.context.method, path, headers: toChunked(headers as readonly string[], announced) },
    } as RequestOptions)
    call.abandon = () => {
      if (relay.abandon()) sent.destroy()
    }
    limitAnswerTime(sent, timeouts, { body: request, connected })
    relayAnswer(sent, relay, connected)
    sendContinue(call.context)
    sendBody(call, sent, toName, relay)
    return true
  }
}

/** Adds the chunked coding, which trailers require. */
function toChunked(headers: readonly string[], announced: string): string[] {
  const kept = ['transfer-encoding', 'chunked', 'trailer', announced]
  for (let i = 0; i + 1 < headers.length; i += 2)
    if (headers[i] !== 'content-length') kept.push(headers[i] as string, headers[i + 1] as string)
  return kept
}

function sendBody(call: OpenCall, sent: ClientRequest, toName: TrailerName, relay: Relay): void {
  const { request } = call.context
  request.on('data', (chunk: Buffer) => {
    call.bytesSentOn += chunk.length
  })
  request.pipe(sent, { end: false })
  request.once('end', () =>
    orFail(sent, relay, () => {
      sent.addTrailers((toTrailers(readFields(request.rawTrailers), toName) ?? {}) as never)
      sent.end()
    }),
  )
  request.once('close', () => {
    if (!sent.writableEnded) sent.destroy()
  })
}

function relayAnswer(sent: ClientRequest, relay: Relay, connected: 'connect' | 'secureConnect'): void {
  let isWhole = (): boolean => false
  sent.on('error', (error: NodeJS.ErrnoException) => {
    // Bytes after a response do not belong to it.
    if (isWhole()) return
    if (error.code?.startsWith('HPE_')) relay.begin()
    relay.fail(error)
  })
  sent.once('socket', (socket) => socket.once(connected, relay.send))
  sent.on('information', relay.begin)
  sent.once('upgrade', (_answer, socket) => {
    relay.begin()
    relay.fail(new Error('bad upgrade'))
    socket.destroy()
  })
  sent.once('response', (answer) => {
    relay.begin()
    isWhole = () => answer.complete
    answer.on('data', (chunk: Buffer) => orFail(sent, relay, () => relay.write(answer, chunk)))
    answer.once('end', () => orFail(sent, relay, () => relay.end(readFields(answer.rawTrailers))))
    answer.once('error', relay.fail)
    const { statusCode = 0, rawHeaders } = answer
    orFail(sent, relay, () => relay.start(answer, statusCode, readFields(rawHeaders), rawHeaders.length / 2))
  })
}

/** Reports an error thrown in an event listener like every other failure of a request. */
function orFail(sent: ClientRequest, relay: Relay, work: () => void): void {
  try {
    work()
  } catch (error) {
    relay.fail(error as Error)
    sent.destroy()
  }
}
