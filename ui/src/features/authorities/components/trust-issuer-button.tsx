import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { NewTrustedIssuer } from '../../../../../src/contract/authority.ts'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { DialogForm } from '../../../components/ui/dialog-form.tsx'
import { PasteInput } from '../../../components/ui/paste-input.tsx'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { useTrustIssuer } from '../api/trust-issuer.ts'

/** Trusts an external CA, so that its certificates can be registered. */
export function TrustIssuerButton({ environment }: { environment: string }) {
  const [opened, { open, close }] = useDisclosure(false)
  return (
    <>
      <Button variant="default" size="xs" onClick={open}>
        Trust external CA
      </Button>
      <Dialog opened={opened} onClose={close} title={`Trust an external CA for ${environment}`}>
        <TrustForm environment={environment} onClose={close} />
      </Dialog>
    </>
  )
}

function TrustForm({ environment, onClose }: { environment: string; onClose: () => void }) {
  const trust = useTrustIssuer(environment)
  const { bind, values, change, submit } = useContractForm({
    schema: NewTrustedIssuer,
    start: { certificate: '' },
    toBody: (body) => body,
    error: trust.error,
  })
  return (
    <DialogForm
      action="Trust CA"
      busy="One moment…"
      keep="Cancel"
      isReady={values.certificate.trim() !== ''}
      call={trust}
      onSubmit={submit(({ certificate }) => trust.mutate(certificate, { onSuccess: onClose }))}
      onClose={onClose}
    >
      <p>
        The gateways accept no certificate of this CA automatically. Organizations register each certificate
        and prove possession of its private key.
      </p>
      <PasteInput
        label="CA certificate"
        placeholder="-----BEGIN CERTIFICATE-----"
        rows={[5, 10]}
        {...bind('certificate')}
        onChange={(certificate) => {
          trust.reset()
          change({ certificate })
        }}
      />
    </DialogForm>
  )
}
