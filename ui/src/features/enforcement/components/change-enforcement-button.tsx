import { Button, Radio, Stack, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import {
  type EnforcementMode,
  type EnforcementPolicyView,
  NewEnforcementPolicy,
} from '../../../../../src/contract/enforcement-policy.ts'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { DialogForm } from '../../../components/ui/dialog-form.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { type BoundField, useContractForm } from '../../../lib/use-contract-form.ts'
import { useNow } from '../../../lib/use-now.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { enforcementImpactQuery } from '../api/get-enforcement-impact.ts'
import { useSetEnforcementPolicy } from '../api/set-enforcement-policy.ts'

/** Lets an operator change the enforcement policy of the organization. */
export function ChangeEnforcementButton({
  plan: policy,
  etag,
}: {
  plan: EnforcementPolicyView
  etag: string | null
}) {
  const { organization } = useWorkspace()
  const [opened, { open, close }] = useDisclosure(false)
  return (
    <>
      <Button onClick={open}>Decide</Button>
      <Dialog opened={opened} onClose={close} title={`Does ${organization.legalName} need certificates?`}>
        <ChangeEnforcementForm plan={policy} etag={etag} onClose={close} />
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

interface Choice {
  mode: EnforcementMode
  /** As the input of the browser writes it; empty is none. */
  moment: string
  /** How many calls may be refused, as it was typed; empty is none. */
  acceptDenied: string
}

/** The field of each part of the body. */
const fields = { enforceAt: 'moment' }

const toBody = ({ mode, moment, acceptDenied }: Choice, isBeginning: boolean) => ({
  mode,
  // What is no moment or no number is refused by its schema.
  enforceAt: mode === 'observe' && moment !== '' ? toUtc(moment) : null,
  acceptDenied: isBeginning && acceptDenied.trim() !== '' ? Number(acceptDenied) : null,
})

function ChangeEnforcementForm({
  plan: policy,
  etag,
  onClose,
}: {
  plan: EnforcementPolicyView
  etag: string | null
  onClose: () => void
}) {
  const { params } = useWorkspace()
  // The policy that the form was opened with is what the operator has seen, and what may be replaced.
  const [seen] = useState(etag)
  const decide = useSetEnforcementPolicy(params, seen)
  const begins = (mode: EnforcementMode) => mode === 'enforce' && policy.mode !== 'enforce'
  const { bind, values, submit } = useContractForm({
    schema: NewEnforcementPolicy,
    start: {
      mode: policy.mode,
      moment: policy.enforceAt === null ? '' : toLocal(policy.enforceAt),
      acceptDenied: '',
    } satisfies Choice as Choice,
    toBody: (choice) => toBody(choice, begins(choice.mode)),
    fields,
    error: decide.error,
  })
  const { mode } = values
  const isBeginning = begins(mode)
  return (
    <DialogForm
      action={isBeginning ? 'Require certificates' : 'Save'}
      busy="Saving…"
      keep="Not now"
      failure="Nothing was changed"
      danger={isBeginning}
      call={decide}
      onSubmit={submit((body) => decide.mutate(body, { onSuccess: onClose }))}
      onClose={onClose}
    >
      <ModeChoice {...bind('mode')} />
      {mode === 'observe' && (
        <TextInput
          type="datetime-local"
          label="Required from"
          description={`In your time zone; may stay empty. It is required then only if no call would have been refused in the ${policy.windowHours} hours before.`}
          {...bind('moment')}
        />
      )}
      {isBeginning && <Consequences plan={policy} acceptDenied={bind('acceptDenied')} />}
    </DialogForm>
  )
}

function ModeChoice(field: BoundField<EnforcementMode>) {
  return (
    <Radio.Group label="A client certificate is" {...field}>
      <Stack gap="xs" mt="xs">
        {Object.entries(choices).map(([value, { label, description }]) => (
          <Radio key={value} value={value} label={label} description={description} />
        ))}
      </Stack>
    </Radio.Group>
  )
}

/** Shows the effect on live traffic; if there is any, or it is unknown, the number must be typed. */
function Consequences({
  plan: policy,
  acceptDenied,
}: {
  plan: EnforcementPolicyView
  acceptDenied: BoundField<string>
}) {
  const now = useNow()
  const { params } = useWorkspace()
  const { data, error, refetch } = useQuery(enforcementImpactQuery(params))
  const recent = data?.recentDeniedCalls
  const isSafe = recent === 0 && isObservedLongEnough(policy, now)
  return (
    <>
      {error && <ErrorNotice error={error} onRetry={refetch} />}
      {recent !== undefined && (
        <Notice tone={isSafe ? 'info' : 'warn'} title={describeRecent(recent, policy, isSafe)}>
          <p>
            Tokens that were fetched without a certificate end at once, and open streams without one are
            broken off.
          </p>
        </Notice>
      )}
      <TextInput
        label="How many recent calls may be refused"
        description="Type the number where calls stand in the way, or 0 where they were not observed for long enough. Empty: only if nobody is cut off."
        inputMode="numeric"
        {...acceptDenied}
      />
    </>
  )
}

const isObservedLongEnough = ({ mode, since, windowHours }: EnforcementPolicyView, now: Date): boolean =>
  mode === 'observe' && since !== null && now.getTime() - Date.parse(since) >= windowHours * 3_600_000

function describeRecent(
  recentDeniedCalls: number,
  { windowHours }: EnforcementPolicyView,
  isSafe: boolean,
): string {
  if (isSafe) return `No call of the last ${windowHours} hours would be refused`
  return recentDeniedCalls === 0
    ? `Nobody knows who would be refused: it was not observed for ${windowHours} hours`
    : `${recentDeniedCalls.toLocaleString('en')} calls of the last ${windowHours} hours would be refused`
}

function toUtc(moment: string): string {
  const date = new Date(moment)
  return Number.isNaN(date.getTime()) ? moment : date.toISOString()
}

/** Formats a time for the browser's input: in the user's time zone, to the minute. */
function toLocal(moment: string): string {
  const date = new Date(moment)
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000)
  return local.toISOString().slice(0, 16)
}
