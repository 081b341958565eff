import { useInfiniteQuery } from '@tanstack/react-query'
import type { ActivityView } from '../../../src/contract/activity.ts'
import { activityQuery } from '../features/activity/api/list-activity.ts'
import { type CertificateRow, certificatesQuery } from '../features/certificates/api/list-certificates.ts'
import { credentialsQuery } from '../features/credentials/api/list-credentials.ts'
import type { Progress } from '../features/overview/components/first-steps.tsx'
import { useWorkspace } from '../lib/workspace.tsx'

/** The overview of an organization in an environment. */
export interface Overview {
  /** Issued certificates, those that expire first at the start; then drafts and pending ones. */
  certificates: CertificateRow[]
  activity: ActivityView[]
  refusals: ActivityView[]
  progress: Progress
}

const most = 200
const newestRows = 8

/** Returns the overview of the organization; undefined until all of it is loaded. */
export function useOverview(): { standing: Overview | undefined; error: unknown; retry: () => void } {
  const { params } = useWorkspace()
  const issued = useInfiniteQuery(
    certificatesQuery(params, { status: 'issued', sort: 'expires', limit: most }),
  )
  const drafts = useInfiniteQuery(certificatesQuery(params, { status: 'draft' }))
  const pending = useInfiniteQuery(certificatesQuery(params, { status: 'pending' }))
  const credentials = useInfiniteQuery(credentialsQuery(params))
  const activity = useInfiniteQuery(activityQuery(params, { limit: newestRows }))
  const welcomed = useInfiniteQuery(activityQuery(params, { outcome: 'allowed' }))
  const denials = useInfiniteQuery(activityQuery(params, { outcome: 'denied' }))
  const queries = [issued, drafts, pending, credentials, activity, welcomed, denials]
  const retry = () => {
    for (const query of queries) void query.refetch()
  }
  const error = queries.find((query) => query.error !== null)?.error ?? null
  const allCertificates = issued.data && drafts.data && pending.data
  const known = allCertificates && credentials.data && activity.data && welcomed.data && denials.data
  if (!known) return { standing: undefined, error, retry }
  const listed = [issued, drafts, pending].flatMap(({ data }) => itemsOf(data))
  const seen = itemsOf(welcomed.data)
  const owned = itemsOf(credentials.data)
  const token =
    seen.some(({ kind }) => kind !== 'connection') || owned.some(({ lastUsedAt }) => lastUsedAt !== null)
  const progress = {
    credential: owned.length > 0 || token,
    certificate: itemsOf(issued.data).length > 0 || token,
    connected: token || listed.some(({ firstUsedAt }) => firstUsedAt !== null) || seen.length > 0,
    token,
  }
  const standing = {
    certificates: listed,
    activity: itemsOf(activity.data),
    refusals: itemsOf(denials.data),
    progress,
  }
  return { standing, error, retry }
}

const itemsOf = <Item>(data: { pages: { items: Item[] }[] } | undefined): Item[] =>
  data?.pages.flatMap(({ items }) => items) ?? []
