import type { EnforcementMode } from '../../../../../src/contract/enforcement-policy.ts'
import { type Tone, ToneBadge } from '../../../components/ui/tone-badge.tsx'

const words: Record<EnforcementMode, { tone: Tone; dot: 'full' | 'half' | 'empty'; word: string }> = {
  enforce: { tone: 'good', dot: 'full', word: 'Required' },
  observe: { tone: 'accent', dot: 'half', word: 'Monitoring' },
  off: { tone: 'neutral', dot: 'empty', word: 'Optional' },
}

/** Shows in one word whether certificates are required. */
export function EnforcementModeBadge({ mode, isHeld }: { mode: EnforcementMode; isHeld: boolean }) {
  const { tone, dot, word } = isHeld
    ? ({ tone: 'warn', dot: 'half', word: 'Postponed' } as const)
    : words[mode]
  return (
    <ToneBadge tone={tone} dot={dot}>
      {word}
    </ToneBadge>
  )
}
