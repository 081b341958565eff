import { AuditEntryView, AuditQuery, AuditStateView } from './audit.ts'
import { createPageSchema } from './common.ts'
import { operation } from './operation.ts'

/** Operations on the audit log. */
export const auditOperations = {
  listAudit: operation({
    id: 'listAudit',
    summary: 'The audit log, newest first',
    method: 'GET',
    path: '/audit',
    access: 'operator',
    query: AuditQuery,
    reply: createPageSchema(AuditEntryView),
  }),
  getAuditState: operation({
    id: 'getAuditState',
    summary: 'Whether the audit log is as it was written, and its newest signed checkpoint',
    method: 'GET',
    path: '/audit/state',
    access: 'operator',
    reply: AuditStateView,
  }),
  verifyAudit: operation({
    id: 'verifyAudit',
    summary: 'Verify the whole audit log now',
    method: 'POST',
    path: '/audit/verify',
    access: 'operator',
    readsOnly: true,
    reply: AuditStateView,
  }),
}
