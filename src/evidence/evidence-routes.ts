import type { Handlers } from '../http/handler.ts'
import { buildEvidencePack, type EvidenceParts } from './build-pack.ts'

/** Returns the handlers for the evidence about a certificate. */
export function evidenceRoutes(parts: EvidenceParts): Pick<Handlers, 'downloadEvidence'> {
  return {
    downloadEvidence: ({ organization, params }) =>
      buildEvidencePack(parts, organization, params.certificateId),
  }
}
