import { z } from 'zod'
import { CertificateView } from './certificate.ts'
import { OrganizationSlug } from './common.ts'
import { emptiness } from './field-error-codes.ts'
import { ApprovalId } from './ids.ts'
import { line } from './text.ts'

export const ApprovalParams = z.object({ approvalId: ApprovalId })

/** A certificate that needs the decision of an operator, or had one. */
export const ApprovalView = z
  .object({
    id: ApprovalId,
    status: z.enum(['pending', 'approved', 'rejected']),
    organization: z.object({ slug: OrganizationSlug, legalName: z.string() }),
    certificate: CertificateView,
  })
  .meta({ id: 'Approval' })
export type ApprovalView = z.output<typeof ApprovalView>

/** The decision of an operator. */
export const ApprovalDecision = z
  .object({
    decision: z.enum(['approve', 'reject']),
    reason: line(500).default('').meta({ description: 'Sent to the requester; required to reject.' }),
  })
  .refine(({ decision, reason }) => decision === 'approve' || reason.length > 0, {
    path: ['reason'],
    ...emptiness('a rejection needs a reason'),
  })
  .meta({ id: 'ApprovalDecision' })
export type ApprovalDecision = z.output<typeof ApprovalDecision>
