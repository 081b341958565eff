import type { ParsedCertificate } from '../certificate/certificate.ts'
import { type DerReader, openSequence } from '../der/der-reader.ts'
import { constructedTag, primitiveTag } from '../der/der-tags.ts'
import { oids } from '../der/oids.ts'
import { comparableParts } from '../name/comparable-name.ts'
import { isComparableName, isValidConstraint } from './constrained-syntax.ts'
import {
  type ConstrainedName,
  isInSubtree,
  reachesIntoSubtree,
  readConstrainedName,
} from './general-subtree.ts'

/** The name constraints that the issuers of a path set for the names below them. */
export interface NameConstraints {
  /** One group for each certificate and kind of name: a name must be in one subtree of every group. */
  permitted: readonly (readonly ConstrainedName[])[]
  excluded: readonly ConstrainedName[]
}

export const noConstraints: NameConstraints = { permitted: [], excluded: [] }

const code = 'certificate_malformed'
/** Maximum number of comparisons for one certificate; one that needs more is an attack. */
const maxComparisons = 100_000

/**
 * Returns `before` with the constraints of a certificate added (RFC 5280, section 6.1.4 (g)). Throws
 * `certificate_malformed`.
 */
export function addConstraints(before: NameConstraints, extension: Uint8Array | undefined): NameConstraints {
  if (extension === undefined) return before
  const reader = openSequence(extension, code)
  const permitted = readSubtrees(reader, 0)
  const excluded = readSubtrees(reader, 1)
  reader.assertEnd()
  const groups = Map.groupBy(permitted, ({ kind }) => kind).values()
  return {
    permitted: [...before.permitted, ...groups],
    excluded: [...before.excluded, ...excluded],
  }
}

function readSubtrees(reader: DerReader, number: number): ConstrainedName[] {
  const tag = constructedTag(number)
  if (!reader.isNext(tag)) return []
  const list = reader.readConstructed(tag)
  const roots: ConstrainedName[] = []
  do {
    const subtree = list.readSequence()
    roots.push(readConstrainedName(subtree))
    // RFC 5280, section 4.2.1.10: minimum is zero, which DER omits, and maximum is absent.
    if (subtree.isNext(primitiveTag(0)) || subtree.isNext(primitiveTag(1)))
      throw subtree.refusal('a name constraint counts levels, which nobody may')
    subtree.assertEnd()
  } while (!list.isAtEnd())
  return roots
}

/** Returns whether every name of a certificate is allowed. Throws `certificate_malformed`. */
export function areNamesAllowed(
  certificate: ParsedCertificate,
  subjectAltName: Uint8Array | undefined,
  { permitted, excluded }: NameConstraints,
): boolean {
  if (permitted.length === 0 && excluded.length === 0) return true
  const names = namesOf(certificate, subjectAltName)
  const roots = permitted.reduce((sum, group) => sum + group.length, excluded.length)
  if (names.length * roots > maxComparisons) return false
  return names.every((name) => {
    const groups = permitted.filter(([root]) => root?.kind === name.kind)
    const against = excluded.filter(({ kind }) => kind === name.kind)
    if (groups.length === 0 && against.length === 0) return true
    // RFC 5280, section 4.2.1.10: a constraint that cannot be applied rejects the name.
    if (!isComparableName(name)) return false
    return (
      groups.every((group) => group.some((root) => isValidConstraint(root) && isInSubtree(name, root))) &&
      !against.some(
        (root) => !isValidConstraint(root) || isInSubtree(name, root) || reachesIntoSubtree(name, root),
      )
    )
  })
}

/** Returns the names of a certificate, including the email addresses in its subject. */
function namesOf(
  { subject, subjectDer }: ParsedCertificate,
  subjectAltName: Uint8Array | undefined,
): ConstrainedName[] {
  const octets = new Uint8Array()
  const names: ConstrainedName[] = []
  if (subject.length > 0) names.push({ kind: 'directory', parts: comparableParts(subjectDer), octets })
  for (const { type, value } of subject)
    if (type === oids.emailAddress) names.push({ kind: 'email', parts: [value], octets })
  if (subjectAltName === undefined) return names
  const reader = openSequence(subjectAltName, code)
  do names.push(readConstrainedName(reader))
  while (!reader.isAtEnd())
  return names
}
