import { ocspRoutes } from '../authority/ocsp-routes.ts'
import { revocationRoutes } from '../authority/revocation-routes.ts'
import type { Config, Listener } from '../config/config.ts'
import type { ListenerLimits } from '../http/create-listener.ts'
import { noTrustedProxies } from '../http/limit-requests.ts'
import { createPortalServer } from '../http/portal-server.ts'
import { createRevocationServer } from '../http/revocation-endpoints.ts'
import type { shareDescriptors } from '../http/share-descriptors.ts'
import { createAddressTest } from '../trusted-addresses.ts'
import type { PortalCore } from './portal-core.ts'

const toListenerLimits = ({ connections, trustedProxies }: Listener, total: number): ListenerLimits => ({
  ...connections,
  total,
  isProxy: createAddressTest(trustedProxies),
})

/** The listener of portal and API, and the one of CRLs, issuer certificates and OCSP; neither listens yet. */
export async function buildServers(
  {
    ground: base,
    dependencies: parts,
    details,
    handlers,
    readiness,
    metrics,
  }: Pick<PortalCore, 'ground' | 'dependencies' | 'details' | 'handlers' | 'readiness' | 'metrics'>,
  totals: ReturnType<typeof shareDescriptors>,
) {
  const { config, log } = base
  const portal = await createPortalServer({
    handlers,
    details,
    idempotency: parts.idempotency,
    waiting: parts.waiting,
    stepUpProofs: parts.stepUpProofs,
    secondPerson: new Set(config.secondPerson),
    identifySession: parts.identity.identifySession,
    authentication: parts.authentication,
    access: {
      note: parts.access.note,
      async findAccount(email) {
        const id = await parts.identity.findUserId(email)
        return id === undefined ? undefined : { id, name: email.toLowerCase() }
      },
    },
    times: metrics?.times,
    tracer: base.tracer,
    async isReady() {
      const problems = await readiness.list()
      return !problems.some(({ isBlocking }) => isBlocking)
    },
    portalUrl: config.portal.url,
    environments: config.environments,
    trustedProxies: config.portal.trustedProxies,
    limits: toListenerLimits(config.portal, totals.portal),
    log,
  })
  const publication = createRevocationServer(
    [...revocationRoutes(parts.published), ...ocspRoutes(parts.ocsp)],
    { limits: toListenerLimits(config.publication, totals.publication), log, portalUrl: config.portal.url },
  )
  if (config.profile === 'production' && config.portal.trustedProxies.length === 0) log.warn(noTrustedProxies)
  return { portal, publication }
}

/** Opens the ports of both. Throws `port_taken`. */
export async function listenOn(
  { portal, publication }: Awaited<ReturnType<typeof buildServers>>,
  config: Config,
): Promise<void> {
  await portal.listen({ host: config.portal.host, port: config.portal.port })
  await publication.listen({ host: config.publication.host, port: config.publication.port })
}
