import { readFileSync } from 'node:fs'
import type { ApiClient } from '../test/support/api.ts'
import { createTestCredential, fetchToken, issueCertificate } from '../test/support/certificates.ts'
import { readIdentity } from '../test/support/gateway-client.ts'
import type { RunningPostern } from '../test/support/postern.ts'
import type { Load } from './http-load.ts'

/**
 * Sends requests through a gateway with a certificate and a token over 16 keep-alive connections, each with
 * the path that `path` returns.
 */
export async function openCallLoad(
  postern: RunningPostern,
  admin: ApiClient,
  { environment, path, seconds }: { environment: string; path: () => string; seconds: number },
): Promise<Load> {
  const { files } = await issueCertificate(admin, 'acme', environment)
  const credential = await createTestCredential(admin, 'acme', environment)
  const token = await fetchToken(postern, files, credential, environment)
  const tls = { ...readIdentity(files), ca: readFileSync(postern.serverCaFile), ALPNProtocols: ['http/1.1'] }
  return {
    port: Number(new URL(postern.gateways[environment] as string).port),
    tls,
    next: () =>
      Buffer.from(`GET ${path()} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`),
    keepsAlive: true,
    connections: 16,
    seconds,
    check(answer) {
      if (answer.toString('latin1', 0, 12) !== 'HTTP/1.1 200')
        throw new Error(`not an answer to measure: ${answer.toString('latin1', 0, 400)}`)
    },
  }
}
