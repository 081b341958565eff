import { Button, Group, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import { Closure, type OrganizationView, Suspension } from '../../../../../src/contract/organization.ts'
import { ConfirmDialog } from '../../../components/ui/confirm-dialog.tsx'
import { DescriptionItem, DescriptionList } from '../../../components/ui/description-list.tsx'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { DialogForm } from '../../../components/ui/dialog-form.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import {
  useCloseOrganization,
  useReactivateOrganization,
  useSuspendOrganization,
} from '../api/change-organization.ts'
import { OrganizationStatusBadge } from './organization-status.tsx'

type Step = 'suspend' | 'reactivate' | 'close'

/** Shows the status of an organization; operators suspend, reactivate and close it. */
export function StatusPanel({
  organization,
  mayChange,
}: {
  organization: OrganizationView
  mayChange: boolean
}) {
  const [step, setStep] = useState<Step>()
  const { status, statusReason, statusChangedAt, legalName } = organization
  const part = { organization, onClose: () => setStep(undefined) }
  return (
    <Panel title="Status" actions={mayChange && <StatusActions status={status} onStep={setStep} />}>
      <DescriptionList columns={2}>
        <DescriptionItem label="Status">
          <OrganizationStatusBadge status={status} />
        </DescriptionItem>
        {statusChangedAt !== null && (
          <DescriptionItem label="Since">
            <Moment at={statusChangedAt} />
          </DescriptionItem>
        )}
        {statusReason !== null && <DescriptionItem label="Reason">{statusReason}</DescriptionItem>}
      </DescriptionList>
      <Dialog opened={step === 'suspend'} onClose={part.onClose} title={`Suspend ${legalName}`}>
        <SuspendForm {...part} />
      </Dialog>
      <Dialog opened={step === 'close'} onClose={part.onClose} title={`Close ${legalName}`}>
        <CloseForm {...part} />
      </Dialog>
      <Reactivation {...part} opened={step === 'reactivate'} />
    </Panel>
  )
}

function StatusActions({
  status,
  onStep,
}: {
  status: OrganizationView['status']
  onStep: (step: Step) => void
}) {
  if (status === 'closed') return null
  return (
    <Group gap="xs">
      {status === 'active' ? (
        <Button variant="default" size="xs" onClick={() => onStep('suspend')}>
          Suspend
        </Button>
      ) : (
        <Button variant="default" size="xs" onClick={() => onStep('reactivate')}>
          Reactivate
        </Button>
      )}
      <Button variant="default" size="xs" onClick={() => onStep('close')}>
        Close
      </Button>
    </Group>
  )
}

interface StepProps {
  organization: OrganizationView
  onClose: () => void
}

const effects =
  'Within a second, gateways deny its certificates and access tokens and close its connections. Its members cannot use the portal.'

function SuspendForm({ organization: { slug }, onClose }: StepProps) {
  const suspend = useSuspendOrganization(slug)
  const { bind, submit } = useContractForm({
    schema: Suspension,
    start: { reason: '' },
    toBody: (typed) => typed,
    error: suspend.error,
  })
  return (
    <DialogForm
      action="Suspend"
      busy="Suspending…"
      keep="Cancel"
      failure="Nothing was suspended"
      danger
      call={suspend}
      onSubmit={submit((body) => suspend.mutate(body, { onSuccess: onClose }))}
      onClose={onClose}
    >
      <Notice tone="warn" title="Everything stops until you reactivate it">
        <p>{effects} No certificate is revoked, and nothing is lost.</p>
      </Notice>
      <Textarea
        label="Reason"
        description="For operators, and for the audit log."
        autosize
        {...bind('reason')}
      />
    </DialogForm>
  )
}

function CloseForm({ organization: { slug }, onClose }: StepProps) {
  const close = useCloseOrganization(slug)
  const { bind, values, submit } = useContractForm({
    schema: Closure,
    start: { slug: '', reason: '' },
    toBody: (typed) => ({ ...typed, slug: typed.slug.trim() }),
    error: close.error,
  })
  return (
    <DialogForm
      action="Close permanently"
      busy="Closing…"
      keep="Cancel"
      failure="Nothing was closed"
      danger
      isReady={values.slug.trim() === slug}
      call={close}
      onSubmit={submit((body) => close.mutate(body, { onSuccess: onClose }))}
      onClose={onClose}
    >
      <Notice tone="bad" title="This cannot be undone">
        <p>{effects} Operators and auditors can still read everything.</p>
      </Notice>
      <Textarea label="Reason (optional)" autosize {...bind('reason')} />
      <TextInput
        label="Slug"
        description={`Type ${slug} to confirm.`}
        autoComplete="off"
        spellCheck={false}
        {...bind('slug')}
      />
    </DialogForm>
  )
}

function Reactivation({
  organization: { slug, legalName },
  opened,
  onClose,
}: StepProps & { opened: boolean }) {
  const reactivate = useReactivateOrganization(slug)
  return (
    <ConfirmDialog
      opened={opened}
      title={`Reactivate ${legalName}`}
      action="Reactivate"
      keep="Cancel"
      busy={reactivate.isPending}
      error={reactivate.error}
      onConfirm={() => reactivate.mutate(undefined, { onSuccess: onClose })}
      onClose={onClose}
    >
      <p>Its certificates, API credentials and members work again immediately.</p>
    </ConfirmDialog>
  )
}
