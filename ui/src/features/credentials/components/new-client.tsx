import { Button, Group, Stack } from '@mantine/core'
import type { CredentialView } from '../../../../../src/contract/credential.ts'
import { assertionCommands, clientKeyFile } from '../../../../../src/kits/assertion-command.ts'
import { tokenCurlCommand } from '../../../../../src/kits/curl-command.ts'
import { CommandBlock } from '../../../components/ui/command-block.tsx'
import { CopyInput } from '../../../components/ui/copy-input.tsx'
import { FileLink } from '../../../components/ui/file-link.tsx'
import { useShell } from '../../../lib/use-shell.ts'
import { useWorkspace } from '../../../lib/workspace.tsx'

interface NewClientProps {
  credential: CredentialView
  /** The certificate in the example command. */
  certificateName: string
  onDone: () => void
}

/** Shows credentials without a secret, with an example token request. */
export function NewClient({ credential, certificateName, onDone }: NewClientProps) {
  const { environment } = useWorkspace()
  const [shell] = useShell()
  const { clientId, jwks } = credential
  const target = {
    name: certificateName,
    gatewayUrl: environment.gatewayUrl,
    caFile: environment.serverCa?.fileName ?? null,
  }
  const key = jwks?.keys[0]
  return (
    <Stack gap="md">
      <CopyInput label="Client ID" value={clientId} what="the identifier" />
      {key === undefined ? (
        <CommandBlock
          label="Token request"
          bar={`The token request for ${environment.label}, in a folder with key and certificate`}
          text={tokenCurlCommand({ ...target, shell, clientId, byCertificate: true })}
        />
      ) : (
        <>
          <p>
            {`Use an OAuth library with private_key_jwt: the audience is ${environment.gatewayUrl}, the key ID is ${key.kid}, the algorithm is ${key.alg}. These commands try it on Linux and macOS. They need OpenSSL 3, and the private key of the client in ${clientKeyFile}.`}
          </p>
          <CommandBlock
            label="Token request"
            bar={`The token request for ${environment.label}, in a folder with both keys and the certificate`}
            text={assertionCommands({ ...target, clientId, kid: key.kid, algorithm: key.alg })}
          />
        </>
      )}
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
        <Button onClick={onDone}>Close</Button>
      </Group>
    </Stack>
  )
}
