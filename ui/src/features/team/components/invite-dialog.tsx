import { TextInput } from '@mantine/core'
import { invitationDays, NewInvitation } from '../../../../../src/contract/invitation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import type { MemberRole } from '../../../../../src/contract/roles.ts'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { DialogForm } from '../../../components/ui/dialog-form.tsx'
import { nameForm } from '../../../lib/kept-input.ts'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { useInvite } from '../api/change-invitation.ts'
import { RoleChoice } from './role-choice.tsx'

/** Invites somebody by email with a role. */
export function InviteDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Dialog opened={opened} onClose={onClose} title="Invite a member">
      <InviteForm onClose={onClose} />
    </Dialog>
  )
}

function InviteForm({ onClose }: { onClose: () => void }) {
  const { params } = useWorkspace()
  const { organization } = params
  const invite = useInvite(organization)
  const { bind, submit } = useContractForm({
    schema: NewInvitation,
    start: { email: '', role: 'developer' as MemberRole },
    toBody: ({ email, role }) => ({ email: email.trim(), role }),
    error: invite.error,
    keep: { form: nameForm(operations.createInvitation, { organization }), fields: ['email', 'role'] },
  })
  return (
    <DialogForm
      action="Send invitation"
      busy="Sending…"
      keep="Cancel"
      failure="The invitation was not sent"
      call={invite}
      onSubmit={submit((body) => invite.mutate(body, { onSuccess: onClose }))}
      onClose={onClose}
    >
      <TextInput
        label="Email"
        description={`Postern sends a link that is valid for ${invitationDays} days.`}
        type="email"
        autoComplete="off"
        required
        withAsterisk={false}
        data-autofocus
        {...bind('email')}
      />
      <RoleChoice {...bind('role')} />
    </DialogForm>
  )
}
