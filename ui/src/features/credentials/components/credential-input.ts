/** What a person says about API credentials. Null is no limit. */
export interface CredentialInput {
  name: string
  description: string
  scopes: string[] | null
  networks: string[] | null
  certificateIds: string[] | null
}
