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

/** Returns whether Postern itself has accepted this request in its present state. */
export function isRequestIntact(seals: RecordSeals, certificate: Certificate, slug: string): boolean {
  const { request } = certificate
  if (request === null) return false
  const fields = [...fieldsOf(certificate, slug, request.der), String(request.submittedAt)]
  return seals.isIntact('request', fields, request.seal)
}

/** Returns whether an operator has approved the certificate in its present state through Postern. */
export function isApprovalIntact(seals: RecordSeals, certificate: Certificate, slug: string): boolean {
  const { decision } = certificate
  if (decision?.approved !== true) return false
  const fields = [...fieldsOf(certificate, slug, derOf(certificate)), ...decisionFields(decision)]
  return seals.isIntact('decision', fields, decision.seal)
}
