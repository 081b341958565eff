import { type KeyPair, readKeyPair } from './read-key-pair.ts'
import { readTrustedCertificates } from './read-trusted-certificates.ts'

/**
 * PEM files of a TLS client: the trusted CAs in place of the system's, and its certificate; null if not set.
 */
export interface ClientTlsFiles {
  caFile: string | null
  certificateFile: string | null
  keyFile: string | null
}

/**
 * Returns the options of a TLS connection, without unset ones. Throws `config_invalid` if a file is unusable.
 */
export function readClientTls(
  setting: string,
  { caFile, certificateFile, keyFile }: ClientTlsFiles,
  now: number,
): Partial<KeyPair> & { ca?: string } {
  return {
    ...(caFile !== null && { ca: readTrustedCertificates({ setting: `${setting}.ca`, path: caFile }, now) }),
    ...(certificateFile !== null &&
      keyFile !== null &&
      readKeyPair({ setting, certificateFile, keyFile }, { side: 'client' }, now)),
  }
}
