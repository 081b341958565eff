import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useRouteContext } from '@tanstack/react-router'
import type { ApiKeyRole } from '../../../../src/contract/api-key.ts'
import { memberRoles } from '../../../../src/contract/roles.ts'
import type { SessionView } from '../../../../src/contract/session.ts'
import { Page } from '../../components/ui/page.tsx'
import { apiKeysQuery, type KeyOwner } from '../../features/api-keys/api/api-keys.ts'
import { ApiKeysList } from '../../features/api-keys/components/api-keys-list.tsx'
import { CreateApiKeyDialog } from '../../features/api-keys/components/create-api-key-dialog.tsx'
import { useWorkspace } from '../../lib/workspace.tsx'

/** Shows the API keys of the organization, for its admins and for operators. */
export function ApiKeysPage() {
  const { session } = useRouteContext({ from: '/signed-in/o/$organization/$environment' })
  const { organization } = useWorkspace()
  const isAdmin = session.organizations.some(
    ({ slug, role }) => slug === organization.slug && role === 'admin',
  )
  return (
    <Keys
      owner={organization.slug}
      description="Keys with which programs of this organization use the REST API of this portal, in all environments. They stay when the admin who made them leaves."
      roles={memberRoles}
      organizations={[]}
      mayWrite={isAdmin}
      mayDelete={isAdmin || session.operatorRole === 'operator'}
    />
  )
}

/** Shows the API keys of the signed-in user. */
export function OwnApiKeysPage() {
  const { session } = useRouteContext({ from: '/signed-in/account' })
  return (
    <Keys
      owner={null}
      description="Keys with which your own programs use the REST API of this portal. They act for you, and never may do more than you."
      roles={rolesOf(session)}
      organizations={session.organizations.filter(({ needsOtherSignIn }) => !needsOtherSignIn)}
      mustLimit={session.isByProvider}
      mayWrite
      mayDelete
    />
  )
}

const rolesOf = ({ organizations, operatorRole }: SessionView): ApiKeyRole[] => [
  ...(organizations.length > 0 || operatorRole === null ? memberRoles : []),
  ...(operatorRole === null ? [] : (['auditor'] as const)),
  ...(operatorRole === 'operator' ? (['operator'] as const) : []),
]

interface KeysProps {
  owner: KeyOwner
  description: string
  roles: readonly ApiKeyRole[]
  organizations: SessionView['organizations']
  mustLimit?: boolean
  mayWrite: boolean
  mayDelete: boolean
}

function Keys({ owner, description, mayWrite, mayDelete, ...choices }: KeysProps) {
  const [opened, { open, close }] = useDisclosure(false)
  const { data } = useInfiniteQuery(apiKeysQuery(owner))
  const create = mayWrite && <Button onClick={open}>Create API key</Button>
  const isEmpty = data?.pages[0]?.items.length === 0
  return (
    // The first key is created from the empty state.
    <Page title="API keys" description={description} actions={isEmpty ? undefined : create}>
      <ApiKeysList owner={owner} mayDelete={mayDelete} mayRotate={mayWrite} create={create} />
      <CreateApiKeyDialog owner={owner} {...choices} opened={opened} onClose={close} />
    </Page>
  )
}
