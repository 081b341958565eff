import { ActionIcon, Menu, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconDots, IconShieldOff, IconTrash, IconUserCog } from '@tabler/icons-react'
import { useState } from 'react'
import { MemberChange, type MemberView } from '../../../../../src/contract/member.ts'
import { ConfirmDialog } from '../../../components/ui/confirm-dialog.tsx'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { DialogForm } from '../../../components/ui/dialog-form.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { useMayOperate } from '../../../lib/may-operate.ts'
import { useContractForm } from '../../../lib/use-contract-form.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { useChangeRole, useRemoveMember, useRemoveSecondFactors } from '../api/change-member.ts'
import { RoleChoice } from './role-choice.tsx'

interface DialogProps {
  member: MemberView
  onClose: () => void
}

/** Shows what an admin can do with a member. */
export function MemberActions({ member }: { member: MemberView }) {
  const [changing, change] = useDisclosure(false)
  const [removing, removal] = useDisclosure(false)
  const [rescuing, rescue] = useDisclosure(false)
  const mayOperate = useMayOperate()
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${member.email}`}>
            <IconDots size={18} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconUserCog size={16} aria-hidden />} onClick={change.open}>
            Change role
          </Menu.Item>
          {mayOperate && (
            <Menu.Item leftSection={<IconShieldOff size={16} aria-hidden />} onClick={rescue.open}>
              Remove second factors
            </Menu.Item>
          )}
          <Menu.Item c="var(--bad)" leftSection={<IconTrash size={16} aria-hidden />} onClick={removal.open}>
            Remove
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Dialog opened={changing} onClose={change.close} title={`Change the role of ${member.name}`}>
        <RoleForm member={member} onClose={change.close} />
      </Dialog>
      <Dialog opened={removing} onClose={removal.close} title={`Remove ${member.name}?`}>
        <RemoveForm member={member} onClose={removal.close} />
      </Dialog>
      {rescuing && <RescueDialog member={member} onClose={rescue.close} />}
    </>
  )
}

function RoleForm({ member, onClose }: DialogProps) {
  const { params } = useWorkspace()
  const change = useChangeRole({
    organization: params.organization,
    memberId: member.id,
    email: member.email,
  })
  const { bind, submit, values } = useContractForm({
    schema: MemberChange,
    start: { role: member.role },
    toBody: (given) => given,
    error: change.error,
  })
  return (
    <DialogForm
      action="Change role"
      busy="Changing…"
      keep="Cancel"
      failure="The role was not changed"
      isReady={values.role !== member.role}
      call={change}
      onSubmit={submit(({ role }) => change.mutate(role, { onSuccess: onClose }))}
      onClose={onClose}
    >
      <RoleChoice {...bind('role')} />
    </DialogForm>
  )
}

function RescueDialog({ member, onClose }: DialogProps) {
  const { params } = useWorkspace()
  const remove = useRemoveSecondFactors({ organization: params.organization, memberId: member.id })
  return (
    <ConfirmDialog
      opened
      title={`Remove the second factors of ${member.name}?`}
      action="Remove second factors"
      keep="Cancel"
      danger
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate(undefined, { onSuccess: onClose })}
      onClose={onClose}
    >
      <p>
        {`Do this only if you are sure that ${member.name} asks, and has lost the device and all recovery codes: after this, the password alone signs in. Passkeys, authenticator app and recovery codes are deleted, all sessions end, and an email tells ${member.email}.`}
      </p>
    </ConfirmDialog>
  )
}

function RemoveForm({ member, onClose }: DialogProps) {
  const { params, organization } = useWorkspace()
  const remove = useRemoveMember({
    organization: params.organization,
    memberId: member.id,
    email: member.email,
  })
  const [typed, setTyped] = useState('')
  return (
    <DialogForm
      action="Remove member"
      busy="Removing…"
      keep="Cancel"
      failure="The member was not removed"
      danger
      isReady={typed.trim().toLowerCase() === member.email}
      call={remove}
      onSubmit={(event) => {
        event.preventDefault()
        remove.mutate(undefined, { onSuccess: onClose })
      }}
      onClose={onClose}
    >
      <Notice tone="warn">
        <p>
          {`${member.name} loses access to ${organization.legalName} immediately. Certificates and API credentials stay. If ${member.name} knows a client secret, rotate it.`}
        </p>
      </Notice>
      <TextInput
        label="Email of the member"
        description={`Type ${member.email} to confirm.`}
        autoComplete="off"
        spellCheck={false}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
    </DialogForm>
  )
}
