import type { ParsedCertificate } from './certificate.ts'
import { comparableName } from './comparable-name.ts'
import { isSameBytes } from './same-bytes.ts'
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
/** Paths that are judged for one leaf, and steps to find them: whoever sends more look-alikes wants to keep us busy. */
const mostPaths = 16
const mostSteps = 200

/**
 * The first good path from a leaf to a trust anchor, or else the one that comes nearest to being good: one
 * with a wrong signature counts only where there is no other. Certificates that a peer sent are candidates
 * for intermediates and nothing more. Nothing where no names lead to an anchor.
 */
export function findPath<Anchor extends { parsed: ParsedCertificate }>(
  leaf: ParsedCertificate,
  candidates: readonly ParsedCertificate[],
  anchors: readonly Anchor[],
  options: PathOptions,
): Path<Anchor> | undefined {
  let best: Path<Anchor> | undefined
  let count = 0
  for (const { anchor, certificates } of listPaths([leaf], candidates, anchors)) {
    const problem = validatePath(certificates, anchor.parsed, options)
    if (problem === undefined) return { anchor, certificates, problem }
    if (best === undefined || best.problem?.rule === 'signature') best = { anchor, certificates, problem }
    count += 1
    if (count === mostPaths) break
  }
  return best
}

/** Paths that the names allow, through each start of a path once; `steps` counts how many starts were tried. */
function* listPaths<Anchor extends { parsed: ParsedCertificate }>(
  path: readonly ParsedCertificate[],
  candidates: readonly ParsedCertificate[],
  anchors: readonly Anchor[],
  steps = { count: 0 },
): Generator<{ anchor: Anchor; certificates: readonly ParsedCertificate[] }> {
  steps.count += 1
  const last = path.at(-1) as ParsedCertificate
  const issuer = comparableName(last.issuerDer)
  const isNamed = ({ subjectDer }: ParsedCertificate) => comparableName(subjectDer) === issuer
  for (const anchor of anchors) if (isNamed(anchor.parsed)) yield { anchor, certificates: path }
  if (path.length > mostIntermediates) return
  const next = candidates
    .filter((candidate) => !path.includes(candidate) && isNamed(candidate))
    .toSorted((a, b) => Number(isKeyNamed(last, b)) - Number(isKeyNamed(last, a)))
  for (const candidate of next)
    if (steps.count < mostSteps) yield* listPaths([...path, candidate], candidates, anchors, steps)
}

/** Whether a certificate names the key of `issuer` as the one that signed it: a hint, no proof (RFC 5280, 4.2.1.1). */
function isKeyNamed(
  { authorityKeyIdentifier }: ParsedCertificate,
  { subjectKeyIdentifier }: ParsedCertificate,
): boolean {
  return (
    authorityKeyIdentifier !== undefined &&
    subjectKeyIdentifier !== undefined &&
    isSameBytes(authorityKeyIdentifier, subjectKeyIdentifier)
  )
}
