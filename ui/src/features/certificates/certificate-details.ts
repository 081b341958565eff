/** What a user may enter about a certificate; all of it optional. */
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

/** The labels of the details. */
export const detailsLabels: Readonly<Record<keyof CertificateDetails, string>> = {
  description: 'Description',
  owner: 'Owner',
  relatedService: 'Related service',
  rotationPolicy: 'Rotation policy',
  contacts: 'Contacts',
}

export const detailsFields = ['description', 'owner', 'relatedService', 'rotationPolicy', 'contacts'] as const

/** Selects the details of an object that has more properties. */
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
