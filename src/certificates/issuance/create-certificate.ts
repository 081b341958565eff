import type { Environment } from '../../config/config.ts'
import type { NewCertificate } from '../../contract/certificate.ts'
import { keyKindNames } from '../../contract/enum-names.ts'
import { PosternError } from '../../errors.ts'
import { checkSubject, fitOrganizationName } from '../../pki/name/subject.ts'
import type { Actor } from '../../shapes/actor.ts'
import { getAllowedKeys, getProposedKey } from '../../shapes/allowed-keys.ts'
import { getCertificateLimits, type Organization } from '../../shapes/organization.ts'
import type { Certificate, KeyKind, SubjectDetails } from '../certificate.ts'
import type { DraftStore } from './draft-store.ts'
import { followUp, prepareSubmission, type SubmitDependencies } from './submit-request.ts'

/**
 * Creates a certificate: a draft that waits for its CSR, or, with a CSR, one whose request is submitted like
 * in `submitRequest`; a rejected CSR stores nothing. The subject of the input is for the command only. Throws
 * `subject_invalid`, `key_not_allowed`, `certificate_limit_reached`, `certificate_rate_exceeded` and the
 * codes of `submitRequest`.
 */
export async function createCertificate(
  { drafts, ...parts }: SubmitDependencies & { drafts: DraftStore },
  actor: Actor,
  { organization, environment }: { organization: Organization; environment: Environment },
  { csr, ...input }: NewCertificate,
): Promise<Certificate> {
  const { clock } = parts.issue
  const certifiedSubject = getSubject(organization)
  const subject = checkSubjectDetails(input.subject ?? certifiedSubject, organization.slug)
  const keyKind = input.keyKind ? keyKindNames.toStored(input.keyKind) : getProposedKey(environment)
  assertKeyKindAllowed(keyKind, getAllowedKeys(environment, clock.now()))
  const draft = {
    ...input,
    subject,
    certifiedSubject,
    keyKind,
    organizationId: organization.id,
    environment: environment.name,
    replacesId: null,
  }
  const limits = getCertificateLimits(organization, environment)
  if (csr === undefined) return drafts.insert(draft, limits, { actor, now: clock.now() })
  const submission = await prepareSubmission(parts, { organization, environment }, csr)
  const pending = await drafts.insert(draft, limits, { actor, now: clock.now() }, { submission })
  return followUp(parts, pending, organization)
}

/**
 * Returns the subject of the organization's certificates, whatever the CSR asks for. Throws
 * `subject_invalid`.
 */
export function getSubject({ legalName, country, state, slug }: Organization): SubjectDetails {
  return checkSubjectDetails({ organizationName: fitOrganizationName(legalName), country, state }, slug)
}

/** Returns the normalized subject. `commonName` is any that fits. Throws `subject_invalid`. */
export function checkSubjectDetails(subject: SubjectDetails, commonName: string): SubjectDetails {
  const { organizationName, country, state } = checkSubject({ ...subject, commonName })
  return { organizationName, country, state }
}

/** Throws `key_not_allowed` for a kind of key that the environment does not accept. */
export function assertKeyKindAllowed(keyKind: KeyKind, allowed: readonly KeyKind[]): void {
  if (allowed.includes(keyKind)) return
  throw new PosternError(
    'key_not_allowed',
    `This environment does not accept keys of this kind. Choose one of: ${allowed.map(keyKindNames.toName).join(', ')}.`,
  )
}
