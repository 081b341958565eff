import { Skeleton } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { ErrorNotice } from '../../components/ui/error-notice.tsx'
import { Page } from '../../components/ui/page.tsx'
import { activityQuery } from '../../features/activity/api/list-activity.ts'
import { HelpList } from '../../features/help/components/help-list.tsx'
import { RecentDenials } from '../../features/help/components/recent-denials.tsx'
import { useWorkspace } from '../../lib/workspace.tsx'

/** Shows troubleshooting: from the organization's denied requests and from symptoms to the fix. */
export function HelpPage() {
  const { params } = useWorkspace()
  const { code, message } = useSearch({ from: '/signed-in/o/$organization/$environment/help' })
  const query = useInfiniteQuery(activityQuery(params, { outcome: 'denied' }))
  return (
    <Page
      title="Why does it fail?"
      description="Start with what you see. Each case ends with what to do."
      width="narrow"
    >
      {query.isPending && <Skeleton height={96} radius="lg" />}
      {query.isError && <ErrorNotice error={query.error} onRetry={query.refetch} />}
      {query.data && <RecentDenials refusals={query.data.pages.flatMap(({ items }) => items)} />}
      <HelpList code={code} message={message} />
    </Page>
  )
}
