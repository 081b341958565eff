import { readKeyPair } from './read-key-pair.ts'
import { readTrustedCertificates } from './read-trusted-certificates.ts'

/**
 * PEM files of the authorizer's listener: its own certificate and key, and the CA of the reverse proxies'
 * certificates.
 */
export interface ProxyTlsFiles {
  certificateFile: string
  keyFile: string
  clientCaFile: string
}

/** Returns the TLS options of that listener. Throws `config_invalid` if a file is unusable. */
export function readProxyTls(
  { certificateFile, keyFile, clientCaFile }: ProxyTlsFiles,
  now: number,
): { cert: string; key: string; ca: string } {
  // No setting has the name by which reverse proxies connect.
  const use = { side: 'server', hosts: [] } as const
  return {
    ...readKeyPair({ setting: 'authorizer', certificateFile, keyFile }, use, now),
    ca: readTrustedCertificates({ setting: 'authorizer.clientCa', path: clientCaFile }, now),
  }
}
