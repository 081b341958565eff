import { DerReader, openSequence } from '../der/der-reader.ts'
import { primitiveTag } from '../der/der-tags.ts'
import { oids } from '../der/oids.ts'

/** The state of policy processing at one certificate of a path (RFC 5280, section 6.1.2 (d) to (f)). */
export interface PolicyState {
  /**
   * Each valid policy so far, with those that the next certificate may state for it: the last level of the
   * tree of RFC 5280, which suffices if any policy is acceptable. Empty if none is valid.
   */
  valid: ReadonlyMap<string, ReadonlySet<string>>
  /**
   * How many certificates may still follow before a policy is required; likewise before the others are
   * forbidden.
   */
  explicitPolicy: number
  policyMapping: number
  anyPolicy: number
}

/** The extensions of a certificate by object identifier. */
export type ExtensionValues = ReadonlyMap<string, Uint8Array>

const code = 'certificate_malformed'
const any = oids.anyPolicy
/** Maximum number of policies; a certificate with more is an attack. */
const maxPolicies = 256

/** Returns the state above a path of `length` certificates. */
export function initialPolicies(length: number): PolicyState {
  const valid = new Map([[any, new Set([any])]])
  return { valid, explicitPolicy: length + 1, policyMapping: length + 1, anyPolicy: length + 1 }
}

/**
 * Returns the state with the policies that a certificate states (RFC 5280, section 6.1.3 (d) and (e)). Throws
 * `certificate_malformed`.
 */
export function statePolicies(
  state: PolicyState,
  extensions: ExtensionValues,
  mayInherit: boolean,
): PolicyState {
  const extension = extensions.get(oids.certificatePolicies)
  if (extension === undefined) return { ...state, valid: new Map() }
  const stated = readPolicies(extension)
  const valid = new Map<string, ReadonlySet<string>>()
  const expected = new Set([...state.valid.values()].flatMap((policies) => [...policies]))
  const isAnyValid = state.valid.has(any)
  for (const policy of stated)
    if (policy !== any && (expected.has(policy) || isAnyValid)) valid.set(policy, new Set([policy]))
  if (stated.has(any) && (state.anyPolicy > 0 || mayInherit))
    for (const policy of expected) if (!valid.has(policy)) valid.set(policy, new Set([policy]))
  return { ...state, valid }
}

/**
 * Returns the state for the certificate below an intermediate (RFC 5280, section 6.1.4 (a), (b), (h) to (j));
 * undefined if it maps from or to any policy. Throws `certificate_malformed`.
 */
export function passPolicies(
  state: PolicyState,
  extensions: ExtensionValues,
  isSelfIssued: boolean,
): PolicyState | undefined {
  const mappings = readMappings(extensions.get(oids.policyMappings))
  if (mappings.has(any) || [...mappings.values()].some((policies) => policies.has(any))) return undefined
  const step = isSelfIssued ? 0 : 1
  const { requireExplicit, inhibitMapping } = readConstraints(extensions.get(oids.policyConstraints))
  const inhibitAny = readInhibitAny(extensions.get(oids.inhibitAnyPolicy))
  const countDown = (count: number, limit = Number.POSITIVE_INFINITY) =>
    Math.min(Math.max(count - step, 0), limit)
  return {
    valid: mapPolicies(state, mappings),
    explicitPolicy: countDown(state.explicitPolicy, requireExplicit),
    policyMapping: countDown(state.policyMapping, inhibitMapping),
    anyPolicy: countDown(state.anyPolicy, inhibitAny),
  }
}

/**
 * Returns whether the policies of a complete path are valid after its last certificate (RFC 5280, section
 * 6.1.5 (a), (b), (g)).
 */
export function arePoliciesKept(state: PolicyState, extensions: ExtensionValues): boolean {
  const { requireExplicit } = readConstraints(extensions.get(oids.policyConstraints))
  const isRequired = state.explicitPolicy <= 1 || requireExplicit === 0
  return !isRequired || state.valid.size > 0
}

function mapPolicies(
  { valid, policyMapping }: PolicyState,
  mappings: ReadonlyMap<string, ReadonlySet<string>>,
): PolicyState['valid'] {
  const mapped = new Map(valid)
  for (const [policy, subjects] of mappings) {
    if (policyMapping === 0) mapped.delete(policy)
    else if (valid.has(policy) || valid.has(any)) mapped.set(policy, subjects)
  }
  return mapped
}

/** Reads the policies. Qualifiers are for display and are ignored (RFC 5280, section 4.2.1.4). */
function readPolicies(extension: Uint8Array): Set<string> {
  const reader = openSequence(extension, code)
  const policies = new Set<string>()
  do policies.add(reader.readSequence().readOid())
  while (!reader.isAtEnd())
  if (policies.size > maxPolicies) throw reader.refusal('it states too many policies')
  return policies
}

function readMappings(extension: Uint8Array | undefined): Map<string, Set<string>> {
  const mappings = new Map<string, Set<string>>()
  if (extension === undefined) return mappings
  const reader = openSequence(extension, code)
  do {
    const pair = reader.readSequence()
    const from = pair.readOid()
    mappings.set(from, (mappings.get(from) ?? new Set()).add(pair.readOid()))
    pair.assertEnd()
  } while (!reader.isAtEnd())
  if (mappings.size > maxPolicies) throw reader.refusal('it maps too many policies')
  return mappings
}

function readConstraints(extension: Uint8Array | undefined): {
  requireExplicit?: number
  inhibitMapping?: number
} {
  if (extension === undefined) return {}
  const reader = openSequence(extension, code)
  const [requireExplicit, inhibitMapping] = [0, 1].map((number) =>
    reader.isNext(primitiveTag(number)) ? reader.readSmallInteger(primitiveTag(number)) : undefined,
  )
  reader.assertEnd()
  return {
    ...(requireExplicit !== undefined && { requireExplicit }),
    ...(inhibitMapping !== undefined && { inhibitMapping }),
  }
}

function readInhibitAny(extension: Uint8Array | undefined): number | undefined {
  if (extension === undefined) return undefined
  const reader = new DerReader(extension, code)
  const limit = reader.readSmallInteger()
  reader.assertEnd()
  return limit
}
