import { Kbd, TextInput } from '@mantine/core'
import { useHotkeys } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { type SubmitEvent, useRef, useState } from 'react'
import { useWorkspace } from '../../lib/workspace.tsx'
import classes from './search-box.module.css'

/** Searches certificates from any page, and offers the gateway events of a trace ID; the slash key focuses it. */
export function SearchBox() {
  const { params } = useWorkspace()
  const navigate = useNavigate()
  const input = useRef<HTMLInputElement>(null)
  const [text, setText] = useState('')
  useHotkeys([['/', () => input.current?.focus()]])
  const search = (event: SubmitEvent) => {
    event.preventDefault()
    void navigate({
      to: '/o/$organization/$environment/certificates',
      params,
      search: text.trim() === '' ? {} : { text: text.trim() },
    })
  }
  return (
    <search className={classes.root}>
      <form onSubmit={search}>
        <TextInput
          ref={input}
          type="search"
          size="xs"
          radius="md"
          aria-label="Search certificates"
          placeholder="Name, serial, fingerprint, trace ID"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          leftSection={<IconSearch size={15} aria-hidden />}
          rightSection={<Kbd size="xs">/</Kbd>}
        />
      </form>
    </search>
  )
}
