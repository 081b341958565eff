import { Button, Group } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate, useRouteContext } from '@tanstack/react-router'
import { Page } from '../../components/ui/page.tsx'
import { OwnerGoneCount } from '../../features/organizations/components/owner-gone-count.tsx'
import { InvitationsList } from '../../features/team/components/invitations-list.tsx'
import { InviteDialog } from '../../features/team/components/invite-dialog.tsx'
import { LeaveButton } from '../../features/team/components/leave-button.tsx'
import { MembersList } from '../../features/team/components/members-list.tsx'
import { useWorkspace } from '../../lib/workspace.tsx'

/** Shows the members of the organization and the open invitations. */
export function TeamPage() {
  const { session } = useRouteContext({ from: '/signed-in/o/$organization/$environment' })
  const { organization, mayAdminister } = useWorkspace()
  const [opened, { open, close }] = useDisclosure(false)
  const queries = useQueryClient()
  const navigate = useNavigate()
  const isMember = session.organizations.some(({ slug }) => slug === organization.slug)
  const leave = () => {
    queries.clear()
    void navigate({ to: '/' })
  }
  return (
    <Page
      title="Team"
      description={`The members of ${organization.legalName}. Their roles hold in all environments.`}
      actions={
        <Group gap="xs">
          {isMember && <LeaveButton onLeft={leave} />}
          {mayAdminister && <Button onClick={open}>Invite member</Button>}
        </Group>
      }
    >
      <OwnerGoneCount />
      <MembersList own={session.email} />
      {mayAdminister && <InvitationsList />}
      <InviteDialog opened={opened} onClose={close} />
    </Page>
  )
}
