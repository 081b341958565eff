import type { ActivityKind } from '../../contract/activity.ts'
import type { DenialCode } from '../../contract/denial-codes.ts'
import { getOwner } from '../decision/access-decision.ts'
import { getPresentedDetails, type PresentedCertificate } from '../decision/presented-certificate.ts'
import type { Connection } from '../request-context/connections.ts'
import type { Findings } from '../request-context/findings.ts'
import type { RequestContext } from '../request-context/request-context.ts'
import type { Observation } from './observation.ts'
import { cutPresentedCertificate } from './to-recorded.ts'

/** How it ended: `code` is null if it succeeded. */
export interface Outcome {
  status: number | null
  code: DenialCode | null
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
    presented: presented === undefined ? null : describePresentedCertificate(presented),
    tlsVersion,
    cipher,
    resumed,
    clientAddress,
    serverName,
  }
}

const described = new WeakMap<PresentedCertificate, Observation['presented']>()

/** Returns the recorded properties of a certificate; the same object for every request with it. */
function describePresentedCertificate(presented: PresentedCertificate): Observation['presented'] {
  const known = described.get(presented)
  if (known !== undefined) return known
  const details = getPresentedDetails(presented)
  if (details === undefined) return null
  const description = cutPresentedCertificate(details)
  described.set(presented, description)
  return description
}

/** Returns the record of a request, with the findings at its end. */
export function observeRequest(
  context: RequestContext,
  { access, credentials, readiness }: Findings,
  kind: ActivityKind,
  { status, code, explanation }: Outcome,
): Observation {
  const owner = access && getOwner(access)
  const claimed = access?.claimedClient
  const isProven = owner !== undefined || (credentials?.credentialId ?? null) !== null
  const organizationId = access?.ok ? access.organizationId : claimed?.organizationId
  const used = credentials ?? claimed
  context.span?.set({ 'postern.outcome': code ?? 'ok', 'postern.organization.id': organizationId })
  return {
    ...observeConnection(context.connection),
    at: context.now,
    kind,
    outcome: code === null ? 'ok' : 'refused',
    code,
    wouldBeCode: readiness?.code ?? null,
    explanation: explanation ?? readiness?.explanation ?? null,
    environment: context.environment.name,
    organizationId: owner?.organizationId ?? organizationId ?? null,
    proven: isProven,
    certificateId: owner?.id ?? null,
    credentialId: used?.credentialId ?? null,
    clientId: used?.clientId ?? null,
    method: context.method,
    path: context.path,
    status,
    traceId: context.traceId,
    accepted: access?.ok === true && access.certificate !== undefined,
    readiness,
  }
}
