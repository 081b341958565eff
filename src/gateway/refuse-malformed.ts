import type { Connection } from './connections.ts'
import type { GatewayEnvironment } from './gateway-environment.ts'
import type { GatewayParts } from './gateway-parts.ts'
import { problemOf } from './problem-reply.ts'
import { recordBareConnection } from './record-connection.ts'
import { writeProblem } from './write-problem.ts'

const explanations: Record<string, string> = {
  HPE_HEADER_OVERFLOW: 'The headers of the request are too large. Send at most 16 KiB of them.',
  ERR_HTTP_REQUEST_TIMEOUT: 'The headers of the request did not arrive in time. Send them at once.',
}
const malformed =
  'The request is not HTTP/1.1 as RFC 9112 has it, so that programs could read it in different ways. Send one length, header lines that end in CRLF, and no white space before colons.'

/**
 * Ends a connection whose bytes are no HTTP/1.1, before anything of them has reached the upstream, and
 * records why. What is wrong is told where no answer is under way that the words would fall into.
 */
export function refuseMalformed(
  parts: GatewayParts,
  environment: GatewayEnvironment,
  connection: Connection,
  { code = '' }: NodeJS.ErrnoException,
): void {
  const { socket } = connection
  const isMalformed = code.startsWith('HPE_') || code in explanations
  if (!isMalformed) return void socket.destroy()
  connection.used = true
  const explanation = explanations[code] ?? malformed
  const record = recordBareConnection(parts, environment, connection, { code: 'bad_request', explanation })
  if (connection.active > 0 || (!record.accepted && environment.refusals === 'drop'))
    return void socket.destroy()
  writeProblem(
    socket,
    problemOf(record.code ?? 'bad_request', record.explanation ?? explanation, record.traceId),
  )
}
