import { Button, Group, Stack } from '@mantine/core'
import { useState } from 'react'
import type { CredentialWithSecret } from '../../../../../src/contract/credential.ts'
import { tokenCurlCommand } from '../../../../../src/kits/curl-command.ts'
import { CommandBlock } from '../../../components/ui/command-block.tsx'
import { CopyInput } from '../../../components/ui/copy-input.tsx'
import { FileLink } from '../../../components/ui/file-link.tsx'
import { Notice } from '../../../components/ui/notice.tsx'
import { SecretValue } from '../../../components/ui/secret-value.tsx'
import { maskSecret } from '../../../lib/mask-secret.ts'
import { useShell } from '../../../lib/use-shell.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'

interface NewSecretProps {
  credential: CredentialWithSecret
  /** The certificate in the example command; any other one of the organization works as well. */
  certificateName: string
  onDone: () => void
}

/** Shows a new secret once, with an example token request. */
export function NewSecret({ credential, certificateName, onDone }: NewSecretProps) {
  const { environment } = useWorkspace()
  const [shell] = useShell()
  const [visible, setVisible] = useState(false)
  const { clientId, clientSecret } = credential
  if (clientSecret === null) return null
  const command = tokenCurlCommand({
    shell,
    name: certificateName,
    gatewayUrl: environment.gatewayUrl,
    caFile: environment.serverCa?.fileName ?? null,
    clientId,
    clientSecret,
  })
  return (
    <Stack gap="md">
      <Notice tone="warn" title="Copy the secret now">
        <p>
          The secret is shown only once. Store it in your secrets manager. This page keeps it until you reload
          or close it.
        </p>
      </Notice>
      <CopyInput label="Client ID" value={clientId} what="the identifier" />
      <SecretValue label="Client secret" value={clientSecret} visible={visible} onVisible={setVisible} />
      <CommandBlock
        label="Token request"
        bar={`The token request for ${environment.label}, in a folder with key and certificate`}
        text={command}
        shown={visible ? command : maskSecret(command, clientSecret)}
      />
      {environment.serverCa !== null && (
        <p>
          {'The certificate of the gateway comes from a private CA. Save '}
          <FileLink
            fileName={environment.serverCa.fileName}
            text={environment.serverCa.pem}
            mediaType="application/x-pem-file"
          />
          {' into the same folder.'}
        </p>
      )}
      <Group justify="flex-end">
        <Button onClick={onDone}>I have saved the secret</Button>
      </Group>
    </Stack>
  )
}
