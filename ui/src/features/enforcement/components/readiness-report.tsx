import { IconShieldCheck } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type {
  EnforcementImpactView,
  EnforcementPolicyView,
} from '../../../../../src/contract/enforcement-policy.ts'
import { type Column, DataTable } from '../../../components/ui/data-table.tsx'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { TextLink } from '../../../components/ui/links.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Numbers } from '../../../components/ui/numbers.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { TableSkeleton } from '../../../components/ui/table-skeleton.tsx'
import { denialTitle } from '../../../lib/denial-titles.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { enforcementImpactQuery } from '../api/get-enforcement-impact.ts'
import classes from './readiness-report.module.css'

type Cause = EnforcementImpactView['causes'][number]

/** Shows which requests would be denied if a certificate were required, and what to do about each. */
export function ReadinessReport({ plan: { windowHours } }: { plan: EnforcementPolicyView }) {
  const { params } = useWorkspace()
  const query = useQuery(enforcementImpactQuery(params))
  if (query.isError) return <ErrorNotice error={query.error} onRetry={query.refetch} />
  if (query.data === undefined) return <TableSkeleton what="the calls" />
  const { allowedCalls, deniedCalls, recentDeniedCalls, causes } = query.data
  return (
    <>
      <Numbers
        numbers={[
          { label: 'Would be allowed', value: allowedCalls.toLocaleString('en'), note: 'calls' },
          { label: 'Would be denied', value: deniedCalls.toLocaleString('en'), note: 'calls' },
          {
            label: `Denied in ${windowHours} hours`,
            value: recentDeniedCalls.toLocaleString('en'),
            note: recentDeniedCalls === 0 ? 'none' : 'postpone the requirement',
          },
        ]}
      />
      <Panel title="Would be denied" flush>
        {causes.length === 0 ? (
          <EmptyState
            icon={<IconShieldCheck size={24} />}
            title={allowedCalls === 0 ? 'No call has been seen yet' : 'All your calls would be allowed'}
          >
            <p>Postern counts calls and token requests within a second, by whether they would be allowed.</p>
          </EmptyState>
        ) : (
          <DataTable
            label="Would be denied"
            columns={columns}
            rows={causes}
            keyOf={({ code, credential }) => `${code} ${credential?.id ?? ''}`}
          />
        )}
      </Panel>
    </>
  )
}

const columns: Column<Cause>[] = [
  { label: 'Why', cell: ({ code }) => <Why code={code} /> },
  {
    label: 'API credentials',
    cell: ({ credential }) =>
      credential === null ? (
        'Unknown'
      ) : (
        <span className={classes.credential}>
          {credential.name}
          <code>{credential.clientId}</code>
        </span>
      ),
  },
  { label: 'Calls', cell: ({ calls }) => calls.toLocaleString('en'), align: 'end' },
  { label: 'Last', cell: ({ lastAt }) => <Moment at={lastAt} /> },
  {
    label: 'From',
    cell: ({ lastClientAddress }) => <code className={classes.address}>{lastClientAddress}</code>,
  },
]

function Why({ code }: { code: Cause['code'] }) {
  const { params } = useWorkspace()
  return (
    <span className={classes.why}>
      <strong>{denialTitle(code)}</strong>
      <TextLink size="sm" to="/o/$organization/$environment/help" params={params} search={{ code }}>
        What to do
      </TextLink>
    </span>
  )
}
