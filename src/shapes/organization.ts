/** An organization: a customer of the provider. */
export interface Organization {
  id: string
  slug: string
  legalName: string
  country: string
  state: string
}
