import { TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'

const typingMs = 250

interface SearchInputProps {
  className?: string | undefined
  label: string
  placeholder: string
  /** What is looked for at present. */
  text: string
  /** Why a text cannot be looked for, as a sentence. */
  findProblem?: (text: string) => string | undefined
  /** Told of what to look for, once the typing pauses. */
  onSearch: (text: string) => void
}

/** Shows a field that filters a list while the user types. */
export function SearchInput({
  className,
  label,
  placeholder,
  text,
  findProblem,
  onSearch,
}: SearchInputProps) {
  const [typed, setTyped] = useState(text)
  const told = useRef(text)
  // What was changed elsewhere, such as in the address, takes the place of what was typed.
  useEffect(() => {
    if (text === told.current) return
    told.current = text
    setTyped(text)
  }, [text])
  const search = useDebouncedCallback((next: string) => {
    told.current = next
    onSearch(next)
  }, typingMs)
  return (
    <TextInput
      {...(className === undefined ? {} : { className })}
      type="search"
      aria-label={label}
      placeholder={placeholder}
      leftSection={<IconSearch size={16} aria-hidden />}
      value={typed}
      error={findProblem?.(typed)}
      onChange={({ currentTarget: { value } }) => {
        setTyped(value)
        if (findProblem?.(value) === undefined) search(value.trim())
      }}
    />
  )
}
