import { Anchor } from '@mantine/core'
import type { ReactNode } from 'react'
import { clientIdPlaceholder, clientSecretPlaceholder } from '../../../../../src/contract/placeholders.ts'
import { callCurlCommand, keepTokenCommand, windowsCurlNote } from '../../../../../src/kits/curl-command.ts'
import { certificateFileName, keyFileName } from '../../../../../src/kits/file-names.ts'
import { CommandBlock } from '../../../components/ui/command-block.tsx'
import { FileLink } from '../../../components/ui/file-link.tsx'
import { maskSecret } from '../../../lib/mask-secret.ts'
import { useShell } from '../../../lib/use-shell.ts'
import type { ConnectionDetails } from '../connection-details.ts'
import { getStepTitle } from './configure-steps.tsx'
import classes from './curl-step.module.css'
import { ShellSwitch } from './shell-switch.tsx'
import { StepPanel } from './step-panel.tsx'

interface CurlStepProps {
  details: ConnectionDetails
  picker: ReactNode
  foot: ReactNode
  /** Called when a command is copied. */
  onCopy: () => void
}

/** Shows the first guided step: a token from the command line. */
export function CurlStep({ details, picker, foot, onCopy }: CurlStepProps) {
  const [shell, setShell] = useShell()
  const { name, environment, clientId, clientSecret, secretVisible, certificateAddress } = details
  const target = {
    shell,
    name,
    gatewayUrl: environment.gatewayUrl,
    caFile: environment.serverCa?.fileName ?? null,
  }
  const byCertificate = environment.profile === 'fapi2'
  const token = keepTokenCommand({
    ...target,
    byCertificate,
    ...(clientId ? { clientId } : {}),
    ...(clientSecret ? { clientSecret } : {}),
  })
  const masked = (command: string) =>
    clientSecret === undefined || secretVisible ? {} : { shown: maskSecret(command, clientSecret) }
  return (
    <StepPanel
      title={getStepTitle('curl')}
      description={
        <>
          {'Run the command in the folder that holds '}
          <code>{keyFileName(name)}</code>
          {' and '}
          <Anchor href={certificateAddress} download inherit underline="always">
            {certificateFileName(name)}
          </Anchor>
          {environment.serverCa !== null && (
            <>
              {', and '}
              <FileLink
                fileName={environment.serverCa.fileName}
                text={environment.serverCa.pem}
                mediaType="application/x-pem-file"
              />
              {', the CA of the gateway'}
            </>
          )}
          {'. The response includes an access token.'}
        </>
      }
      foot={foot}
    >
      {picker}
      <ShellSwitch shell={shell} onChange={setShell} />
      <CommandBlock label="cURL command" text={token} {...masked(token)} onCopy={onCopy} />
      <ul className={classes.notes}>
        {clientId === undefined && (
          <li>
            Replace <code>{clientIdPlaceholder}</code> with your client ID.
          </li>
        )}
        {byCertificate && (
          <li>
            It works with credentials that this certificate identifies (tls_client_auth). With public keys use
            an OAuth library: the command is shown when you create such a credential.
          </li>
        )}
        {clientSecret === undefined && !byCertificate && (
          <li>
            Replace <code>{clientSecretPlaceholder}</code> with your client secret.
          </li>
        )}
        {(shell === 'powershell' || shell === 'cmd') && <li>{windowsCurlNote}</li>}
        <li>If the command fails, see the status below: it shows what the gateway saw and what to do.</li>
      </ul>
      <p className={classes.next}>
        The command stores the token in the variable <code>TOKEN</code>. Run this in the same terminal to see
        how the gateway identifies your client:
      </p>
      <CommandBlock label="Who am I" text={callCurlCommand({ ...target, path: '/whoami' })} onCopy={onCopy} />
    </StepPanel>
  )
}
