import { Checkbox, Stack } from '@mantine/core'
import type { ReactNode } from 'react'

interface LimitChoiceProps {
  /** `Limit to networks` and the like. */
  label: string
  description: string
  /** Null is no limit; an empty list is one that is not filled in yet. */
  value: string[] | null
  onChange: (value: string[] | null) => void
  children: (value: string[]) => ReactNode
}

/** A limit that is switched on before its list can be filled, so that an emptied list never lifts it. */
export function LimitChoice({ label, description, value, onChange, children }: LimitChoiceProps) {
  return (
    <Stack gap="xs">
      <Checkbox
        label={label}
        description={description}
        checked={value !== null}
        onChange={(event) => onChange(event.currentTarget.checked ? [] : null)}
      />
      {value !== null && children(value)}
    </Stack>
  )
}
