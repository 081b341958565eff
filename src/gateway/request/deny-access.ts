import { constants, type ServerHttp2Stream } from 'node:http2'
import type { DeniedAccess } from '../decision/access-decision.ts'
import { explainDenial } from '../decision/explain-denial.ts'
import { sendJson } from '../message/problem-reply.ts'
import { observeRequest } from '../observation/observe.ts'
import { getFindings } from '../request-context/findings.ts'
import type { RequestContext } from '../request-context/request-context.ts'
import { endWithAnswer } from '../socket/close-connection.ts'
import { type ErrorDependencies, getKind } from './answer-error.ts'
import { describeDenial } from './describe-denial.ts'

/** As many as an HTTP/2 client can have in progress. */
const maxUnread = 100

/**
 * Tells a client why its certificate is not accepted, as the last answer of its connection, or closes the connection
 * unanswered where its environment says so. Records it.
 */
export function denyAccess(
  dependencies: ErrorDependencies,
  context: RequestContext,
  access: DeniedAccess,
): void {
  const { connection, environment, response } = context
  // Streams of one connection may have waited for the same decision.
  if (connection.isDenied) return void discardUnread(context)
  connection.isDenied = true
  const { denial } = access
  const { code } = denial
  const { presented } = connection
  if (presented?.mistake !== undefined) dependencies.report.failed(context, presented.mistake)
  const explanation = explainDenial(denial, presented, { environment: environment.name, now: context.now })
  const found = getFindings(access)
  const isDropped = environment.denials === 'drop'
  if (isDropped) connection.socket.destroy()
  else {
    endWithAnswer(context)
    const described = { code, explanation, isAboutCertificate: true }
    sendJson(context, found, describeDenial(dependencies, context, described))
  }
  const status = isDropped ? null : response.statusCode
  dependencies.record(observeRequest(context, found, getKind(context), { status, code, explanation }))
}

/**
 * Spends nothing on what comes after the certificate of its connection has been denied: the answer that says why
 * is on its way, and the connection ends with it. A client that goes on all the same is cut off.
 */
export function discardUnread({
  request,
  response,
  connection,
}: Pick<RequestContext, 'request' | 'response' | 'connection'>): void {
  connection.unread += 1
  if (connection.unread > maxUnread) return void connection.socket.destroy()
  const { stream } = response as unknown as { stream?: ServerHttp2Stream }
  if (stream === undefined) request.pause()
  else stream.close(constants.NGHTTP2_CANCEL)
}
