import { Radio, Stack } from '@mantine/core'
import {
  NewWebhookClientCertificate,
  type WebhookClientCertificate,
  WebhookClientCertificateChain,
  type WebhookView,
} from '../../../../../src/contract/webhook.ts'
import { ConfirmDialog } from '../../../components/ui/confirm-dialog.tsx'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { DialogForm } from '../../../components/ui/dialog-form.tsx'
import { PasteInput } from '../../../components/ui/paste-input.tsx'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { useClientCertificates, type WebhookKey } from '../api/webhooks.ts'

interface DialogProps {
  webhook: WebhookView
  params: WebhookKey
  onClose: () => void
}

interface CertificateDialogProps extends DialogProps {
  certificate: WebhookClientCertificate
}

/** Adds a client certificate, from the CA that the user chooses. */
export function AddClientCertificateDialog({ webhook, params, onClose }: DialogProps) {
  const { add } = useClientCertificates(params, webhook.name)
  const { bind, submit } = useContractForm({
    schema: NewWebhookClientCertificate,
    start: { issuer: 'postern' as 'postern' | 'own_ca' },
    toBody: (values) => values,
    error: add.error,
  })
  return (
    <Dialog opened onClose={onClose} title={`Client certificate for ${webhook.name}`}>
      <DialogForm
        action="Add client certificate"
        busy="Adding…"
        keep="Cancel"
        failure="No client certificate was added"
        call={add}
        onSubmit={submit((body) => add.mutate(body, { onSuccess: onClose }))}
        onClose={onClose}
      >
        <Radio.Group label="Issued by" {...bind('issuer')}>
          <Stack gap="sm" mt="sm">
            <Radio
              value="postern"
              label="Postern"
              description="Your endpoint trusts the outgoing CA of Postern. Renewed automatically."
            />
            <Radio
              value="own_ca"
              label="Your CA"
              description="You get a CSR, have your CA sign it, and enter the certificate. You renew it before it expires."
            />
          </Stack>
        </Radio.Group>
      </DialogForm>
    </Dialog>
  )
}

/** Enters what the CA of the customer has issued. */
export function InstallChainDialog({ certificate, webhook, params, onClose }: CertificateDialogProps) {
  const { install } = useClientCertificates(params, webhook.name)
  const { bind, submit, isReady } = useContractForm({
    schema: WebhookClientCertificateChain,
    start: { chain: '' },
    toBody: (values) => values,
    error: install.error,
  })
  return (
    <Dialog opened onClose={onClose} title={`Certificate for ${webhook.name}`} size="lg">
      <DialogForm
        action="Enter certificate"
        busy="Checking…"
        keep="Cancel"
        failure="The certificate was not stored"
        isReady={isReady}
        call={install}
        onSubmit={submit(({ chain }) =>
          install.mutate({ id: certificate.id, chain }, { onSuccess: onClose }),
        )}
        onClose={onClose}
      >
        <PasteInput
          label="Certificate and chain"
          description="The certificate that your CA issued for the CSR, and the CAs above it."
          placeholder="-----BEGIN CERTIFICATE-----"
          {...bind('chain')}
        />
      </DialogForm>
    </Dialog>
  )
}

/** Asks before a client certificate is deleted with its key. */
export function RetireClientCertificateDialog({
  certificate,
  webhook,
  params,
  onClose,
}: CertificateDialogProps) {
  const { retire } = useClientCertificates(params, webhook.name)
  const isOnly = !webhook.clientCertificates.some(
    ({ id, state }) => id !== certificate.id && state !== 'requested',
  )
  return (
    <ConfirmDialog
      opened
      title="Retire this client certificate?"
      action="Retire client certificate"
      keep="Cancel"
      danger
      busy={retire.isPending}
      error={retire.error}
      onConfirm={() => retire.mutate(certificate.id, { onSuccess: onClose })}
      onClose={onClose}
    >
      <p>
        Its private key is deleted. This cannot be undone.
        {isOnly && certificate.state !== 'requested' && (
          <> No other one is left: deliveries then present no client certificate.</>
        )}
      </p>
    </ConfirmDialog>
  )
}
