import { Textarea } from '@mantine/core'
import type { ReactNode } from 'react'
import classes from './paste-input.module.css'

interface PasteInputProps {
  label: string
  description?: string
  placeholder?: string
  /** Lines that are shown before it scrolls, at least and at most. */
  rows?: [least: number, most: number]
  value: string
  error?: ReactNode
  onBlur?: () => void
  onChange: (text: string) => void
}

/** A field for what is pasted from a file, such as PEM: nobody writes it, so nothing corrects it or remembers it. */
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
