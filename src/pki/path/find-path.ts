import type { ParsedCertificate } from '../certificate/certificate.ts'
import { isSameBytes } from '../der/same-bytes.ts'
import { comparableName } from '../name/comparable-name.ts'
import { type PathOptions, type PathProblem, validatePath } from './validate-path.ts'

/** A path from a leaf to one of the trust anchors. */
export interface Path<Anchor> {
  anchor: Anchor
  /** The leaf first; the anchor itself is not included. */
  certificates: readonly ParsedCertificate[]
  /** Why the path is not valid; undefined if it is valid. */
  problem: PathProblem | undefined
}

/** Maximum number of intermediates. */
const maxIntermediates = 8
/**
 * Maximum number of paths with valid signatures that are checked for one leaf: a peer that sends more
 * look-alikes is an attacker.
 */
const maxPaths = 16
/** Maximum number of partial and complete paths that are tried. */
const maxSteps = 200

/**
 * Returns the first valid path from a leaf to a trust anchor, or else the one that is closest to valid: one
 * with a wrong signature only if there is no other. Of issuers with one name, those whose key the certificate
 * names go first. Certificates that a peer sent are only candidates for intermediates. Returns undefined if
 * no names lead to an anchor.
 */
export function findPath<Anchor extends { parsed: ParsedCertificate }>(
  leaf: ParsedCertificate,
  candidates: readonly ParsedCertificate[],
  anchors: readonly Anchor[],
  options: PathOptions,
): Path<Anchor> | undefined {
  const judged = { ...options, isSignedBy: rememberSignatures(options.isSignedBy) }
  const anchorsByName = Map.groupBy(anchors, ({ parsed }) => comparableName(parsed.subjectDer))
  let best: Path<Anchor> | undefined
  let count = 0
  let steps = 0
  for (const { anchor, certificates } of listPaths([leaf], candidates, anchorsByName)) {
    const problem = validatePath(certificates, anchor.parsed, judged)
    if (problem === undefined) return { anchor, certificates, problem }
    if (best === undefined || best.problem?.rule === 'signature') best = { anchor, certificates, problem }
    steps += 1
    if (problem.rule !== 'signature') count += 1
    if (count === maxPaths || steps === maxSteps) break
  }
  return best
}

/** Caches signature checks, since many paths share a part. */
function rememberSignatures(isSignedBy: PathOptions['isSignedBy']): PathOptions['isSignedBy'] {
  const answers = new Map<ParsedCertificate, Map<Uint8Array, boolean>>()
  return (certificate, spki) => {
    const known = answers.get(certificate) ?? new Map<Uint8Array, boolean>()
    answers.set(certificate, known)
    const answer = known.get(spki) ?? isSignedBy(certificate, spki)
    known.set(spki, answer)
    return answer
  }
}

/** Yields the paths that the names allow, each partial path once; `steps` counts the partial paths. */
function* listPaths<Anchor extends { parsed: ParsedCertificate }>(
  path: readonly ParsedCertificate[],
  candidates: readonly ParsedCertificate[],
  anchorsByName: ReadonlyMap<string, readonly Anchor[]>,
  steps = { count: 0 },
): Generator<{ anchor: Anchor; certificates: readonly ParsedCertificate[] }> {
  steps.count += 1
  const last = path.at(-1) as ParsedCertificate
  const issuer = comparableName(last.issuerDer)
  const anchors = (anchorsByName.get(issuer) ?? []).toSorted(
    (a, b) => rankOf(last, b.parsed) - rankOf(last, a.parsed),
  )
  for (const anchor of anchors) yield { anchor, certificates: path }
  if (path.length > maxIntermediates) return
  const next = candidates
    .filter((candidate) => !path.includes(candidate) && comparableName(candidate.subjectDer) === issuer)
    .toSorted((a, b) => rankOf(last, b) - rankOf(last, a))
  for (const candidate of next)
    if (steps.count < maxSteps) yield* listPaths([...path, candidate], candidates, anchorsByName, steps)
}

/**
 * Returns how likely `issuer` has signed a certificate, by the key that the certificate names: a hint, no
 * proof (RFC 5280, section 4.2.1.1), so unlikely issuers come last but are not excluded.
 */
function rankOf(
  { authorityKeyIdentifier }: ParsedCertificate,
  { subjectKeyIdentifier }: ParsedCertificate,
): number {
  if (authorityKeyIdentifier === undefined || subjectKeyIdentifier === undefined) return 1
  return isSameBytes(authorityKeyIdentifier, subjectKeyIdentifier) ? 2 : 0
}
