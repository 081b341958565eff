import { useNavigate, useSearch } from '@tanstack/react-router'
import { Page } from '../../components/ui/page.tsx'
import { Denials } from '../../features/activity/components/denials.tsx'

/** Shows operators the denied requests of all organizations and unattributed ones. */
export function DenialsPage() {
  const { range = 'day', ...search } = useSearch({ from: '/signed-in/operate/denials' })
  const navigate = useNavigate()
  return (
    <Page
      title="Denied requests"
      description="Denied connections, token requests and calls of all organizations and of unidentified clients, with their causes."
    >
      <Denials
        search={search}
        range={range}
        onSearch={(next) => navigate({ to: '/operate/denials', search: { ...next, range }, replace: true })}
        onRange={(next) =>
          navigate({ to: '/operate/denials', search: { ...search, range: next }, replace: true })
        }
      />
    </Page>
  )
}
