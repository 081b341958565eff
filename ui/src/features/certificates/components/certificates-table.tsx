import { ActionIcon } from '@mantine/core'
import { IconDownload, IconFileZip } from '@tabler/icons-react'
import type { CertificateSummary } from '../../../../../src/contract/certificate.ts'
import { certificateFileName } from '../../../../../src/kits/file-names.ts'
import { type Column, DataTable } from '../../../components/ui/data-table.tsx'
import { TextLink } from '../../../components/ui/links.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Sparkline } from '../../../components/ui/sparkline.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { downloadAddress } from '../api/download-address.ts'
import type { CertificateRow } from '../api/list-certificates.ts'
import { CertificateStatusBadge } from './certificate-status.tsx'
import classes from './certificates-table.module.css'
import { DiscardButton } from './discard-button.tsx'
import { Expiry } from './expiry.tsx'
import { OwnerGoneBadge } from './owner-gone.tsx'

/** Shows certificates, one per row. */
export function CertificatesTable({ rows, busy }: { rows: CertificateRow[]; busy: boolean }) {
  return <DataTable label="Certificates" columns={columns} rows={rows} keyOf={({ id }) => id} busy={busy} />
}

const columns: Column<CertificateRow>[] = [
  { label: 'Name', cell: (row) => <CertificateName certificate={row} /> },
  {
    label: 'Description',
    cell: ({ description }) =>
      description === '' ? '–' : <span className={classes.description}>{description}</span>,
    inCard: 'text',
  },
  {
    label: 'Status',
    cell: (row) => (
      <span className={classes.status}>
        <CertificateStatusBadge status={row.status} />
        <OwnerGoneBadge certificate={row} />
      </span>
    ),
    inCard: 'beside',
  },
  { label: 'Issued', cell: ({ issuedAt }) => <Moment at={issuedAt} never="–" />, inCard: 'none' },
  {
    label: 'Expires',
    cell: ({ notAfter, status }) => <Expiry notAfter={notAfter} ended={status === 'revoked'} />,
    inCard: 'half',
  },
  { label: 'Last used', cell: (row) => <LastUse certificate={row} />, inCard: 'last' },
  {
    label: 'Calls in 24 h',
    cell: ({ callsByHour }) => <CallsByHour counts={callsByHour} />,
    align: 'end',
    inCard: 'half',
  },
  {
    label: 'Actions',
    labelHidden: true,
    align: 'end',
    cell: (row) => <RowActions certificate={row} />,
  },
]

/** Shows when the gateway last accepted a certificate, and below when it last denied it. */
function LastUse({ certificate: { lastUsedAt, lastDeniedAt } }: { certificate: CertificateRow }) {
  return (
    <span className={classes.use}>
      <Moment at={lastUsedAt} />
      {lastDeniedAt !== null && (
        <span className={classes.denied}>
          {'Denied '}
          <Moment at={lastDeniedAt} />
        </span>
      )}
    </span>
  )
}

/** Shows what can be done with a certificate in the list. */
function RowActions({ certificate }: { certificate: CertificateSummary }) {
  const { mayWrite } = useWorkspace()
  if (certificate.issuedAt !== null) return <RowDownloads certificate={certificate} />
  return mayWrite && certificate.status === 'draft' && <DiscardButton certificate={certificate} small />
}

/** Shows the links to the file of a certificate and to its client certificate package. */
function RowDownloads({ certificate: { id, name } }: { certificate: CertificateSummary }) {
  const { params } = useWorkspace()
  const key = { organization: params.organization, certificateId: id }
  const downloads = [
    { form: 'pem', label: `Download ${certificateFileName(name)}`, icon: IconDownload },
    { form: 'package', label: `Download the client certificate package of ${name}`, icon: IconFileZip },
  ] as const
  return (
    <span className={classes.downloads}>
      {downloads.map(({ form, label, icon: FormIcon }) => (
        <ActionIcon
          key={form}
          component="a"
          href={downloadAddress(key, form)}
          download
          variant="subtle"
          color="gray"
          aria-label={label}
          title={label}
        >
          <FormIcon size={18} stroke={1.6} aria-hidden />
        </ActionIcon>
      ))}
    </span>
  )
}

/** Shows the name, linked to the details; for a draft to its current step. */
function CertificateName({ certificate: { id, name, status } }: { certificate: CertificateSummary }) {
  const { params, mayWrite } = useWorkspace()
  if (status === 'draft' && mayWrite) {
    return (
      <TextLink
        className={classes.name ?? ''}
        to="/o/$organization/$environment/certificates/$certificateId/create/$step"
        params={{ ...params, certificateId: id, step: 'key' }}
      >
        {name}
      </TextLink>
    )
  }
  return (
    <TextLink
      className={classes.name ?? ''}
      to="/o/$organization/$environment/certificates/$certificateId"
      params={{ ...params, certificateId: id }}
    >
      {name}
    </TextLink>
  )
}

function CallsByHour({ counts }: { counts: number[] }) {
  const calls = counts.reduce((sum, count) => sum + count, 0)
  return (
    <span className={classes.calls}>
      <span aria-hidden>{calls.toLocaleString('en')}</span>
      <Sparkline counts={counts} summary={`${calls.toLocaleString('en')} calls in the last 24 hours`} />
    </span>
  )
}
