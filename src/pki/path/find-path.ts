import type { ParsedCertificate } from '../certificate/certificate.ts'
import { isSameBytes } from '../der/same-bytes.ts'
import { comparableName } from '../name/comparable-name.ts'
import { type PathOptions, type PathProblem, validatePath } from './validate-path.ts'

/** A path from a leaf to one of the trust anchors. */
export interface Path<Anchor> {
  anchor: Anchor
  /** The leaf first; the anchor itself is not in it. */
  certificates: readonly ParsedCertificate[]
  /** Why it is not good; nothing where it is. */
  problem: PathProblem | undefined
}

/** Above this many intermediates nobody goes. */
const mostIntermediates = 8
/** Paths whose signatures hold and that are judged for one leaf: a peer that sends more look-alikes wants to keep us busy. */
const mostPaths = 16
/** Starts of paths, and paths, that are tried. */
const mostSteps = 200

/**
 * The first good path from a leaf to a trust anchor, or else the one that comes nearest to being good: one
 * with a wrong signature counts only where there is no other. Of issuers that have one name, those go first
 * whose key the certificate names. Certificates that a peer sent are candidates
 * for intermediates and nothing more. Nothing where no names lead to an anchor.
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
    if (count === mostPaths || steps === mostSteps) break
  }
  return best
}

/** The same answer without asking twice: many paths have a part in common. */
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

/** Paths that the names allow, through each start of a path once; `steps` counts how many starts were tried. */
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
  if (path.length > mostIntermediates) return
  const next = candidates
    .filter((candidate) => !path.includes(candidate) && comparableName(candidate.subjectDer) === issuer)
    .toSorted((a, b) => rankOf(last, b) - rankOf(last, a))
  for (const candidate of next)
    if (steps.count < mostSteps) yield* listPaths([...path, candidate], candidates, anchorsByName, steps)
}

/**
 * How likely `issuer` is to have signed a certificate by the key that the certificate names: a hint, no proof (RFC
 * 5280, 4.2.1.1), so the unlikely come last and not never.
 */
function rankOf(
  { authorityKeyIdentifier }: ParsedCertificate,
  { subjectKeyIdentifier }: ParsedCertificate,
): number {
  if (authorityKeyIdentifier === undefined || subjectKeyIdentifier === undefined) return 1
  return isSameBytes(authorityKeyIdentifier, subjectKeyIdentifier) ? 2 : 0
}
