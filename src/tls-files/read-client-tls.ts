import { type KeyPair, readKeyPair } from './read-key-pair.ts'
import { readTrustedCertificates } from './read-trusted-certificates.ts'

/** PEM files of a TLS client: whom to trust in place of the system, and what to show; each null where it is not set. */
export interface ClientTlsFiles {
  caFile: string | null
  certificateFile: string | null
  keyFile: string | null
}

/** What a TLS connection is made with; nothing that is not set. Throws `config_invalid` where a file cannot be used. */
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
