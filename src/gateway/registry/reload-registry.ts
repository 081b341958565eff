import type { Clock } from '../../clock.ts'
import type { LostRevocation } from '../../contract/lost-revocation.ts'
import { findStop } from './organization-status.ts'
import type { RegisteredCertificate } from './registered-certificate.ts'
import type { Registry } from './registry.ts'
import type { RegistryStore } from './registry-store.ts'

/** What a gateway reports to the store about an epoch that was lost. */
export interface RestoreReport {
  epochId: string
  endings: readonly LostRevocation[]
  revokedTokens: readonly { tokenId: string; expiresAt: number }[]
  usedAssertions: readonly { id: string; expiresAt: number }[]
}

/** How a gateway writes about the epochs of the store. */
export interface EpochWriter {
  /** Returns the current epoch; creates a new one if the current one is among those `known`. */
  enter(known: readonly string[]): Promise<string>
  /** Resolves when it is durable. */
  report(report: RestoreReport): Promise<void>
}

interface ReloadDependencies {
  store: Pick<RegistryStore, 'latestPosition' | 'loadInto' | 'findEpoch'>
  dependencies: {
    registry: Registry
    connections: {
      cut(fingerprint: string): number
      cutPresented(isMeant: (presented: { fingerprint: string }) => boolean): number
    }
    clock: Clock
  }
  epochs: EpochWriter
  /** The epochs of the store that were known at the start. */
  known: readonly string[]
  /** Reloads state outside the registry. */
  loadOthers(): Promise<void>
  listUsedAssertions(): { id: string; expiresAt: number }[]
  onIssuers(): void
  /** Called after a revocation is applied, with the number of open connections of the certificate. */
  onRevocationApplied(certificate: RegisteredCertificate, connections: number): void
  /** Called when the gateway uses this epoch of the store. */
  onEpoch(epochId: string): void
  /**
   * Called when the store was restored to an older state and what this process knows of the lost one has been
   * written.
   */
  onReturn(epochId: string, endings: readonly LostRevocation[]): void
}

/**
 * Creates a function that reloads and applies everything, for a gateway that was stopped for longer than
 * changes are kept, or whose store was restored to an older state; it returns the applied position. Open
 * connections whose certificate is no longer accepted are closed. It throws if the store is not writable, and
 * must then be called again.
 */
export function createReload(
  reload: ReloadDependencies,
): (isOtherLog: boolean) => ReturnType<RegistryStore['latestPosition']> {
  const { store, dependencies: parts, epochs, onEpoch, onReturn } = reload
  const { registry, connections, clock } = parts
  const known = [...reload.known]
  /** Found, but not written yet. */
  const unwritten = new Map<string, LostRevocation>()

  return async (isOtherLog) => {
    const epochId = isOtherLog ? await epochs.enter(known) : ((await store.findEpoch()) ?? '')
    // The first epoch of a store has no predecessor.
    const isOlderStore = isOtherLog || (known.length > 0 && !known.includes(epochId))
    // Read before everything else: a change in between is applied twice instead of never.
    const position = await store.latestPosition()
    const loading = registry.beginReload()
    await store.loadInto(loading, clock.now())
    const { endings, revoked } = loading.finish(isOlderStore)
    for (const ending of endings) unwritten.set(`${ending.kind} ${ending.subjectId}`, ending)
    await reload.loadOthers()
    reload.onIssuers()
    for (const certificate of revoked)
      reload.onRevocationApplied(certificate, connections.cut(certificate.fingerprint))
    connections.cutPresented(({ fingerprint }) => {
      const certificate = registry.findByFingerprint(fingerprint)
      if (certificate === undefined) return isOlderStore
      return certificate.revoked || findStop(registry, certificate.organizationId) !== undefined
    })
    if (isOlderStore) {
      const all = [...unwritten.values()]
      const revokedTokens = registry.listRevokedTokens()
      await epochs.report({
        epochId,
        endings: all,
        revokedTokens,
        usedAssertions: reload.listUsedAssertions(),
      })
      unwritten.clear()
      onReturn(epochId, all)
    }
    if (!known.includes(epochId)) known.push(epochId)
    onEpoch(epochId)
    return position
  }
}
