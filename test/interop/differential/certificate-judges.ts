import { type KeyObject, verify, X509Certificate } from 'node:crypto'
import { type ParsedCertificate, parseCertificate } from '../../../src/pki/certificate/certificate.ts'
import { parseTbsCertificate } from '../../../src/pki/certificate/tbs-certificate.ts'
import { toHex } from '../../../src/pki/der/fingerprint.ts'
import { oidName, oids } from '../../../src/pki/der/oids.ts'
import type { GeneralName } from '../../../src/pki/name/general-name.ts'
import { x509 } from '../../support/peculiar-x509.ts'
import type { Details } from './judge.ts'
import { hexOf, keyText } from './key-text.ts'
import { nameFact, peculiarNameFact, readOpensslName } from './name-text.ts'

/** Finds the key that should have signed, by the DER of the issuer's name in hex. */
export type FindIssuerKey = (issuer: string) => KeyObject | undefined

const number = (hex: string) => (hex.startsWith('-') ? hex.toLowerCase() : BigInt(`0x${hex}`).toString(16))
const sorted = (values: Iterable<string>) => [...values].sort().join('\n')

/** Returns what Postern reads. */
export const posternCertificate =
  (findIssuerKey: FindIssuerKey) =>
  (der: Uint8Array): Details => {
    const certificate = parseCertificate(der)
    const { extensions } = parseTbsCertificate(certificate.tbs, 'certificate_malformed')
    return {
      version: String(certificate.version),
      serialNumber: number(certificate.serialNumber),
      notBefore: String(certificate.notBefore),
      notAfter: String(certificate.notAfter),
      ...nameFact('issuer', certificate.issuer),
      ...nameFact('subject', certificate.subject),
      spki: keyText(certificate.spki) ?? '',
      rawSpki: toHex(certificate.spki),
      extensions: extensions
        .map(({ oid, critical, value }) => `${oid} ${critical} ${toHex(value)}`)
        .join('\n'),
      names: namesText(certificate.subjectAltNames),
      purposes: (certificate.extendedKeyUsage ?? []).join(),
      ca: String(certificate.basicConstraints?.ca === true),
      ...signatureVerdict(certificate, findIssuerKey),
    }
  }

const namesText = (names: GeneralName[]) =>
  sorted(names.filter(({ type }) => type !== 'other').map(({ type, value }) => `${type}:${value}`))

const digests: Record<string, string | null> = {
  [oids.sha1WithRSAEncryption]: 'sha1',
  [oids.sha256WithRSAEncryption]: 'sha256',
  [oids.sha384WithRSAEncryption]: 'sha384',
  [oids.sha512WithRSAEncryption]: 'sha512',
  [oids.ecdsaWithSHA256]: 'sha256',
  [oids.ecdsaWithSHA384]: 'sha384',
  [oids.ecdsaWithSHA512]: 'sha512',
  [oids.ed25519]: null,
}

/** Returns whether the issuer's key signed what Postern reads as the signed part. */
function signatureVerdict(certificate: ParsedCertificate, findIssuerKey: FindIssuerKey): Details {
  const key = findIssuerKey(toHex(certificate.issuerDer))
  const digest = digests[certificate.signatureAlgorithmOid]
  if (!key || digest === undefined) return {}
  try {
    return { signature: String(verify(digest, certificate.tbs, key, certificate.signature)) }
  } catch {
    return { signature: 'false' }
  }
}

/** Returns what OpenSSL reads, through Node. */
export const opensslCertificate =
  (findIssuerKey: FindIssuerKey) =>
  (der: Uint8Array): Details => {
    const certificate = new X509Certificate(der)
    const names = listNames(certificate.subjectAltName)
    return {
      serialNumber: number(certificate.serialNumber),
      notBefore: String(certificate.validFromDate.getTime()),
      notAfter: String(certificate.validToDate.getTime()),
      issuer: readOpensslName(certificate.issuer ?? ''),
      subject: readOpensslName(certificate.subject ?? ''),
      ...keyDetails(certificate),
      ...(names ? { names } : {}),
      purposes: (certificate.keyUsage ?? []).map(oidName).join(),
      ...signatureFact(certificate, findIssuerKey(toHex(readIssuer(der)))),
    }
  }

const readIssuer = (der: Uint8Array): Uint8Array => {
  try {
    return parseCertificate(der).issuerDer
  } catch {
    return new Uint8Array()
  }
}

function signatureFact(certificate: X509Certificate, key: KeyObject | undefined): Details {
  if (!key) return {}
  try {
    return { signature: String(certificate.verify(key)) }
  } catch {
    return { signature: 'false' }
  }
}

function keyDetails(certificate: X509Certificate): Details {
  try {
    return { spki: toHex(certificate.publicKey.export({ type: 'spki', format: 'der' })) }
  } catch {
    return {}
  }
}

const kinds: Record<string, string> = { DNS: 'dns', email: 'email', URI: 'uri', 'IP Address': 'ip' }

/** Parses `DNS:a, URI:"b\u002c c"` as names; undefined if a kind is not one of the four. */
function listNames(text: string | undefined): string | undefined {
  if (text === undefined) return ''
  const names = text.match(/(?:[^,"]|"(?:\\.|[^"\\])*")+/g) ?? []
  const read = names.map((name) => {
    const [, kind = '', value = ''] = /^ ?([^:]*):([\s\S]*)$/.exec(name) ?? []
    const plain: string = value.startsWith('"') ? JSON.parse(value) : value
    return kinds[kind] && `${kinds[kind]}:${kind === 'IP Address' ? shorten(plain) : plain}`
  })
  return read.every((name) => name !== undefined) ? sorted(read) : undefined
}

/** Formats `FF:0:0:0:0:0:0:1` by RFC 5952. */
const shorten = (address: string) =>
  address.includes(':') ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address

/** Returns what @peculiar/x509 reads. */
export function peculiarCertificate(der: Uint8Array): Details {
  const certificate = new x509.X509Certificate(new Uint8Array(der))
  return {
    serialNumber: number(certificate.serialNumber),
    notBefore: String(certificate.notBefore.getTime()),
    notAfter: String(certificate.notAfter.getTime()),
    ...peculiarNameFact('issuer', certificate.issuerName),
    ...peculiarNameFact('subject', certificate.subjectName),
    rawSpki: hexOf(certificate.publicKey.rawData),
    extensions: certificate.extensions
      .map(({ type, critical, value }) => `${type} ${critical} ${hexOf(value)}`)
      .join('\n'),
  }
}
