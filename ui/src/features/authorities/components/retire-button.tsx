import { Button, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { type AuthorityView, Retirement } from '../../../../../src/contract/authority.ts'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { DialogForm } from '../../../components/ui/dialog-form.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { retirementQuery, useRetireAuthority } from '../api/retire-authority.ts'

/** Sets, changes or removes the retirement date of an issuing CA. */
export function RetireButton({ authority }: { authority: AuthorityView }) {
  const [opened, { open, close }] = useDisclosure(false)
  return (
    <>
      <Button variant="default" size="xs" onClick={open}>
        {authority.retiresAt === null ? 'Retire' : 'Change date'}
      </Button>
      <Dialog opened={opened} onClose={close} title={`Retire CA of ${authority.environment}`}>
        <RetireForm authority={authority} onClose={close} />
      </Dialog>
    </>
  )
}

const usualDays = 60
const day = 86_400_000
const dayOf = (moment: number) => new Date(moment).toISOString().slice(0, 10)

/** The field of each part of the body. */
const fields = { retiresAt: 'date' }
const startOf = (date: string) => `${date}T00:00:00.000Z`
const isToCome = (date: string) => Date.parse(startOf(date)) > Date.now()

function RetireForm({ authority, onClose }: { authority: AuthorityView; onClose: () => void }) {
  const retire = useRetireAuthority(authority)
  const { bind, values, isReady, submit } = useContractForm({
    schema: Retirement,
    start: { date: authority.retiresAt?.slice(0, 10) ?? dayOf(Date.now() + usualDays * day) },
    toBody: ({ date }) => ({ retiresAt: startOf(date), dryRun: true }),
    fields,
    check: ({ date }) => (isToCome(date) ? {} : { date: 'Select a date in the future.' }),
    live: ['date'],
    error: retire.error,
  })
  const retiresAt = startOf(values.date)
  const look = useQuery({ ...retirementQuery(authority.id, retiresAt), enabled: isToCome(values.date) })
  const set = (body: Parameters<typeof retire.mutate>[0]) => retire.mutate(body, { onSuccess: onClose })
  const { affectedCertificates } = look.data ?? {}
  return (
    <DialogForm
      action="Set date"
      busy="Setting…"
      keep="Cancel"
      failure="The date was not changed"
      danger
      isReady={isReady && affectedCertificates !== undefined}
      call={retire}
      more={
        authority.retiresAt !== null && (
          <Button variant="default" disabled={retire.isPending} onClick={() => set({ retiresAt: null })}>
            Remove date
          </Button>
        )
      }
      onSubmit={submit(
        () => affectedCertificates !== undefined && set({ retiresAt, expectedCount: affectedCertificates }),
      )}
      onClose={onClose}
    >
      <TextInput
        type="date"
        label="Date"
        description="From the start of this day (UTC), the gateways deny the certificates of this CA."
        min={dayOf(Date.now() + day)}
        {...bind('date')}
      />
      {look.data && <Consequences {...look.data} />}
      {look.isError && <ErrorNotice error={look.error} onRetry={look.refetch} />}
    </DialogForm>
  )
}

function Consequences({
  affectedCertificates,
  organizations,
}: {
  affectedCertificates: number
  organizations: { slug: string; affectedCertificates: number }[]
}) {
  if (affectedCertificates === 0)
    return (
      <Notice tone="info" title="No valid certificate is affected">
        <p>All certificates of this CA expire before this date.</p>
      </Notice>
    )
  return (
    <Notice
      tone="warn"
      title={
        affectedCertificates === 1
          ? '1 valid certificate stops working'
          : `${affectedCertificates.toLocaleString('en')} valid certificates stop working`
      }
    >
      <p>
        {organizations
          .map((each) => `${each.slug}: ${each.affectedCertificates.toLocaleString('en')}`)
          .join(', ')}
      </p>
      <p>The contacts get an email now, 14 days before the date and one day before it.</p>
    </Notice>
  )
}
