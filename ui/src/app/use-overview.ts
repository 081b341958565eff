import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import type { ActivityView } from '../../../src/contract/activity.ts'
import type { RequiredActionList } from '../../../src/contract/required-action.ts'
import type { OrganizationUsageView } from '../../../src/contract/usage.ts'
import { usageQuery } from '../features/activity/api/get-usage.ts'
import { activityQuery } from '../features/activity/api/list-activity.ts'
import { type CertificateRow, certificatesQuery } from '../features/certificates/api/list-certificates.ts'
import { credentialsQuery } from '../features/credentials/api/list-credentials.ts'
import { requiredActionsQuery } from '../features/overview/api/list-required-actions.ts'
import type { Progress } from '../features/overview/components/first-steps.tsx'
import { useWorkspace } from '../lib/workspace.tsx'

/** The overview of an organization in an environment. */
export interface Overview {
  /** The valid certificate that expires first. */
  issued: CertificateRow | undefined
  /** The newest draft. */
  draft: CertificateRow | undefined
  actions: RequiredActionList
  /** The figures of the last 24 hours: the same as those of the chart. */
  usage: OrganizationUsageView
  activity: ActivityView[]
  progress: Progress
}

const newestRows = 8

/** Returns the overview of the organization; undefined until all of it is loaded. */
export function useOverview(): { standing: Overview | undefined; error: unknown; retry: () => void } {
  const { params } = useWorkspace()
  const issued = useInfiniteQuery(certificatesQuery(params, { status: 'issued', sort: 'expires', limit: 1 }))
  const drafts = useInfiniteQuery(certificatesQuery(params, { status: 'draft', limit: 1 }))
  const actions = useQuery(requiredActionsQuery(params))
  const usage = useQuery(usageQuery(params, 'day'))
  const credentials = useInfiniteQuery(credentialsQuery(params))
  const activity = useInfiniteQuery(activityQuery(params, { limit: newestRows }))
  const welcomed = useInfiniteQuery(activityQuery(params, { outcome: 'allowed' }))
  const queries = [issued, drafts, actions, usage, credentials, activity, welcomed]
  const retry = () => {
    for (const query of queries) void query.refetch()
  }
  const error = queries.find((query) => query.error !== null)?.error ?? null
  const figures = actions.data && usage.data
  const certificates = issued.data && drafts.data
  if (!(figures && certificates && credentials.data && activity.data && welcomed.data))
    return { standing: undefined, error, retry }
  const standing = {
    issued: itemsOf(issued.data)[0],
    draft: itemsOf(drafts.data)[0],
    actions: actions.data,
    usage: usage.data,
    activity: itemsOf(activity.data),
    progress: toProgress(itemsOf(issued.data), itemsOf(credentials.data), itemsOf(welcomed.data)),
  }
  return { standing, error, retry }
}

function toProgress(
  issued: CertificateRow[],
  credentials: { lastUsedAt: string | null }[],
  allowed: ActivityView[],
): Progress {
  const token =
    allowed.some(({ kind }) => kind !== 'connection') ||
    credentials.some(({ lastUsedAt }) => lastUsedAt !== null)
  return {
    credential: credentials.length > 0 || token,
    certificate: issued.length > 0 || token,
    connected: token || issued.some(({ firstUsedAt }) => firstUsedAt !== null) || allowed.length > 0,
    token,
  }
}

const itemsOf = <Item>(data: { pages: { items: Item[] }[] } | undefined): Item[] =>
  data?.pages.flatMap(({ items }) => items) ?? []
