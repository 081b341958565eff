import { IconRefresh } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import type { RotationSummary } from '../../../../../src/contract/rotation.ts'
import type { Column } from '../../../components/ui/data-table.tsx'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { TextLink } from '../../../components/ui/links.tsx'
import { PagedTable } from '../../../components/ui/paged-table.tsx'
import { daysLeftText } from '../../../lib/days-left.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { rotationsQuery } from '../api/list-rotations.ts'

/** Shows the rotations that are not finished, those whose old certificate expires first at the top. */
export function RotationsList() {
  const { params } = useWorkspace()
  return (
    <PagedTable
      query={useInfiniteQuery(rotationsQuery(params))}
      what="the rotations"
      label="Unfinished rotations"
      columns={columns}
      keyOf={({ old }) => old.id}
      empty={
        <EmptyState icon={<IconRefresh size={24} />} title="No rotation is unfinished">
          <p>
            A rotation is listed here from the moment a certificate has a replacement until it is retired.
            Select Rotate on the page of a certificate to begin one.
          </p>
        </EmptyState>
      }
    />
  )
}

const columns: Column<RotationSummary>[] = [
  { label: 'Certificate', cell: (rotation) => <RotationLink rotation={rotation} /> },
  { label: 'Replacement', cell: ({ new: next }) => (next ? `${next.name}, ${next.status}` : 'None') },
  {
    label: 'Expires',
    cell: ({ old }) => (old.daysLeft === null ? '–' : daysLeftText(old.daysLeft)),
  },
  {
    label: 'Old share',
    cell: ({ old }) => (old.share === null ? 'No calls' : `${Math.round(old.share * 100)} %`),
  },
  { label: 'Verdict', cell: ({ verdict }) => verdict.sentence },
]

function RotationLink({ rotation: { old } }: { rotation: RotationSummary }) {
  const { params } = useWorkspace()
  return (
    <TextLink
      to="/o/$organization/$environment/certificates/$certificateId/rotation"
      params={{ ...params, certificateId: old.id }}
    >
      {old.name}
    </TextLink>
  )
}
