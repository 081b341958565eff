import { IconKey } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { CredentialView } from '../../../../../src/contract/credential.ts'
import { CopyValue } from '../../../components/ui/copy-value.tsx'
import { type Column, DataTable } from '../../../components/ui/data-table.tsx'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { LoadMore } from '../../../components/ui/load-more.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { TableSkeleton } from '../../../components/ui/table-skeleton.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { type CredentialRow, credentialsQuery } from '../api/list-credentials.ts'
import { CredentialActions } from './credential-actions.tsx'
import classes from './credentials-list.module.css'

interface CredentialsListProps {
  /** The certificates to which credentials can be restricted. */
  certificates: { id: string; name: string }[]
  /** The certificate in the example token request. */
  certificateName: string
  create: ReactNode
}

/** Shows the API credentials of the organization in the environment, latest first. */
export function CredentialsList({ certificates, certificateName, create }: CredentialsListProps) {
  const { params, mayWrite, environment } = useWorkspace()
  const query = useInfiniteQuery(credentialsQuery(params))
  const rows = query.data?.pages.flatMap(({ items }) => items) ?? []
  if (query.isError) return <ErrorNotice error={query.error} onRetry={query.refetch} />
  if (query.isSuccess && rows.length === 0)
    return (
      <Panel>
        <EmptyState icon={<IconKey size={24} />} title="No API credentials yet" action={create}>
          <p>
            {`A service presents its certificate to the ${environment.label} gateway and gets an access token with its ${environment.profile === 'fapi2' ? 'client ID and a signed assertion, or with only its client ID' : 'client ID and secret'}. Create separate credentials for each service, so that you can change them independently.`}
          </p>
        </EmptyState>
      </Panel>
    )
  const actions: Column<CredentialRow> = {
    label: 'Actions',
    labelHidden: true,
    align: 'end',
    cell: (row) => (
      <CredentialActions credential={row} certificates={certificates} certificateName={certificateName} />
    ),
  }
  return (
    <Panel flush>
      {query.isPending ? (
        <TableSkeleton what="the API credentials" />
      ) : (
        <DataTable
          label="Credentials"
          columns={mayWrite ? [...columns, actions] : columns}
          rows={rows}
          keyOf={({ id }) => id}
        />
      )}
      <LoadMore query={query} />
    </Panel>
  )
}

const columns: Column<CredentialRow>[] = [
  {
    label: 'Credential',
    cell: ({ name, description }) => (
      <span className={classes.name}>
        <strong>{name}</strong>
        {description && <span>{description}</span>}
      </span>
    ),
  },
  { label: 'Client ID', cell: ({ clientId }) => <CopyValue value={clientId} what="the client ID" /> },
  { label: 'Scopes', cell: ({ scopes }) => (scopes === null ? 'All' : scopes.join(', ') || 'None') },
  { label: 'Secrets', cell: (row) => <Secrets credential={row} /> },
  { label: 'Restricted to', cell: (row) => restrictionOf(row), inCard: 'none' },
  { label: 'Last used', cell: ({ lastUsedAt }) => <Moment at={lastUsedAt} /> },
]

function Secrets({ credential: { secrets, tlsClientAuth, jwks } }: { credential: CredentialView }) {
  const { environment } = useWorkspace()
  if (tlsClientAuth !== null) return <span>None: the certificate identifies the client</span>
  if (jwks !== null) return <span>{`None: public keys ${jwks.keys.map(({ kid }) => kid).join(', ')}`}</span>
  if (environment.profile === 'fapi2')
    return <span>This environment does not accept secrets: create new credentials</span>
  return (
    <ul className={classes.secrets}>
      {secrets.map(({ id, hint, createdAt, expiresAt }) => (
        <li key={id}>
          <code>{`…${hint}`}</code> <Moment at={createdAt} />
          {expiresAt !== null && (
            <span className={classes.ending}>
              {' expires '}
              <Moment at={expiresAt} />
            </span>
          )}
        </li>
      ))}
    </ul>
  )
}

function restrictionOf({ networks, certificateIds }: CredentialView): string {
  const count = certificateIds?.length ?? 0
  const certificates =
    certificateIds === null ? [] : [count === 1 ? '1 certificate' : `${count} certificates`]
  const addresses = networks?.length === 0 ? ['0 networks'] : (networks ?? [])
  return [...addresses, ...certificates].join(', ') || 'Nothing'
}
