import { Button, NativeSelect } from '@mantine/core'
import type { CredentialView } from '../../../../../src/contract/credential.ts'
import { ErrorNotice } from '../../../components/ui/error-notice.tsx'
import { SecretValue } from '../../../components/ui/secret-value.tsx'
import { useWorkspace } from '../../../lib/workspace.tsx'
import classes from './credential-picker.module.css'

interface CredentialPickerProps {
  credentials: CredentialView[]
  chosen: CredentialView | undefined
  onChoose: (id: string) => void
  /** Creates credentials, or opens the form for them. */
  create: { onClick: () => void; isPending: boolean; error: unknown }
  /** The secret, if it was created in this page. */
  secret: { value: string | undefined; visible: boolean; onVisible: (visible: boolean) => void }
}

/** Selects the credentials that the steps fill in. */
export function CredentialPicker(props: CredentialPickerProps) {
  const { credentials, chosen, onChoose, create, secret } = props
  const { mayWrite, environment } = useWorkspace()
  return (
    <>
      <div className={classes.root}>
        <NativeSelect
          className={classes.select ?? ''}
          label="API credentials"
          description={
            environment.profile === 'fapi2'
              ? 'Fills in the client ID. The list has the credentials that the client certificate alone identifies.'
              : secret.value === undefined
                ? 'Fills in the client ID. Insert the secret yourself: Postern cannot show it again.'
                : 'Fills in the client ID and the secret.'
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
          <Button variant="default" onClick={create.onClick} disabled={create.isPending}>
            {create.isPending ? 'Creating…' : 'Create credentials'}
          </Button>
        )}
      </div>
      {create.error !== null && <ErrorNotice error={create.error} title="The credentials were not created" />}
      {secret.value !== undefined && (
        <div>
          <SecretValue
            label="Client Secret"
            value={secret.value}
            visible={secret.visible}
            onVisible={secret.onVisible}
          />
          <p className={classes.keep}>
            Copy the secret to your secrets manager now. This page keeps it until you reload or close it.
          </p>
        </div>
      )}
    </>
  )
}
