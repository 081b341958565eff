import { Button, Radio, Stack, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Retirement, type RotationView } from '../../../../../src/contract/rotation.ts'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { DialogForm } from '../../../components/ui/dialog-form.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { useRetireCertificate } from '../api/retire-certificate.ts'
import { isLimited } from '../describe-overlap.ts'

/** Retires the old certificate of a rotation: the button follows the verdict. */
export function RetireButton({ rotation }: { rotation: RotationView }) {
  const [opened, { open, close }] = useDisclosure(false)
  const { old, verdict } = rotation
  const isSafe = verdict.code === 'safe'
  return (
    <>
      <Button variant={isSafe ? 'filled' : 'default'} onClick={open}>
        {isSafe ? `Retire ${old.name}` : 'Plan its retirement'}
      </Button>
      <Dialog opened={opened} onClose={close} title={`Retire ${old.name}`}>
        <RetireForm rotation={rotation} onClose={close} />
      </Dialog>
    </>
  )
}

type When = Retirement['when']

interface Choice {
  when: When
  /** As the input of the browser writes it; empty is none. */
  moment: string
  name: string
}

function RetireForm({ rotation, onClose }: { rotation: RotationView; onClose: () => void }) {
  const { params, environment } = useWorkspace()
  const { old, new: next, verdict, plan, isLastWorking } = rotation
  const retire = useRetireCertificate({ organization: params.organization, certificateId: old.id }, old.name)
  const isSafe = verdict.code === 'safe'
  const { bind, values, submit } = useContractForm({
    schema: Retirement,
    start: {
      when: isSafe || next === null ? 'now' : (plan?.mode ?? 'when_safe'),
      moment: '',
      name: '',
    } satisfies Choice as Choice,
    toBody: ({ when, moment, name }) => ({
      when,
      at: when === 'at' ? toUtc(moment) : null,
      name: when === 'now' ? name.trim() : '',
    }),
    fields: { at: 'moment' },
    error: retire.error,
  })
  const isNow = values.when === 'now'
  const needsName = isNow && (!isSafe || isLastWorking)
  return (
    <DialogForm
      action={isNow ? 'Retire now' : 'Save'}
      busy={isNow ? 'Retiring…' : 'Saving…'}
      keep="Cancel"
      failure={isNow ? 'The certificate was not retired' : 'The retirement was not planned'}
      danger={isNow}
      isReady={!needsName || values.name.trim() === old.name}
      call={retire}
      onSubmit={submit((body) => retire.mutate(body, { onSuccess: onClose }))}
      onClose={onClose}
    >
      <Radio.Group label={`Retire ${old.name}`} {...bind('when')}>
        <Stack gap="xs" mt="xs">
          {listChoices(rotation).map(({ value, label, description }) => (
            <Radio key={value} value={value} label={label} description={description} />
          ))}
        </Stack>
      </Radio.Group>
      {values.when === 'at' && (
        <TextInput
          type="datetime-local"
          label="Retire at"
          description="In your time zone, before it expires. If calls would be cut off then, it is postponed until that is safe, and its contacts get an email."
          {...bind('moment')}
        />
      )}
      {isNow && (
        <Notice tone={needsName ? 'bad' : 'warn'} title="This cannot be undone">
          <p>
            {`${old.name} is revoked as replaced. Within a second, all ${environment.label} gateways stop accepting it, close its open connections and end its tokens.`}
          </p>
          {!isSafe && <p>{`It is not safe: ${verdict.sentence.replace(/^not yet: /, '')}.`}</p>}
          {isLastWorking && <p>No other certificate of your organization has worked here.</p>}
        </Notice>
      )}
      {needsName && (
        <TextInput
          label="Certificate name"
          description={`Type ${old.name} to confirm.`}
          autoComplete="off"
          spellCheck={false}
          {...bind('name')}
        />
      )}
    </DialogForm>
  )
}

function listChoices({
  new: next,
  silenceHours,
  overlap,
}: RotationView): { value: When; label: string; description: string }[] {
  const planned = [
    {
      value: 'when_safe' as const,
      label: 'As soon as that is safe',
      description: `After ${silenceHours} hours of silence. Postern does it, and never with the last certificate that works.`,
    },
    {
      value: 'at' as const,
      label: 'At a time',
      description: 'Only if nothing would be cut off then.',
    },
    {
      value: 'manual' as const,
      label: 'By hand',
      description: isLimited({ overlap })
        ? 'Nothing happens before its overlap ends, until somebody does it here.'
        : 'Nothing happens until somebody does it here.',
    },
  ]
  const now = { value: 'now' as const, label: 'Now', description: 'At once, for good.' }
  return next === null ? [now] : [now, ...planned]
}

function toUtc(moment: string): string {
  const date = new Date(moment)
  return Number.isNaN(date.getTime()) ? moment : date.toISOString()
}
