import { Anchor } from '@mantine/core'
import type { ReactNode } from 'react'
import { certificateFileName, keyFileName } from '../../../../../src/kits/file-names.ts'
import { CopyValue } from '../../../components/ui/copy-value.tsx'
import { DescriptionItem, DescriptionList } from '../../../components/ui/description-list.tsx'
import type { ConnectionDetails } from '../connection-details.ts'
import { getStepTitle } from './configure-steps.tsx'
import { StepPanel } from './step-panel.tsx'

/** Shows the second guided step: the certificate in the settings of Postman. */
export function PostmanSettingsStep({ details, foot }: { details: ConnectionDetails; foot: ReactNode }) {
  const { name, environment, certificateAddress, serverCaAddress } = details
  return (
    <StepPanel
      title={getStepTitle('postman')}
      description="In the Postman desktop app, go to Settings → Certificates and select Add certificate. Enter these values, then select Add."
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
          {', downloaded from here'}
        </DescriptionItem>
        <DescriptionItem label="KEY file">
          <code>{keyFileName(name)}</code>
          {', the private key that you created with the CSR'}
        </DescriptionItem>
        <DescriptionItem label="Passphrase">
          Leave it empty: the command creates a key without a passphrase
        </DescriptionItem>
        {environment.serverCa !== null && (
          <DescriptionItem label="CA certificates">
            {'Turn them on and select '}
            <Anchor href={serverCaAddress} download inherit underline="always">
              {environment.serverCa.fileName}
            </Anchor>
            {', because the CA of the gateway is not a public one.'}
          </DescriptionItem>
        )}
      </DescriptionList>
    </StepPanel>
  )
}
