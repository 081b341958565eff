import { IconShieldCheck } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import type { EnforcementPlanSummary } from '../../../../../src/contract/enforcement-plan.ts'
import type { Column } from '../../../components/ui/data-table.tsx'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { TextLink } from '../../../components/ui/links.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { PagedTable } from '../../../components/ui/paged-table.tsx'
import { enforcementPlansQuery } from '../api/list-enforcement-plans.ts'
import { ModeBadge } from './mode-badge.tsx'

/**
 * Shows the enforcement of every organization in each environment; each row links to the page where it is
 * changed.
 */
export function PlansList() {
  return (
    <PagedTable
      query={useInfiniteQuery(enforcementPlansQuery)}
      what="the organizations"
      label="Organizations and environments"
      columns={columns}
      keyOf={({ organization, environment }) => `${organization.slug} ${environment}`}
      empty={
        <EmptyState icon={<IconShieldCheck size={24} />} title="There are no organizations yet">
          <p>What is required of an organization is decided once there is one.</p>
        </EmptyState>
      }
    />
  )
}

const columns: Column<EnforcementPlanSummary>[] = [
  {
    label: 'Organization',
    cell: ({ organization, environment }) => (
      <TextLink
        to="/o/$organization/$environment/enforcement"
        params={{ organization: organization.slug, environment }}
      >
        {organization.legalName}
      </TextLink>
    ),
  },
  { label: 'Environment', cell: ({ environment }) => environment },
  {
    label: 'Certificates',
    cell: ({ mode, heldSince }) => <ModeBadge mode={mode} isHeld={heldSince !== null} />,
  },
  { label: 'Would pass', cell: (row) => countOf(row, 'passing'), align: 'end' },
  { label: 'Would be refused', cell: (row) => countOf(row, 'refused'), align: 'end' },
  { label: 'Of those recently', cell: (row) => countOf(row, 'recent'), align: 'end' },
  { label: 'Required from', cell: ({ enforceAt }) => <Moment at={enforceAt} never="–" /> },
]

/** Formats a count, which only exists with monitoring. */
const countOf = (row: EnforcementPlanSummary, name: 'passing' | 'refused' | 'recent'): string =>
  row.mode === 'observe' ? row[name].toLocaleString('en') : '–'
