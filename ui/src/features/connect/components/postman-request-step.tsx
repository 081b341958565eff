import type { ReactNode } from 'react'
import { clientIdPlaceholder } from '../../../../../src/contract/placeholders.ts'
import { CopyValue } from '../../../components/ui/copy-value.tsx'
import { DescriptionItem, DescriptionList } from '../../../components/ui/description-list.tsx'
import type { ConnectionDetails } from '../connection-details.ts'
import { getStepTitle } from './configure-steps.tsx'
import { PostmanDownloads } from './postman-downloads.tsx'
import classes from './postman-request-step.module.css'
import { StepPanel } from './step-panel.tsx'

interface PostmanRequestStepProps {
  details: ConnectionDetails
  picker: ReactNode
  foot: ReactNode
}

/** Shows the third guided step: the token request in Postman. */
export function PostmanRequestStep({ details, picker, foot }: PostmanRequestStepProps) {
  const { environment, clientId, clientSecret } = details
  if (environment.profile === 'fapi2')
    return <RequestWithoutSecret details={details} picker={picker} foot={foot} />
  return (
    <StepPanel
      title={getStepTitle('request')}
      description="Import these two files into Postman, enter the secret in the environment and send the request Token. Or create the request yourself."
      foot={foot}
    >
      {picker}
      <PostmanDownloads details={details} />
      <h3 className={classes.by}>By hand</h3>
      <DescriptionList>
        <DescriptionItem label="Method">POST</DescriptionItem>
        <DescriptionItem label="URL">
          <CopyValue value={`${environment.gatewayUrl}/auth/token/:clientId`} what="the URL" />
        </DescriptionItem>
        <DescriptionItem label="Path variable">
          <code>clientId</code>
          <CopyValue value={clientId ?? clientIdPlaceholder} what="the client ID" />
        </DescriptionItem>
        <DescriptionItem label="Authorization">
          {'API Key, added to Header, with the key '}
          <CopyValue value="x-api-key" what="the name of the header" />
          {clientSecret === undefined
            ? 'and your client secret as the value'
            : 'and the client secret from above as the value'}
        </DescriptionItem>
      </DescriptionList>
      <p className={classes.other}>
        {'Clients that know OAuth can use '}
        <code>{environment.tokenUrl}</code>
        {' with HTTP Basic and grant_type=client_credentials instead.'}
      </p>
    </StepPanel>
  )
}

/** Replaces the collection if secrets are not accepted, because it sends a secret. */
function RequestWithoutSecret({ details: { environment, clientId }, picker, foot }: PostmanRequestStepProps) {
  return (
    <StepPanel
      title={getStepTitle('request')}
      description="This environment follows FAPI 2.0, which knows no client secrets: the certificate of the first step says who the client is."
      foot={foot}
    >
      {picker}
      <DescriptionList>
        <DescriptionItem label="Method">POST</DescriptionItem>
        <DescriptionItem label="URL">
          <CopyValue value={environment.tokenUrl} what="the URL" />
        </DescriptionItem>
        <DescriptionItem label="Authorization">No Auth</DescriptionItem>
        <DescriptionItem label="Body">
          {'x-www-form-urlencoded: grant_type is client_credentials, and client_id is '}
          <CopyValue value={clientId ?? clientIdPlaceholder} what="the client ID" />
        </DescriptionItem>
      </DescriptionList>
    </StepPanel>
  )
}
