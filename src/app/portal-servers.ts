import { ocspRoutes } from '../authority/ocsp-routes.ts'
import { revocationRoutes } from '../authority/revocation-routes.ts'
import { readCalendar } from '../calendar-feeds/read-calendar.ts'
import type { Config } from '../config/config.ts'
import { isPublishedBy } from '../config/who-publishes.ts'
import { setTimeLimits } from '../http/create-listener.ts'
import { noTrustedProxies } from '../http/limit-requests.ts'
import { createPortalServer } from '../http/portal-server.ts'
import { createRevocationServer } from '../http/revocation-endpoints.ts'
import type { shareDescriptors } from '../http/share-descriptors.ts'
import { scimRoutes } from '../scim/scim-routes.ts'
import { createCurrentAddressTest } from '../trusted-addresses.ts'
import { openPort, toListenerLimits } from './plain-listener.ts'
import type { PortalCore } from './portal-core.ts'

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
  const limits = {
    portal: toListenerLimits(config.portal, totals.portal),
    publication: toListenerLimits(config.publication, totals.publication),
  }
  const portal = await createPortalServer({
    handlers,
    details,
    idempotency: parts.idempotency,
    waiting: parts.waiting,
    stepUpProofs: parts.stepUpProofs,
    secondPerson: parts.secondPersonAreas,
    identifySession: parts.identity.identifySession,
    authentication: parts.authentication,
    principals: parts.requests.principals,
    scim: scimRoutes(parts.scim),
    readCalendar: (token) => readCalendar(parts, token),
    unsubscribe: (token, actor) => parts.subscriptions.change(token, true, { actor, now: parts.clock.now() }),
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
    isTrustedProxy: createCurrentAddressTest(() => config.portal.trustedProxies),
    limits: limits.portal,
    log,
  })
  const publication = createRevocationServer(
    [...revocationRoutes(parts.published), ...ocspRoutes(parts.ocsp)],
    { limits: limits.publication, log, portalUrl: config.portal.url },
  )
  if (config.profile === 'production' && config.portal.trustedProxies.length === 0) log.warn(noTrustedProxies)
  return {
    portal,
    publication,
    /** Waits for clients as long as the configuration says now. */
    changeTimeLimits() {
      setTimeLimits(portal.server, limits.portal)
      setTimeLimits(publication.server, limits.publication)
    },
  }
}

type PortalServers = Awaited<ReturnType<typeof buildServers>>

/**
 * Opens the ports of both, or takes inherited sockets; that of the publication only if the portal publishes. Throws
 * `port_taken`.
 */
export async function listenOn(
  { portal, publication }: Pick<PortalServers, 'portal' | 'publication'>,
  config: Config,
  sockets: ReadonlyMap<number, number[]> = new Map(),
): Promise<void> {
  await openPort(portal, config.portal, sockets)
  if (isPublishedBy(config, 'portal')) await openPort(publication, config.publication, sockets)
}
