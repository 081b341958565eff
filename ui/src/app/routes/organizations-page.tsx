import { Button } from '@mantine/core'
import { useNavigate, useRouteContext, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { Page } from '../../components/ui/page.tsx'
import { CreateOrganizationDialog } from '../../features/organizations/components/create-organization-dialog.tsx'
import { OrganizationsList } from '../../features/organizations/components/organizations-list.tsx'
import { useOrganizationWord } from '../../lib/organization-word.ts'

/** Shows operators all organizations. */
export function OrganizationsPage() {
  const search = useSearch({ from: '/signed-in/operate/organizations' })
  const { session } = useRouteContext({ from: '/signed-in/operate' })
  const { singular, plural, Plural } = useOrganizationWord()
  const navigate = useNavigate()
  const [isCreating, setCreating] = useState(false)
  const create = <Button onClick={() => setCreating(true)}>Create {singular}</Button>
  return (
    <Page
      title={Plural}
      description={`All ${plural}, with their status and what they have.`}
      actions={session.operatorRole === 'operator' && create}
    >
      <OrganizationsList
        text={search.text ?? ''}
        status={search.status}
        onSearch={({ text, status }) =>
          navigate({
            to: '/operate/organizations',
            search: { ...(text !== '' && { text }), ...(status !== undefined && { status }) },
            replace: true,
          })
        }
      />
      <CreateOrganizationDialog
        opened={isCreating}
        onClose={() => setCreating(false)}
        onCreated={({ slug }) =>
          navigate({ to: '/operate/organizations/$organization', params: { organization: slug } })
        }
      />
    </Page>
  )
}
