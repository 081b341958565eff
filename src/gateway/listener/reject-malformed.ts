import type { GatewayEnvironment } from '../environment/gateway-environment.ts'
import { getProblem } from '../message/problem.ts'
import { writeProblem } from '../message/write-problem.ts'
import { type ConnectionRecordDependencies, recordBareConnection } from '../observation/record-connection.ts'
import type { Connection } from '../request-context/connections.ts'
import { awaitLineEnd } from '../socket/await-line-end.ts'
import {
  endsRequestLine,
  explainMalformed,
  explainOverflow,
  isAnsweredAsRequest,
  isUndecided,
  type MalformedBytes,
  type ParserError,
} from './malformed-bytes.ts'

/**
 * Closes a connection whose bytes are not HTTP/1.1, before any of them have reached the upstream, and records
 * the reason. The error is sent only if no response is in progress that it could be mixed with.
 */
export function rejectMalformed(
  dependencies: ConnectionRecordDependencies,
  environment: GatewayEnvironment,
  connection: Connection,
  error: ParserError,
): void {
  const { socket } = connection
  const problem = explainMalformed(error)
  if (problem === undefined) return void socket.destroy()
  connection.used = true
  if (isAnsweredAsRequest(error) && connection.active > 0) return
  if (!isUndecided(error)) return void answer(dependencies, environment, connection, problem)
  awaitLineEnd(socket, (line = '') =>
    answer(dependencies, environment, connection, explainOverflow(endsRequestLine(line))),
  )
}

function answer(
  dependencies: ConnectionRecordDependencies,
  environment: GatewayEnvironment,
  connection: Connection,
  problem: MalformedBytes,
): void {
  const record = recordBareConnection(dependencies, environment, connection, problem)
  if (connection.active > 0 || (!record.accepted && environment.denials === 'drop'))
    return void connection.socket.destroy()
  const { code, explanation, traceId } = record
  const said = getProblem(environment, code ?? problem.code, {
    detail: explanation ?? problem.explanation,
    traceId,
  })
  writeProblem(connection, said, dependencies.clock.now())
}
