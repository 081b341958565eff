import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useFollowedActivity } from '../features/activity/use-followed-activity.ts'
import { type CertificateKey, certificateQuery } from '../features/certificates/api/get-certificate.ts'

const pollMs = 1500
/** The interval at which counts are reloaded while requests arrive. */
const countMs = 2000
const inUseMs = 30_000

/** Returns a certificate that is kept up to date, and its gateway events while the page is open. */
export function useLiveCertificate(key: CertificateKey) {
  const queries = useQueryClient()
  const options = certificateQuery(key)
  const query = useQuery({
    ...options,
    refetchInterval: ({ state }) => {
      if (state.data?.status === 'pending') return pollMs
      const used = Date.parse(state.data?.lastUsedAt ?? '')
      return Date.now() - used < inUseMs ? countMs : false
    },
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
