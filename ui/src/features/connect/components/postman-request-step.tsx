import type { ReactNode } from 'react'
import { clientIdPlaceholder } from '../../../../../src/kits/curl-command.ts'
import { CopyValue } from '../../../components/ui/copy-value.tsx'
import { Fact, Facts } from '../../../components/ui/facts.tsx'
import type { ConnectionFacts } from '../connection-facts.ts'
import { PostmanDownloads } from './postman-downloads.tsx'
import classes from './postman-request-step.module.css'
import { StepPanel } from './step-panel.tsx'

interface PostmanRequestStepProps {
  facts: ConnectionFacts
  picker: ReactNode
  foot: ReactNode
}

/** Shows the third guided step: the token request in Postman. */
export function PostmanRequestStep({ facts, picker, foot }: PostmanRequestStepProps) {
  const { environment, clientId, clientSecret } = facts
  if (environment.profile === 'fapi2')
    return <RequestWithoutSecret facts={facts} picker={picker} foot={foot} />
  return (
    <StepPanel
      title="Get a token in Postman"
      description="Import these two files and send the request Token of the collection; or make the request yourself."
      foot={foot}
    >
      {picker}
      <PostmanDownloads facts={facts} />
      <h3 className={classes.by}>By hand</h3>
      <Facts>
        <Fact label="Method">POST</Fact>
        <Fact label="URL">
          <CopyValue value={`${environment.gatewayUrl}/auth/token/:clientId`} what="the URL" />
        </Fact>
        <Fact label="Path variable">
          <code>clientId</code>
          <CopyValue value={clientId ?? clientIdPlaceholder} what="the client ID" />
        </Fact>
        <Fact label="Authorization">
          {'API Key, added to Header, with the key '}
          <CopyValue value="x-api-key" what="the name of the header" />
          {clientSecret === undefined ? (
            'and your secret as the value'
          ) : (
            <span className={classes.known}>and the secret that you have just made as the value</span>
          )}
        </Fact>
      </Facts>
      <p className={classes.other}>
        {'Clients that know OAuth can use '}
        <code>{environment.tokenUrl}</code>
        {' with HTTP Basic and grant_type=client_credentials instead.'}
      </p>
    </StepPanel>
  )
}

/** Replaces the collection if secrets are not accepted, because it sends a secret. */
function RequestWithoutSecret({ facts: { environment, clientId }, picker, foot }: PostmanRequestStepProps) {
  return (
    <StepPanel
      title="Get a token in Postman"
      description="This environment follows FAPI 2.0, which knows no client secrets: the certificate of the first step says who the client is."
      foot={foot}
    >
      {picker}
      <Facts>
        <Fact label="Method">POST</Fact>
        <Fact label="URL">
          <CopyValue value={environment.tokenUrl} what="the URL" />
        </Fact>
        <Fact label="Authorization">No Auth</Fact>
        <Fact label="Body">
          {'x-www-form-urlencoded: grant_type is client_credentials, and client_id is '}
          <CopyValue value={clientId ?? clientIdPlaceholder} what="the client ID" />
        </Fact>
      </Facts>
    </StepPanel>
  )
}
