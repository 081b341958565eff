/** What a user enters about API credentials. Null is no limit. */
export interface CredentialInput {
  name: string
  description: string
  scopes: string[] | null
  networks: string[] | null
  certificateIds: string[] | null
}

export const noCredential: CredentialInput = {
  name: '',
  description: '',
  scopes: null,
  networks: null,
  certificateIds: null,
}

/** Selects what can be changed. */
export const toCredentialInput = ({
  name,
  description,
  scopes,
  networks,
  certificateIds,
}: CredentialInput): CredentialInput => ({ name, description, scopes, networks, certificateIds })
