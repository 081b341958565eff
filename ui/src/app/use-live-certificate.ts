import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useFollowedActivity } from '../features/activity/use-followed-activity.ts'
import { type CertificateKey, certificateQuery } from '../features/certificates/api/get-certificate.ts'

const pollMilliseconds = 1500

/** A certificate that keeps itself fresh, and what the gateway sees of it while the page is open. */
export function useLiveCertificate(key: CertificateKey) {
  const queries = useQueryClient()
  const options = certificateQuery(key)
  const query = useQuery({
    ...options,
    refetchInterval: ({ state }) => (state.data?.status === 'pending' ? pollMilliseconds : false),
  })
  const followed = useFollowedActivity(key, {
    enabled: query.isSuccess,
    onState: ({ status, lastUsedAt }) => {
      const known = queries.getQueryData(options.queryKey)
      if (known?.status !== status) void queries.invalidateQueries({ queryKey: options.queryKey })
      else queries.setQueryData(options.queryKey, { ...known, lastUsedAt })
    },
  })
  return { query, followed }
}
