import { Button, NativeSelect, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { NewBulkRevocation } from '../../../../../src/contract/bulk-revocation.ts'
import type { RevocationReason } from '../../../../../src/contract/certificate.ts'
import { formatCount } from '../../../../../src/contract/format-count.ts'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { DialogForm } from '../../../components/ui/dialog-form.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { reasonChoices } from '../../../lib/reason-choices.ts'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { issuerRevocationQuery, useRevokeCertificates } from '../api/revoke-certificates.ts'

/** Revokes every valid certificate of an issuing CA that no longer signs. */
export function RevokeAllButton({ issuerId }: { issuerId: string }) {
  const [opened, { open, close }] = useDisclosure(false)
  return (
    <>
      <Button color="red" variant="outline" size="xs" onClick={open}>
        Revoke all
      </Button>
      <Dialog opened={opened} onClose={close} title="Revoke all certificates of this issuing CA">
        <RevokeAllForm issuerId={issuerId} onClose={close} />
      </Dialog>
    </>
  )
}

function RevokeAllForm({ issuerId, onClose }: { issuerId: string; onClose: () => void }) {
  const revoke = useRevokeCertificates()
  const { bind, values, submit } = useContractForm({
    schema: NewBulkRevocation,
    start: { reason: 'superseded' as RevocationReason, count: '' },
    toBody: ({ reason, count }) => ({ issuerId, reason, expectedCount: Number(count) }),
    fields: { expectedCount: 'count' },
    error: revoke.error,
  })
  const dryRun = useQuery(issuerRevocationQuery(issuerId, values.reason))
  const matching = dryRun.data?.matching ?? 0
  if (dryRun.isError) return <ErrorNotice error={dryRun.error} onRetry={dryRun.refetch} />
  return (
    <DialogForm
      action="Revoke certificates"
      busy="Revoking…"
      keep="Cancel"
      failure="The certificates were not revoked"
      danger
      isReady={matching > 0 && values.count.trim() === String(matching)}
      call={revoke}
      onSubmit={submit((body) => revoke.mutate(body, { onSuccess: onClose }))}
      onClose={onClose}
    >
      <Notice tone="bad" title="This cannot be undone">
        <p>
          {dryRun.isPending
            ? 'Counting the certificates…'
            : `${countOf(matching)} immediately, together with their connections and tokens. The contacts get an email.`}
        </p>
        {dryRun.data && matching > 0 && <p>{firstNames(dryRun.data)}</p>}
      </Notice>
      <NativeSelect label="Reason" data={reasonChoices} {...bind('reason')} />
      <TextInput
        label="Number of certificates"
        description={`Type ${matching} to confirm.`}
        inputMode="numeric"
        autoComplete="off"
        {...bind('count')}
      />
    </DialogForm>
  )
}

const countOf = (number: number) => `Postern revokes ${formatCount(number, 'valid certificate')}`

function firstNames({ names, matching }: { names: string[]; matching: number }): string {
  const rest = matching - names.length
  return rest > 0 ? `${names.join(', ')} and ${rest.toLocaleString('en')} more` : names.join(', ')
}
