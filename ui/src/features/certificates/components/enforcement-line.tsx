import { useQuery } from '@tanstack/react-query'
import type { EnforcementView } from '../../../../../src/contract/gateway.ts'
import { usePlace } from '../../../lib/place.tsx'
import { enforcementQuery } from '../api/get-enforcement.ts'
import { enforcementText } from '../enforcement-text.ts'

/** Shows how many gateways have applied a revocation, and how long it took; refreshes until all have. */
export function EnforcementLine({ certificateId }: { certificateId: string }) {
  const { params } = usePlace()
  const { data } = useQuery(enforcementQuery({ organization: params.organization, certificateId }))
  if (data === undefined || data.gateways.length === 0) return null
  const late = data.gateways.filter((gateway) => gateway.late)
  return (
    <>
      <p role="status">{enforcementText(data)}</p>
      {late.length > 0 && <p>{lateText(late)}</p>}
    </>
  )
}

const lateText = (late: EnforcementView['gateways']) =>
  `${late.map(({ name }) => name).join('; ')}: no confirmation after five seconds. Until it confirms or is ended, it may still let the certificate in.`
