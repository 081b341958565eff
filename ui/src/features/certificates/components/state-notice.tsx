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
  if (certificate.status === 'draft')
    return (
      <Notice tone="info" title="It waits for its signing request">
        <p>Run the command on your machine, then submit the .csr file that it makes.</p>
        <p>{`Postern cancels this draft on ${getDay(new Date(certificate.endsAt))} unless you continue.`}</p>
      </Notice>
    )
  if (status === 'pending')
    return (
      <Notice tone="info" title="The request is with the provider">
        <p>
          {environment.issuanceMode === 'approval'
            ? 'The provider reviews it and emails you the decision. This page updates automatically.'
            : 'It is issued asynchronously. We email you when it is ready. This page updates automatically.'}
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

/** Says how to call again after a certificate has ended; a replacement counts once it is issued. */
function describeReplacement(name: string, replacement: CertificateView['replacedBy']): string {
  if (replacement === null) return `Rotate ${name} to create a replacement with the same details.`
  if (replacement.status === 'issued') return `Use its replacement, ${replacement.name}.`
  if (replacement.status === 'draft' || replacement.status === 'pending')
    return `Its replacement, ${replacement.name}, is not issued yet.`
  return `Its replacement, ${replacement.name}, is ${replacement.status} too. Rotate ${replacement.name} to create another.`
}

function LifeNotice({ certificate }: { certificate: CertificateView }) {
  const { status, notAfter, revocation, replacedBy, name } = certificate
  const now = useNow()
  if (revocation)
    return (
      <Notice tone="bad" title={`Revoked on ${exactTime(new Date(revocation.at))}`}>
        <p>
          By <ActorName actor={revocation.by} />
          {`. ${reasonLabel(revocation.reason)}. It cannot be enabled again. ${describeReplacement(name, replacedBy)}`}
        </p>
        <RevocationReachLine certificateId={certificate.id} />
      </Notice>
    )
  if (notAfter === null) return null
  const { days, urgency } = daysLeft(new Date(notAfter), now)
  if (status === 'expired')
    return (
      <Notice tone="warn" title={`It expired on ${getDay(new Date(notAfter))}`}>
        <p>{`Every gateway denies it. ${describeReplacement(name, replacedBy)}`}</p>
      </Notice>
    )
  const retiresAt = certificate.issued?.issuerRetiresAt
  if (retiresAt && replacedBy === null)
    return (
      <Notice tone="warn" title={`Its authority retires on ${getDay(new Date(retiresAt))}`}>
        <p>From then on every gateway denies {name}, even if it has not expired. Rotate it before.</p>
      </Notice>
    )
  if (urgency === 'calm' || replacedBy?.status === 'issued') return null
  return (
    <Notice tone={urgency === 'soon' ? 'warn' : 'bad'} title={`${name}: ${daysLeftText(days)}`}>
      <p>
        {replacedBy === null
          ? 'Rotate it now. Both certificates work in parallel, so that no call fails.'
          : describeReplacement(name, replacedBy)}
      </p>
    </Notice>
  )
}
