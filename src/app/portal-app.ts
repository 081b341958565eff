import type { FastifyInstance } from 'fastify'
import type { Config, Secrets } from '../config/config.ts'
import { assertPageIsBuilt } from '../http/serve-page.ts'
import { readDescriptorLimit, shareDescriptors } from '../http/share-descriptors.ts'
import type { MetricSnapshot } from '../monitoring/process-metrics.ts'
import { systemActor } from '../shapes/actor.ts'
import { type PortalCore, prepareCore } from './portal-core.ts'
import type { PortalReplacements } from './portal-ground.ts'
import { buildServers, listenOn } from './portal-servers.ts'

/** A running portal process. */
export interface PortalApp extends Pick<PortalCore, 'runDueJobs' | 'runChores' | 'readiness'> {
  /** Undefined if the configuration has no listener that tells them. */
  readMetrics: (() => Promise<MetricSnapshot>) | undefined
  /** Portal and API: answers an injected request as it answers one that comes through its port. */
  portal: Pick<FastifyInstance, 'inject'>
  /** CRLs, issuer certificates and OCSP, in the same way. */
  publication: Pick<FastifyInstance, 'inject'>
  /** Reads the configuration again; one that is wrong changes nothing. */
  reload(): Promise<void>
  /** Finishes the answers in progress and the running jobs, and closes the store. */
  close(): Promise<void>
}

/**
 * Builds the portal process: prepares the store, goes on with what a crash left half done, and listens. While the store
 * cannot be used it waits, and says why. Throws `config_invalid`, `hsm_pin_refused`, `master_key_wrong`, `port_taken`, or
 * `storage_unavailable` for a store that this release cannot use, and then has changed nothing.
 */
export async function createPortalApp(
  config: Config,
  secrets: Secrets,
  replace: PortalReplacements = {},
): Promise<PortalApp> {
  const { listens = true, works = true } = replace
  assertPageIsBuilt()
  const totals = shareDescriptors(config, readDescriptorLimit())
  const core = await prepareCore(config, secrets, replace)
  if (works) core.work()
  const servers = await buildServers(core, totals)
  if (listens) await listenOn(servers, config, replace.sockets)
  core.followServers(servers)
  const { portal, publication } = servers
  return {
    portal,
    publication,
    async reload() {
      // What is wrong with it is in the log and in the audit log.
      await core.reload(systemActor('signal')).catch(() => {})
    },
    readiness: core.readiness,
    readMetrics: core.metrics?.snapshot,
    runDueJobs: core.runDueJobs,
    runChores: core.runChores,
    async close() {
      core.dependencies.live.stop()
      core.dependencies.waiting.stop()
      await Promise.all([portal.close(), publication.close()])
      await core.close()
    },
  }
}
