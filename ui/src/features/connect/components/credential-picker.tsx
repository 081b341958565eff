import { Button, NativeSelect } from '@mantine/core'
import type { CredentialView } from '../../../../../src/contract/credential.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'
import classes from './credential-picker.module.css'

interface CredentialPickerProps {
  credentials: CredentialView[]
  chosen: CredentialView | undefined
  onChoose: (id: string) => void
  onCreate: () => void
  /** Whether this page knows the secret of the selected credentials. */
  secretKnown: boolean
}

/** Selects the credentials that the steps fill in. */
export function CredentialPicker(props: CredentialPickerProps) {
  const { credentials, chosen, onChoose, onCreate, secretKnown } = props
  const { mayWrite, environment } = useWorkspace()
  return (
    <div className={classes.root}>
      <NativeSelect
        className={classes.select ?? ''}
        label="Credential"
        description={
          environment.profile === 'fapi2'
            ? 'Its client ID is filled in. Listed are those that the client certificate alone identifies.'
            : secretKnown
              ? 'Its secret is filled in while this page is open.'
              : 'Its client ID is filled in. The secret is known to you alone; put it in yourself.'
        }
        value={chosen?.id ?? ''}
        onChange={(event) => onChoose(event.currentTarget.value)}
        data={
          credentials.length === 0
            ? [{ value: '', label: 'None yet' }]
            : credentials.map(({ id, name, clientId }) => ({ value: id, label: `${name} (${clientId})` }))
        }
      />
      {mayWrite && (
        <Button variant="default" onClick={onCreate}>
          Create credentials
        </Button>
      )}
    </div>
  )
}
