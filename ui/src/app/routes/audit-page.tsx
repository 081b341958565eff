import { useNavigate, useSearch } from '@tanstack/react-router'
import { Page } from '../../components/ui/page.tsx'
import { AuditList } from '../../features/audit/components/audit-list.tsx'
import { AuditState } from '../../features/audit/components/audit-state.tsx'

/** Shows who changed what, and the proof that nothing was removed. */
export function AuditPage() {
  const search = useSearch({ from: '/signed-in/operate/audit' })
  const navigate = useNavigate()
  return (
    <Page title="Audit" description="Every recorded change, newest first.">
      <AuditState />
      <AuditList
        search={search}
        onSearch={(next) => navigate({ to: '/operate/audit', search: next, replace: true })}
      />
    </Page>
  )
}
