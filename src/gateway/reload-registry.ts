import type { Clock } from '../clock.ts'
import type { GatewayParts } from './gateway-parts.ts'
import type { RegistryStore } from './registry-store.ts'

/**
 * Gives what reads everything again and puts it in force, for a gateway that was away for longer than changes are
 * kept; it gives the version that is in force then. What is open with a revoked certificate is cut.
 */
export function createReload({
  store,
  parts: { registry, connections, clock },
  loadOthers,
  onIssuers,
}: {
  store: Pick<RegistryStore, 'latestVersion' | 'loadInto'>
  parts: Pick<GatewayParts, 'registry' | 'connections'> & { clock: Clock }
  /** Reads what stands outside the registry. */
  loadOthers(): Promise<void>
  onIssuers(): void
}): () => Promise<number> {
  return async () => {
    // Read before everything else: what happens between is put in force twice, not never.
    const version = await store.latestVersion()
    await store.loadInto(registry, clock.now())
    await loadOthers()
    onIssuers()
    connections.cutEnded(({ fingerprint }) => registry.findByFingerprint(fingerprint)?.revoked === true)
    return version
  }
}
