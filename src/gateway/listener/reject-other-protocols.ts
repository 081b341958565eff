import type { Socket } from 'node:net'
import type { GatewayEnvironment } from '../environment/gateway-environment.ts'
import { getProblem } from '../message/problem.ts'
import { writeProblem } from '../message/write-problem.ts'
import {
  type ConnectionRecordDependencies,
  recordBrokenConnection,
} from '../observation/record-connection.ts'
import type { Greeting } from './watch-handshakes.ts'

/** Answers a request of plain HTTP, unless the environment gives unauthenticated clients no answer. */
export function rejectPlainHttp(
  dependencies: Pick<ConnectionRecordDependencies, 'clock' | 'record'>,
  environment: GatewayEnvironment,
  socket: Socket,
  { clientAddress, admission }: Greeting,
): void {
  const detail = `The request used HTTP, but this port requires HTTPS. Use ${environment.gatewayUrl}`
  const peer = { clientAddress, serverName: null }
  const broken = { code: 'plain_http_on_tls_port', explanation: detail } as const
  const traceId = recordBrokenConnection(dependencies, environment, peer, broken)
  if (environment.denials === 'drop') return void socket.destroy()
  const answer = getProblem(environment, 'plain_http_on_tls_port', { detail, traceId })
  writeProblem({ socket, admission }, answer, dependencies.clock.now())
}

/**
 * Closes without a response: only the load balancer would read it, which then forwards TLS for its client.
 */
export function rejectProxyHeader(
  dependencies: Pick<ConnectionRecordDependencies, 'clock' | 'record'>,
  environment: GatewayEnvironment,
  socket: Socket,
  { clientAddress, isAnnounced }: Greeting,
): void {
  const explanation = isAnnounced
    ? 'The connection has two headers of the PROXY protocol. Switch the PROXY protocol off in all load balancers but the one that connects to the gateway.'
    : `The connection began with a header of the PROXY protocol, and gateway.proxyProtocolFrom does not name ${clientAddress}. Add the address if it is that of your load balancer, or switch the PROXY protocol off there.`
  const broken = { code: 'proxy_header_unexpected', explanation } as const
  recordBrokenConnection(dependencies, environment, { clientAddress, serverName: null }, broken)
  socket.destroy()
}
