import { Button, Group, NativeSelect, Stack, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { type SubmitEvent, useState } from 'react'
import { revocationReasons } from '../../../../../src/contract/certificate.ts'
import {
  type RevocationReason,
  revocationReasonFacts,
} from '../../../../../src/pki/status/revocation-reason.ts'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { issuerRevocationQuery, useRevokeCertificates } from '../api/revoke-certificates.ts'

/** Revokes every valid certificate of an issuing CA that signs no more. */
export function RevokeAllButton({ issuerId }: { issuerId: string }) {
  const [opened, { open, close }] = useDisclosure(false)
  return (
    <>
      <Button color="red" variant="outline" size="xs" onClick={open}>
        Revoke all of it
      </Button>
      <Dialog opened={opened} onClose={close} title="Revoke every certificate of this issuing CA">
        <RevokeAllForm issuerId={issuerId} onClose={close} />
      </Dialog>
    </>
  )
}

function RevokeAllForm({ issuerId, onClose }: { issuerId: string; onClose: () => void }) {
  const [reason, setReason] = useState<RevocationReason>('superseded')
  const dryRun = useQuery(issuerRevocationQuery(issuerId, reason))
  const revoke = useRevokeCertificates(issuerId)
  const [typed, setTyped] = useState('')
  const matching = dryRun.data?.matching ?? 0
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    revoke.mutate({ reason, expected: matching }, { onSuccess: onClose })
  }
  if (dryRun.isError) return <ErrorNotice error={dryRun.error} onRetry={dryRun.refetch} />
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <Notice tone="bad" title="This is for good">
          <p>
            {dryRun.isPending
              ? 'Counting the certificates…'
              : `${countOf(matching)} at once, with connections and tokens. Their people are told by e-mail.`}
          </p>
          {dryRun.data && matching > 0 && <p>{firstNames(dryRun.data)}</p>}
        </Notice>
        <NativeSelect
          label="Reason"
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value as RevocationReason)}
          data={revocationReasons.map((value) => ({ value, label: revocationReasonFacts[value].label }))}
        />
        <TextInput
          label="Number of certificates"
          description={`Type ${matching} to confirm.`}
          inputMode="numeric"
          autoComplete="off"
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        {revoke.isError && <ErrorNotice error={revoke.error} title="They were not revoked" />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Keep them
          </Button>
          <Button
            type="submit"
            color="red"
            disabled={matching === 0 || typed.trim() !== String(matching) || revoke.isPending}
          >
            {revoke.isPending ? 'Revoking…' : 'Revoke certificates'}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

const countOf = (number: number) =>
  number === 1 ? '1 valid certificate ends' : `${number.toLocaleString('en')} valid certificates end`
const mostNames = 10

function firstNames({
  certificates,
  matching,
}: {
  certificates: { name: string }[]
  matching: number
}): string {
  const names = certificates.slice(0, mostNames).map(({ name }) => name)
  const rest = matching - names.length
  return rest > 0 ? `${names.join(', ')} and ${rest.toLocaleString('en')} more` : names.join(', ')
}
