/**
 * Returns the `provider_id` of the accounts of an issuer. A link holds in one organization only: another one that names
 * the same issuer cannot sign in as its users.
 */
export const providerOf = (organizationId: string, issuer: string): string =>
  `single-sign-on ${organizationId} ${issuer}`
