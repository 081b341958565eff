/** What a person may say about a certificate; all of it optional. */
export interface CertificateDetails {
  description: string
  owner: string
  relatedService: string
  rotationPolicy: string
  contacts: string[]
}

export const noDetails: CertificateDetails = {
  description: '',
  owner: '',
  relatedService: '',
  rotationPolicy: '',
  contacts: [],
}

/** The details of something that has more than these. */
export const toDetails = ({
  description,
  owner,
  relatedService,
  rotationPolicy,
  contacts,
}: CertificateDetails): CertificateDetails => ({
  description,
  owner,
  relatedService,
  rotationPolicy,
  contacts,
})
