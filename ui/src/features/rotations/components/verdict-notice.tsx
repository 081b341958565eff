import type { ReactNode } from 'react'
import type { RetirementVerdict } from '../../../../../src/contract/rotation.ts'
import { Notice } from '../../../components/ui/notice.tsx'
import { exactTime } from '../../../lib/relative-time.ts'

/** Shows whether an old certificate can be retired, in the words of the API. */
export function VerdictNotice({
  verdict: { code, sentence, safeFrom },
  actions,
}: {
  verdict: RetirementVerdict
  actions?: ReactNode
}) {
  const isOver = code === 'retired' || code === 'expired'
  return (
    <Notice
      tone={code === 'safe' ? 'good' : isOver ? 'info' : 'warn'}
      title={`${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}`}
      actions={actions}
    >
      {safeFrom !== null && code !== 'safe' && (
        <p>If it stays silent, it is safe to retire from {exactTime(new Date(safeFrom))}.</p>
      )}
      {code === 'safe' && (
        <p>Nothing has used it, while the gateways reported without a gap and accepted its replacement.</p>
      )}
    </Notice>
  )
}
