import { Button } from '@mantine/core'
import { useState } from 'react'
import type { SecurityPolicy } from '../../../../../src/contract/second-factor.ts'
import { ConfirmDialog } from '../../../components/ui/confirm-dialog.tsx'
import { DescriptionItem, DescriptionList } from '../../../components/ui/description-list.tsx'
import { ButtonLink } from '../../../components/ui/links.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { Panel } from '../../../components/ui/panel.tsx'
import { countText } from '../../../lib/count-text.ts'
import { useSetSecurityPolicy } from '../api/change-organization.ts'

interface SecondFactorPanelProps {
  slug: string
  policy: SecurityPolicy
  mayChange: boolean
  /** Whether the session began with a second factor: only then can one be demanded of others. */
  hasSecondFactor: boolean
}

/** Shows whether members need a second factor; admins change it. */
export function SecondFactorPanel({ slug, policy, mayChange, hasSecondFactor }: SecondFactorPanelProps) {
  const [isAsking, setAsking] = useState(false)
  const { requiresSecondFactor: isRequired } = policy
  const change = (
    <Button
      variant="default"
      size="xs"
      disabled={!isRequired && !hasSecondFactor}
      onClick={() => setAsking(true)}
    >
      {isRequired ? 'Make it optional' : 'Require second factor'}
    </Button>
  )
  return (
    <Panel
      title="Second factor"
      description="A passkey or a code of an authenticator app, beside the password."
      actions={mayChange && change}
    >
      <DescriptionList columns={2}>
        <DescriptionItem label="For members">{isRequired ? 'Required' : 'Optional'}</DescriptionItem>
        <DescriptionItem label="Have none yet">
          {countText(policy.membersWithoutFactor, 'member', 'members')}
        </DescriptionItem>
      </DescriptionList>
      {mayChange && !isRequired && !hasSecondFactor && (
        <Notice
          tone="info"
          actions={
            <ButtonLink to="/account/sign-in" size="xs" variant="default">
              Go to sign-in methods
            </ButtonLink>
          }
        >
          <p>To require a second factor, sign in with your own first, so that you are not locked out.</p>
        </Notice>
      )}
      <PolicyDialog slug={slug} policy={policy} opened={isAsking} onClose={() => setAsking(false)} />
    </Panel>
  )
}

interface PolicyDialogProps {
  slug: string
  policy: SecurityPolicy
  opened: boolean
  onClose: () => void
}

function PolicyDialog({ slug, policy, opened, onClose }: PolicyDialogProps) {
  const set = useSetSecurityPolicy(slug)
  const { requiresSecondFactor: isRequired, membersWithoutFactor: count } = policy
  const close = () => {
    set.reset()
    onClose()
  }
  return (
    <ConfirmDialog
      opened={opened}
      title={isRequired ? 'Make the second factor optional' : 'Require a second factor'}
      action={isRequired ? 'Make it optional' : 'Require second factor'}
      keep="Cancel"
      busy={set.isPending}
      error={set.error}
      onConfirm={() => set.mutate({ requiresSecondFactor: !isRequired }, { onSuccess: close })}
      onClose={close}
    >
      {isRequired ? (
        <p>Members can open this organization with a password alone again. Passkeys and apps stay.</p>
      ) : (
        <>
          <p>
            This takes effect immediately, also for open sessions. Members whose session began without a
            second factor see nothing of this organization until they add a passkey or an app, or sign in with
            theirs.
          </p>
          {count > 0 && <p>{describeCount(count)}</p>}
          <p>
            Own API keys of members stop working here. Keys of the organization, certificates and API
            credentials go on working.
          </p>
        </>
      )}
    </ConfirmDialog>
  )
}

const describeCount = (count: number): string =>
  count === 1 ? 'One member has neither yet.' : `${count.toLocaleString('en')} members have neither yet.`
