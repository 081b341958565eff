import { Button } from '@mantine/core'
import { IconCertificate, IconFilterOff } from '@tabler/icons-react'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { TextLink } from '../../../components/ui/links.tsx'
import { LoadMore } from '../../../components/ui/load-more.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { TableSkeleton } from '../../../components/ui/table-skeleton.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { certificatesQuery } from '../api/list-certificates.ts'
import { CertificatesFilter, type CertificatesFilterValue } from './certificates-filter.tsx'
import { CertificatesTable } from './certificates-table.tsx'

interface CertificatesListProps {
  filter: CertificatesFilterValue
  onFilter: (filter: CertificatesFilterValue) => void
  /** The action that creates a first certificate. */
  create: ReactNode
}

/** Shows the certificates of the organization in the environment, filtered, page by page. */
export function CertificatesList({ filter, onFilter, create }: CertificatesListProps) {
  const { params } = useWorkspace()
  const query = useInfiniteQuery({
    ...certificatesQuery(params, filter),
    placeholderData: keepPreviousData,
  })
  const rows = query.data?.pages.flatMap(({ items }) => items) ?? []
  const filtered = filter.text !== undefined || filter.status !== undefined || filter.owner !== undefined
  if (query.isError) return <ErrorNotice error={query.error} onRetry={query.refetch} />
  if (query.isSuccess && rows.length === 0 && !filtered) return <NoCertificates create={create} />
  return (
    <Panel flush>
      <CertificatesFilter value={filter} onChange={onFilter} />
      {query.isPending && <TableSkeleton what="the certificates" />}
      {query.isSuccess && rows.length === 0 && <NoMatches text={filter.text} onClear={() => onFilter({})} />}
      {rows.length > 0 && <CertificatesTable rows={rows} busy={query.isPlaceholderData} />}
      <LoadMore query={query} />
    </Panel>
  )
}

function NoCertificates({ create }: { create: ReactNode }) {
  const { environment } = useWorkspace()
  return (
    <Panel>
      <EmptyState icon={<IconCertificate size={24} />} title="No certificates yet" action={create}>
        <p>
          A client certificate identifies your service to the gateway. Each service that calls{' '}
          {environment.label} needs a certificate, in addition to its API credentials.
        </p>
        <p>The private key stays with you. Setup takes about three minutes.</p>
      </EmptyState>
    </Panel>
  )
}

const traceId = /^[0-9a-f]{32}$/i

function NoMatches({ text = '', onClear }: { text?: string | undefined; onClear: () => void }) {
  const { params } = useWorkspace()
  return (
    <EmptyState
      icon={<IconFilterOff size={24} />}
      title="No certificate matches"
      action={
        <Button variant="default" onClick={onClear}>
          Show all
        </Button>
      }
    >
      <p>Postern searches names, descriptions, serial numbers and fingerprints in this environment.</p>
      {traceId.test(text) && (
        <p>
          If it is a trace ID:{' '}
          <TextLink
            to="/o/$organization/$environment/activity"
            params={params}
            search={{ traceId: text.toLowerCase() }}
          >
            show what the gateway saw
          </TextLink>
        </p>
      )}
    </EmptyState>
  )
}
