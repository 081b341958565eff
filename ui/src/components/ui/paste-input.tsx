import { Textarea } from '@mantine/core'
import type { ReactNode } from 'react'
import classes from './paste-input.module.css'

interface PasteInputProps {
  label: string
  description?: string
  placeholder?: string
  /** The minimum and maximum number of lines before it scrolls. */
  rows?: [least: number, most: number]
  value: string
  error?: ReactNode
  onBlur?: () => void
  onChange: (text: string) => void
}

/** Edits text that is pasted from a file, such as PEM, so it has no spell checking or autocompletion. */
export function PasteInput({ rows: [minRows, maxRows] = [6, 12], onChange, ...field }: PasteInputProps) {
  return (
    <Textarea
      {...field}
      classNames={{ input: classes.text ?? '' }}
      autosize
      minRows={minRows}
      maxRows={maxRows}
      spellCheck={false}
      autoComplete="off"
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}
