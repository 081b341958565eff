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

export const credentialFields = ['name', 'description', 'scopes', 'networks', 'certificateIds'] as const

/** The labels of what can be changed. */
export const credentialLabels: Readonly<Record<keyof CredentialInput, string>> = {
  name: 'Name',
  description: 'Description',
  scopes: 'Scopes',
  networks: 'Networks',
  certificateIds: 'Certificates',
}

/** Selects what can be changed. */
export const toCredentialInput = ({
  name,
  description,
  scopes,
  networks,
  certificateIds,
}: CredentialInput): CredentialInput => ({ name, description, scopes, networks, certificateIds })
