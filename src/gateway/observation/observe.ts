import type { ActivityKind } from '../../contract/activity.ts'
import type { ErrorCode } from '../../contract/error-codes.ts'
import { ownerOf } from '../decision/access-decision.ts'
import { type Presented, presentedFacts } from '../decision/presented.ts'
import type { Connection } from '../request-context/connections.ts'
import type { Exchange } from '../request-context/exchange.ts'
import type { Findings } from '../request-context/findings.ts'
import type { Observation } from './observation.ts'
import { cutPresented } from './to-recorded.ts'

/** How it ended: `code` is null if it succeeded. */
export interface Outcome {
  status: number | null
  code: ErrorCode | null
  explanation: string | null
}

/** Returns the properties that a connection adds to an event, whatever was sent over it. */
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

/** Returns the recorded properties of a certificate; the same object for every request with it. */
function describePresented(presented: Presented): Observation['presented'] {
  const known = described.get(presented)
  if (known !== undefined) return known
  const facts = presentedFacts(presented)
  if (facts === undefined) return null
  const description = cutPresented(facts)
  described.set(presented, description)
  return description
}

/** What is recorded of an exchange, with what has been found out about it by its end. */
export function observeExchange(
  exchange: Exchange,
  { access, credentials, readiness }: Findings,
  kind: ActivityKind,
  { status, code, explanation }: Outcome,
): Observation {
  const owner = access && ownerOf(access)
  const claimed = access?.claimedClient
  const isProven = owner !== undefined || (credentials?.credentialId ?? null) !== null
  const organizationId = access?.ok ? access.organizationId : claimed?.organizationId
  const used = credentials ?? claimed
  return {
    ...observeConnection(exchange.connection),
    at: exchange.now,
    kind,
    outcome: code === null ? 'ok' : 'refused',
    code,
    wouldBeCode: readiness?.code ?? null,
    explanation: explanation ?? readiness?.explanation ?? null,
    environment: exchange.environment.name,
    organizationId: owner?.organizationId ?? organizationId ?? null,
    proven: isProven,
    certificateId: owner?.id ?? null,
    credentialId: used?.credentialId ?? null,
    clientId: used?.clientId ?? null,
    method: exchange.method,
    path: exchange.path,
    status,
    traceId: exchange.traceId,
    accepted: access?.ok === true && access.certificate !== undefined,
    readiness,
  }
}
