import { randomBytes } from 'node:crypto'
import type { ErrorCode } from '../../contract/error-codes.ts'
import { explainRefusal } from '../decision/explain-refusal.ts'
import { judgeCertificate } from '../decision/judge-certificate.ts'
import type { GatewayEnvironment } from '../environment/gateway-environment.ts'
import type { Registry } from '../registry/registry.ts'
import type { Connection } from '../request-context/connections.ts'
import type { Observation } from './observation.ts'
import { observeConnection } from './observe.ts'

/** Where connections without a request are recorded. */
export interface ConnectionRecordParts {
  registry: Registry
  clock: { now(): number }
  record(observation: Observation): void
}

/** Why a connection is no good, and what to do. */
export interface ConnectionProblem {
  code: ErrorCode
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
  parts: ConnectionRecordParts,
  environment: GatewayEnvironment,
  connection: Connection,
  problem?: ConnectionProblem,
): Observation {
  const { name } = environment
  const now = parts.clock.now()
  const verdict = judgeCertificate(parts.registry, environment, connection, now)
  const owner = verdict.ok ? verdict.certificate : verdict.owner
  const code = verdict.ok ? (problem?.code ?? null) : verdict.code
  const explanation = verdict.ok
    ? (problem?.explanation ?? null)
    : explainRefusal(verdict, connection.presented, name)
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
    traceId: newTraceId(),
    accepted: verdict.ok,
  }
  parts.record(observation)
  return observation
}

/** Records a failed connection, and returns the trace ID of the event. */
export function recordBrokenConnection(
  parts: Pick<ConnectionRecordParts, 'clock' | 'record'>,
  { name }: GatewayEnvironment,
  peer: Pick<Observation, 'clientAddress' | 'serverName'>,
  { code, explanation }: ConnectionProblem,
): string {
  const now = parts.clock.now()
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
    traceId: newTraceId(),
    accepted: false,
  }
  parts.record(observation)
  return observation.traceId
}

const newTraceId = () => randomBytes(16).toString('hex')
