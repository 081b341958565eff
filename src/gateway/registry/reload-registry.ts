import type { Clock } from '../../clock.ts'
import type { LostEnding } from '../../contract/lost-ending.ts'
import type { RegisteredCertificate } from './registered-certificate.ts'
import type { Registry } from './registry.ts'
import type { RegistryStore } from './registry-store.ts'

/** What a gateway tells the store of a life of it that was lost. */
export interface ReturnReport {
  epochId: string
  endings: readonly LostEnding[]
  revokedTokens: readonly { tokenId: string; expiresAt: number }[]
  usedAssertions: readonly { id: string; expiresAt: number }[]
}

/** How a gateway writes about the lives of the store. */
export interface EpochWriter {
  /** The present life; a new one where the present one is among those `known`. */
  enter(known: readonly string[]): Promise<string>
  /** Done when it is on disk. */
  report(report: ReturnReport): Promise<void>
}

interface ReloadParts {
  store: Pick<RegistryStore, 'latestPosition' | 'loadInto' | 'findEpoch'>
  parts: {
    registry: Registry
    connections: {
      cut(fingerprint: string): number
      cutEnded(hasEnded: (presented: { fingerprint: string }) => boolean): number
    }
    clock: Clock
  }
  epochs: EpochWriter
  /** The lives of the store that were known at the start. */
  known: readonly string[]
  /** Reads what stands outside the registry. */
  loadOthers(): Promise<void>
  listUsedAssertions(): { id: string; expiresAt: number }[]
  onIssuers(): void
  /** The revocation of a certificate is in force; so many of its connections were open. */
  onEnforced(certificate: RegisteredCertificate, connections: number): void
  /** The gateway is in this life of the store by now. */
  onEpoch(epochId: string): void
  /** The store was put back to an older state; what this process knows of the lost one has been written. */
  onReturn(epochId: string, endings: readonly LostEnding[]): void
}

/**
 * Gives what reads everything again and puts it in force, for a gateway that was away for longer than changes are kept,
 * or whose store was put back to an older state; it gives the position that is in force then. What is open with a
 * certificate that does not count is cut. It fails where the store cannot be written, and is then to be called again.
 */
export function createReload(
  reload: ReloadParts,
): (isOtherLog: boolean) => ReturnType<RegistryStore['latestPosition']> {
  const { store, parts, epochs, onEpoch, onReturn } = reload
  const { registry, connections, clock } = parts
  const known = [...reload.known]
  /** Found, and not written yet. */
  const unwritten = new Map<string, LostEnding>()

  return async (isOtherLog) => {
    const epochId = isOtherLog ? await epochs.enter(known) : ((await store.findEpoch()) ?? '')
    // The first life of all is none that followed another one.
    const isOlderStore = isOtherLog || (known.length > 0 && !known.includes(epochId))
    // Read before everything else: what happens between is put in force twice, not never.
    const position = await store.latestPosition()
    const loading = registry.beginReload()
    await store.loadInto(loading, clock.now())
    const { endings, revoked } = loading.finish(isOlderStore)
    for (const ending of endings) unwritten.set(`${ending.kind} ${ending.subjectId}`, ending)
    await reload.loadOthers()
    reload.onIssuers()
    for (const certificate of revoked)
      reload.onEnforced(certificate, connections.cut(certificate.fingerprint))
    connections.cutEnded(
      ({ fingerprint }) => registry.findByFingerprint(fingerprint)?.revoked ?? isOlderStore,
    )
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
