import { hash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { GatewayEnvironment } from '../environment/gateway-environment.ts'
import type { Log } from '../log/log.ts'
import { getProblem } from '../message/problem.ts'
import {
  type ConnectionRecordDependencies,
  recordBrokenConnection,
} from '../observation/record-connection.ts'

const secretHeader = 'postern-authorizer-secret'
const toldMs = 60_000
const code = 'authorizer_secret_wrong'
const detail =
  'Postern was asked without the secret of its edges, so it does not answer. The operator has to give the edge the secret that Postern has.'

const digest = (text: string): Buffer => hash('sha256', text, 'buffer')

/** Returns whether a request has the secret, compared in constant time; true if none is configured. */
export function createSecretCheck(secret: string | null): (request: IncomingMessage) => boolean {
  if (secret === null) return () => true
  const expected = digest(secret)
  return ({ headers }) => timingSafeEqual(digest(String(headers[secretHeader] ?? '')), expected)
}

/**
 * Answers programs that call without the secret. They are reported at most once per minute, in the activity
 * and the log, so that none of them can flood either. The status is 500, which no proxy interprets as a
 * decision of Postern.
 */
export function createSecretDenial(
  dependencies: Pick<ConnectionRecordDependencies, 'clock' | 'record'>,
  log: Log,
): (environment: GatewayEnvironment, request: IncomingMessage, response: ServerResponse) => void {
  let toldAt = Number.NEGATIVE_INFINITY
  let count = 0
  let traceId = ''
  return (environment, request, response) => {
    const now = dependencies.clock.now()
    count += 1
    if (now - toldAt >= toldMs) {
      const peer = { clientAddress: request.socket.remoteAddress ?? '', serverName: null }
      traceId = recordBrokenConnection(dependencies, environment, peer, { code, explanation: detail })
      log.warn(
        { code },
        `The authorizer was asked ${count} times without the secret of its edges since it was last told (${code}).`,
      )
      toldAt = now
      count = 0
    }
    const body = JSON.stringify(getProblem(environment, code, { detail, traceId }))
    // The rest of a body must not be read as the next request.
    response.writeHead(500, {
      'content-type': 'application/problem+json',
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      'postern-trace-id': traceId,
      connection: 'close',
    })
    response.end(body)
  }
}
