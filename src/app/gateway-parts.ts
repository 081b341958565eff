import type { Clock } from '../clock.ts'
import type { AuthorizerDependencies } from '../gateway/authorizer/handle-authorization-request.ts'
import type { ListenerDependencies } from '../gateway/listener/listener.ts'
import type { FailureReport } from '../gateway/log/report-failures.ts'
import type { RequestParts } from '../gateway/request/handle-request.ts'
import type { SweepDependencies } from '../gateway/request/sweep.ts'
import type { Connections } from '../gateway/request-context/connections.ts'
import type { Tracer } from '../tracing/span.ts'
import type { GatewayUses } from './gateway-uses.ts'

/** What the requests of one environment have beside, made for each. */
type OfEnvironment = 'proxy' | 'limiter' | 'assertCall' | 'bufferBody' | 'tracing'

/** What the listeners of a gateway process share. Each of them says what it needs of it; here alone all of it is known. */
export interface SharedDependencies
  extends Omit<RequestParts, OfEnvironment>,
    ListenerDependencies,
    AuthorizerDependencies,
    SweepDependencies {
  registry: RequestParts['registry']
  tokens: RequestParts['tokens']
  connections: Connections
  clock: Clock
  report: FailureReport
  /** Shares the requests of an environment with the other gateway processes. */
  shareCalls: GatewayUses['shareCalls']
  /** Undefined if no traces are recorded. */
  tracer: Tracer | undefined
}
