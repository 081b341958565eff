import { X509Certificate } from 'node:crypto'
import { existsSync } from 'node:fs'
import { rootCertificates } from 'node:tls'
import { PosternError } from '../errors.ts'
import { hasIssued, isSelfSigned, readCertificates } from './read-certificates.ts'
import { readTrustedCertificates } from './read-trusted-certificates.ts'
import { type TlsFile, unusable } from './tls-file.ts'

/** Where the certificate of a server is, and its CA: `setting` plus `.certificate` and `.ca`. */
export interface ServerCaFiles {
  setting: string
  certificateFile: string
  /** The file of its CA; null if no setting names one. */
  caFile: string | null
}

const certificateOf = ({ setting, certificateFile }: ServerCaFiles): TlsFile => ({
  setting: `${setting}.certificate`,
  path: certificateFile,
})

/**
 * Returns the certificates in PEM that a client needs to verify the server: those of the setting, or else the
 * self-signed certificate at the end of the server's chain if it is not a root that clients know. Null if it
 * is, and if the chain ends before its root. Throws `config_invalid` for an unusable file.
 */
export function readServerCa(files: ServerCaFiles, now: number): string | null {
  const { setting, caFile } = files
  if (caFile !== null) return readTrustedCertificates({ setting: `${setting}.ca`, path: caFile }, now)
  const chain = readCertificates(certificateOf(files))
  const last = chain.at(-1)
  if (last === undefined || !isSelfSigned(last) || chain.some(isOfPublicRoot)) return null
  return last.toString()
}

/**
 * Checks the setting of a CA at start-up, and that the server's certificate comes from it if that is readable
 * here: a gateway may run on another machine. Throws `config_invalid`.
 */
export function assertServerCa({ setting, certificateFile, caFile }: ServerCaFiles, now: number): void {
  if (caFile === null) return
  const file = { setting: `${setting}.ca`, path: caFile }
  readTrustedCertificates(file, now)
  if (!existsSync(certificateFile)) return
  const trusted = readCertificates(file)
  const chain = readCertificates(certificateOf({ setting, certificateFile, caFile }))
  const isIssuer = chain.some((certificate) =>
    trusted.some((ca) => ca.raw.equals(certificate.raw) || hasIssued(ca, certificate)),
  )
  if (isIssuer) return
  throw unusable(
    file,
    `has no CA that issued the certificate in ${setting}.certificate`,
    'Name the file of the root that clients have to trust, and put certificates between them into the chain',
  )
}

/**
 * Creates the reader of the CA of each environment. A file is read each time, since it is replaced while Postern
 * runs; what was read last counts while it cannot be.
 */
export function createServerCaReader(
  files: ReadonlyMap<string, ServerCaFiles>,
  clock: { now(): number },
): (environment: string) => string | null {
  const last = new Map<string, string | null>()
  return (environment) => {
    const own = files.get(environment)
    if (own === undefined) return null
    try {
      last.set(environment, readServerCa(own, clock.now()))
    } catch (error) {
      if (!(error instanceof PosternError)) throw error
    }
    return last.get(environment) ?? null
  }
}

let publicRoots: Map<string, X509Certificate[]> | undefined

/** Returns the roots that clients know (those of Mozilla) under a subject. */
function findPublicRoots(subject: string): readonly X509Certificate[] {
  publicRoots ??= Map.groupBy(
    rootCertificates.map((pem) => new X509Certificate(pem)),
    (root) => root.subject,
  )
  return publicRoots.get(subject) ?? []
}

/** Returns whether a public root has issued a certificate, or has the same name and key, as a cross-signed one. */
const isOfPublicRoot = (certificate: X509Certificate): boolean =>
  findPublicRoots(certificate.issuer).some((root) => hasIssued(root, certificate)) ||
  findPublicRoots(certificate.subject).some((root) => root.publicKey.equals(certificate.publicKey))
