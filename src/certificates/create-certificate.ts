import type { Actor } from '../audit/record-audit.ts'
import type { Clock } from '../clock.ts'
import type { Environment } from '../config/config.ts'
import type { NewCertificate } from '../contract/certificate.ts'
import { PosternError } from '../errors.ts'
import { checkSubject, fitOrganizationName } from '../pki/subject.ts'
import type { Certificate, KeyKind, SubjectDetails } from './certificate.ts'
import type { Organization } from './certificate-parts.ts'
import type { DraftStore } from './draft-store.ts'

/**
 * Begins a certificate: a draft that waits for its request. The subject of the input is for the command alone.
 * Throws `subject_invalid`, `key_not_allowed` or `certificate_limit_reached`.
 */
export async function createCertificate(
  { drafts, clock }: { drafts: DraftStore; clock: Clock },
  actor: Actor,
  { organization, environment }: { organization: Organization; environment: Environment },
  input: NewCertificate,
): Promise<Certificate> {
  const certifiedSubject = subjectOf(organization)
  const subject = checkSubjectDetails(input.subject ?? certifiedSubject, organization.slug)
  const keyKind = input.keyKind ?? preferredKey(environment.allowedKeys)
  assertKeyKindAllowed(keyKind, environment.allowedKeys)
  const draft = {
    ...input,
    subject,
    certifiedSubject,
    keyKind,
    organizationId: organization.id,
    environment: environment.name,
    replacesId: null,
  }
  return drafts.insert(draft, environment.maxCertificates, actor, clock.now())
}

/** What a certificate of the organization carries, whatever its request asks for. Throws `subject_invalid`. */
export function subjectOf({ legalName, country, state, slug }: Organization): SubjectDetails {
  return checkSubjectDetails({ organizationName: fitOrganizationName(legalName), country, state }, slug)
}

/** The subject, normalized. `commonName` is any that fits. Throws `subject_invalid`. */
export function checkSubjectDetails(subject: SubjectDetails, commonName: string): SubjectDetails {
  const { organizationName, country, state } = checkSubject({ ...subject, commonName })
  return { organizationName, country, state }
}

/** Throws `key_not_allowed` for a kind of key that the environment does not accept. */
export function assertKeyKindAllowed(keyKind: KeyKind, allowed: readonly KeyKind[]): void {
  if (allowed.includes(keyKind)) return
  throw new PosternError(
    'key_not_allowed',
    `This environment does not accept keys of this kind. Choose one of: ${allowed.join(', ')}.`,
  )
}

/** The kind of key that the command makes where nobody has chosen: P-256 where it is accepted. */
function preferredKey(allowed: readonly KeyKind[]): KeyKind {
  return allowed.includes('ec-p256') ? 'ec-p256' : (allowed[0] ?? 'ec-p256')
}
