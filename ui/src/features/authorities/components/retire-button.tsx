import { Button, Group, Stack, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { AuthorityView } from '../../../../../src/contract/authority.ts'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { retirementQuery, useRetireAuthority } from '../api/retire-authority.ts'

/** Sets, moves or takes back the date on which an issuing CA retires. */
export function RetireButton({ authority }: { authority: AuthorityView }) {
  const [opened, { open, close }] = useDisclosure(false)
  return (
    <>
      <Button variant="default" size="xs" onClick={open}>
        {authority.retiresAt === null ? 'Retire' : 'Change date'}
      </Button>
      <Dialog opened={opened} onClose={close} title={`When does this CA of ${authority.environment} retire?`}>
        <RetireForm authority={authority} onClose={close} />
      </Dialog>
    </>
  )
}

const usualDays = 60
const day = 86_400_000
const dayOf = (moment: number) => new Date(moment).toISOString().slice(0, 10)

function RetireForm({ authority, onClose }: { authority: AuthorityView; onClose: () => void }) {
  const retire = useRetireAuthority(authority.id)
  const [date, setDate] = useState(
    () => authority.retiresAt?.slice(0, 10) ?? dayOf(Date.now() + usualDays * day),
  )
  const retiresAt = `${date}T00:00:00.000Z`
  const isToCome = Date.parse(retiresAt) > Date.now()
  const look = useQuery({ ...retirementQuery(authority.id, retiresAt), enabled: isToCome })
  const set = (to: string | null, expected?: number) =>
    retire.mutate({ retiresAt: to, ...(expected === undefined ? {} : { expected }) }, { onSuccess: onClose })
  return (
    <Stack gap="md">
      <TextInput
        type="date"
        label="Date"
        description="From its beginning (UTC) the gateways refuse the certificates of this CA."
        min={dayOf(Date.now() + day)}
        value={date}
        error={isToCome ? undefined : 'Choose a day to come.'}
        onChange={(event) => setDate(event.currentTarget.value)}
      />
      {look.data && <Consequences {...look.data} />}
      {look.isError && <ErrorNotice error={look.error} onRetry={look.refetch} />}
      {retire.isError && <ErrorNotice error={retire.error} title="Nothing was changed" />}
      <Group justify="flex-end" gap="xs">
        {authority.retiresAt !== null && (
          <Button variant="default" disabled={retire.isPending} onClick={() => set(null)}>
            Take the date back
          </Button>
        )}
        <Button variant="default" onClick={onClose}>
          Not now
        </Button>
        <Button
          color="red"
          disabled={look.data === undefined || !isToCome || retire.isPending}
          onClick={() => set(retiresAt, look.data?.stopping)}
        >
          {retire.isPending ? 'Setting…' : 'Set the date'}
        </Button>
      </Group>
    </Stack>
  )
}

function Consequences({
  stopping,
  organizations,
}: {
  stopping: number
  organizations: { slug: string; stopping: number }[]
}) {
  if (stopping === 0)
    return (
      <Notice tone="info" title="Nothing stops">
        <p>No valid certificate of it lasts longer.</p>
      </Notice>
    )
  return (
    <Notice
      tone="warn"
      title={
        stopping === 1
          ? '1 valid certificate stops'
          : `${stopping.toLocaleString('en')} valid certificates stop`
      }
    >
      <p>{organizations.map((each) => `${each.slug}: ${each.stopping.toLocaleString('en')}`).join(', ')}</p>
      <p>Their contacts get a letter now, 14 days before and the day before.</p>
    </Notice>
  )
}
