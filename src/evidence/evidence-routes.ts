import type { Handlers } from '../http/handler.ts'
import { buildEvidencePack, type EvidenceDependencies } from './build-pack.ts'

/** Returns the handlers for the evidence about a certificate. */
export function evidenceRoutes(dependencies: EvidenceDependencies): Pick<Handlers, 'downloadEvidence'> {
  return {
    downloadEvidence: ({ organization, params }) =>
      buildEvidencePack(dependencies, organization, params.certificateId),
  }
}
