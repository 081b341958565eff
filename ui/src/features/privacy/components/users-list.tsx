import { Button, Group } from '@mantine/core'
import { IconUsers } from '@tabler/icons-react'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { EmailAddress } from '../../../../../src/contract/account.ts'
import type { UserView } from '../../../../../src/contract/privacy.ts'
import type { Column } from '../../../components/ui/data-table.tsx'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { PagedTable } from '../../../components/ui/paged-table.tsx'
import { SearchInput } from '../../../components/ui/search-input.tsx'
import { useDownloadData, useErasePerson, usersQuery } from '../api/privacy.ts'
import { EraseDialog } from './erase-dialog.tsx'

const isAddress = (text: string) => EmailAddress.safeParse(text.trim()).success

/** Shows users; who `mayErase` erases one. */
export function UsersList({ mayErase, ownEmail }: { mayErase: boolean; ownEmail: string }) {
  const [email, setEmail] = useState('')
  const [chosen, setChosen] = useState<UserView>()
  const query = useInfiniteQuery({ ...usersQuery(email), placeholderData: keepPreviousData })
  const download = useDownloadData()
  const erase = useErasePerson()
  const close = () => {
    setChosen(undefined)
    erase.reset()
  }
  return (
    <>
      {download.isError && <ErrorNotice error={download.error} title="The data was not downloaded" />}
      {erase.isSuccess && (
        <Notice tone="good" announced>
          The account was erased. Other records lose the name within about ten minutes.
        </Notice>
      )}
      <PagedTable
        query={query}
        what="the users"
        label="Users"
        columns={[
          ...columns,
          actionColumn({
            busy: download.isPending,
            onDownload: ({ id }) => download.mutate(id),
            onErase: mayErase ? setChosen : undefined,
            ownEmail,
          }),
        ]}
        keyOf={({ id }) => id}
        filter={
          <SearchInput
            label="Find by email address"
            placeholder="Email address"
            text={email}
            findProblem={(text) =>
              text.trim() === '' || isAddress(text) ? undefined : 'Enter a whole email address.'
            }
            onSearch={(text) => setEmail(text.toLowerCase())}
          />
        }
        empty={
          <EmptyState icon={<IconUsers size={24} />} title="No user has this email address">
            Search for another one.
          </EmptyState>
        }
      />
      <EraseDialog
        title="Erase user"
        action="Erase user"
        email={chosen?.email}
        effect="The account, its memberships, API keys and sign-in methods are deleted."
        call={erase}
        onErase={() => chosen && erase.mutate(chosen.id, { onSuccess: () => setChosen(undefined) })}
        onClose={close}
      />
    </>
  )
}

const columns: Column<UserView>[] = [
  { label: 'Email', cell: ({ email }) => email },
  { label: 'Name', cell: ({ name }) => name },
  {
    label: 'Works for',
    cell: ({ operatorRole, organizations }) =>
      [...(operatorRole === null ? [] : [`Provider (${operatorRole})`]), ...organizations].join(', ') ||
      'No organization',
  },
  { label: 'Since', cell: ({ createdAt }) => <Moment at={createdAt} /> },
]

interface Actions {
  busy: boolean
  ownEmail: string
  onDownload: (user: UserView) => void
  onErase: ((user: UserView) => void) | undefined
}

const actionColumn = ({ busy, ownEmail, onDownload, onErase }: Actions): Column<UserView> => ({
  label: 'Actions',
  labelHidden: true,
  align: 'end',
  inCard: 'last',
  cell: (user) => (
    <Group gap="xs" justify="flex-end" wrap="nowrap">
      <Button
        size="xs"
        variant="default"
        disabled={busy}
        aria-label={`Download data of ${user.email}`}
        onClick={() => onDownload(user)}
      >
        Download data
      </Button>
      {onErase !== undefined && user.email !== ownEmail && (
        <Button size="xs" variant="default" aria-label={`Erase ${user.email}`} onClick={() => onErase(user)}>
          Erase
        </Button>
      )}
    </Group>
  ),
})
