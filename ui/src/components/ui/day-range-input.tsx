import { TextInput } from '@mantine/core'
import type { DayRange } from '../../lib/day-range.ts'

/** Asks for the first and the last day of what is shown; an empty field is no limit. */
export function DayRangeInput({
  value,
  onChange,
}: {
  value: DayRange
  onChange: (name: 'from' | 'to', day: string) => void
}) {
  return (
    <>
      <TextInput
        type="date"
        label="From"
        value={value.from ?? ''}
        onChange={({ currentTarget }) => onChange('from', currentTarget.value)}
      />
      <TextInput
        type="date"
        label="To"
        value={value.to ?? ''}
        onChange={({ currentTarget }) => onChange('to', currentTarget.value)}
      />
    </>
  )
}
