import type { Clock } from '../clock.ts'
import type { ProvenKey } from '../contract/usage-batch.ts'
import type { LiveToken } from '../shapes/live-token.ts'
import type { BufferedBody } from './buffer-body.ts'
import type { Connection, Connections } from './connections.ts'
import type { Exchange } from './exchange.ts'
import type { CallLimiter } from './limit-calls.ts'
import type { StrangerLimiter } from './limit-strangers.ts'
import type { Observation } from './observation.ts'
import type { OpenCalls } from './open-calls.ts'
import type { UpstreamProxy } from './proxy.ts'
import type { Registry } from './registry.ts'
import type { FailureReport } from './report-failures.ts'
import type { TokenParts } from './token-parts.ts'

/** What the listeners of a gateway process share. */
export interface GatewayParts {
  registry: Registry
  connections: Connections
  tokens: TokenParts
  clock: Clock
  /** The calls that are under way to and from the upstreams. */
  openCalls: OpenCalls
  record(observation: Observation): void
  /** Tells the log of calls that got no whole answer. */
  report: FailureReport
  /** Limits what callers without an accepted certificate may do. */
  strangers: StrangerLimiter
  /** Whether the certificate of a connection is known and in force. */
  isAccepted(connection: Connection | undefined): boolean
  /** Hands on that a client has the key of a certificate, where that is to be registered; any other proof is passed over. */
  prove(proof: ProvenKey): Promise<void>
  /** Counts a handshake, where its certificate is known. */
  countHandshake(connection: Connection): void
  /** Puts in force what the store has by now, before something is refused because it is not known. */
  catchUp(): Promise<void>
  /** Whether the store has been away for longer than what is known here may be trusted. */
  isStale(): boolean
}

/** What the requests of one environment have beside. */
export interface ListenerParts extends GatewayParts {
  proxy: UpstreamProxy
  /** Limits what each organization may have under way, and send in a second. */
  limiter: CallLimiter
  /** Signs for the upstream what has been found out about a call; nothing where the environment wants none. */
  assertCall:
    | ((exchange: Exchange, live: LiveToken, body: BufferedBody | undefined) => Promise<string> | undefined)
    | undefined
  /** Reads a body whole before a call goes on; nothing where the environment signs no digest of bodies. */
  bufferBody: ((exchange: Exchange, organizationId: string) => Promise<BufferedBody>) | undefined
}
