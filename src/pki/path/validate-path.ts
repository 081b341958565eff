import { PosternError } from '../../errors.ts'
import type { ParsedCertificate } from '../certificate/certificate.ts'
import { findWeakness } from '../certificate/find-weakness.ts'
import { parseTbsCertificate } from '../certificate/tbs-certificate.ts'
import { oids } from '../der/oids.ts'
import { comparableName } from '../name/comparable-name.ts'
import { addConstraints, areNamesAllowed, type NameConstraints, noConstraints } from './name-constraints.ts'
import {
  arePoliciesKept,
  type ExtensionValues,
  initialPolicies,
  type PolicyState,
  passPolicies,
  statePolicies,
} from './policy-state.ts'

/** The rule of RFC 5280, section 6.1, that a certificate violates. */
export type PathRule =
  | 'signature'
  | 'not yet valid'
  | 'expired'
  | 'name chaining'
  | 'names'
  | 'policies'
  | 'certificate authority'
  | 'path length'
  | 'key usage'
  | 'purpose'
  | 'critical extension'
  | 'strength'
  | 'readable'

/** The first violated rule, from the trust anchor down. */
export interface PathProblem {
  rule: PathRule
  /** The certificate that violates it. */
  certificate: ParsedCertificate
  /** The problem; ends a sentence that begins with the certificate. */
  problem: string
}

/** The options of path validation. */
export interface PathOptions {
  /** Milliseconds since 1970. */
  now: number
  /**
   * Returns whether the key (SubjectPublicKeyInfo) has signed the certificate; false also if this cannot be
   * determined.
   */
  isSignedBy(certificate: ParsedCertificate, spki: Uint8Array): boolean
  /** The purpose for which the issuers must be allowed to certify; `clientAuth` if undefined. */
  purpose?: 'clientAuth' | 'serverAuth' | undefined
}

interface PathState {
  issuer: ParsedCertificate
  /** How many more intermediates may follow that are not self-issued. */
  pathLength: number
  constraints: NameConstraints
  policies: PolicyState
}

type Finding = Omit<PathProblem, 'certificate'>

/**
 * Extensions that are processed here, critical or not, in addition to those that the parser of certificates
 * understands.
 */
const processed: readonly string[] = [
  oids.nameConstraints,
  oids.certificatePolicies,
  oids.policyMappings,
  oids.policyConstraints,
  oids.inhibitAnyPolicy,
]

/**
 * Validates a certification path by RFC 5280, section 6.1, at a given time: the leaf first, as TLS sends it,
 * the certificate below `anchor` last. Returns the first problem from the anchor down, or undefined. The
 * anchor's validity, path length and name constraints apply too (RFC 5937). Any policy is acceptable unless
 * the path itself requires one. Revocation is not checked.
 */
export function validatePath(
  path: readonly ParsedCertificate[],
  anchor: ParsedCertificate,
  options: PathOptions,
): PathProblem | undefined {
  let certificate = anchor
  try {
    const finding = findTimeProblem(anchor, options.now)
    if (finding !== undefined) return { ...finding, certificate }
    let state = startAt(anchor, path.length)
    for (let i = path.length - 1; i >= 0; i -= 1) {
      certificate = path[i] as ParsedCertificate
      const next = i === 0 ? checkLeaf(state, certificate, options) : checkIssuer(state, certificate, options)
      if (next === undefined) return undefined
      if ('rule' in next) return { ...next, certificate }
      state = next
    }
    return undefined
  } catch (error) {
    if (!(error instanceof PosternError)) throw error
    return { rule: 'readable', certificate, problem: 'one of its extensions cannot be read' }
  }
}

function startAt(anchor: ParsedCertificate, length: number): PathState {
  return {
    issuer: anchor,
    pathLength: anchor.basicConstraints?.pathLength ?? length,
    constraints: addConstraints(noConstraints, extensionsOf(anchor).get(oids.nameConstraints)),
    policies: initialPolicies(length),
  }
}

function checkLeaf(state: PathState, leaf: ParsedCertificate, options: PathOptions): Finding | undefined {
  const extensions = extensionsOf(leaf)
  const policies = statePolicies(state.policies, extensions, false)
  return (
    findBasicProblem(state, leaf, options) ??
    findNameProblem(state, leaf, extensions) ??
    findExtensionFinding(leaf) ??
    (arePoliciesKept(policies, extensions) ? undefined : policyFinding)
  )
}

/**
 * Processes an intermediate (RFC 5280, sections 6.1.3 and 6.1.4): returns the state below it, or its problem.
 */
