import type { EnvironmentView } from '../../../../src/contract/environment.ts'

/** What the guided steps fill in: the certificate, the gateway, and what is known of the credentials. */
export interface ConnectionDetails {
  name: string
  environment: EnvironmentView
  clientId: string | undefined
  /** Known only on the page on which the credentials were created, while it is open. */
  clientSecret: string | undefined
  /** The download URL of the certificate. */
  certificateAddress: string
  /** The download URL of the gateway's CA. */
  serverCaAddress: string
}
