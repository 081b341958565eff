import { useNavigate, useSearch } from '@tanstack/react-router'
import { Page } from '../../components/ui/page.tsx'
import { Refusals } from '../../features/activity/components/refusals.tsx'

/** Shows operators the denied requests of all organizations and unattributed ones. */
export function RefusalsPage() {
  const { range = 'day', ...search } = useSearch({ from: '/signed-in/operate/refusals' })
  const navigate = useNavigate()
  return (
    <Page
      title="Refusals"
      description="Whom the gateways do not let in, and why: callers of every organization, and strangers."
    >
      <Refusals
        search={search}
        range={range}
        onRange={(next) =>
          navigate({ to: '/operate/refusals', search: { ...search, range: next }, replace: true })
        }
      />
    </Page>
  )
}
