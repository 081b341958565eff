import { Stack, Switch, Text } from '@mantine/core'
import { IconArrowsExchange } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { formatCount } from '../../../../../src/contract/format-count.ts'
import type { MigrationSummary } from '../../../../../src/contract/migration.ts'
import type { Column } from '../../../components/ui/data-table.tsx'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { TextLink } from '../../../components/ui/links.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { PagedTable } from '../../../components/ui/paged-table.tsx'
import { useMayOperate } from '../../../lib/may-operate.ts'
import { migrationsQuery } from '../api/list-migrations.ts'
import { ChangeMigrationButton } from './change-migration-button.tsx'
import { MigrationStateBadge } from './migration-state-badge.tsx'

/** Shows which organizations still have certificates from other CAs, and when these end. */
export function MigrationsList() {
  const [isRemaining, setRemaining] = useState(true)
  const mayOperate = useMayOperate()
  return (
    <PagedTable
      query={useInfiniteQuery(migrationsQuery(isRemaining ? 'remaining' : undefined))}
      what="the organizations"
      label="Organizations with certificates from other CAs"
      columns={mayOperate ? [...columns, change] : columns}
      keyOf={({ organization, environment }) => `${organization.slug} ${environment}`}
      below={(row) => <Issuers row={row} />}
      filter={
        <Switch
          label="Only organizations that still have such certificates"
          checked={isRemaining}
          onChange={(event) => setRemaining(event.currentTarget.checked)}
        />
      }
      empty={
        <EmptyState icon={<IconArrowsExchange size={24} />} title="Nobody uses certificates from other CAs">
          <p>Certificates from other CAs appear here after their registration.</p>
        </EmptyState>
      }
    />
  )
}

const columns: Column<MigrationSummary>[] = [
  {
    label: 'Organization',
    cell: ({ organization, environment }) => (
      <TextLink
        to="/o/$organization/$environment/certificates"
        params={{ organization: organization.slug, environment }}
      >
        {organization.legalName}
      </TextLink>
    ),
  },
  { label: 'Environment', cell: ({ environment }) => environment },
  { label: 'State', cell: (row) => <MigrationStateBadge {...row} /> },
  { label: 'Certificates', cell: ({ certificates }) => toNumber(certificates), align: 'end' },
  {
    label: 'Calls in 24 hours',
    cell: ({ externalCalls, otherCalls }) => describeShare(externalCalls, otherCalls),
    align: 'end',
  },
  { label: 'Deadline', cell: ({ deadline }) => <Moment at={deadline} never="–" /> },
  { label: 'Exception until', cell: (row) => <Exception row={row} /> },
]

const change: Column<MigrationSummary> = {
  label: 'Change',
  cell: ({ organization, environment }) => (
    <ChangeMigrationButton
      params={{ organization: organization.slug, environment }}
      name={organization.legalName}
    />
  ),
}

const toNumber = (count: number) => count.toLocaleString('en')

/** The calls with certificates from other CAs, and their share of all. */
function describeShare(external: number, other: number): string {
  const all = external + other
  if (all === 0) return '0'
  const share = Math.round((100 * external) / all)
  return `${toNumber(external)} (${external > 0 && share === 0 ? 'under 1' : share}%)`
}

/** The end of the exception, and what depends on it. */
function Exception({ row }: { row: MigrationSummary }) {
  const { exceptionUntil, exceptionCertificates, exceptionCalls } = row
  if (exceptionUntil === null && exceptionCertificates === 0) return '–'
  return (
    <Stack gap={2}>
      <Moment at={exceptionUntil} never="None" />
      <Text size="sm" c="dimmed">
        {formatCount(exceptionCertificates, 'certificate')}, {formatCount(exceptionCalls, 'call')}
      </Text>
    </Stack>
  )
}

const purposes = {
  client_auth: 'for TLS clients',
  client_and_server_auth: 'for TLS clients and servers',
  server_auth: 'for TLS servers alone',
  any_or_none: 'for any purpose, or none',
} as const

function Issuers({ row: { issuers } }: { row: MigrationSummary }) {
  if (issuers.length === 0) return <p>No valid certificates from other CAs are left.</p>
  return (
    <ul>
      {issuers.map(({ issuer, purpose, certificates, calls, lastNotAfter, lastRenewal }) => (
        <li key={`${issuer} ${purpose}`}>
          {issuer || 'Unknown issuer'}: {formatCount(certificates, 'certificate')}{' '}
          {purpose === null ? 'that Postern has not read yet' : purposes[purpose]},{' '}
          {formatCount(calls, 'call')} in 24 hours. The last one expires <Moment at={lastNotAfter} />.{' '}
          {lastRenewal === null
            ? 'The last day of renewal is unknown.'
            : `This CA renews them until ${lastRenewal}.`}
        </li>
      ))}
    </ul>
  )
}
