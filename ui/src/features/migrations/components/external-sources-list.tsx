import { Stack, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import type { ExternalSourceView } from '../../../../../src/contract/external-source.ts'
import type { Column } from '../../../components/ui/data-table.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { PagedTable } from '../../../components/ui/paged-table.tsx'
import { externalSourcesQuery } from '../api/list-external-sources.ts'

/** Shows where other CAs say which of their certificates are revoked, and how old their answers are. */
export function ExternalSourcesList() {
  return (
    <PagedTable
      query={useInfiniteQuery(externalSourcesQuery)}
      what="the CRLs and OCSP of other CAs"
      label="CRLs and OCSP of other CAs"
      columns={columns}
      keyOf={({ id }) => id}
      empty={
        <Text c="var(--ink-soft)" p="lg">
          No other CA is asked: no registered certificate below a trusted issuer names a CRL or an OCSP
          responder.
        </Text>
      }
    />
  )
}

const columns: Column<ExternalSourceView>[] = [
  {
    label: 'Source',
    cell: ({ kind, urls, problem }) => (
      <Stack gap={2}>
        <Text style={{ overflowWrap: 'anywhere' }}>
          {kind === 'crl' ? 'CRL' : 'OCSP'} {urls[0]}
        </Text>
        {problem !== null && (
          <Text size="sm" c="var(--bad)">
            It {problem}.
          </Text>
        )}
      </Stack>
    ),
  },
  { label: 'CA', cell: ({ issuer }) => issuer },
  { label: 'Environment', cell: ({ environment }) => environment },
  { label: 'Certificates', cell: ({ certificates }) => certificates.toLocaleString('en'), align: 'end' },
  { label: 'Last answer', cell: ({ answeredAt }) => <Moment at={answeredAt} never="Never" /> },
  { label: 'Holds until', cell: ({ confirmedUntil }) => <Moment at={confirmedUntil} never="–" /> },
  { label: 'Denied from', cell: ({ deniedFrom }) => <Moment at={deniedFrom} never="–" /> },
]
