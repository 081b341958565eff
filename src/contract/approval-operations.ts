import { ApprovalDecision, ApprovalParams, ApprovalView } from './approval.ts'
import { BulkRevocation, BulkRevocationView } from './bulk-revocation.ts'
import { createPageSchema, PageQuery } from './common.ts'
import { operation } from './operation.ts'

/** Operations with which operators decide about certificates. */
export const approvalOperations = {
  listApprovals: operation({
    id: 'listApprovals',
    summary: 'List the approvals that wait for a decision, oldest first',
    method: 'GET',
    path: '/approvals',
    access: 'operator',
    query: PageQuery,
    reply: createPageSchema(ApprovalView),
  }),
  getApproval: operation({
    id: 'getApproval',
    summary: 'Get one approval, pending or decided',
    method: 'GET',
    path: '/approvals/:approvalId',
    access: 'operator',
    params: ApprovalParams,
    reply: ApprovalView,
  }),
  decideApproval: operation({
    id: 'decideApproval',
    summary: 'Approve or reject a certificate',
    method: 'POST',
    path: '/approvals/:approvalId/decision',
    access: 'operator',
    params: ApprovalParams,
    body: ApprovalDecision,
    reply: ApprovalView,
    errors: ['certificate_wrong_state'],
  }),
  revokeCertificates: operation({
    id: 'revokeCertificates',
    summary: 'Revoke certificates of all organizations by issuer, key or serial numbers; first a dry run',
    method: 'POST',
    path: '/revocations',
    access: 'operator',
    body: BulkRevocation,
    reply: BulkRevocationView,
    errors: ['conflict'],
  }),
}
