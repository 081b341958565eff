import { Skeleton, VisuallyHidden } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { PlatformState } from '../../../../../src/contract/platform.ts'
import { ActionList } from '../../../components/ui/action-list.tsx'
import { type Column, DataTable } from '../../../components/ui/data-table.tsx'
import { DescriptionItem, DescriptionList } from '../../../components/ui/description-list.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { ToneBadge } from '../../../components/ui/tone-badge.tsx'
import { countText } from '../../../lib/count-text.ts'
import { useNow } from '../../../lib/use-now.ts'
import { platformStateQuery } from '../api/get-platform-state.ts'
import { describePlatformActions } from '../describe-platform-actions.ts'

/** Shows what needs an operator, and how store, emails, gateways and CRLs are. */
export function PlatformOverview() {
  const query = useQuery(platformStateQuery)
  const now = useNow()
  if (query.isError) return <ErrorNotice error={query.error} onRetry={query.refetch} />
  if (query.isPending)
    return (
      <>
        <VisuallyHidden role="status">Loading the overview…</VisuallyHidden>
        <Skeleton height={150} radius="lg" />
        <Skeleton height={240} radius="lg" />
      </>
    )
  return (
    <>
      <Panel title="Needs you" flush>
        <ActionList
          items={describePlatformActions(query.data.requiredActions, now)}
          calm="Nothing. Gateways, CRLs, emails and tasks are as they should be, and no CSR waits for a decision."
        />
      </Panel>
      <Parts state={query.data} />
      <RevocationLists lists={query.data.revocationLists} />
    </>
  )
}

function Parts({ state: { store, mail, gateways } }: { state: PlatformState }) {
  return (
    <Panel title="Health">
      <DescriptionList columns={2}>
        <DescriptionItem label="Gateways">
          {countText(gateways.running, 'process runs', 'processes run')}
          {gateways.notReporting > 0 && `, ${gateways.notReporting.toLocaleString('en')} not reporting`}
        </DescriptionItem>
        <DescriptionItem label="Changes not confirmed">
          {gateways.running === 0 ? '–' : gateways.unconfirmedChanges.toLocaleString('en')}
        </DescriptionItem>
        <DescriptionItem label="Store">
          {store.engine === 'sqlite' ? 'SQLite' : 'PostgreSQL'}
          {store.restoredAt !== null && (
            <>
              , found to be an older state <Moment at={store.restoredAt} />
            </>
          )}
        </DescriptionItem>
        <DescriptionItem label="Emails">
          {mail.delivery === 'smtp' ? 'Sent by your mail server' : 'Kept in the built-in mailbox'}
          {mail.waiting > 0 && `, ${mail.waiting.toLocaleString('en')} waiting`}
        </DescriptionItem>
      </DescriptionList>
    </Panel>
  )
}

type RevocationList = PlatformState['revocationLists'][number]

const columns: Column<RevocationList>[] = [
  {
    label: 'CRL',
    cell: ({ environment }) => (environment === null ? 'Root' : `Issuing CA of ${environment}`),
  },
  {
    label: 'State',
    cell: ({ late }) => (
      <ToneBadge tone={late ? 'bad' : 'good'} dot={late ? 'half' : 'full'}>
        {late ? 'Late' : 'Current'}
      </ToneBadge>
    ),
  },
  { label: 'Published', cell: ({ thisUpdate }) => <Moment at={thisUpdate} /> },
  { label: 'Ends', cell: ({ nextUpdate }) => <Moment at={nextUpdate} /> },
]

const RevocationLists = ({ lists }: { lists: RevocationList[] }) => (
  <Panel title="Certificate revocation lists" flush>
    <DataTable
      label="Certificate revocation lists"
      columns={columns}
      rows={lists}
      keyOf={({ issuerId }) => issuerId}
    />
  </Panel>
)
