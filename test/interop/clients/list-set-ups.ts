import type { GatewayHarness } from '../../support/gateway-harness.ts'
import { listWrongCertificates, nothing } from './list-wrong-certificates.ts'
import { listWrongTokens } from './list-wrong-tokens.ts'
import type { SetUp } from './set-up.ts'

/**
 * Returns the wrong set-ups with their expected results; creates their certificates and tokens in `world`.
 */
export async function listSetUps(harness: GatewayHarness): Promise<SetUp[]> {
  const good = await harness.issue()
  const base = {
    url: `${harness.url()}/payments`,
    method: 'GET',
    authorization: '',
    host: '',
    tls: 'default',
  } as const
  const certificates = await listWrongCertificates(harness)
  const bearers = await listWrongTokens(harness, good)
  const onRequest = (name: string, status: number, code: string, changes: Partial<SetUp>): SetUp => ({
    ...{ ...base, ...good, name, status, code, isDroppable: false, isOwned: true },
    ...changes,
  })
  const inHandshake = (tls: SetUp['tls'], code: string): SetUp => ({
    ...{ ...base, ...good, name: `TLS: ${tls}`, status: null, code, tls, isDroppable: false, isOwned: false },
  })
  return [
    ...certificates.map(({ name, code, files, isOwned = false, tls = 'default' }) => ({
      ...{ ...base, ...files, name, code, isOwned, tls, status: 403, isDroppable: true },
    })),
    ...bearers.map(({ name, code, status, authorization, path = '/payments' }) =>
      onRequest(name, status, code, { authorization, url: harness.url() + path }),
    ),
    onRequest('another host name', 421, 'wrong_host', { host: 'other.example' }),
    onRequest('a secret that is wrong', 401, 'client_authentication_failed', {
      url: `${harness.url()}/token`,
      method: 'POST',
      authorization: `Basic ${Buffer.from('nobody:wrong').toString('base64')}`,
    }),
    onRequest('GET to the token endpoint', 405, 'method_not_allowed', { url: `${harness.url()}/token` }),
    {
      ...{ ...base, ...nothing, name: 'plain HTTP', status: 400, code: 'plain_http_on_tls_port' },
      ...{ url: `http://localhost:${harness.port()}/payments`, isDroppable: true, isOwned: false },
    },
    inHandshake('version', 'tls_version_unsupported'),
    inHandshake('cipher', 'tls_cipher_unsupported'),
    inHandshake('group', 'tls_group_unsupported'),
    inHandshake('untrusted', 'tls_server_certificate_rejected'),
  ].map(toSetUp)
}

/** Selects only the columns: an issued client has more properties. */
const toSetUp = ({ certFile, keyFile, ...setUp }: SetUp): SetUp => ({
  ...{ name: setUp.name, url: setUp.url, method: setUp.method, certFile, keyFile },
  ...{ authorization: setUp.authorization, host: setUp.host, tls: setUp.tls, status: setUp.status },
  ...{ code: setUp.code, isDroppable: setUp.isDroppable, isOwned: setUp.isOwned },
})
