import { useRouteContext } from '@tanstack/react-router'
import { Page } from '../../components/ui/page.tsx'
import { ConfirmationsList } from '../../features/confirmations/components/confirmations-list.tsx'

/** What operators want to do, for a second one to confirm. */
export function ConfirmationsPage() {
  const { session } = useRouteContext({ from: '/signed-in/operate' })
  return (
    <Page
      title="Confirmations"
      description="What one operator asked for and another one has to confirm. It waits for 24 hours."
    >
      <ConfirmationsList userEmail={session.email} />
    </Page>
  )
}
