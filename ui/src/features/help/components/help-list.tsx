import { Accordion, Textarea } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { Panel } from '../../../components/ui/panel.tsx'
import { findCasesByMessage, findTraceId } from '../find-by-message.ts'
import type { HelpCase } from '../help-case.ts'
import { findCaseByCode, findCases } from '../help-cases.ts'
import classes from './help-list.module.css'
import { NoMatches, TraceLink } from './no-matches.tsx'

/** What the page was opened with: a code, or a message of a program. */
interface HelpListProps {
  code: string | undefined
  message?: string | undefined
}

/** Shows fixes by symptom. `code` opens its case; `message` shows the cases of a message of a program. */
export function HelpList({ code, message = '' }: HelpListProps) {
  const [text, setText] = useState(message)
  const [open, setOpen] = useState<string[]>([])
  const list = useRef<HTMLDivElement>(null)
  const wanted = code === undefined ? undefined : findCaseByCode(code)?.id
  useEffect(() => {
    if (wanted === undefined) return
    setText('')
    setOpen((before) => [...new Set([...before, wanted])])
    list.current?.querySelector(`#case-${wanted}`)?.scrollIntoView({ block: 'start' })
  }, [wanted])
  useEffect(() => setText(message), [message])
  const likely = findCasesByMessage(text)
  const traceId = findTraceId(text)
  const groups = likely.length > 0 ? [{ title: likelyTitle(likely), cases: likely }] : findCases(text)
  const shown = likely.length > 0 ? [...open, likely[0]?.id ?? ''] : open
  return (
    <div ref={list} className={classes.root}>
      <Textarea
        size="md"
        autosize
        minRows={2}
        maxRows={8}
        label="What do you see?"
        description="Paste the message of your program, the whole response, or a code."
        placeholder="curl: (58) unable to set private key file…"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      {traceId !== undefined && <TraceLink traceId={traceId} />}
      {groups.map(({ title, cases }) => (
        <Panel key={title} title={title} flush>
          <Accordion
            multiple
            value={shown}
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

const likelyTitle = ({ length }: HelpCase[]) =>
  length === 1 ? 'The cause of this message' : 'Possible causes, the most likely first'

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