function checkIssuer(
  state: PathState,
  certificate: ParsedCertificate,
  options: PathOptions,
): PathState | Finding {
  const extensions = extensionsOf(certificate)
  const isSelfIssued = comparableName(certificate.issuerDer) === comparableName(certificate.subjectDer)
  const stated = statePolicies(state.policies, extensions, isSelfIssued)
  const passed = passPolicies(stated, extensions, isSelfIssued)
  const finding =
    findBasicProblem(state, certificate, options) ??
    (isSelfIssued ? undefined : findNameProblem(state, certificate, extensions)) ??
    findAuthorityProblem(certificate, options) ??
    findExtensionFinding(certificate) ??
    (stated.explicitPolicy === 0 && stated.valid.size === 0 ? policyFinding : undefined)
  if (finding !== undefined) return finding
  if (passed === undefined) return { rule: 'policies', problem: 'it maps any policy to another' }
  const pathLength = isSelfIssued ? state.pathLength : state.pathLength - 1
  if (pathLength < 0)
    return { rule: 'path length', problem: 'its issuer may not stand above another authority' }
  return {
    issuer: certificate,
    pathLength: Math.min(pathLength, certificate.basicConstraints?.pathLength ?? pathLength),
    constraints: addConstraints(state.constraints, extensions.get(oids.nameConstraints)),
    policies: passed,
  }
}

const policyFinding: Finding = {
  rule: 'policies',
  problem: 'it lacks a certificate policy that its issuers demand',
}

/** RFC 5280, section 6.1.3 (a). */
function findBasicProblem(
  { issuer }: PathState,
  certificate: ParsedCertificate,
  { now, isSignedBy }: PathOptions,
): Finding | undefined {
  if (comparableName(certificate.issuerDer) !== comparableName(issuer.subjectDer))
    return { rule: 'name chaining', problem: 'it names another issuer' }
  if (!isSignedBy(certificate, issuer.spki))
    return { rule: 'signature', problem: 'the key of its issuer has not signed it' }
  const weakness = findWeakness(certificate)
  return weakness === undefined ? findTimeProblem(certificate, now) : { rule: 'strength', problem: weakness }
}

/** Checks the validity; both ends are inclusive, to the last second (RFC 5280, section 4.1.2.5). */
function findTimeProblem({ notBefore, notAfter }: ParsedCertificate, now: number): Finding | undefined {
  if (now < notBefore)
    return { rule: 'not yet valid', problem: `it is valid only from ${toText(notBefore)} on` }
  if (now >= notAfter + 1000) return { rule: 'expired', problem: `it expired at ${toText(notAfter)}` }
  return undefined
}

const toText = (time: number) => new Date(time).toISOString()

/** RFC 5280, section 6.1.3 (b) and (c). */
function findNameProblem(
  { constraints }: PathState,
  certificate: ParsedCertificate,
  extensions: ExtensionValues,
): Finding | undefined {
  return areNamesAllowed(certificate, extensions.get(oids.subjectAltName), constraints)
    ? undefined
    : { rule: 'names', problem: 'its issuers may not certify its name' }
}

/** RFC 5280, section 6.1.4 (k) and (n); a purpose of a CA limits the certificates that it issues. */
function findAuthorityProblem(
  { version, basicConstraints, keyUsage, extendedKeyUsage }: ParsedCertificate,
  { purpose = 'clientAuth' }: PathOptions,
): Finding | undefined {
  if (version !== 3 || !basicConstraints?.ca)
    return { rule: 'certificate authority', problem: 'it is not the certificate of an authority' }
  if (keyUsage !== undefined && !keyUsage.includes('keyCertSign'))
    return { rule: 'key usage', problem: 'its key may not sign certificates' }
  const accepted: readonly string[] = [purpose, 'anyExtendedKeyUsage']
  if (extendedKeyUsage !== undefined && !extendedKeyUsage.some((one) => accepted.includes(one)))
    return {
      rule: 'purpose',
      problem: `it may not certify ${purpose === 'clientAuth' ? 'clients' : 'servers'}`,
    }
  return undefined
}

/** RFC 5280, sections 6.1.4 (o) and 6.1.5 (e). */
function findExtensionFinding(certificate: ParsedCertificate): Finding | undefined {
  const problem = findUnknownExtension(certificate)
  return problem === undefined ? undefined : { rule: 'critical extension', problem }
}

/** Returns the problem of a certificate with unknown critical extensions (RFC 5280, section 4.2). */
export function findUnknownExtension({ unknownCriticalExtensions }: ParsedCertificate): string | undefined {
  const unknown = unknownCriticalExtensions.filter((oid) => !processed.includes(oid))
  return unknown.length === 0
    ? undefined
    : `it has a critical extension that Postern does not know (${unknown.join(', ')})`
}

const extensionsOf = ({ tbs }: ParsedCertificate): ExtensionValues =>
  new Map(parseTbsCertificate(tbs, 'certificate_malformed').extensions.map(({ oid, value }) => [oid, value]))
