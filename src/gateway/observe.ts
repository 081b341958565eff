import type { ActivityKind } from '../contract/activity.ts'
import type { ErrorCode } from '../contract/error-codes.ts'
import type { Connection } from './connections.ts'
import type { Exchange } from './exchange.ts'
import type { Observation } from './observation.ts'
import { type Presented, presentedFacts } from './presented.ts'
import type { RegisteredCertificate } from './registered-certificate.ts'
import { cutPresented } from './to-recorded.ts'

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
  return {
    presented: presented === undefined ? null : describePresented(presented),
    tlsVersion,
    cipher,
    resumed,
    clientAddress,
    serverName,
  }
}

const described = new WeakMap<Presented, Observation['presented']>()

/** What is recorded of a certificate; the same for every call with it. */
function describePresented(presented: Presented): Observation['presented'] {
  const known = described.get(presented)
  if (known !== undefined) return known
  const facts = presentedFacts(presented)
  if (facts === undefined) return null
  const description = cutPresented(facts)
  described.set(presented, description)
  return description
}

/** What is recorded of an exchange. `owner` is whose certificate it was, also where it was refused. */
export function observeExchange(
  exchange: Exchange,
  kind: ActivityKind,
  { status, code, explanation }: Outcome,
  owner: RegisteredCertificate | undefined = exchange.certificate ?? exchange.tolerated?.owner,
): Observation {
  return {
    ...observeConnection(exchange.connection),
    at: exchange.now,
    kind,
    outcome: code === null ? 'ok' : 'refused',
    code,
    wouldBeCode: exchange.readiness?.code ?? null,
    explanation: explanation ?? exchange.readiness?.explanation ?? null,
    environment: exchange.environment,
    organizationId: owner?.organizationId ?? exchange.organizationId,
    proven: owner !== undefined || exchange.proven,
    certificateId: owner?.id ?? null,
    credentialId: exchange.credentialId,
    clientId: exchange.clientId,
    method: exchange.method,
    path: exchange.path,
    status,
    traceId: exchange.traceId,
    accepted: exchange.certificate !== undefined,
    readiness: exchange.readiness,
  }
}
