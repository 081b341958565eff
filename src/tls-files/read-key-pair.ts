import { createPublicKey, type KeyObject, type X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { createSecureContext } from 'node:tls'
import { parseCertificate } from '../pki/certificate/certificate.ts'
import { oids } from '../pki/der/oids.ts'
import {
  findTimeProblem,
  findWeakKey,
  findWeakSignature,
  hasIssued,
  isSelfSigned,
  readCertificates,
} from './read-certificates.ts'
import { readPrivateKey } from './read-private-key.ts'
import { type TlsFile, unusable } from './tls-file.ts'

/** Certificate and key files, and their two settings: `setting` plus `.certificate` and `.key`. */
export interface KeyPairFiles {
  setting: string
  certificateFile: string
  keyFile: string
}

/**
 * The purpose of a pair. A server certificate has to contain each of `hosts`, which carry the setting that
 * names them.
 */
export type KeyPairUse = { side: 'client' } | { side: 'server'; hosts: readonly NamedHost[] }

/** A name or IP address of a server. */
export interface NamedHost {
  setting: string
  host: string
}

/** A matching pair, PEM. */
export interface KeyPair {
  cert: string
  key: string
}

/** A matching pair, the serial number of its certificate, and when the first of its chain expires. */
export interface DatedKeyPair extends KeyPair {
  serialNumber: string
  /** Milliseconds since 1970. */
  notAfter: number
}

const anyPurpose = '2.5.29.37.0'

/**
 * Reads a certificate with its chain and its key, and checks everything that a peer checks: the key belongs
 * to the first certificate, each certificate is issued by the next (RFC 5246, section 7.4.2), all are valid
 * at `now`, and none is weak. Throws `config_invalid` in a sentence that names setting and file.
 */
export function readKeyPair(files: KeyPairFiles, use: KeyPairUse, now: number): DatedKeyPair {
  const file: TlsFile = { setting: `${files.setting}.certificate`, path: files.certificateFile }
  const keyFile: TlsFile = { setting: `${files.setting}.key`, path: files.keyFile }
  const chain = readCertificates(file)
  const key = readPrivateKey(keyFile)
  assertBelongs(file, keyFile, chain, key)
  assertChain(file, chain, now)
  assertPurpose(file, chain[0], use)
  const pair = {
    cert: chain.map((certificate) => certificate.toString()).join(''),
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
  assertUsable(file, pair)
  const notAfter = Math.min(...chain.map(({ validToDate }) => validToDate.getTime()))
  return { ...pair, serialNumber: chain[0].serialNumber, notAfter }
}

function assertBelongs(
  file: TlsFile,
  keyFile: TlsFile,
  chain: readonly [X509Certificate, ...X509Certificate[]],
  key: KeyObject,
): void {
  const own = createPublicKey(key)
  const place = chain.findIndex(({ publicKey }) => publicKey.equals(own))
  if (place === 0) return
  if (place > 0)
    throw unusable(
      file,
      `has the certificate of the key in ${keyFile.path} as number ${place + 1}`,
      'Put that certificate first, and after each certificate the one that issued it',
    )
  throw unusable(
    file,
    `and ${keyFile.path} (${keyFile.setting}) do not belong together`,
    'Name the private key that the certificate was made for',
  )
}

function assertChain(file: TlsFile, chain: readonly X509Certificate[], now: number): void {
  for (const [index, certificate] of chain.entries()) {
    const place = chain.length === 1 ? 'a certificate' : `a certificate (number ${index + 1})`
    const issuer = chain[index + 1]
    if (issuer !== undefined && !hasIssued(issuer, certificate))
      throw unusable(
        file,
        `has certificates out of order: number ${index + 2} has not issued number ${index + 1}`,
        'Put the certificate of the server first, and after each certificate the one that issued it',
      )
    const problem = findTimeProblem(certificate, now)
    if (problem !== undefined)
      throw unusable(file, `has ${place} that ${problem}`, 'Renew it, or correct the clock of this machine')
    const weakKey = findWeakKey(certificate)
    if (weakKey !== undefined)
      throw unusable(file, `has ${place} with ${weakKey}`, 'Make a new key and a certificate for it')
    // Clients do not verify the signature of a root at the end of a chain.
    const weakSignature = index > 0 && isSelfSigned(certificate) ? undefined : findWeakSignature(certificate)
    if (weakSignature !== undefined)
      throw unusable(
        file,
        `has ${place} signed with ${weakSignature}, which clients reject`,
        'Get one signed with SHA-256 or better',
      )
  }
}

function assertPurpose(file: TlsFile, own: X509Certificate, use: KeyPairUse): void {
  const isCa = own.ca ? 'a certificate of a CA' : 'a certificate'
  if (!signsHandshakes(own))
    throw unusable(
      file,
      `has ${isCa} whose key may not sign handshakes (key usage)`,
      `Name the certificate of the ${use.side}, with the key usage digitalSignature`,
    )
  // The server decides which client certificates it accepts.
  if (use.side === 'client') return
  const purposes = own.keyUsage as string[] | undefined
  if (purposes !== undefined && !purposes.includes(oids.serverAuth) && !purposes.includes(anyPurpose))
    throw unusable(
      file,
      'has a certificate that is not for a TLS server (extended key usage)',
      'Get one with the extended key usage serverAuth',
    )
  if (use.hosts.length > 0) assertNames(file, own, use.hosts)
}

/**
 * Returns whether the key may sign handshakes (RFC 8446, section 4.4.2.2). Parses what Node does not report
 * of a certificate, as far as possible.
 */
function signsHandshakes({ raw }: X509Certificate): boolean {
  try {
    return parseCertificate(raw).keyUsage?.includes('digitalSignature') ?? true
  } catch {
    return true
  }
}

function assertNames(file: TlsFile, own: X509Certificate, hosts: readonly NamedHost[]): void {
  const missing = hosts.find(({ host }) => !covers(own, host))
  if (missing === undefined) return
  const kind = own.ca ? 'a certificate of a CA' : 'a certificate'
  const names = own.subjectAltName
  throw unusable(
    file,
    names === undefined
      ? `has ${kind} without a subjectAltName, and clients look for the name of the server nowhere else (RFC 9525, 6.3)`
      : `has ${kind} for ${names}, and not for ${missing.host} (${missing.setting})`,
    `Get a certificate for ${missing.host}, or correct ${missing.setting}`,
  )
}

const covers = (certificate: X509Certificate, host: string): boolean =>
  (isIP(host) === 0 ? certificate.checkHost(host, { subject: 'never' }) : certificate.checkIP(host)) !==
  undefined

/** Reports OpenSSL's own error for anything that the checks before do not cover. */
function assertUsable(file: TlsFile, pair: KeyPair): void {
  try {
    createSecureContext(pair)
  } catch (error) {
    const { code = 'unknown' } = error as { code?: string }
    throw unusable(
      file,
      `and its key are not taken by OpenSSL (${code})`,
      'Make a new key and a certificate for it',
    )
  }
}
