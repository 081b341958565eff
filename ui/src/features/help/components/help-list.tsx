import { Accordion, Button, TextInput } from '@mantine/core'
import { IconLifebuoy, IconSearch } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import type { HelpCase } from '../help-case.ts'
import { findCaseByCode, findCases } from '../help-cases.ts'
import classes from './help-list.module.css'

/** Shows fixes by symptom. `code` opens its case. */
export function HelpList({ code }: { code: string | undefined }) {
  const [text, setText] = useState('')
  const [open, setOpen] = useState<string[]>([])
  const list = useRef<HTMLDivElement>(null)
  const wanted = code === undefined ? undefined : findCaseByCode(code)?.id
  useEffect(() => {
    if (wanted === undefined) return
    setText('')
    setOpen((before) => [...new Set([...before, wanted])])
    list.current?.querySelector(`#case-${wanted}`)?.scrollIntoView({ block: 'start' })
  }, [wanted])
  const groups = findCases(text)
  return (
    <div ref={list} className={classes.root}>
      <TextInput
        type="search"
        size="md"
        label="What do you see?"
        description="A code, or some words of the message."
        placeholder="token_expired, unable to get local issuer…"
        leftSection={<IconSearch size={18} aria-hidden />}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      {groups.map(({ title, cases }) => (
        <Panel key={title} title={title} flush>
          <Accordion
            multiple
            value={open}
            onChange={setOpen}
            order={3}
            classNames={{
              item: classes.item ?? '',
              control: classes.control ?? '',
              content: classes.content ?? '',
            }}
          >
            {cases.map((each) => (
              <Case key={each.id} help={each} />
            ))}
          </Accordion>
        </Panel>
      ))}
      {groups.length === 0 && <NoMatches onClear={() => setText('')} />}
    </div>
  )
}

function Case({ help: { id, symptom, says, codes, meaning, steps } }: { help: HelpCase }) {
  return (
    <Accordion.Item value={id} id={`case-${id}`}>
      <Accordion.Control>
        <span className={classes.symptom}>{symptom}</span>
        <span className={classes.signs}>
          {[...codes, ...says].map((sign) => (
            <code key={sign}>{sign}</code>
          ))}
        </span>
      </Accordion.Control>
      <Accordion.Panel>
        <p className={classes.meaning}>{meaning}</p>
        <ol className={classes.steps}>
          {steps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
      </Accordion.Panel>
    </Accordion.Item>
  )
}

function NoMatches({ onClear }: { onClear: () => void }) {
  return (
    <Panel>
      <EmptyState
        icon={<IconLifebuoy size={24} />}
        title="Nothing here has these words"
        action={
          <Button variant="default" onClick={onClear}>
            Show every case
          </Button>
        }
      >
        <p>Try fewer words of the message. With the trace id of an answer the provider can look it up.</p>
      </EmptyState>
    </Panel>
  )
}
