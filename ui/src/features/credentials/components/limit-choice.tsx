import { Checkbox, Stack } from '@mantine/core'
import type { ReactNode } from 'react'
import type { BoundField } from '../../../lib/use-contract-form.ts'

/** Null is no limit; an empty list is one that is not filled in yet. */
interface LimitChoiceProps extends BoundField<string[] | null> {
  /** `Limit to networks` and the like. */
  label: string
  description: string
  children: (list: BoundField<string[]>) => ReactNode
}

/** A limit that is switched on before its list can be filled, so that an emptied list never lifts it. */
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
