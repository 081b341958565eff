import type { CertificateSummary } from '../../../../../src/contract/certificate.ts'
import { Notice } from '../../../components/ui/notice.tsx'
import { ToneBadge } from '../../../components/ui/tone-badge.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'

/** Whether somebody has to take care of the certificate, and nobody does. */
const isUnowned = ({ isOwnerGone, status }: CertificateSummary): boolean =>
  isOwnerGone && (status === 'draft' || status === 'pending' || status === 'issued')

/** Shows that the user who created a certificate has left, in two words. */
export function OwnerGoneBadge({ certificate }: { certificate: CertificateSummary }) {
  return (
    isUnowned(certificate) && (
      <ToneBadge tone="warn" dot="empty">
        Owner gone
      </ToneBadge>
    )
  )
}

/** Says what to do about a certificate whose creator has left. */
export function OwnerGoneNotice({ certificate }: { certificate: CertificateSummary }) {
  const { mayWrite } = useWorkspace()
  if (!isUnowned(certificate)) return null
  return (
    <Notice tone="info" title="Owner gone">
      <p>
        {`The user who created ${certificate.name} is no longer a member. The certificate keeps working. `}
        {mayWrite
          ? 'Select Edit details and name a new owner or contact: from then on you are responsible for it.'
          : 'Ask a developer or an admin to name a new owner or contact.'}
      </p>
    </Notice>
  )
}
