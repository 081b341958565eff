import { Skeleton, VisuallyHidden } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { authoritiesQuery } from '../api/list-authorities.ts'
import { AuthorityPanel } from './authority-panel.tsx'

/** Shows the root CA, and the issuing CAs of each environment, the latest first. */
export function AuthoritiesList() {
  const query = useQuery(authoritiesQuery)
  if (query.isError) return <ErrorNotice error={query.error} onRetry={query.refetch} />
  if (query.isPending)
    return (
      <>
        <VisuallyHidden role="status">Loading certificate authorities…</VisuallyHidden>
        <Skeleton height={300} radius="lg" />
      </>
    )
  return query.data.map((authority) => <AuthorityPanel key={authority.id} authority={authority} />)
}
