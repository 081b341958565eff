import { useQuery, useQueryClient } from '@tanstack/react-query'
import { certificateUsageQuery } from '../features/activity/api/get-certificate-usage.ts'
import { useFollowedActivity } from '../features/activity/use-followed-activity.ts'
import { type CertificateKey, certificateQuery } from '../features/certificates/api/get-certificate.ts'

const pollMs = 1500
/** The interval at which counts are reloaded while requests arrive. */
const countMs = 2000
const inUseMs = 30_000
/** The same while none arrive. */
const idleMs = 10_000

/** Returns a certificate that is kept up to date with its use, and its gateway events while the page is open. */
export function useLiveCertificate(key: CertificateKey) {
  const queries = useQueryClient()
  const options = certificateQuery(key)
  const query = useQuery({
    ...options,
    refetchInterval: ({ state }) => (state.data?.status === 'pending' ? pollMs : false),
  })
  const use = useQuery({
    ...certificateUsageQuery(key, 'day'),
    refetchInterval: ({ state }) => {
      const used = Date.parse(state.data?.lastUsedAt ?? '')
      return Date.now() - used < inUseMs ? countMs : idleMs
    },
  })
  const followed = useFollowedActivity(key, {
    enabled: query.isSuccess,
    onState: ({ status, lastUsedAt, lastDeniedAt }) => {
      const known = queries.getQueryData(options.queryKey)
      if (known?.status !== status) void queries.invalidateQueries({ queryKey: options.queryKey })
      else if (use.data?.lastUsedAt !== lastUsedAt || use.data?.lastDeniedAt !== lastDeniedAt)
        void use.refetch()
    },
  })
  return { query, followed, use: use.data }
}
