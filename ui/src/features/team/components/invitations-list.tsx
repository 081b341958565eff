import { Button, Group } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import type { InvitationView } from '../../../../../src/contract/invitation.ts'
import { type Column, DataTable } from '../../../components/ui/data-table.tsx'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { LoadMore } from '../../../components/ui/load-more.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { roleLabels } from '../../../lib/role-words.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { useCancelInvitation, useInvite } from '../api/change-invitation.ts'
import { invitationsQuery } from '../api/list-invitations.ts'
import classes from './invitations-list.module.css'

/** Shows the invitations that were not accepted yet; nothing if there are none. */
export function InvitationsList() {
  const { params } = useWorkspace()
  const query = useInfiniteQuery(invitationsQuery(params.organization))
  const rows = query.data?.pages.flatMap(({ items }) => items) ?? []
  if (query.isError) return <ErrorNotice error={query.error} onRetry={query.refetch} />
  if (rows.length === 0) return null
  return (
    <Panel title="Invitations" flush>
      <DataTable label="Invitations" columns={columns} rows={rows} keyOf={({ id }) => id} />
      <LoadMore query={query} />
    </Panel>
  )
}

const columns: Column<InvitationView>[] = [
  { label: 'Email', cell: ({ email }) => <span className={classes.email}>{email}</span> },
  { label: 'Role', cell: ({ role }) => roleLabels[role] },
  { label: 'Invited by', cell: ({ invitedBy }) => <span className={classes.email}>{invitedBy.label}</span> },
  { label: 'Expires', cell: (invitation) => <Expiry {...invitation} /> },
  {
    label: 'Actions',
    align: 'end',
    cell: (invitation) => <InvitationActions invitation={invitation} />,
  },
]

function Expiry({ status, expiresAt }: InvitationView) {
  if (status === 'void') return <span>Void: the inviter can no longer invite</span>
  return (
    <span>
      {status === 'expired' && 'Expired '}
      <Moment at={expiresAt} />
    </span>
  )
}

function InvitationActions({ invitation: { id, email, role } }: { invitation: InvitationView }) {
  const { params } = useWorkspace()
  const { organization } = params
  const cancel = useCancelInvitation({ organization, invitationId: id })
  const invite = useInvite(organization, false)
  const error = invite.error ?? cancel.error
  const isBusy = invite.isPending || cancel.isPending
  return (
    <>
      <Group gap="xs" justify="flex-end" wrap="nowrap">
        <Button
          size="xs"
          variant="default"
          disabled={isBusy}
          aria-label={`Send again to ${email}`}
          onClick={() => invite.mutate({ email, role })}
        >
          {invite.isPending ? 'Sending…' : 'Send again'}
        </Button>
        <Button
          size="xs"
          variant="default"
          disabled={isBusy}
          aria-label={`Cancel the invitation to ${email}`}
          onClick={() => cancel.mutate()}
        >
          Cancel
        </Button>
      </Group>
      {error !== null && <ErrorNotice error={error} />}
    </>
  )
}
