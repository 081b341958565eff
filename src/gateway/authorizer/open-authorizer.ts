import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { bindSocket, type SocketAddress } from '../../bind-socket.ts'
import { systemClock } from '../../clock.ts'
import { type ProxyTlsFiles, readProxyTls } from '../../tls-files/read-proxy-tls.ts'
import type { GatewayEnvironment } from '../environment/gateway-environment.ts'
import { type ListenAddress, listenAt } from '../socket/listen-at.ts'
import { stopAccepting } from '../socket/stop-accepting.ts'
import { signatureList } from '../socket/tls-parameters.ts'
import {
  type AuthorizerDependencies,
  createAuthorizerHandler,
  type HandlerOptions,
} from './handle-authorization-request.ts'

/**
 * A port for authorization requests. With `tls` only proxies with a certificate of `clientCaFile` may
 * connect.
 */
interface PortAddress extends ListenAddress {
  tls: ProxyTlsFiles | null
}

/** The socket options that Node's own HTTP servers use. */
const connectionOptions = { allowHalfOpen: true, noDelay: true }

/** A listener for authorization requests of reverse proxies. */
export interface Authorizer {
  /** Undefined if proxies connect to a Unix socket. */
  port: number | undefined
  /** Answers by other settings of the environments and headers from now on. */
  change(environments: readonly GatewayEnvironment[], reservedHeaders: readonly string[]): void
  /** Accepts no further connections and closes idle ones. */
  stop(): Promise<void>
}

/**
 * Opens the listener for reverse proxies. `/authorize/{environment}/{edge}` answers authorization requests;
 * `/endpoints/{environment}/{edge}/…` are the gateway's own endpoints for a proxy's clients; `/healthz`
 * answers while the process runs. Throws the system's error if port or socket are unavailable, and
 * `config_invalid` if a file is unusable.
 */
export async function openAuthorizer(
  dependencies: AuthorizerDependencies,
  environments: readonly GatewayEnvironment[],
  { address, ...options }: HandlerOptions & { address: PortAddress | SocketAddress },
): Promise<Authorizer> {
  let answer = createAuthorizerHandler(dependencies, environments, options)
  const handler: typeof answer = (request, response) => answer(request, response)
  const tls = 'port' in address ? address.tls : null
  const server = tls === null ? createServer(handler) : createTlsServer(readTlsOptions(tls), handler)
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  // A proxy keeps its connections for longer than Node's default idle time-out.
  server.keepAliveTimeout = 65_000
  const held = 'port' in address ? undefined : await bindSocket(server, address)
  const listening = 'port' in address ? await listenAt(server, address, connectionOptions) : undefined
  return {
    port: held === undefined ? (server.address() as AddressInfo).port : undefined,
    change(changed, reservedHeaders) {
      answer = createAuthorizerHandler(dependencies, changed, { ...options, reservedHeaders })
    },
    async stop() {
      held?.release()
      await (listening?.stop() ?? stopAccepting(server))
      server.closeIdleConnections()
    },
  }
}

function readTlsOptions(files: ProxyTlsFiles) {
  return {
    ...readProxyTls(files, systemClock.now()),
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2' as const,
    sigalgs: signatureList,
  }
}
