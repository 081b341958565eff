import { Checkbox, Stack } from '@mantine/core'
import type { ReactNode } from 'react'
import type { BoundField } from '../../../lib/use-contract-form.ts'

/** Null is no limit; an empty list is one without entries yet. */
interface LimitChoiceProps extends BoundField<string[] | null> {
  /** For example `Limit to networks`. */
  label: string
  description: string
  children: (list: BoundField<string[]>) => ReactNode
}

/**
 * Edits a limit that is enabled before its list has entries, so that emptying the list never removes the
 * limit.
 */
export function LimitChoice({ label, description, children, ...field }: LimitChoiceProps) {
  const { value, error, onChange, onBlur } = field
  return (
    <Stack gap="xs">
      <Checkbox
        label={label}
        description={description}
        checked={value !== null}
        onChange={(event) => onChange(event.currentTarget.checked ? [] : null)}
      />
      {/* That an empty list is not complete, its description says. */}
      {value !== null && children({ value, onChange, onBlur, error: value.length > 0 && error })}
    </Stack>
  )
}
