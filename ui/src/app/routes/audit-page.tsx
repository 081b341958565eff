import { Page } from '../../components/ui/page.tsx'
import { AuditList } from '../../features/audit/components/audit-list.tsx'
import { AuditState } from '../../features/audit/components/audit-state.tsx'

/** Shows who changed what, and the proof that nothing was removed. */
export function AuditPage() {
  return (
    <Page title="Audit" description="Every recorded change, newest first.">
      <AuditState />
      <AuditList />
    </Page>
  )
}
