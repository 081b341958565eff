import type { Handlers } from '../http/handler.ts'
import { buildEvidencePack, type EvidenceParts } from './build-pack.ts'

/** The evidence about a certificate. */
export function evidenceRoutes(parts: EvidenceParts): Pick<Handlers, 'downloadEvidence'> {
  return {
    downloadEvidence: ({ organization, params }) =>
      buildEvidencePack(parts, organization, params.certificateId),
  }
}
