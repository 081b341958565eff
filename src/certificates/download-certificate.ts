import { strToU8, zipSync } from 'fflate'
import { type DownloadForm, downloadMediaTypes } from '../contract/certificate.ts'
import { PosternError } from '../errors.ts'
import { certificateFileName, serverCaFileName } from '../kits/file-names.ts'
import { packageReadme } from '../kits/package-readme.ts'
import { toPkcs7 } from '../pki/certificate/certs-only.ts'
import { toPem } from '../pki/text/pem.ts'
import { toDay } from '../shapes/moment.ts'
import type { Certificate } from './certificate.ts'
import { type Environments, getEnvironment, type Issuers } from './certificate-dependencies.ts'
import { readChain } from './read-chain.ts'

/** The dependencies of downloads. */
export interface DownloadDependencies {
  issuers: Issuers
  environments: Environments
  /**
   * Returns the PEM of the private CA of an environment's server certificate; null if clients know the CA, as a
   * public one.
   */
  readServerCa(environment: string): string | null
}

/** A downloadable file. */
export interface CertificateFile {
  fileName: string
  mediaType: string
  bytes: Uint8Array
}

type SingleForm = Exclude<DownloadForm, 'package' | 'server_ca'>

const pemType = downloadMediaTypes.pem

/**
 * Returns an issued certificate in one of its formats, even if it is expired or revoked. `chain` and
 * `fullchain` omit the root, as TLS does (RFC 8446, section 4.4.2); `ca_bundle` and `p7b` contain it. Throws
 * `certificate_not_issued`, and `not_found` for the server CA if there is none.
 */
export async function downloadCertificate(
  dependencies: DownloadDependencies,
  certificate: Certificate,
  form: DownloadForm,
): Promise<CertificateFile> {
  const files = await makeFiles(dependencies.issuers, certificate)
  if (form !== 'server_ca' && form !== 'package') return files[form]
  const pem = dependencies.readServerCa(certificate.environment)
  const serverCa =
    pem === null ? undefined : { fileName: serverCaFileName, mediaType: pemType, bytes: strToU8(pem) }
  if (form === 'package') return makePackage(dependencies, certificate, Object.values(files), serverCa)
  if (serverCa !== undefined) return serverCa
  throw new PosternError(
    'not_found',
    'The gateway has a certificate of a public authority, which your system knows. No file is needed.',
  )
}

async function makeFiles(
  issuers: Issuers,
  certificate: Certificate,
): Promise<Record<SingleForm, CertificateFile>> {
  const { name, issued, external } = certificate
  if (issued === null) {
    throw new PosternError('certificate_not_issued', `${name} has not been issued, so there is no file yet.`)
  }
  const authorities = await readChain(issuers, certificate)
  const isPinned = external?.source === 'pinned'
  const intermediates = isPinned ? authorities : authorities.slice(0, -1)
  const pem = (fileName: string, certificates: readonly Uint8Array[]) => ({
    fileName,
    mediaType: pemType,
    bytes: strToU8(certificates.map((der) => toPem('CERTIFICATE', der)).join('')),
  })
  return {
    pem: pem(certificateFileName(name), [issued.der]),
    chain: pem(`${name}-chain.pem`, intermediates),
    fullchain: pem(`${name}-fullchain.pem`, [issued.der, ...intermediates]),
    der: { fileName: `${name}.der`, mediaType: downloadMediaTypes.der, bytes: issued.der },
    p7b: {
      fileName: `${name}.p7b`,
      mediaType: downloadMediaTypes.p7b,
      bytes: toPkcs7([issued.der, ...authorities]),
    },
    ca_bundle: pem(`${name}-ca-bundle.pem`, authorities),
  }
}

function makePackage(
  { environments }: DownloadDependencies,
  { name, environment, issued }: Certificate,
  files: readonly CertificateFile[],
  serverCa: CertificateFile | undefined,
): CertificateFile {
  const { label, gatewayUrl, profile } = getEnvironment(environments, environment)
  const packed = serverCa === undefined ? files : [...files, serverCa]
  const readme = packageReadme({
    name,
    environmentName: label ?? environment,
    gatewayUrl,
    caFile: serverCa === undefined ? null : serverCaFileName,
    notAfter: toDay(issued?.notAfter ?? 0),
    files: packed.map(({ fileName }) => fileName),
    takesSecrets: profile !== 'fapi2',
  })
  const entries = packed.map(({ fileName, bytes }) => [fileName, bytes] as const)
  // The same certificate gives the same package, byte for byte.
  const mtime = issued?.issuedAt ?? 0
  const bytes = zipSync(Object.fromEntries([['README.txt', strToU8(readme)], ...entries]), { mtime })
  return { fileName: `${name}.zip`, mediaType: downloadMediaTypes.package, bytes }
}
