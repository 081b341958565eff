import { generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { dirname } from 'node:path'
import type { Clock } from '../clock.ts'
import { makeFolder, replaceFile } from '../durable-file.ts'
import { oids } from '../pki/der/oids.ts'
import { keyIdentifier } from '../pki/key/key-identifier.ts'
import type { DistinguishedName } from '../pki/name/name.ts'
import { subjectLimits } from '../pki/name/subject.ts'
import { draftServerCertificate } from '../pki/profile/certificate-profile.ts'
import { getIssuerDetails } from '../pki/profile/issuer-details.ts'
import { draftRoot, SoundTbsCertificate } from '../pki/profile/lint-certificate.ts'
import { toPem } from '../pki/text/pem.ts'
import { newSerialNumber } from '../shapes/serial-number.ts'
import { getSpki, signTbs, toSigningKey } from './sign-tbs.ts'

const day = 86_400_000
const lifeDays = 397
const renewDays = 30

/** The files of the development server certificate. */
export interface TlsFiles {
  certificateFile: string
  keyFile: string
  serverCaFile: string
}

/**
 * Creates a server CA and a server certificate for `hosts` if there are none, if either is not valid yet
 * (created under a wrong clock), if either is valid for fewer than 30 days, or if a host is missing. The key
 * of the CA is used once and not stored.
 */
export async function ensureDevelopmentTls(
  files: TlsFiles,
  hosts: readonly string[],
  clock: Clock,
): Promise<void> {
  if (isGoodFor(files, hosts, clock.now())) return
  const now = clock.now()
  const times = { notBefore: now - 300_000, notAfter: now + lifeDays * day }
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const server = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const authorityDer = await signTbs(
    toSigningKey(authority),
    draftRoot({
      signatureAlgorithm: 'ecdsa-with-SHA256',
      subject: nameOf('Postern development server CA'),
      ...(await keyDetails(getSpki(authority))),
      ...times,
    }),
  )
  const issuer = getIssuerDetails(authorityDer)
  const tbs = draftServerCertificate({
    issuer,
    subject: nameOf(commonNameFor(hosts)),
    dnsNames: hosts.filter((host) => isIP(host) === 0),
    ipAddresses: hosts.filter((host) => isIP(host) !== 0),
    ...(await keyDetails(getSpki(server))),
    ...times,
  })
  const serverDer = await signTbs(toSigningKey(authority), new SoundTbsCertificate('server', tbs, issuer))
  makeFolder(dirname(files.keyFile))
  replaceFile(files.keyFile, server.export({ type: 'pkcs8', format: 'pem' }).toString(), 0o600)
  replaceFile(files.serverCaFile, toPem('CERTIFICATE', authorityDer), 0o644)
  replaceFile(files.certificateFile, toPem('CERTIFICATE', serverDer), 0o644)
}

function isGoodFor(
  { certificateFile, keyFile, serverCaFile }: TlsFiles,
  hosts: readonly string[],
  now: number,
): boolean {
  if (![certificateFile, keyFile, serverCaFile].every((file) => existsSync(file))) return false
  const [certificate, authority] = [certificateFile, serverCaFile].map(tryRead)
  if (certificate === undefined || authority === undefined) return false
  const names = hosts.every(
    (host) => (isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)) !== undefined,
  )
  const lasts = [certificate, authority].every(
    ({ validFromDate, validToDate }) =>
      validFromDate.getTime() <= now && validToDate.getTime() - now > renewDays * day,
  )
  return names && lasts && certificate.verify(authority.publicKey)
}

/** Returns undefined for a file that is not a certificate. */
function tryRead(path: string): X509Certificate | undefined {
  try {
    return new X509Certificate(readFileSync(path))
  } catch {
    return undefined
  }
}

async function keyDetails(spki: Uint8Array) {
  const serialNumber = newSerialNumber(randomBytes)
  return { spki, subjectKeyIdentifier: await keyIdentifier(spki), serialNumber }
}

/** Clients look at the alternative names: the common name is for people, and holds 64 characters. */
const commonNameFor = ([host = 'localhost']: readonly string[]): string =>
  host.length <= subjectLimits.commonName ? host : 'Postern development server'

const nameOf = (commonName: string): DistinguishedName => [{ type: oids.commonName, value: commonName }]
