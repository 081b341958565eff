import { useNavigate, useSearch } from '@tanstack/react-router'
import { Page } from '../../components/ui/page.tsx'
import { OrganizationsList } from '../../features/organizations/components/organizations-list.tsx'

/** Shows operators all organizations. */
export function OrganizationsPage() {
  const { text = '' } = useSearch({ from: '/signed-in/operate/organizations' })
  const navigate = useNavigate()
  return (
    <Page
      title="Organizations"
      description="All organizations. Open one to see the pages that its users see."
    >
      <OrganizationsList
        text={text}
        onText={(next) =>
          navigate({
            to: '/operate/organizations',
            search: next === '' ? {} : { text: next },
            replace: true,
          })
        }
      />
    </Page>
  )
}
