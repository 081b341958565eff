import { IconUsers } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import type { ListedMember } from '../../../../../src/contract/member.ts'
import type { Column } from '../../../components/ui/data-table.tsx'
import { EmptyState } from '../../../components/ui/empty-state.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { PagedTable } from '../../../components/ui/paged-table.tsx'
import { roleLabels } from '../../../lib/role-words.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { membersQuery } from '../api/list-members.ts'
import { MemberActions } from './member-actions.tsx'
import classes from './members-list.module.css'

/** Shows the members of the organization; `own` is the address of the user who sees them. */
export function MembersList({ own }: { own: string }) {
  const { params, mayAdminister } = useWorkspace()
  const query = useInfiniteQuery(membersQuery(params.organization))
  const columns: Column<ListedMember>[] = [
    {
      label: 'Member',
      cell: ({ name, email }) => (
        <span className={classes.name}>
          <strong>{email === own ? `${name} (you)` : name}</strong>
          <span>{email}</span>
        </span>
      ),
    },
    { label: 'Role', cell: ({ role }) => roleLabels[role] },
    { label: 'Joined', cell: ({ joinedAt }) => <Moment at={joinedAt} /> },
    { label: 'Last seen', cell: ({ lastSeenAt }) => <Moment at={lastSeenAt} /> },
  ]
  const actions: Column<ListedMember> = {
    label: 'Actions',
    labelHidden: true,
    align: 'end',
    cell: (member) => (member.email === own ? null : <MemberActions member={member} />),
  }
  return (
    <PagedTable
      query={query}
      what="the members"
      label="Members"
      columns={mayAdminister ? [...columns, actions] : columns}
      keyOf={({ id }) => id}
      empty={
        <EmptyState icon={<IconUsers size={24} />} title="No members yet">
          <p>Invite the first admin, who can invite the others.</p>
        </EmptyState>
      }
    />
  )
}
