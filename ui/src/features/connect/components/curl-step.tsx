import { Anchor } from '@mantine/core'
import type { ReactNode } from 'react'
import {
  callCurlCommand,
  clientIdPlaceholder,
  clientSecretPlaceholder,
  tokenCurlCommand,
  windowsCurlNote,
} from '../../../../../src/kits/curl-command.ts'
import { certificateFileName, keyFileName } from '../../../../../src/kits/file-names.ts'
import { CommandBlock } from '../../../components/ui/command-block.tsx'
import { FileLink } from '../../../components/ui/file-link.tsx'
import { useShell } from '../../../lib/use-shell.ts'
import type { ConnectionDetails } from '../connection-details.ts'
import classes from './curl-step.module.css'
import { ShellSwitch } from './shell-switch.tsx'
import { StepPanel } from './step-panel.tsx'

interface CurlStepProps {
  details: ConnectionDetails
  picker: ReactNode
  foot: ReactNode
}

/** Shows the first guided step: a token from the command line. */
export function CurlStep({ details, picker, foot }: CurlStepProps) {
  const [shell, setShell] = useShell()
  const { name, environment, clientId, clientSecret, certificateAddress } = details
  const target = {
    shell,
    name,
    gatewayUrl: environment.gatewayUrl,
    caFile: environment.serverCa?.fileName ?? null,
  }
  const byCertificate = environment.profile === 'fapi2'
  const token = tokenCurlCommand({
    ...target,
    byCertificate,
    ...(clientId ? { clientId } : {}),
    ...(clientSecret ? { clientSecret } : {}),
  })
  return (
    <StepPanel
      title="Test with cURL"
      description={
        <>
          {'Run it in the folder that holds '}
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
              {', the private CA of the gateway'}
            </>
          )}
          {'. The answer is an access token.'}
        </>
      }
      foot={foot}
    >
      {picker}
      <ShellSwitch shell={shell} onChange={setShell} />
      <CommandBlock label="cURL command" text={token} />
      <ul className={classes.notes}>
        {clientId === undefined && (
          <li>
            Put your client ID in place of <code>{clientIdPlaceholder}</code>.
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
            Put your secret in place of <code>{clientSecretPlaceholder}</code>.
          </li>
        )}
        {(shell === 'powershell' || shell === 'cmd') && <li>{windowsCurlNote}</li>}
        <li>If it fails, look at the strip below: it says what the gateway saw, and what to do.</li>
      </ul>
      <p className={classes.next}>
        With the token in the variable <code>TOKEN</code> you can ask the gateway who it takes you for:
      </p>
      <CommandBlock label="Who am I" text={callCurlCommand({ ...target, path: '/whoami' })} />
    </StepPanel>
  )
}
