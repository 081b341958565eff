import { TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'

interface ListInputProps {
  label: string
  description: ReactNode
  placeholder?: string
  value: string[]
  error?: ReactNode
  onBlur?: () => void
  onChange: (value: string[]) => void
}

/** Edits several short texts in one field, separated by commas, semicolons or spaces. */
export function ListInput({ value, onChange, ...field }: ListInputProps) {
  // The typed text remains as it is; the list is parsed from it.
  const [text, setText] = useState(value.join(', '))
  return (
    <TextInput
      {...field}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value)
        onChange(event.currentTarget.value.split(/[\s,;]+/).filter((each) => each !== ''))
      }}
    />
  )
}
