import { Button, Group, Radio, Stack, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useState } from 'react'
import type { EnforcementMode, EnforcementPlanView } from '../../../../../src/contract/enforcement-plan.ts'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { usePlace } from '../../../lib/place.tsx'
import { useNow } from '../../../lib/use-now.ts'
import { useSetEnforcementPlan } from '../api/set-enforcement-plan.ts'

/** Lets an operator decide what is required of the organization. */
export function DecideButton({ plan }: { plan: EnforcementPlanView }) {
  const { organization } = usePlace()
  const [opened, { open, close }] = useDisclosure(false)
  return (
    <>
      <Button onClick={open}>Decide</Button>
      <Dialog opened={opened} onClose={close} title={`Does ${organization.legalName} need certificates?`}>
        <DecideForm plan={plan} onClose={close} />
      </Dialog>
    </>
  )
}

const choices: Record<EnforcementMode, { label: string; description: string }> = {
  off: { label: 'Not required', description: 'An access token is enough. Nothing is recorded beside.' },
  observe: {
    label: 'Observe',
    description: 'An access token is enough, and it is counted which calls would be refused.',
  },
  enforce: { label: 'Required', description: 'From now on calls without a certificate are refused.' },
}

function DecideForm({ plan, onClose }: { plan: EnforcementPlanView; onClose: () => void }) {
  const { params } = usePlace()
  const decide = useSetEnforcementPlan(params)
  const [mode, setMode] = useState(plan.mode)
  const [moment, setMoment] = useState(() => (plan.enforceAt === null ? '' : toLocal(plan.enforceAt)))
  const [typed, setTyped] = useState('')
  const isBeginning = mode === 'enforce' && plan.mode !== 'enforce'
  const save = () =>
    decide.mutate(
      {
        mode,
        enforceAt: mode === 'observe' && moment !== '' ? new Date(moment).toISOString() : null,
        despite: isBeginning && /^\d+$/.test(typed.trim()) ? Number(typed) : null,
      },
      { onSuccess: onClose },
    )
  return (
    <Stack gap="md">
      <Radio.Group
        label="A client certificate is"
        value={mode}
        onChange={(value) => setMode(value as EnforcementMode)}
      >
        <Stack gap="xs" mt="xs">
          {Object.entries(choices).map(([value, { label, description }]) => (
            <Radio key={value} value={value} label={label} description={description} />
          ))}
        </Stack>
      </Radio.Group>
      {mode === 'observe' && (
        <TextInput
          type="datetime-local"
          label="Required from"
          description={`In your time zone; may stay empty. It is required then only if no call would have been refused in the ${plan.holdHours} hours before.`}
          value={moment}
          onChange={(event) => setMoment(event.currentTarget.value)}
        />
      )}
      {isBeginning && <Consequences plan={plan} typed={typed} onTyped={setTyped} />}
      {decide.isError && <ErrorNotice error={decide.error} title="Nothing was changed" />}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onClose}>
          Not now
        </Button>
        <Button {...(isBeginning ? { color: 'red' } : {})} disabled={decide.isPending} onClick={save}>
          {decide.isPending ? 'Saving…' : isBeginning ? 'Require certificates' : 'Save'}
        </Button>
      </Group>
    </Stack>
  )
}

/** What it would do to live traffic; the number has to be typed where there is any, or where nobody can know. */
function Consequences({
  plan,
  typed,
  onTyped,
}: {
  plan: EnforcementPlanView
  typed: string
  onTyped: (typed: string) => void
}) {
  const now = useNow()
  const isSafe = plan.recent === 0 && isObservedLongEnough(plan, now)
  return (
    <>
      <Notice tone={isSafe ? 'info' : 'warn'} title={describeRecent(plan, isSafe)}>
        <p>
          Tokens that were fetched without a certificate end at once, and open streams without one are broken
          off.
        </p>
      </Notice>
      <TextInput
        label="How many recent calls may be refused"
        description="Type the number where calls stand in the way, or 0 where they were not observed for long enough. Empty: only if nobody is cut off."
        inputMode="numeric"
        value={typed}
        onChange={(event) => onTyped(event.currentTarget.value)}
      />
    </>
  )
}

const isObservedLongEnough = ({ mode, since, holdHours }: EnforcementPlanView, now: Date): boolean =>
  mode === 'observe' && since !== null && now.getTime() - Date.parse(since) >= holdHours * 3_600_000

function describeRecent({ recent, holdHours }: EnforcementPlanView, isSafe: boolean): string {
  if (isSafe) return `No call of the last ${holdHours} hours would be refused`
  return recent === 0
    ? `Nobody knows who would be refused: it was not observed for ${holdHours} hours`
    : `${recent.toLocaleString('en')} calls of the last ${holdHours} hours would be refused`
}

/** A moment as the input of the browser writes it: in the person's zone, to the minute. */
function toLocal(moment: string): string {
  const date = new Date(moment)
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000)
  return local.toISOString().slice(0, 16)
}
