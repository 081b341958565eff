import { Page } from '../../components/ui/page.tsx'
import { GatewaysList } from '../../features/gateways/components/gateways-list.tsx'

/** Shows the processes that check every request. */
export function GatewaysPage() {
  return (
    <Page
      title="Gateways"
      description="The processes that check every call. One that is silent may still let in what has been revoked: look after it first."
    >
      <GatewaysList />
    </Page>
  )
}
