import { Button, TextInput } from '@mantine/core'
import { IconLifebuoy } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { type SubmitEvent, useState } from 'react'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { TextLink } from '../../../components/ui/links.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { findTraceId } from '../find-by-message.ts'

/** Says that no case fits, and offers the search by trace ID. */
export function NoMatches({ onClear }: { onClear: () => void }) {
  return (
    <Panel>
      <EmptyState
        icon={<IconLifebuoy size={24} />}
        title="No case fits this message"
        action={
          <Button variant="default" onClick={onClear}>
            Show every case
          </Button>
        }
      >
        <p>
          Paste the first line of the error alone. If the gateway sent a response, its trace ID finds what the
          gateway saw.
        </p>
        <TraceSearch />
      </EmptyState>
    </Panel>
  )
}

function TraceSearch() {
  const { params } = useWorkspace()
  const navigate = useNavigate()
  const [text, setText] = useState('')
  const [problem, setProblem] = useState<string>()
  const search = (event: SubmitEvent) => {
    event.preventDefault()
    const traceId = findTraceId(text)
    if (traceId === undefined) return setProblem('A trace ID has 32 digits from 0 to 9 and a to f.')
    void navigate({ to: '/o/$organization/$environment/activity', params, search: { traceId } })
  }
  return (
    <form onSubmit={search}>
      <TextInput
        label="Trace ID"
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value)
          setProblem(undefined)
        }}
        error={problem}
        rightSectionWidth={76}
        rightSection={
          <Button type="submit" size="compact-sm">
            Find
          </Button>
        }
      />
    </form>
  )
}

/** Links a pasted trace ID to what the gateway saw under it. */
export function TraceLink({ traceId }: { traceId: string }) {
  const { params } = useWorkspace()
  return (
    <Notice tone="info" title="The message has a trace ID">
      <p>
        <TextLink to="/o/$organization/$environment/activity" params={params} search={{ traceId }}>
          Show what the gateway saw
        </TextLink>
      </p>
    </Notice>
  )
}
