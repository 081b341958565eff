import { IconRefresh } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import type { OverdueRotation } from '../../../../../src/contract/rotation.ts'
import type { Column } from '../../../components/ui/data-table.tsx'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { TextLink } from '../../../components/ui/links.tsx'
import { PagedTable } from '../../../components/ui/paged-table.tsx'
import { overdueRotationsQuery } from '../api/list-overdue-rotations.ts'
import { describeOverlapEnd } from '../describe-overlap.ts'

/** Shows operators which replaced certificates are valid after their overlap, in all organizations. */
export function OverdueRotations() {
  return (
    <PagedTable
      query={useInfiniteQuery(overdueRotationsQuery())}
      what="the rotations"
      label="Rotations after their overlap"
      columns={columns}
      keyOf={({ old }) => old.id}
      empty={
        <EmptyState icon={<IconRefresh size={24} />} title="No rotation is past its overlap">
          <p>
            In an environment with rotationOverlapDays, a replaced certificate is listed here if it is not
            safe to retire when its overlap ends. Without this setting the list stays empty.
          </p>
        </EmptyState>
      }
    />
  )
}

const columns: Column<OverdueRotation>[] = [
  { label: 'Organization', cell: ({ organization }) => organization.legalName },
  { label: 'Environment', cell: ({ environment }) => environment },
  { label: 'Certificate', cell: (rotation) => <RotationLink rotation={rotation} /> },
  { label: 'Replacement', cell: ({ new: next }) => next?.name ?? 'None' },
  { label: 'Overlap ended', cell: describeOverlapEnd },
  { label: 'Verdict', cell: ({ verdict }) => verdict.sentence },
]

function RotationLink({ rotation: { organization, environment, old } }: { rotation: OverdueRotation }) {
  return (
    <TextLink
      to="/o/$organization/$environment/certificates/$certificateId/rotation"
      params={{ organization: organization.slug, environment, certificateId: old.id }}
    >
      {old.name}
    </TextLink>
  )
}
