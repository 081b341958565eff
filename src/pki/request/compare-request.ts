import { oids } from '../der/oids.ts'
import { attributeLabel } from '../name/name.ts'
import { type Subject, subjectName } from '../name/subject.ts'
import type { CertificateRequest } from './certificate-request.ts'
import { isPrivilegeAlone } from './requested-privileges.ts'

/** One requested property that the certificate does not carry as requested; an empty text means none. */
export interface RequestDifference {
  field: string
  requested: string
  certified: string
}

const fieldNames: Record<string, string> = {
  [oids.commonName]: 'Common name (CN)',
  [oids.organizationName]: 'Organization (O)',
  [oids.countryName]: 'Country (C)',
  [oids.stateOrProvinceName]: 'State or province (ST)',
  [oids.localityName]: 'City (L)',
  [oids.organizationalUnitName]: 'Unit (OU)',
  [oids.emailAddress]: 'Email address',
}

/** The extensions of every client certificate, which may be requested without a difference. */
const ownExtensions: string[] = [
  oids.keyUsage,
  oids.extendedKeyUsage,
  oids.basicConstraints,
  oids.subjectKeyIdentifier,
  oids.authorityKeyIdentifier,
]

/**
 * Returns the differences between the certificate and the CSR: the subject, which Postern determines,
 * requested names and rights, and other extensions. Empty if the CSR was created with Postern's own command.
 */
export function listDifferences(request: CertificateRequest, subject: Subject): RequestDifference[] {
  return [
    ...compareNames(request, subject),
    ...request.requestedNames.map((requested) => ({ field: 'Alternative name', requested, certified: '' })),
    ...request.asksForPower.map((requested) => ({ field: 'Permission', requested, certified: '' })),
    ...request.requestedExtensions
      .filter(
        ({ oid }) => oid !== oids.subjectAltName && !ownExtensions.includes(oid) && !isPrivilegeAlone(oid),
      )
      .map(({ name }) => ({ field: 'Extension', requested: name, certified: '' })),
  ]
}

function compareNames(request: CertificateRequest, subject: Subject): RequestDifference[] {
  const given = new Map(subjectName(subject).map(({ type, value }) => [type, value]))
  const asked = new Map<string, string[]>()
  for (const { type, value } of request.subject) asked.set(type, [...(asked.get(type) ?? []), value])
  const types = new Set([...given.keys(), ...asked.keys()])
  return [...types]
    .map((type) => ({
      field: fieldNames[type] ?? attributeLabel(type),
      requested: (asked.get(type) ?? []).map((value) => value.normalize('NFC')).join(', '),
      certified: given.get(type) ?? '',
    }))
    .filter((row) => row.requested !== row.certified)
}
