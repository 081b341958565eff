import type { MigrationView } from '../../../../../src/contract/migration.ts'
import { ToneBadge } from '../../../components/ui/tone-badge.tsx'

const states = {
  accepted: { tone: 'neutral', label: 'No deadline' },
  planned: { tone: 'warn', label: 'Planned' },
  postponed: { tone: 'bad', label: 'Postponed' },
  ended: { tone: 'good', label: 'Ended' },
} as const

/** Shows the state of a plan; an organization without such certificates has moved, whatever its plan is. */
export function MigrationStateBadge({
  state,
  certificates,
}: {
  state: MigrationView['state']
  certificates: number
}) {
  const { tone, label } =
    certificates === 0 && state !== 'ended' ? { tone: 'good' as const, label: 'Moved' } : states[state]
  return <ToneBadge tone={tone}>{label}</ToneBadge>
}
