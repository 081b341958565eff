import { ApprovalDecision, ApprovalParams, ApprovalView } from './approval.ts'
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
    secondPerson: 'approvals',
    params: ApprovalParams,
    body: ApprovalDecision,
    reply: ApprovalView,
    changes: 'getApproval',
    errors: ['certificate_wrong_state'],
  }),
}
