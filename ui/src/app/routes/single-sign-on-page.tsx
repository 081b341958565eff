import { Page } from '../../components/ui/page.tsx'
import { SingleSignOnSettings } from '../../features/single-sign-on/components/single-sign-on-settings.tsx'

/** Shows the single sign-on of an organization. */
export function SingleSignOnPage() {
  return (
    <Page
      title="Single sign-on"
      description="Members sign in through the OpenID provider of your organization."
      width="narrow"
    >
      <SingleSignOnSettings />
    </Page>
  )
}
