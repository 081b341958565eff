import { readKeyPair } from './read-key-pair.ts'
import { readTrustedCertificates } from './read-trusted-certificates.ts'

/** PEM files of the listener for edges: its own certificate and key, and the CA of the certificates of edges. */
export interface EdgeTlsFiles {
  certificateFile: string
  keyFile: string
  clientCaFile: string
}

/** What that listener speaks TLS with. Throws `config_invalid` where a file cannot be used. */
export function readEdgeTls(
  { certificateFile, keyFile, clientCaFile }: EdgeTlsFiles,
  now: number,
): { cert: string; key: string; ca: string } {
  // By which name edges ask no setting says.
  const use = { side: 'server', hosts: [] } as const
  return {
    ...readKeyPair({ setting: 'authorizer', certificateFile, keyFile }, use, now),
    ca: readTrustedCertificates({ setting: 'authorizer.clientCa', path: clientCaFile }, now),
  }
}
