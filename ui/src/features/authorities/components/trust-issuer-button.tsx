import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useState } from 'react'
import { ConfirmDialog } from '../../../components/ui/confirm-dialog.tsx'
import { PasteInput } from '../../../components/ui/paste-input.tsx'
import { useTrustIssuer } from '../api/trust-issuer.ts'

/** Trusts an authority of somebody else, so that certificates below it can be registered. */
export function TrustIssuerButton({ environment }: { environment: string }) {
  const [opened, { open, close }] = useDisclosure(false)
  const [certificate, setCertificate] = useState('')
  const trust = useTrustIssuer(environment)
  return (
    <>
      <Button variant="default" size="xs" onClick={open}>
        Trust an issuer
      </Button>
      <ConfirmDialog
        opened={opened}
        title={`Trust an issuer of somebody else for ${environment}?`}
        action="Trust it"
        keep="Not now"
        busy={trust.isPending}
        error={trust.error}
        onConfirm={() =>
          trust.mutate(certificate, {
            onSuccess: () => {
              setCertificate('')
              close()
            },
          })
        }
        onClose={close}
      >
        <p>
          It lets nobody in by itself: organizations can register certificates below it, each by itself, and
          prove that they have the key.
        </p>
        <PasteInput
          label="Certificate of the authority"
          placeholder="-----BEGIN CERTIFICATE-----"
          rows={[5, 10]}
          value={certificate}
          onChange={(text) => {
            trust.reset()
            setCertificate(text)
          }}
        />
      </ConfirmDialog>
    </>
  )
}
