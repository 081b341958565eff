import { NewCertificate } from '../../../../src/contract/certificate.ts'

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

const inputs = NewCertificate.shape

/** What is wrong with each of the details, in a sentence; empty where all is well. */
export function findDetailProblems(
  details: CertificateDetails,
): Partial<Record<keyof CertificateDetails, string>> {
  const problems: Partial<Record<keyof CertificateDetails, string>> = {}
  for (const name of ['description', 'owner', 'relatedService', 'rotationPolicy'] as const) {
    if (!inputs[name].safeParse(details[name]).success)
      problems[name] = 'It is too long, or holds characters that cannot be seen. Shorten it or type it again.'
  }
  if (!inputs.contacts.safeParse(details.contacts).success)
    problems.contacts = 'One of these is not an e-mail address, or there are more than 20.'
  return problems
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
