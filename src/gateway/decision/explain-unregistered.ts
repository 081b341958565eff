import type { DenialCode } from '../../contract/denial-codes.ts'
import type { ParsedCertificate } from '../../pki/certificate/certificate.ts'
import { findWeakness } from '../../pki/certificate/find-weakness.ts'
import { oids } from '../../pki/der/oids.ts'
import { findCompromise } from '../../pki/key/compromised-keys.ts'
import { comparableName } from '../../pki/name/comparable-name.ts'
import { formatName } from '../../pki/name/name.ts'
import { findPath, type Path } from '../../pki/path/find-path.ts'
import type { RegisteredIssuer } from '../registry/registered-parties.ts'
import type { Registry } from '../registry/registry.ts'
import { hasEnded, hasRetired } from '../registry/validity.ts'
import { createSignatureCheck } from './check-signatures.ts'
import type { Denial } from './denial.ts'
import { getPublicKey, type PresentedCertificate, tryParse } from './presented-certificate.ts'

type Known = Pick<Registry, 'findByPublicKey' | 'listIssuers'>

/**
 * Explains why an unregistered certificate is denied. The path is built to the issuers of every environment;
 * the certificates that the peer sent are candidates for it, never trusted.
 */
export function explainUnregistered(
  presented: PresentedCertificate,
  environment: string,
  registry: Known,
  now: number,
): Denial {
  const { parsed, chain } = presented
  if (parsed === undefined) return { ok: false, code: 'certificate_malformed', owner: undefined }
  const owner = registry.findByPublicKey(getPublicKey(parsed))
  const deny = (code: DenialCode, more = {}): Denial => ({ ok: false, code, owner, ...more })
  const candidates = chain
    .map((der) => tryParse(der, presented))
    .filter((certificate) => certificate !== undefined)
  const path = findTrustedPath({ parsed, candidates, environment, now }, registry.listIssuers())
  if (path === undefined || path.problem?.rule === 'signature')
    return deny(
      isChainMissing(presented, registry) ? 'certificate_chain_incomplete' : 'certificate_issuer_unknown',
    )
  const { anchor } = path
  if (anchor.environment !== null && anchor.environment !== environment)
    return deny('certificate_wrong_environment', { otherEnvironment: anchor.environment })
  const input: CheckInput = { presented, parsed, path, now }
  for (const { code, findProblem } of causes) {
    const problem = findProblem(input)
    if (problem !== undefined) return deny(code, { problem })
  }
  return deny('certificate_not_registered')
}

interface Chain {
  parsed: ParsedCertificate
  candidates: readonly ParsedCertificate[]
  environment: string
  now: number
}

/**
 * Finds the path to an active issuer, preferring the own environment; to a retired one if there is no other.
 */
function findTrustedPath(
  { parsed, candidates, environment, now }: Chain,
  issuers: readonly RegisteredIssuer[],
): Path<RegisteredIssuer> | undefined {
  const isElsewhere = (issuer: RegisteredIssuer) =>
    Number(issuer.environment !== null && issuer.environment !== environment)
  const inOrder = issuers.toSorted((a, b) => isElsewhere(a) - isElsewhere(b))
  const [inService, retired] = [false, true].map((isRetired) =>
    inOrder.filter((issuer) => hasRetired(issuer, now) === isRetired),
  ) as [RegisteredIssuer[], RegisteredIssuer[]]
  const find = (anchors: RegisteredIssuer[]) => {
    const isSignedBy = createSignatureCheck(anchors.map((anchor) => anchor.parsed))
    return findPath(parsed, candidates, anchors, { now, isSignedBy })
  }
  const path = find(inService)
  const isFound = path !== undefined && path.problem?.rule !== 'signature'
  return isFound || retired.length === 0 ? path : (find(retired) ?? path)
}

interface CheckInput {
  presented: PresentedCertificate
  parsed: ParsedCertificate
  path: Path<RegisteredIssuer>
  now: number
}

/**
 * The reasons why the certificate would be denied even if it were registered, the most informative code
 * first.
 */
const causes: readonly { code: DenialCode; findProblem(input: CheckInput): string | undefined }[] = [
  { code: 'certificate_chain_invalid', findProblem: findChainProblem },
  { code: 'certificate_wrong_purpose', findProblem: ({ presented }) => presented.purposeProblem },
  { code: 'certificate_weak', findProblem: findLeafWeakness },
  {
    code: 'certificate_not_yet_valid',
    findProblem: ({ parsed, now }) => (now < parsed.notBefore ? 'it is not valid yet' : undefined),
  },
  {
    code: 'certificate_expired',
    findProblem: ({ parsed, now }) => (hasEnded(parsed, now) ? 'it has expired' : undefined),
  },
]

/** Finds what is wrong above the certificate, or with the constraints of its issuers. */
function findChainProblem({ parsed, path }: CheckInput): string | undefined {
  if (path.problem === undefined) return undefined
  const { certificate, problem, rule } = path.problem
  if (certificate !== parsed)
    return `of the certificate ${formatName(certificate.subject)} above it, ${problem}`
  return rule === 'names' || rule === 'policies' || rule === 'readable' ? problem : undefined
}

function findLeafWeakness({ parsed }: CheckInput): string | undefined {
  const publication = findCompromise(getPublicKey(parsed))
  return publication === undefined
    ? findWeakness(parsed)
    : `its private key is publicly known (${publication})`
}

/**
 * Returns whether only an intermediate CA appears to be missing: the certificate came alone, is not
 * self-signed, has an unknown issuer, and that issuer has the organization (O) of Postern's own CAs.
 */
function isChainMissing({ chain, parsed }: PresentedCertificate, { listIssuers }: Known): boolean {
  if (parsed === undefined || chain.length > 0 || parsed.isSelfIssued) return false
  const issuers = listIssuers().map((issuer) => issuer.parsed)
  const name = comparableName(parsed.issuerDer)
  const claimed = organizationOf(parsed.issuer)
  return (
    claimed !== undefined &&
    issuers.some(({ subject }) => organizationOf(subject) === claimed) &&
    !issuers.some(({ subjectDer }) => comparableName(subjectDer) === name)
  )
}

const organizationOf = (name: ParsedCertificate['subject']) =>
  name.find(({ type }) => type === oids.organizationName)?.value
