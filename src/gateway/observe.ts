import type { ActivityKind } from '../contract/activity.ts'
import type { ErrorCode } from '../contract/error-codes.ts'
import type { Connection } from './connections.ts'
import type { Exchange } from './exchange.ts'
import { presentedFacts } from './presented.ts'
import type { RegisteredCertificate } from './registered-certificate.ts'
import type { Observation } from './telemetry.ts'

const mostPathCharacters = 500

/** How it ended: `code` is null where it went well. */
export interface Outcome {
  status: number | null
  code: ErrorCode | null
  explanation: string | null
}

/** What a connection tells, whatever came over it. */
export function observeConnection(
  connection: Pick<
    Connection,
    'presented' | 'tlsVersion' | 'cipher' | 'resumed' | 'clientAddress' | 'serverName'
  >,
): Pick<Observation, 'presented' | 'tlsVersion' | 'cipher' | 'resumed' | 'clientAddress' | 'serverName'> {
  const { presented, tlsVersion, cipher, resumed, clientAddress, serverName } = connection
  const facts = presentedFacts(presented)
  return {
    presented: facts
      ? {
          subject: facts.subject,
          issuer: facts.issuer,
          serialNumber: facts.serialNumber,
          fingerprintSha256: facts.fingerprintSha256,
        }
      : null,
    tlsVersion,
    cipher,
    resumed,
    clientAddress,
    serverName,
  }
}

/** What is recorded of an exchange. `owner` is whose certificate it was, also where it was refused. */
export function observeExchange(
  exchange: Exchange,
  id: string,
  kind: ActivityKind,
  { status, code, explanation }: Outcome,
  owner: RegisteredCertificate | undefined = exchange.certificate ?? exchange.tolerated?.owner,
): Observation {
  return {
    ...observeConnection(exchange.connection),
    id,
    at: exchange.now,
    kind,
    outcome: code === null ? 'ok' : 'refused',
    code,
    wouldBeCode: exchange.readiness?.code ?? null,
    explanation: explanation ?? exchange.readiness?.explanation ?? null,
    environment: exchange.environment,
    organizationId: owner?.organizationId ?? exchange.organizationId,
    certificateId: owner?.id ?? null,
    credentialId: exchange.credentialId,
    clientId: exchange.clientId,
    method: exchange.method,
    path: exchange.path.slice(0, mostPathCharacters),
    status,
    traceId: exchange.traceId,
    accepted: exchange.certificate !== undefined,
    readiness: exchange.readiness,
  }
}
