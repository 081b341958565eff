import { Anchor } from '@mantine/core'
import type { ReactNode } from 'react'
import { certificateFileName, keyFileName } from '../../../../../src/kits/file-names.ts'
import { CopyValue } from '../../../components/ui/copy-value.tsx'
import { Fact, Facts } from '../../../components/ui/facts.tsx'
import type { ConnectionFacts } from '../connection-facts.ts'
import { StepPanel } from './step-panel.tsx'

/** Shows the second guided step: the certificate in the settings of Postman. */
export function PostmanSettingsStep({ facts, foot }: { facts: ConnectionFacts; foot: ReactNode }) {
  const { name, environment, certificateAddress, serverCaAddress } = facts
  return (
    <StepPanel
      title="Give Postman the certificate"
      description="In the Postman desktop app: Settings, Certificates, Add certificate. Then fill in these and select Add."
      foot={foot}
    >
      <Facts>
        <Fact label="Host">
          <CopyValue value={environment.gatewayHost} what="the host" />
        </Fact>
        <Fact label="Port">
          <CopyValue value={String(environment.gatewayPort)} what="the port" />
        </Fact>
        <Fact label="CRT file">
          <Anchor href={certificateAddress} download inherit underline="always">
            {certificateFileName(name)}
          </Anchor>
          {', which you download here'}
        </Fact>
        <Fact label="KEY file">
          <code>{keyFileName(name)}</code>
          {', which the OpenSSL command made on your machine'}
        </Fact>
        <Fact label="Passphrase">Leave it empty: the command makes a key without one.</Fact>
        {environment.serverCaFile !== null && (
          <Fact label="CA certificates">
            {'Switch them on and choose '}
            <Anchor href={serverCaAddress} download inherit underline="always">
              the CA of the gateway
            </Anchor>
            {': its own certificate comes from a private CA.'}
          </Fact>
        )}
      </Facts>
    </StepPanel>
  )
}
