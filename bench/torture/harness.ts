import { setTimeout as wait } from 'node:timers/promises'
import { defaultEnvironments } from '../../src/config/default-environments.ts'
import { type ApiClient, signInFirst } from '../../test/support/api.ts'
import { createTestCredential, fetchToken, issueCertificate } from '../../test/support/certificates.ts'
import { type ClientIdentity, createGatewayClient, readIdentity } from '../../test/support/gateway-client.ts'
import {
  type PosternOptions,
  type PosternPlace,
  preparePostern,
  type RunningPostern,
} from '../../test/support/postern.ts'
import { clearPlace } from '../../test/support/processes.ts'
import { signIn } from '../../test/support/users.ts'

/** A Postern with one client that has a certificate and a token. */
export interface Harness {
  place: PosternPlace
  postern: RunningPostern
  admin: ApiClient
  identity: ClientIdentity
  token: string
  close(): Promise<void>
}

const adminEmail = 'admin@acme.example'

/** Starts a Postern with two gateway processes and a high limit of certificates. */
export async function openHarness({ config = {}, environment = {} }: PosternOptions = {}): Promise<Harness> {
  const { production, staging } = defaultEnvironments
  const environments = { production: { ...production, maxCertificates: 1_000_000 }, staging }
  const gateway = { processes: 2, ...config.gateway }
  const place = await preparePostern({ config: { environments, ...config, gateway }, environment })
  const postern = await place.start()
  const admin = await signInFirst(postern, adminEmail)
  const { files } = await issueCertificate(admin, 'acme')
  const token = await fetchToken(postern, files, await createTestCredential(admin, 'acme'))
  return {
    place,
    postern,
    admin,
    identity: readIdentity(files),
    token,
    async close() {
      await Promise.race([postern.end(), wait(20_000)])
      clearPlace(place)
    },
  }
}

/** Opens another session of the same user. */
export const signInAgain = (postern: RunningPostern): Promise<ApiClient> => signIn(postern, adminEmail)

/**
 * Sends one request on a new connection; returns status and code; `0 HUNG` without a response within
 * `seconds`.
 */
export async function callOnce(
  { postern, identity, token }: Pick<Harness, 'postern' | 'identity' | 'token'>,
  path = '/payments',
  seconds = 15,
): Promise<string> {
  const client = createGatewayClient(postern, identity)
  try {
    const late = wait(seconds * 1000, { status: 0, code: 'HUNG' }, { ref: false })
    const { status, code } = await Promise.race([client.get(path, token), late])
    return code === '' ? String(status) : `${status} ${code}`
  } finally {
    client.close()
  }
}

/** Returns whether the portal responds. */
export const isPortalUp = ({ postern }: Pick<Harness, 'postern'>): Promise<boolean> =>
  fetch(`${postern.portalUrl}/healthz`, { signal: AbortSignal.timeout(3000) }).then(
    ({ ok }) => ok,
    () => false,
  )
