import { constants, type ServerHttp2Stream } from 'node:http2'
import type { DeniedAccess } from '../decision/access-decision.ts'
import { explainRefusal } from '../decision/explain-refusal.ts'
import { sendJson } from '../message/problem-reply.ts'
import { observeExchange } from '../observation/observe.ts'
import type { Exchange } from '../request-context/exchange.ts'
import { findingsOf } from '../request-context/findings.ts'
import { endWithAnswer } from '../socket/close-connection.ts'
import { type ErrorParts, kindOf } from './answer-error.ts'
import { describeRefusal } from './describe-refusal.ts'

/** As many as an HTTP/2 client can have in progress. */
const mostUnread = 100

/**
 * Tells a client why its certificate is not accepted, as the last answer of its connection, or closes the connection
 * unanswered where its environment says so. Records it.
 */
export function denyAccess(parts: ErrorParts, exchange: Exchange, access: DeniedAccess): void {
  const { connection, environment, response } = exchange
  // Streams of one connection may have waited for the same decision.
  if (connection.isRefused) return void leaveUnread(exchange)
  connection.isRefused = true
  const { denial } = access
  const { code } = denial
  const { presented } = connection
  if (presented?.mistake !== undefined) parts.report.failed(exchange, presented.mistake)
  const explanation = explainRefusal(denial, presented, environment.name)
  const found = findingsOf(access)
  const isDropped = environment.refusals === 'drop'
  if (isDropped) connection.socket.destroy()
  else {
    endWithAnswer(exchange)
    const described = { code, explanation, isAboutCertificate: true }
    sendJson(exchange, found, describeRefusal(parts, exchange, described))
  }
  const status = isDropped ? null : response.statusCode
  parts.record(observeExchange(exchange, found, kindOf(exchange), { status, code, explanation }))
}

/**
 * Spends nothing on what comes after the certificate of its connection has been denied: the answer that says why
 * is on its way, and the connection ends with it. A client that goes on all the same is cut off.
 */
export function leaveUnread({
  request,
  response,
  connection,
}: Pick<Exchange, 'request' | 'response' | 'connection'>): void {
  connection.unread += 1
  if (connection.unread > mostUnread) return void connection.socket.destroy()
  const { stream } = response as unknown as { stream?: ServerHttp2Stream }
  if (stream === undefined) request.pause()
  else stream.close(constants.NGHTTP2_CANCEL)
}
