import { z } from 'zod'
import { BulkRevocation, BulkRevocationView } from './bulk-revocation.ts'
import { ApprovalView, CertificateView, Decision } from './certificate.ts'
import { createPageSchema, Id, PageQuery } from './common.ts'
import { operation } from './operation.ts'

/** Operations with which operators decide about certificates. */
export const approvalOperations = {
  listApprovals: operation({
    id: 'listApprovals',
    summary: 'Requests that wait for a decision, oldest first',
    method: 'GET',
    path: '/approvals',
    access: 'operator',
    query: PageQuery,
    reply: createPageSchema(ApprovalView),
  }),
  decideApproval: operation({
    id: 'decideApproval',
    summary: 'Approve or reject a request',
    method: 'POST',
    path: '/approvals/:certificateId',
    access: 'operator',
    params: z.object({ certificateId: Id }),
    body: Decision,
    reply: CertificateView,
    errors: ['certificate_wrong_state', 'issuer_unavailable', 'profile_violation'],
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
