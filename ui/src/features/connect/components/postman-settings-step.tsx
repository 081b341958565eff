import { Anchor } from '@mantine/core'
import type { ReactNode } from 'react'
import { certificateFileName, keyFileName } from '../../../../../src/kits/file-names.ts'
import { CopyValue } from '../../../components/ui/copy-value.tsx'
import { DescriptionItem, DescriptionList } from '../../../components/ui/description-list.tsx'
import type { ConnectionDetails } from '../connection-details.ts'
import { StepPanel } from './step-panel.tsx'

/** Shows the second guided step: the certificate in the settings of Postman. */
export function PostmanSettingsStep({ details, foot }: { details: ConnectionDetails; foot: ReactNode }) {
  const { name, environment, certificateAddress, serverCaAddress } = details
  return (
    <StepPanel
      title="Give Postman the certificate"
      description="In the Postman desktop app: Settings, Certificates, Add certificate. Then fill in these and select Add."
      foot={foot}
    >
      <DescriptionList>
        <DescriptionItem label="Host">
          <CopyValue value={environment.gatewayHost} what="the host" />
        </DescriptionItem>
        <DescriptionItem label="Port">
          <CopyValue value={String(environment.gatewayPort)} what="the port" />
        </DescriptionItem>
        <DescriptionItem label="CRT file">
          <Anchor href={certificateAddress} download inherit underline="always">
            {certificateFileName(name)}
          </Anchor>
          {', which you download here'}
        </DescriptionItem>
        <DescriptionItem label="KEY file">
          <code>{keyFileName(name)}</code>
          {', which the OpenSSL command made on your machine'}
        </DescriptionItem>
        <DescriptionItem label="Passphrase">
          Leave it empty: the command creates a key without a passphrase
        </DescriptionItem>
        {environment.serverCa !== null && (
          <DescriptionItem label="CA certificates">
            {'Switch them on and choose '}
            <Anchor href={serverCaAddress} download inherit underline="always">
              the CA of the gateway
            </Anchor>
            {': its own certificate comes from a private CA.'}
          </DescriptionItem>
        )}
      </DescriptionList>
    </StepPanel>
  )
}
