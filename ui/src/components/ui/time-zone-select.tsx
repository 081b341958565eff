import { Select } from '@mantine/core'
import { timeZoneChoices } from '../../lib/time-zone-choices.ts'
import type { BoundField } from '../../lib/use-contract-form.ts'

const shownAtOnce = 100

interface TimeZoneSelectProps extends BoundField<string> {
  label: string
  description?: string
  placeholder?: string
}

/** Selects a time zone by its name; none is an empty text. */
export function TimeZoneSelect({ value, onChange, ...field }: TimeZoneSelectProps) {
  return (
    <Select
      searchable
      clearable
      limit={shownAtOnce}
      data={timeZoneChoices(value)}
      value={value === '' ? null : value}
      onChange={(zone) => onChange(zone ?? '')}
      nothingFoundMessage="No time zone is called that"
      {...field}
    />
  )
}
