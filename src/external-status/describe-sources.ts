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

/** A statement of a CA: where it is, and what it is about. */
export interface AskedStatement {
  id: string
  organizationId: string
  kind: 'crl' | 'ocsp'
  host: string
  urls: readonly string[]
  issuer: string
  issuerDer: Uint8Array
  /** Hex; null for a CRL. */
  serialNumber: string | null
  isOfAuthorities: boolean
}

/** A statement that is to be asked for. */
export interface NewCheck extends AskedStatement {
  issuerId: string
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

/** What is to be asked about a certificate. */
export interface Description {
  links: readonly DescribedLink[]
  /** Whether each certificate of its path that names sources names one that can be asked. */
  isAskable: boolean
}

/**
 * Returns what is to be asked about a certificate and the CAs above it, below the trusted issuer: the CRLs that they
 * name, and OCSP for each that names none, or in case they are away.
 */
export async function describeSources(stored: StoredChain): Promise<Description> {
  const chain = stored.chain === '' ? [] : findCertificates(stored.chain)
  const path = [parseCertificate(stored.der), ...chain, parseCertificate(stored.issuerDer)]
  const each = await Promise.all(
    path
      .slice(0, -1)
      .map((certificate, depth) =>
        describeOne(stored, { certificate, issuer: path[depth + 1] as ParsedCertificate, depth }),
      ),
  )
  return {
    links: each.flatMap(({ links }) => links),
    isAskable: each.every(({ isAskable }) => isAskable),
  }
}

interface Step {
  certificate: ParsedCertificate
  issuer: ParsedCertificate
  depth: number
}

async function describeOne(
  { organizationId, issuerId }: StoredChain,
  { certificate, issuer, depth }: Step,
): Promise<Description> {
  const sources = findStatusSources(certificate)
  const { serialNumber } = certificate
  const isOfAuthorities = certificate.basicConstraints?.ca === true
  // A CA may have two certificates for one key, of which one may not sign CRLs.
  const above = toHex(await sha256(issuer.der))
  const describe = async (
    kind: 'crl' | 'ocsp',
    urls: readonly string[],
    standsBy: boolean,
  ): Promise<DescribedLink[]> => {
    const host = urls.flatMap(findHost)[0]
    if (host === undefined) return []
    const about = kind === 'ocsp' ? serialNumber : null
    const key = JSON.stringify([issuerId, kind, above, urls, isOfAuthorities, about])
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
  const links = [...lists, ...(await describe('ocsp', sources.responders, lists.length > 0))]
  return { links, isAskable: links.length > 0 || !sources.namesAny }
}

/** Returns the host of a URL that can be asked; nothing for another scheme, such as ldap. */
function findHost(text: string): string[] {
  if (!URL.canParse(text)) return []
  const { protocol, host } = new URL(text)
  return protocol === 'http:' || protocol === 'https:' ? [host] : []
}
