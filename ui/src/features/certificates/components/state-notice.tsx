import type { CertificateView } from '../../../../../src/contract/certificate.ts'
import { Notice } from '../../../components/ui/notice.tsx'
import { ActorName } from '../../../lib/actor-name.tsx'
import { daysLeft, daysLeftText } from '../../../lib/days-left.ts'
import { reasonLabel } from '../../../lib/reason-choices.ts'
import { exactTime, getDay } from '../../../lib/relative-time.ts'
import { useNow } from '../../../lib/use-now.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { RevocationReachLine } from './revocation-reach-line.tsx'

/** Shows what users must know about the status of a certificate; nothing if no action is needed. */
export function StateNotice({ certificate }: { certificate: CertificateView }) {
  const { status, decision } = certificate
  const { environment } = useWorkspace()
  if (status === 'draft')
    return (
      <Notice tone="info" title="It waits for its signing request">
        <p>Run the command on your machine, then submit the .csr file that it makes.</p>
      </Notice>
    )
  if (status === 'pending')
    return (
      <Notice tone="info" title="The request is with the provider">
        <p>
          {environment.issuanceMode === 'approval'
            ? 'A person decides about it. An e-mail says when; this page turns to issued by itself.'
            : 'It is issued in the background. An e-mail says when it is ready; this page turns to issued by itself.'}
        </p>
      </Notice>
    )
  if (status === 'rejected' && decision)
    return (
      <Notice tone="bad" title={`Rejected on ${getDay(new Date(decision.at))}`}>
        <p>{decision.reason}</p>
      </Notice>
    )
  return <LifeNotice certificate={certificate} />
}

function LifeNotice({ certificate }: { certificate: CertificateView }) {
  const { status, notAfter, revocation, replacedBy, name } = certificate
  const now = useNow()
  if (revocation)
    return (
      <Notice tone="bad" title={`Revoked on ${exactTime(new Date(revocation.at))}`}>
        <p>
          By <ActorName actor={revocation.by} />
          {`. ${reasonLabel(revocation.reason)}. `}
          {replacedBy === null
            ? 'Every gateway refuses it for good; to call again, create a successor.'
            : 'Every gateway refuses it for good; its successor takes its place.'}
        </p>
        <RevocationReachLine certificateId={certificate.id} />
      </Notice>
    )
  if (notAfter === null) return null
  const { days, urgency } = daysLeft(new Date(notAfter), now)
  if (status === 'expired')
    return (
      <Notice tone="warn" title={`It expired on ${getDay(new Date(notAfter))}`}>
        <p>Every gateway refuses it. Rotate it to get a successor with the same details.</p>
      </Notice>
    )
  const retiresAt = certificate.issued?.issuerRetiresAt
  if (retiresAt && replacedBy === null)
    return (
      <Notice tone="warn" title={`Its authority retires on ${getDay(new Date(retiresAt))}`}>
        <p>From then on every gateway refuses {name}, though it has not expired. Rotate it before.</p>
      </Notice>
    )
  if (urgency === 'calm' || replacedBy !== null) return null
  return (
    <Notice tone={urgency === 'soon' ? 'warn' : 'bad'} title={`${name}: ${daysLeftText(days)}`}>
      <p>Rotate it now: the successor works beside it, so that no call fails on the way.</p>
    </Notice>
  )
}
