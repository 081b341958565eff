import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { systemClock } from '../../clock.ts'
import { holdSocket, type SocketAddress } from '../../hold-socket.ts'
import { type EdgeTlsFiles, readEdgeTls } from '../../tls-files/read-edge-tls.ts'
import type { GatewayEnvironment } from '../environment/gateway-environment.ts'
import { type ListenAddress, listenAt } from '../socket/listen-at.ts'
import { stopAccepting } from '../socket/stop-accepting.ts'
import { signatureList } from '../socket/tls-parameters.ts'
import { type AuthorizerParts, createAuthorizerHandler, type HandlerOptions } from './handle-asked.ts'

/** A port where edges ask. With `tls` only edges with a certificate of `clientCaFile` may. */
interface PortAddress extends ListenAddress {
  tls: EdgeTlsFiles | null
}

/** What Node's own servers for HTTP make their connections with. */
const connectionOptions = { allowHalfOpen: true, noDelay: true }

/** A listener that edges ask whether a call may pass. */
export interface Authorizer {
  /** Nothing where edges ask over a socket in the file system. */
  port: number | undefined
  /** Takes no more connections and ends those that are idle. */
  stop(): Promise<void>
}

/**
 * Opens the listener for edges. `/authorize/{environment}/{edge}` decides on a call;
 * `/endpoints/{environment}/{edge}/…` are the gateway's own endpoints for the clients of an edge;
 * `/healthz` answers while the process does. Throws the error of the system where port or socket cannot be had, and
 * `config_invalid` where a file cannot be used.
 */
export async function openAuthorizer(
  parts: AuthorizerParts,
  environments: readonly GatewayEnvironment[],
  { address, ...options }: HandlerOptions & { address: PortAddress | SocketAddress },
): Promise<Authorizer> {
  const handler = createAuthorizerHandler(parts, environments, options)
  const tls = 'port' in address ? address.tls : null
  const server = tls === null ? createServer(handler) : createTlsServer(readTlsOptions(tls), handler)
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  // An edge keeps its connections for longer than this process would wait for the next question.
  server.keepAliveTimeout = 65_000
  const held = 'port' in address ? undefined : await holdSocket(server, address)
  const listening = 'port' in address ? await listenAt(server, address, connectionOptions) : undefined
  return {
    port: held === undefined ? (server.address() as AddressInfo).port : undefined,
    async stop() {
      held?.release()
      await (listening?.stop() ?? stopAccepting(server))
      server.closeIdleConnections()
    },
  }
}

function readTlsOptions(files: EdgeTlsFiles) {
  return {
    ...readEdgeTls(files, systemClock.now()),
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2' as const,
    sigalgs: signatureList,
  }
}
