import type { EnvironmentView } from '../../../../src/contract/environment.ts'

/** What the guided steps fill in: the certificate, the gateway, and the credentials as far as they are known. */
export interface ConnectionFacts {
  name: string
  environment: EnvironmentView
  clientId: string | undefined
  /** Known only while the page is open on which the credentials were created. */
  clientSecret: string | undefined
  /** Where the certificate is downloaded. */
  certificateAddress: string
  /** Where the CA of the gateway is downloaded. */
  serverCaAddress: string
}
