import { IconShieldCheck } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import type { EnforcementPolicySummary } from '../../../../../src/contract/enforcement-policy.ts'
import type { Column } from '../../../components/ui/data-table.tsx'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { TextLink } from '../../../components/ui/links.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { PagedTable } from '../../../components/ui/paged-table.tsx'
import { enforcementPoliciesQuery } from '../api/list-enforcement-policies.ts'
import { EnforcementModeBadge } from './enforcement-mode-badge.tsx'

/**
 * Shows the enforcement of every organization in each environment; each row links to the page where it is
 * changed.
 */
export function PoliciesList() {
  return (
    <PagedTable
      query={useInfiniteQuery(enforcementPoliciesQuery)}
      what="the organizations"
      label="Organizations and environments"
      columns={columns}
      keyOf={({ organization, environment }) => `${organization.slug} ${environment}`}
      empty={
        <EmptyState icon={<IconShieldCheck size={24} />} title="There are no organizations yet">
          <p>You can set the requirement after you create an organization.</p>
        </EmptyState>
      }
    />
  )
}

const columns: Column<EnforcementPolicySummary>[] = [
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
    cell: ({ mode, postponedSince }) => <EnforcementModeBadge mode={mode} isHeld={postponedSince !== null} />,
  },
  { label: 'Would be allowed', cell: (row) => countOf(row, 'allowedCalls'), align: 'end' },
  { label: 'Would be denied', cell: (row) => countOf(row, 'deniedCalls'), align: 'end' },
  { label: 'Recently denied', cell: (row) => countOf(row, 'recentDeniedCalls'), align: 'end' },
  { label: 'Required from', cell: ({ enforceAt }) => <Moment at={enforceAt} never="–" /> },
]

/** Formats a count, which only exists with monitoring. */
const countOf = (
  row: EnforcementPolicySummary,
  name: 'allowedCalls' | 'deniedCalls' | 'recentDeniedCalls',
): string => (row.mode === 'observe' ? row[name].toLocaleString('en') : '–')
