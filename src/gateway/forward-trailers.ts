import {
  type Agent,
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
  request as requestHttp,
} from 'node:http'
import { request as requestHttps, Agent as TlsAgent } from 'node:https'
import type { Dispatcher } from 'undici'
import type { OpenCall } from './open-calls.ts'
import { endAnswer, holdBack, type RelayEvents, writeHead } from './relay-answer.ts'
import { readTls, type Upstream, type UpstreamTimeouts } from './upstream.ts'
import { type SentName, toTrailers } from './upstream-headers.ts'

/**
 * Sends calls on that announce trailers (RFC 9110, 6.6.2): undici can receive trailers and cannot send them,
 * so the few calls that have any go out by Node's own client, each on a connection of its own.
 */
export function createTrailerSender(upstream: Upstream, timeouts: UpstreamTimeouts, sentName: SentName) {
  const url = new URL(upstream.url)
  const isTls = url.protocol === 'https:'
  const agent: Agent | undefined = isTls ? new TlsAgent(readTls(upstream)) : undefined
  const send = isTls ? requestHttps : requestHttp

  return function forwardTrailers(
    call: OpenCall,
    { path, headers }: Pick<Dispatcher.DispatchOptions, 'path' | 'headers'>,
    events: RelayEvents,
  ): void {
    const { exchange } = call
    const { request, response } = exchange
    const sent = send({
      protocol: url.protocol,
      hostname: url.hostname,
      port: url.port,
      socketPath: upstream.socketPath,
      agent,
      method: exchange.method,
      path,
      headers: toChunked(headers as readonly string[], request.headers.trailer),
      timeout: timeouts.answer,
    } as RequestOptions)
    sent.on('error', events.onFailed)
    sent.once('timeout', () => sent.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })))
    sent.once('response', (answer) => relay(call, answer, events))
    call.abandon = () => sent.destroy()
    if (request.headers.expect !== undefined) response.writeContinue()
    sendBody(call, sent, sentName)
  }
}

/** Trailers need a body in chunks. */
function toChunked(headers: readonly string[], announced: string | undefined): string[] {
  const kept = ['transfer-encoding', 'chunked', 'trailer', announced ?? '']
  for (let i = 0; i + 1 < headers.length; i += 2)
    if (headers[i] !== 'content-length') kept.push(headers[i] as string, headers[i + 1] as string)
  return kept
}

function sendBody(call: OpenCall, sent: ClientRequest, sentName: SentName): void {
  const { request } = call.exchange
  request.on('data', (chunk: Buffer) => {
    call.bytesSentOn += chunk.length
  })
  request.pipe(sent, { end: false })
  request.once('end', () => {
    sent.addTrailers(toTrailers(request.rawTrailers, sentName))
    sent.end()
  })
  request.once('close', () => {
    if (!sent.writableEnded) sent.destroy()
  })
}

function relay(call: OpenCall, answer: IncomingMessage, events: RelayEvents): void {
  const { response } = call.exchange
  writeHead(call.exchange, answer.statusCode ?? 502, answer.headers)
  response.flushHeaders()
  events.onAnswered(answer.statusCode ?? 502, answer.headers)
  response.on('drain', () => {
    call.heldBytes = undefined
    answer.resume()
  })
  answer.on('data', (chunk: Buffer) => {
    if (response.write(chunk)) return
    answer.pause()
    holdBack(call)
    events.onHeldBack()
  })
  answer.once('end', () => {
    endAnswer(call, answer.rawTrailers)
    events.onDone()
  })
  answer.once('error', () => response.destroy())
}
