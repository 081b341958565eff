import { IconTerminal2 } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { UsedApiKey } from '../../../../../src/contract/api-key.ts'
import { type Column, DataTable } from '../../../components/ui/data-table.tsx'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { LoadMore } from '../../../components/ui/load-more.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { TableSkeleton } from '../../../components/ui/table-skeleton.tsx'
import { apiKeysQuery, type KeyOwner } from '../api/api-keys.ts'
import { ApiKeyActions } from './api-key-actions.tsx'
import classes from './api-keys-list.module.css'
import { roleLabels } from './key-words.ts'

interface ApiKeysListProps {
  owner: KeyOwner
  mayDelete: boolean
  mayRotate: boolean
  create: ReactNode
}

/** Shows the API keys of an organization or of the user, latest first. */
export function ApiKeysList({ owner, mayDelete, mayRotate, create }: ApiKeysListProps) {
  const query = useInfiniteQuery(apiKeysQuery(owner))
  const rows = query.data?.pages.flatMap(({ items }) => items) ?? []
  if (query.isError) return <ErrorNotice error={query.error} onRetry={query.refetch} />
  if (query.isSuccess && rows.length === 0)
    return (
      <Panel>
        <EmptyState icon={<IconTerminal2 size={24} />} title="No API keys yet" action={create}>
          <p>
            Programs use an API key in place of a password: a pipeline that rotates certificates, Terraform,
            or a script. Create a separate key for each program, so that you can delete it by itself.
          </p>
        </EmptyState>
      </Panel>
    )
  const actions: Column<UsedApiKey> = {
    label: 'Actions',
    labelHidden: true,
    align: 'end',
    cell: (row) => <ApiKeyActions owner={owner} apiKey={row} mayRotate={mayRotate} />,
  }
  const own = owner === null ? [organizationColumn] : []
  return (
    <Panel flush>
      {query.isPending ? (
        <TableSkeleton what="the API keys" />
      ) : (
        <DataTable
          label="API keys"
          columns={[...columns, ...own, ...ends, ...(mayDelete ? [actions] : [])]}
          rows={rows}
          keyOf={({ id }) => id}
        />
      )}
      <LoadMore query={query} />
    </Panel>
  )
}

const columns: Column<UsedApiKey>[] = [
  {
    label: 'Key',
    cell: ({ name, secrets }) => (
      <span className={classes.name}>
        <strong>{name}</strong>
        {secrets.map(({ prefix }) => (
          <code key={prefix}>{`${prefix}…`}</code>
        ))}
      </span>
    ),
  },
  { label: 'Role', cell: ({ role }) => roleLabels[role] },
  { label: 'Scopes', cell: ({ scopes }) => (scopes === null ? 'All' : scopes.join(', ')), inCard: 'none' },
  { label: 'Networks', cell: ({ networks }) => (networks === null ? 'Any' : networks.join(', ')) },
]
const organizationColumn: Column<UsedApiKey> = {
  label: 'Organization',
  cell: ({ organization }) => organization ?? 'All',
}
const ends: Column<UsedApiKey>[] = [
  { label: 'Expires', cell: ({ expiresAt }) => <Moment at={expiresAt} /> },
  { label: 'Last used', cell: ({ lastUsedAt }) => <Moment at={lastUsedAt} /> },
]
