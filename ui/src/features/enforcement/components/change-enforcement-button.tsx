import { Button, Radio, Stack, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import {
  type EnforcementMode,
  type EnforcementPolicyView,
  NewEnforcementPolicy,
} from '../../../../../src/contract/enforcement-policy.ts'
import { formatCount } from '../../../../../src/contract/format-count.ts'
import { ChangedFields } from '../../../components/ui/changed-fields.tsx'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { DialogForm } from '../../../components/ui/dialog-form.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { toLocal, toUtc } from '../../../lib/local-moment.ts'
import { type BoundField, useContractForm } from '../../../lib/use-contract-form.ts'
import { useNow } from '../../../lib/use-now.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { enforcementImpactQuery } from '../api/get-enforcement-impact.ts'
import { useEnforcementEdit } from '../api/use-enforcement-edit.ts'

/** Lets an operator change the enforcement policy of the organization. */
export function ChangeEnforcementButton({ plan: policy }: { plan: EnforcementPolicyView }) {
  const { organization } = useWorkspace()
  const [opened, { open, close }] = useDisclosure(false)
  return (
    <>
      <Button onClick={open}>Change enforcement</Button>
      <Dialog opened={opened} onClose={close} title={`Certificate requirement for ${organization.legalName}`}>
        <ChangeEnforcementForm plan={policy} onClose={close} />
      </Dialog>
    </>
  )
}

const choices: Record<EnforcementMode, { label: string; description: string }> = {
  off: { label: 'Optional', description: 'An access token is enough.' },
  observe: {
    label: 'Monitoring',
    description: 'An access token is enough. Postern counts the calls that would be denied.',
  },
  enforce: { label: 'Required', description: 'Calls without a certificate are denied.' },
}

interface Choice {
  mode: EnforcementMode
  /** As the input of the browser writes it; empty is none. */
  moment: string
  /** How many calls may be refused, as it was typed; empty is none. */
  acceptDenied: string
}

const labels = { mode: 'A client certificate is', moment: 'Required from' }
const toText = (name: string, value: unknown) =>
  name === 'mode' ? choices[value as EnforcementMode].label : undefined

/** Selects what the form holds of a policy. */
const toFields = ({ mode, enforceAt }: EnforcementPolicyView) => ({
  mode,
  moment: enforceAt === null ? '' : toLocal(enforceAt),
})

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
  onClose,
}: {
  plan: EnforcementPolicyView
  onClose: () => void
}) {
  const { params } = useWorkspace()
  const decide = useEnforcementEdit(params, policy, toFields)
  const begins = (mode: EnforcementMode) => mode === 'enforce' && policy.mode !== 'enforce'
  const { bind, values, change, submit } = useContractForm({
    schema: NewEnforcementPolicy,
    start: { ...toFields(policy), acceptDenied: '' } satisfies Choice as Choice,
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
      keep="Cancel"
      failure="The requirement was not changed"
      danger={isBeginning}
      isReady={!decide.isUndecided}
      call={decide}
      onSubmit={submit((body) => decide.save({ values, body, change }, onClose))}
      onClose={onClose}
    >
      <ModeChoice {...bind('mode')} />
      {mode === 'observe' && (
        <TextInput
          type="datetime-local"
          label="Required from"
          description={`Optional, in your time zone. Certificates are required from then on only if no call would have been denied in the ${policy.windowHours} hours before.`}
          {...bind('moment')}
        />
      )}
      <ChangedFields edit={decide} labels={labels} toText={toText} onTake={change} />
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
            Tokens that were issued without a certificate stop working immediately, and open streams without a
            certificate are closed.
          </p>
        </Notice>
      )}
      <TextInput
        label="Requests that may fail"
        description="Enter the number of calls that may be denied, or 0 if calls have not been monitored long enough. Empty: only if no call would be denied."
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
  if (isSafe) return `No call of the last ${windowHours} hours would be denied`
  return recentDeniedCalls === 0
    ? `The impact is unknown: calls have not been monitored for ${windowHours} hours`
    : `${formatCount(recentDeniedCalls, 'call')} of the last ${windowHours} hours would be denied`
}
