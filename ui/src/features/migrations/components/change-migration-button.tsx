import { Button, Textarea, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { formatCount } from '../../../../../src/contract/format-count.ts'
import { type MigrationView, NewMigration } from '../../../../../src/contract/migration.ts'
import { ChangedFields } from '../../../components/ui/changed-fields.tsx'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { DialogForm } from '../../../components/ui/dialog-form.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { TableSkeleton } from '../../../components/ui/table-skeleton.tsx'
import { toLocal, toUtc } from '../../../lib/local-moment.ts'
import { migrationImpactQuery, migrationQuery } from '../../../lib/migration-queries.ts'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { useMigrationEdit } from '../api/use-migration-edit.ts'

interface Place {
  organization: string
  environment: string
}

/** Lets an operator set when the certificates from other CAs of an organization end. */
export function ChangeMigrationButton({ params, name }: { params: Place; name: string }) {
  const [opened, { open, close }] = useDisclosure(false)
  return (
    <>
      <Button
        variant="default"
        size="xs"
        onClick={open}
        aria-label={`Set deadline for ${name}, ${params.environment}`}
      >
        Set deadline
      </Button>
      <Dialog opened={opened} onClose={close} title={`Certificates from other CAs of ${name}`}>
        <LoadedForm params={params} onClose={close} />
      </Dialog>
    </>
  )
}

function LoadedForm({ params, onClose }: { params: Place; onClose: () => void }) {
  const query = useQuery(migrationQuery(params))
  if (query.isError) return <ErrorNotice error={query.error} onRetry={query.refetch} />
  if (query.data === undefined) return <TableSkeleton what="the plan" />
  return <ChangeMigrationForm params={params} migration={query.data} onClose={onClose} />
}

interface Values {
  /** As the input of the browser writes it; empty is none. */
  deadline: string
  exceptionUntil: string
  /** Paragraphs, one a line. */
  message: string
  /** How many calls may be denied, as it was typed; empty is none. */
  acceptDenied: string
}

const labels = {
  deadline: 'Deadline',
  exceptionUntil: 'Exception until',
  message: 'Your words in the emails',
}

/** Selects what the form holds of a plan. */
const toFields = ({ deadline, exceptionUntil, message }: MigrationView) => ({
  deadline: deadline === null ? '' : toLocal(deadline),
  exceptionUntil: exceptionUntil === null ? '' : toLocal(exceptionUntil),
  message: message.join('\n'),
})

/** A moment that the user has not touched keeps its seconds, which the input does not show. */
const toMoment = (text: string, before: string | null) => {
  if (text === '') return null
  return before !== null && text === toLocal(before) ? before : toUtc(text)
}

const toBody = ({ deadline, exceptionUntil, message, acceptDenied }: Values, before: MigrationView) => ({
  deadline: toMoment(deadline, before.deadline),
  exceptionUntil: toMoment(exceptionUntil, before.exceptionUntil),
  message: message.split('\n').filter((text) => text.trim() !== ''),
  acceptDenied: acceptDenied.trim() === '' ? null : Number(acceptDenied),
})

function ChangeMigrationForm({
  params,
  migration,
  onClose,
}: {
  params: Place
  migration: MigrationView
  onClose: () => void
}) {
  const decide = useMigrationEdit(params, migration, toFields)
  const { bind, values, change, submit } = useContractForm({
    schema: NewMigration,
    start: { ...toFields(migration), acceptDenied: '' } satisfies Values as Values,
    toBody: (given) => toBody(given, migration),
    error: decide.error,
  })
  return (
    <DialogForm
      action="Save"
      busy="Saving…"
      keep="Cancel"
      failure="The plan was not changed"
      danger={values.acceptDenied.trim() !== ''}
      isReady={!decide.isUndecided}
      call={decide}
      onSubmit={submit((body) => decide.save({ values, body, change }, onClose))}
      onClose={onClose}
    >
      <Impact params={params} windowHours={migration.windowHours} />
      <TextInput
        type="datetime-local"
        label={labels.deadline}
        description="In your time zone. Certificates from other CAs are denied from then on. Empty: no deadline."
        {...bind('deadline')}
      />
      <Textarea
        autosize
        minRows={2}
        maxRows={8}
        label={labels.message}
        description="Optional. One paragraph a line."
        {...bind('message')}
      />
      <TextInput
        type="datetime-local"
        label={labels.exceptionUntil}
        description="Until then, clients may use certificates that are for TLS servers alone. Empty: no exception."
        {...bind('exceptionUntil')}
      />
      <TextInput
        label="Calls that may be denied"
        description="Empty: while calls come in with these certificates, the deadline is postponed. To keep it nevertheless, enter their number."
        inputMode="numeric"
        {...bind('acceptDenied')}
      />
      <ChangedFields edit={decide} labels={labels} onTake={change} />
    </DialogForm>
  )
}

function Impact({ params, windowHours }: { params: Place; windowHours: number }) {
  const { data, error, refetch } = useQuery(migrationImpactQuery(params))
  if (error) return <ErrorNotice error={error} onRetry={refetch} />
  if (data === undefined) return <TableSkeleton what="the calls" />
  const { recentExternalCalls: calls, certificates } = data
  return (
    <Notice
      tone={calls === 0 ? 'info' : 'warn'}
      title={`${formatCount(calls, 'call')} of the last ${windowHours} hours came with certificates from other CAs`}
    >
      <p>{formatCount(certificates, 'such certificate')} can still be used.</p>
    </Notice>
  )
}
