import { Button, Group, Stack } from '@mantine/core'
import type { CredentialView } from '../../../../../src/contract/credential.ts'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { Moment } from '../../../components/ui/moment.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'
import { useDeleteCredentialSecret } from '../api/delete-credential-secret.ts'
import classes from './secret-overlap.module.css'

/** Shows the two secrets of an unfinished rotation: one must be deleted before another can be added. */
export function SecretOverlap({ credential, onClose }: { credential: CredentialView; onClose: () => void }) {
  const { params } = useWorkspace()
  const end = useDeleteCredentialSecret({ organization: params.organization, credentialId: credential.id })
  return (
    <Stack gap="md">
      <p>
        Two secrets are valid. Delete the secret that no service uses any longer. After that you can create a
        new one.
      </p>
      <ul className={classes.secrets}>
        {credential.secrets.map(({ id, hint, createdAt, expiresAt }) => (
          <li key={id}>
            <span>
              <code>{`…${hint}`}</code>, made <Moment at={createdAt} />
              {expiresAt !== null && (
                <>
                  , ends <Moment at={expiresAt} />
                </>
              )}
            </span>
            <Button
              variant="default"
              size="compact-sm"
              disabled={end.isPending}
              onClick={() => end.mutate(id)}
              aria-label={`Delete the secret ending in ${hint}`}
            >
              Delete now
            </Button>
          </li>
        ))}
      </ul>
      {end.isError && <ErrorNotice error={end.error} title="The secret was not deleted" />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          Keep both
        </Button>
      </Group>
    </Stack>
  )
}
