import { openSequence } from '../der/der-reader.ts'
import { constructedTag } from '../der/der-tags.ts'
import { oidName } from '../der/oids.ts'
import { type PublicKey, parsePublicKey } from '../key/public-key.ts'
import { parseSignatureAlgorithm, type RequestSignatureAlgorithm } from '../key/signature-algorithm.ts'
import type { GeneralName } from '../name/general-name.ts'
import { type DistinguishedName, parseRequestedName } from '../name/name.ts'
import { findRequestDer } from './find-request.ts'
import { explainExtensions, readRequestedExtensions } from './requested-extensions.ts'
import { listPrivileges } from './requested-privileges.ts'

/** A parsed CSR (RFC 2986); nothing in it is verified yet. */
export type CertificateRequest = {
  der: Uint8Array
  /** The bytes that the signature covers. */
  certificationRequestInfo: Uint8Array
  subject: DistinguishedName
  publicKey: PublicKey
  signatureAlgorithm: RequestSignatureAlgorithm
  signature: Uint8Array
  requestedExtensions: { oid: string; name: string; critical: boolean }[]
  /** The requested alternative names, as text: `dns:example.com`. */
  requestedNames: string[]
  /** The requested rights beyond those of a client: `to be a CA`. */
  asksForPower: string[]
}

const code = 'csr_malformed'

/**
 * Parses the CSR in a user's input: PEM or DER, at most 16 KiB, exactly one. Throws the `csr_…` code for
 * other content, and `key_malformed`, `key_exponent_small` or `key_not_allowed` for its key.
 */
export function parseCertificateRequest(input: string | Uint8Array): CertificateRequest {
  const der = findRequestDer(input)
  const outer = openSequence(der, code)
  const certificationRequestInfo = outer.readEncoded()
  const signatureAlgorithm = parseSignatureAlgorithm(outer)
  const signature = outer.readBitString()
  outer.assertEnd()
  return {
    der,
    certificationRequestInfo,
    signatureAlgorithm,
    signature,
    ...parseInfo(certificationRequestInfo),
  }
}

type Info = Omit<CertificateRequest, 'der' | 'certificationRequestInfo' | 'signatureAlgorithm' | 'signature'>

/** CertificationRequestInfo (RFC 2986, section 4.1). */
function parseInfo(certificationRequestInfo: Uint8Array): Info {
  const info = openSequence(certificationRequestInfo, code)
  if (info.readSmallInteger() !== 0) throw info.refusal('its version is unknown')
  const subject = parseRequestedName(info)
  const publicKey = parsePublicKey(info.readEncoded())
  // RFC 2986 requires the attributes even if there are none; some programs omit them.
  const extensions = info.isAtEnd() ? [] : readRequestedExtensions(info.readConstructed(constructedTag(0)))
  info.assertEnd()
  const { details, unreadable } = explainExtensions(extensions)
  return {
    subject,
    publicKey,
    requestedExtensions: extensions.map(({ oid, critical }) => ({ oid, name: oidName(oid), critical })),
    requestedNames: (details.subjectAltNames ?? []).map(formatGeneralName),
    asksForPower: listPrivileges(details, extensions, unreadable),
  }
}

function formatGeneralName({ type, value }: GeneralName): string {
  return `${type}:${value}`
}
