import type { RecordSeals } from '../../shapes/record-seals.ts'
import type { Certificate } from '../certificate.ts'

/** What a certificate is made from: what is sealed must hold when its TBSCertificate is drafted. */
type Wanted = Pick<
  Certificate,
  'id' | 'organizationId' | 'environment' | 'name' | 'certifiedSubject' | 'request' | 'external'
>

/** An operator's decision, as it is sealed. */
type Decision = Pick<NonNullable<Certificate['decision']>, 'by' | 'at' | 'approved' | 'reason'>

/** Returns each value that determines the content and the key of the certificate. */
function fieldsOf(wanted: Wanted, slug: string, der: Uint8Array) {
  const { id, organizationId, environment, name, certifiedSubject } = wanted
  const { organizationName, country, state } = certifiedSubject
  return [id, organizationId, slug, environment, name, organizationName, country, state, der]
}

const derOf = ({ request, external }: Wanted) => (external ?? request)?.der ?? new Uint8Array()
const decisionFields = ({ by, at, approved, reason }: Decision) => [by, String(at), String(approved), reason]

/** Returns the seal of a request that has passed its checks. */
export const sealRequest = (
  seals: RecordSeals,
  wanted: Wanted,
  slug: string,
  request: { der: Uint8Array; submittedAt: number },
): Uint8Array => seals.seal('request', [...fieldsOf(wanted, slug, request.der), String(request.submittedAt)])

/** Returns the seal of the decision about a request or a registered certificate. */
export const sealDecision = (
  seals: RecordSeals,
  wanted: Wanted,
  slug: string,
  decision: Decision,
): Uint8Array =>
  seals.seal('decision', [...fieldsOf(wanted, slug, derOf(wanted)), ...decisionFields(decision)])

type Sealer = ReturnType<RecordSeals['findSealer']>

/** Returns which key has sealed this request in its present state; neither if Postern itself has not accepted it. */
export function findRequestSealer(seals: RecordSeals, certificate: Certificate, slug: string): Sealer {
  const { request } = certificate
  if (request === null) return 'neither'
  const fields = [...fieldsOf(certificate, slug, request.der), String(request.submittedAt)]
  return seals.findSealer('request', fields, request.seal)
}

/**
 * Returns which key has sealed the approval of the certificate in its present state; neither if no operator has approved
 * it through Postern.
 */
export function findApprovalSealer(seals: RecordSeals, certificate: Certificate, slug: string): Sealer {
  const { decision } = certificate
  if (decision?.approved !== true) return 'neither'
  const fields = [...fieldsOf(certificate, slug, derOf(certificate)), ...decisionFields(decision)]
  return seals.findSealer('decision', fields, decision.seal)
}

/** Returns whether Postern itself has accepted this request in its present state. */
export const isRequestIntact = (...given: Parameters<typeof findRequestSealer>): boolean =>
  findRequestSealer(...given) !== 'neither'

/** Returns whether an operator has approved the certificate in its present state through Postern. */
export const isApprovalIntact = (...given: Parameters<typeof findApprovalSealer>): boolean =>
  findApprovalSealer(...given) !== 'neither'
