import { NativeSelect } from '@mantine/core'
import { type CertificateStatus, certificateStatuses } from '../../../../../src/contract/certificate.ts'
import { SearchInput } from '../../../components/ui/search-input.tsx'
import { statusLabels } from './certificate-status.tsx'
import classes from './certificates-filter.module.css'

const sorts = [
  { value: 'created', label: 'Newest first' },
  { value: 'name', label: 'By name' },
  { value: 'expires', label: 'Soonest to expire' },
  { value: 'last_used', label: 'Last used' },
] as const

/** The filter and order of the list. */
export interface CertificatesFilterValue {
  status?: CertificateStatus
  /** Only those whose owner is gone. */
  owner?: 'gone'
  text?: string
  sort?: (typeof sorts)[number]['value']
}

/** Filters the list of certificates; the value is stored in the URL. */
export function CertificatesFilter({
  value,
  onChange,
}: {
  value: CertificatesFilterValue
  onChange: (value: CertificatesFilterValue) => void
}) {
  const { status, sort = 'created' } = value
  return (
    <div className={classes.root}>
      <SearchInput
        className={classes.text}
        label="Filter by text"
        placeholder="Name, description, serial number or fingerprint"
        text={value.text ?? ''}
        onSearch={(text) => onChange(withText(value, text))}
      />
      <NativeSelect
        aria-label="Filter by status"
        value={status ?? ''}
        onChange={(event) => onChange(withStatus(value, event.currentTarget.value))}
        data={[
          { value: '', label: 'All statuses' },
          ...certificateStatuses.map((each) => ({ value: each, label: statusLabels[each].label })),
        ]}
      />
      <NativeSelect
        aria-label="Filter by owner"
        value={value.owner ?? ''}
        onChange={(event) => onChange(withOwner(value, event.currentTarget.value))}
        data={[
          { value: '', label: 'All owners' },
          { value: 'gone', label: 'Owner gone' },
        ]}
      />
      <NativeSelect
        aria-label="Sort"
        value={sort}
        onChange={(event) => onChange({ ...value, sort: event.currentTarget.value as typeof sort })}
        data={[...sorts]}
      />
    </div>
  )
}

function withText({ text: _, ...rest }: CertificatesFilterValue, text: string): CertificatesFilterValue {
  return text === '' ? rest : { ...rest, text }
}

function withOwner({ owner: _, ...rest }: CertificatesFilterValue, chosen: string): CertificatesFilterValue {
  return chosen === '' ? rest : { ...rest, owner: 'gone' }
}

function withStatus(
  { status: _, ...rest }: CertificatesFilterValue,
  chosen: string,
): CertificatesFilterValue {
  return chosen === '' ? rest : { ...rest, status: chosen as CertificateStatus }
}
