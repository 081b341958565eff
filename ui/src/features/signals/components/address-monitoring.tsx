import { Switch } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { addressMonitoringQuery, useSetAddressMonitoring } from '../api/signals.ts'

/** Shows whether calls from new addresses are found; admins of the organization turn it on and off. */
export function AddressMonitoring() {
  const { params, environment, mayWrite, mayAdminister } = useWorkspace()
  const { data, error, refetch } = useQuery(addressMonitoringQuery(params))
  const set = useSetAddressMonitoring(params)
  if (error !== null) return <ErrorNotice error={error} onRetry={refetch} />
  return (
    <Panel title="Calls from new addresses">
      {set.error !== null && <ErrorNotice error={set.error} />}
      <Switch
        checked={data?.enabled ?? false}
        disabled={data === undefined || set.isPending || !(mayWrite && mayAdminister)}
        onChange={({ currentTarget: { checked } }) => set.mutate(checked)}
        label={`Find calls from new addresses in ${environment.label}`}
        description={`Postern remembers the networks of accepted calls: /24 of IPv4 and /48 of IPv6, at most 50 for each certificate. Those of the first 7 days are known.${mayWrite && mayAdminister ? '' : ' Admins of the organization can change this.'}`}
      />
    </Panel>
  )
}
