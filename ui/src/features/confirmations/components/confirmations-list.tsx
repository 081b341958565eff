import { Button } from '@mantine/core'
import { IconUsers } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ConfirmationView } from '../../../../../src/contract/confirmation.ts'
import { ConfirmDialog } from '../../../components/ui/confirm-dialog.tsx'
import type { Column } from '../../../components/ui/data-table.tsx'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { PagedTable } from '../../../components/ui/paged-table.tsx'
import { type Tone, ToneBadge } from '../../../components/ui/tone-badge.tsx'
import { ActorName } from '../../../lib/actor-name.tsx'
import { useMayOperate } from '../../../lib/may-operate.ts'
import { useDecideConfirmation } from '../api/decide-confirmation.ts'
import { confirmationsQuery } from '../api/list-confirmations.ts'
import { describeAct } from '../describe-act.ts'

/** Shows what operators want to do and a second one has to confirm, newest first. */
export function ConfirmationsList({ userEmail }: { userEmail: string }) {
  const mayOperate = useMayOperate()
  const [choice, setChoice] = useState<Choice>()
  const columns = mayOperate ? [...facts, decisionsOf(userEmail, setChoice)] : facts
  return (
    <>
      <PagedTable
        query={useInfiniteQuery(confirmationsQuery)}
        what="the confirmations"
        label="Confirmations"
        columns={columns}
        keyOf={({ id }) => id}
        empty={
          <EmptyState icon={<IconUsers size={24} />} title="Nothing waits for a second person">
            <p>Where the configuration asks for one, what an operator wants to do waits here for another.</p>
          </EmptyState>
        }
      />
      {choice && <DecisionDialog {...choice} onClose={() => setChoice(undefined)} />}
    </>
  )
}

interface Choice {
  confirmation: ConfirmationView
  decision: 'confirm' | 'cancel'
}

const statuses: Record<
  ConfirmationView['status'],
  { tone: Tone; dot: 'full' | 'half' | 'empty'; word: string }
> = {
  waiting: { tone: 'warn', dot: 'half', word: 'Waiting' },
  running: { tone: 'warn', dot: 'half', word: 'Being done' },
  done: { tone: 'good', dot: 'full', word: 'Done' },
  failed: { tone: 'bad', dot: 'empty', word: 'Failed' },
  cancelled: { tone: 'neutral', dot: 'empty', word: 'Canceled' },
  expired: { tone: 'neutral', dot: 'empty', word: 'Expired' },
}

const facts: Column<ConfirmationView>[] = [
  { label: 'Act', cell: (row) => describeAct(row) },
  {
    label: 'Status',
    cell: ({ status }) => (
      <ToneBadge tone={statuses[status].tone} dot={statuses[status].dot}>
        {statuses[status].word}
      </ToneBadge>
    ),
  },
  { label: 'Asked by', cell: ({ requestedBy }) => <ActorName actor={requestedBy} /> },
  { label: 'Asked', cell: ({ requestedAt }) => <Moment at={requestedAt} /> },
  {
    label: 'Decided by',
    cell: ({ decidedBy, problem }) => (
      <>
        {decidedBy === null ? '–' : <ActorName actor={decidedBy} />}
        {problem !== null && <div>{problem.detail}</div>}
      </>
    ),
  },
]

const decisionsOf = (userEmail: string, choose: (choice: Choice) => void): Column<ConfirmationView> => ({
  label: 'Decision',
  cell: (confirmation) =>
    confirmation.status === 'waiting' && (
      <Button.Group>
        <Button size="xs" variant="default" onClick={() => choose({ confirmation, decision: 'cancel' })}>
          Cancel
        </Button>
        {confirmation.requestedBy.label !== userEmail && (
          <Button size="xs" onClick={() => choose({ confirmation, decision: 'confirm' })}>
            Confirm
          </Button>
        )}
      </Button.Group>
    ),
  align: 'end',
})

function DecisionDialog({ confirmation, decision, onClose }: Choice & { onClose: () => void }) {
  const decide = useDecideConfirmation(decision)
  const isConfirmed = decision === 'confirm'
  return (
    <ConfirmDialog
      opened
      title={isConfirmed ? 'Confirm and do it' : 'Cancel the act'}
      action={isConfirmed ? 'Confirm' : 'Cancel the act'}
      keep="Back"
      danger={isConfirmed}
      busy={decide.isPending}
      error={decide.error}
      onConfirm={() => decide.mutate(confirmation.id, { onSuccess: onClose })}
      onClose={onClose}
    >
      <p>
        {describeAct(confirmation)}. <ActorName actor={confirmation.requestedBy} />
        {isConfirmed ? ' asked for this. It is done immediately.' : ' asked for this. It will not be done.'}
      </p>
    </ConfirmDialog>
  )
}
