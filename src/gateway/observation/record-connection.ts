import type { DenialCode } from '../../contract/denial-codes.ts'
import { createTraceId } from '../../trace-id.ts'
import { checkPresentedCertificate } from '../decision/check-presented-certificate.ts'
import { explainDenial } from '../decision/explain-denial.ts'
import type { GatewayEnvironment } from '../environment/gateway-environment.ts'
import type { Registry } from '../registry/registry.ts'
import type { Connection } from '../request-context/connections.ts'
import type { Observation } from './observation.ts'
import { observeConnection } from './observe.ts'

/** Where connections without a request are recorded. */
export interface ConnectionRecordDependencies {
  registry: Registry
  clock: { now(): number }
  record(observation: Observation): void
}

/** Why a connection is no good, and what to do. */
export interface ConnectionProblem {
  code: DenialCode
  explanation: string
}

const noRequest = {
  kind: 'connection',
  credentialId: null,
  clientId: null,
  method: null,
  path: null,
  status: null,
} as const

/**
 * Records a connection that was closed without a request: only a handshake, as from a test with OpenSSL.
 * `problem` is any other error if the certificate is valid. Returns the event.
 */
export function recordBareConnection(
  dependencies: ConnectionRecordDependencies,
  environment: GatewayEnvironment,
  connection: Connection,
  problem?: ConnectionProblem,
): Observation {
  const { name } = environment
  const now = dependencies.clock.now()
  const decision = checkPresentedCertificate(dependencies.registry, environment, connection, now)
  const owner = decision.ok ? decision.certificate : decision.owner
  const code = decision.ok ? (problem?.code ?? null) : decision.code
  const explanation = decision.ok
    ? (problem?.explanation ?? null)
    : explainDenial(decision, connection.presented, { environment: name, now })
  const observation: Observation = {
    ...noRequest,
    ...observeConnection(connection),
    at: now,
    outcome: code === null ? 'ok' : 'refused',
    code,
    wouldBeCode: null,
    explanation,
    environment: name,
    organizationId: owner?.organizationId ?? null,
    proven: owner !== undefined,
    certificateId: owner?.id ?? null,
    traceId: createTraceId(),
    accepted: decision.ok,
  }
  dependencies.record(observation)
  return observation
}

/** Records a failed connection, and returns the trace ID of the event. */
export function recordBrokenConnection(
  dependencies: Pick<ConnectionRecordDependencies, 'clock' | 'record'>,
  { name }: GatewayEnvironment,
  peer: Pick<Observation, 'clientAddress' | 'serverName'>,
  { code, explanation }: ConnectionProblem,
): string {
  const now = dependencies.clock.now()
  const observation: Observation = {
    ...noRequest,
    ...peer,
    at: now,
    outcome: 'refused',
    code,
    wouldBeCode: null,
    explanation,
    environment: name,
    organizationId: null,
    proven: false,
    certificateId: null,
    tlsVersion: null,
    cipher: null,
    resumed: false,
    presented: null,
    traceId: createTraceId(),
    accepted: false,
  }
  dependencies.record(observation)
  return observation.traceId
}
