import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Page } from '../../components/ui/page.tsx'
import { credentialsQuery } from '../../features/credentials/api/list-credentials.ts'
import { CreateCredentialDialog } from '../../features/credentials/components/create-credential-dialog.tsx'
import { CredentialsList } from '../../features/credentials/components/credentials-list.tsx'
import { useWorkspace } from '../../lib/workspace.tsx'
import { useIssuedCertificates } from '../use-issued-certificates.ts'

/** Shows the API credentials of the organization in the environment. */
export function CredentialsPage() {
  const { params, mayWrite, environment, organization } = useWorkspace()
  const [opened, { open, close }] = useDisclosure(false)
  const certificates = useIssuedCertificates()
  const { data } = useInfiniteQuery(credentialsQuery(params))
  const certificateName = certificates[0]?.name ?? `${organization.slug}-0001`
  const create = mayWrite && <Button onClick={open}>Create credentials</Button>
  return (
    <Page
      title="API credentials"
      description={`Client IDs and client secrets that your services use to get access tokens in ${environment.label}.`}
      // The first credentials are created from the empty state.
      actions={data?.pages[0]?.items.length === 0 ? undefined : create}
    >
      <CredentialsList certificates={certificates} certificateName={certificateName} create={create} />
      <CreateCredentialDialog
        opened={opened}
        certificates={certificates}
        certificateName={certificateName}
        onClose={close}
      />
    </Page>
  )
}
