import type { ApprovalView } from '../contract/approval.ts'
import type { CertificateView } from '../contract/certificate.ts'
import { toApprovalId, toCertificateId } from '../contract/ids.ts'
import type { Handlers } from '../http/handler.ts'
import type { Certificate } from './certificate.ts'
import { decideApproval } from './issuance/decide-approval.ts'
import type { IssueDependencies } from './issuance/issue-certificate.ts'
import type { OwnedCertificate } from './issuance-store.ts'

/** The dependencies of the operations on approvals. */
export interface ApprovalRouteDependencies {
  issue: IssueDependencies
  /** Receives failures after the decision was committed; a job retries the work. */
  onFailure(what: string, error: unknown): void
  show(certificate: Certificate): Promise<CertificateView>
}

type Ids = 'listApprovals' | 'getApproval' | 'decideApproval'

/** Returns the handlers with which operators decide about certificates. */
export function approvalRoutes({ issue, onFailure, show }: ApprovalRouteDependencies): Pick<Handlers, Ids> {
  const { issuance } = issue
  const toView = async ({ certificate, organization }: OwnedCertificate): Promise<ApprovalView> => ({
    id: toApprovalId(certificate.id),
    status: statusOf(certificate),
    organization: { slug: organization.slug, legalName: organization.legalName },
    certificate: await show(certificate),
  })
  return {
    async listApprovals({ query }) {
      const page = await issuance.listWaiting(query)
      return { ...page, items: await Promise.all(page.items.map(toView)) }
    },
    getApproval: async ({ params }) => toView(await issuance.getApproval(toCertificateId(params.approvalId))),
    async decideApproval({ actor, params, body: { decision, reason } }) {
      const { certificate, organization } = await issuance.getApproval(toCertificateId(params.approvalId))
      const taken = { approve: decision === 'approve', reason }
      const decided = await decideApproval({ issue, onFailure }, actor, certificate.id, taken)
      return toView({ certificate: decided, organization })
    },
  }
}

function statusOf({ decision }: Certificate): ApprovalView['status'] {
  if (decision === null) return 'pending'
  return decision.approved ? 'approved' : 'rejected'
}
