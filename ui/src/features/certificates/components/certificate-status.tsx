import type { CertificateStatus } from '../../../../../src/contract/certificate.ts'
import { type Tone, ToneBadge } from '../../../components/ui/tone-badge.tsx'

interface StatusLabel {
  label: string
  tone: Tone
  dot: 'full' | 'half' | 'empty'
}

/** The label and appearance of each status. */
export const statusLabels: Record<CertificateStatus, StatusLabel> = {
  draft: { label: 'Draft', tone: 'neutral', dot: 'empty' },
  pending: { label: 'Pending', tone: 'accent', dot: 'half' },
  issued: { label: 'Issued', tone: 'good', dot: 'full' },
  expired: { label: 'Expired', tone: 'warn', dot: 'empty' },
  revoked: { label: 'Revoked', tone: 'bad', dot: 'full' },
  rejected: { label: 'Rejected', tone: 'bad', dot: 'empty' },
  cancelled: { label: 'Cancelled', tone: 'neutral', dot: 'empty' },
}

/** Shows the status of a certificate in one word. */
export function CertificateStatusBadge({ status }: { status: CertificateStatus }) {
  const { label, tone, dot } = statusLabels[status]
  return (
    <ToneBadge tone={tone} dot={dot}>
      {label}
    </ToneBadge>
  )
}
