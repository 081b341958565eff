import { type ParsedCertificate, parseCertificate } from '../pki/certificate/certificate.ts'
import { findCertificates } from '../pki/certificate/find-certificates.ts'
import { sha256, toHex } from '../pki/der/fingerprint.ts'
import { formatName } from '../pki/name/name.ts'
import { findStatusSources } from '../pki/status/find-status-sources.ts'

/** A registered certificate with what is above it, as it is stored. */
export interface StoredChain {
  certificateId: string
  organizationId: string
  /** The trusted issuer. */
  issuerId: string
  der: Uint8Array
  /** PEM of the certificates between it and the trusted issuer, from below. */
  chain: string
  issuerDer: Uint8Array
}

/** A statement of a CA that is to be asked for. */
export interface NewCheck {
  id: string
  issuerId: string
  organizationId: string
  kind: 'crl' | 'ocsp'
  host: string
  urls: readonly string[]
  issuer: string
  issuerDer: Uint8Array
  serialNumber: string | null
  isOfAuthorities: boolean
  /** Whether another statement says the same, so that this one is asked for only where that one is away. */
  standsBy: boolean
}

/** A statement with the certificate that it is about. */
export interface DescribedLink {
  check: NewCheck
  depth: number
  serialNumber: string
  subject: string
}

/**
 * Returns what is to be asked about a certificate and the CAs above it, below the trusted issuer: the CRLs that they
 * name, and OCSP for each that names none, or in case they are away.
 */
export async function describeSources(stored: StoredChain): Promise<DescribedLink[]> {
  const chain = stored.chain === '' ? [] : findCertificates(stored.chain)
  const path = [parseCertificate(stored.der), ...chain, parseCertificate(stored.issuerDer)]
  const links: DescribedLink[] = []
  for (const [depth, certificate] of path.slice(0, -1).entries())
    links.push(
      ...(await describeOne(stored, { certificate, issuer: path[depth + 1] as ParsedCertificate, depth })),
    )
  return links
}

interface Step {
  certificate: ParsedCertificate
  issuer: ParsedCertificate
  depth: number
}

async function describeOne(
  { organizationId, issuerId }: StoredChain,
  { certificate, issuer, depth }: Step,
): Promise<DescribedLink[]> {
  const sources = findStatusSources(certificate)
  const { serialNumber } = certificate
  const isOfAuthorities = certificate.basicConstraints?.ca === true
  const spki = toHex(await sha256(issuer.spki))
  const describe = async (
    kind: 'crl' | 'ocsp',
    urls: readonly string[],
    standsBy: boolean,
  ): Promise<DescribedLink[]> => {
    const host = urls.flatMap(findHost)[0]
    if (host === undefined) return []
    const about = kind === 'ocsp' ? serialNumber : null
    const key = JSON.stringify([issuerId, kind, spki, urls, isOfAuthorities, about])
    const check: NewCheck = {
      id: toHex(await sha256(new TextEncoder().encode(key))),
      ...{ issuerId, organizationId, kind, host, urls, isOfAuthorities, standsBy },
      issuer: formatName(issuer.subject),
      issuerDer: issuer.der,
      serialNumber: about,
    }
    return [{ check, depth, serialNumber, subject: formatName(certificate.subject) }]
  }
  const lists = await describe('crl', sources.lists, false)
  return [...lists, ...(await describe('ocsp', sources.responders, lists.length > 0))]
}

/** Returns the host of a URL that can be asked; nothing for another scheme, such as ldap. */
function findHost(text: string): string[] {
  if (!URL.canParse(text)) return []
  const { protocol, host } = new URL(text)
  return protocol === 'http:' || protocol === 'https:' ? [host] : []
}
