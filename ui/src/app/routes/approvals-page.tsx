import { Page } from '../../components/ui/page.tsx'
import { ApprovalsList } from '../../features/approvals/components/approvals-list.tsx'

/** Shows what waits for an operator's decision. */
export function ApprovalsPage() {
  return (
    <Page title="Approvals" description="Certificate requests that wait for a decision, oldest first.">
      <ApprovalsList />
    </Page>
  )
}
