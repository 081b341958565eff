import { useState } from 'react'
import type { CredentialWithSecret } from '../../../../../src/contract/credential.ts'
import { Dialog } from '../../../components/ui/dialog.tsx'
import { usePlace } from '../../../lib/place.tsx'
import { useCreateCredential } from '../api/create-credential.ts'
import { AuthenticationChoice } from './authentication-choice.tsx'
import { type AuthenticationInput, isAuthenticationReady, toAuthentication } from './authentication-input.ts'
import { CredentialForm } from './credential-form.tsx'
import { NewClient } from './new-client.tsx'
import { NewSecret } from './new-secret.tsx'

interface CreateCredentialDialogProps {
  opened: boolean
  certificates: { id: string; name: string }[]
  /** The certificate that the token request names. */
  certificateName: string
  onCreated?: (credential: CredentialWithSecret) => void
  onClose: () => void
}

/** Makes API credentials and shows their secret once; with the dialog it is gone. */
export function CreateCredentialDialog(props: CreateCredentialDialogProps) {
  const { opened, certificates, certificateName, onCreated, onClose } = props
  const { params, environment } = usePlace()
  const start: AuthenticationInput = {
    method: environment.profile === 'fapi2' ? 'keys' : 'secret',
    keys: '',
    kind: 'subject_dn',
    value: '',
  }
  const [authentication, setAuthentication] = useState(start)
  const create = useCreateCredential(params)
  const close = () => {
    create.reset()
    setAuthentication(start)
    onClose()
  }
  return (
    <Dialog
      opened={opened}
      onClose={close}
      title={create.data ? `Credentials for ${create.data.name}` : 'New API credentials'}
      insistent={(create.data?.clientSecret ?? null) !== null}
      size={create.data ? 'lg' : 'md'}
    >
      {create.data ? (
        <Created credential={create.data} certificateName={certificateName} onDone={close} />
      ) : (
        <CredentialForm
          words={{
            action: 'Create credential',
            busy: 'Creating…',
            failure: 'They were not created',
          }}
          certificates={certificates}
          more={{
            fields: <AuthenticationChoice input={authentication} onChange={setAuthentication} />,
            isReady: isAuthenticationReady(authentication),
          }}
          busy={create.isPending}
          error={create.error}
          onSubmit={(input) =>
            create.mutate(
              { ...input, ...toAuthentication(authentication) },
              { onSuccess: (created) => onCreated?.(created) },
            )
          }
          onCancel={close}
        />
      )}
    </Dialog>
  )
}

function Created(props: { credential: CredentialWithSecret; certificateName: string; onDone: () => void }) {
  return props.credential.clientSecret === null ? <NewClient {...props} /> : <NewSecret {...props} />
}
