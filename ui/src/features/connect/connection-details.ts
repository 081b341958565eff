import type { EnvironmentView } from '../../../../src/contract/environment.ts'

/** What the guided steps fill in: the certificate, the gateway, and what is known of the credentials. */
export interface ConnectionDetails {
  name: string
  environment: EnvironmentView
  clientId: string | undefined
  /** Known if it was created in this page, until it is reloaded. */
  clientSecret: string | undefined
  /** Whether commands show the secret; otherwise they mask it. */
  secretVisible: boolean
  /** The download URL of the certificate. */
  certificateAddress: string
  /** The download URL of the gateway's CA. */
  serverCaAddress: string
}
