import type { ConfirmationView } from '../../../../src/contract/confirmation.ts'
import { countText } from '../../lib/count-text.ts'
import { getDay } from '../../lib/relative-time.ts'

type Act = Pick<ConfirmationView, 'operationId' | 'pathParameters' | 'body'>

/** Returns what an operator wants to do, as a sentence without its full stop. */
export function describeAct({ operationId, pathParameters, body }: Act): string {
  const { expectedCount, reason, retiresAt } = (body ?? {}) as Record<string, unknown>
  switch (operationId) {
    case 'decideApproval':
      return `Approve the request ${pathParameters.approvalId}`
    case 'createBulkRevocation':
      return `Revoke ${countText(Number(expectedCount), 'certificate', 'certificates')}, reason ${String(reason).replaceAll('_', ' ')}`
    case 'rotateCertificateAuthority':
      return `Create a new issuing CA for ${pathParameters.environment}`
    case 'retireCertificateAuthority':
      return typeof retiresAt === 'string'
        ? `Retire the CA ${pathParameters.issuerId} on ${getDay(new Date(retiresAt))}`
        : `Take back the retirement of the CA ${pathParameters.issuerId}`
    default:
      return operationId
  }
}
