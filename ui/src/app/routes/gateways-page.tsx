import { Page } from '../../components/ui/page.tsx'
import { GatewaysList } from '../../features/gateways/components/gateways-list.tsx'

/** Shows the processes that check every request. */
export function GatewaysPage() {
  return (
    <Page
      title="Gateways"
      description="The processes that check every call. A gateway that is not reporting may still accept revoked certificates: check it first."
    >
      <GatewaysList />
    </Page>
  )
}
