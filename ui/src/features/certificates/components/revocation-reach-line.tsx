import { useQuery } from '@tanstack/react-query'
import type { RevocationReachView } from '../../../../../src/contract/gateway.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { revocationReachQuery } from '../api/get-revocation-reach.ts'
import { revocationReachText } from '../revocation-reach-text.ts'

/** Shows how many gateways have applied a revocation, and how long it took; refreshes until all have. */
export function RevocationReachLine({ certificateId }: { certificateId: string }) {
  const { params } = useWorkspace()
  const { data } = useQuery(revocationReachQuery({ organization: params.organization, certificateId }))
  if (data === undefined || data.gateways.length === 0) return null
  const late = data.gateways.filter((gateway) => gateway.late)
  return (
    <>
      <p role="status">{revocationReachText(data)}</p>
      {late.length > 0 && <p>{lateText(late)}</p>}
    </>
  )
}

const lateText = (late: RevocationReachView['gateways']) =>
  `${late.map(({ name }) => name).join('; ')}: no confirmation after five seconds. Until the gateway confirms or is stopped, it may still accept the certificate.`
