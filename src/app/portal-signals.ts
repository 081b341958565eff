import type { Announcement } from '../shapes/announcement.ts'
import { createAddressStore } from '../signals/address-store.ts'
import { createSignalAnnouncer } from '../signals/announce-signals-store.ts'
import { findSignals } from '../signals/find-signals.ts'
import { createFindSignalsStore } from '../signals/find-signals-store.ts'
import type { SignalRules } from '../signals/signal.ts'
import { createSignalStore } from '../signals/signal-store.ts'
import { createSignalTeller, type TellDependencies } from '../signals/tell-signals-store.ts'
import { createWatchedTimeStore } from '../signals/watched-time-store.ts'
import type { Tx } from '../storage/database.ts'
import type { GatewayWatchStore } from '../telemetry/gateway-watch-store.ts'
import type { BaseDependencies } from './portal-ground.ts'
import type { ScheduledTask } from './scheduled-tasks.ts'

const everyMs = 20_000

interface Parts extends Pick<TellDependencies, 'writeEmails' | 'findRecipients'> {
  environments: ReadonlyMap<string, SignalRules & { label?: string | undefined }>
  watch: Pick<GatewayWatchStore, 'find'>
  announce(tx: Tx, announcements: readonly Announcement[], now: number): Promise<void>
  onFailure(what: string, error: unknown): void
}

/** What finds what may be forgotten in organizations, and tells of it. */
export function buildSignals(
  { config, database, clock }: Pick<BaseDependencies, 'config' | 'database' | 'clock'>,
  { environments, watch, announce, onFailure, ...letters }: Parts,
) {
  const addresses = createAddressStore(database)
  const finding = {
    ...{ signals: createFindSignalsStore(database), watched: createWatchedTimeStore(database) },
    ...{ addresses, environments, readWatch: watch.find, clock },
  }
  const announceSignals = createSignalAnnouncer({ database, announce, environments })
  const tell = createSignalTeller({ database, environments, portalUrl: config.portal.url, ...letters })
  return {
    signals: createSignalStore(database),
    addresses,
    environments,
    clock,
    tasks: [
      { name: 'find-signals', everyMs, work: () => findSignals(finding) },
      { name: 'announce-signals', everyMs, work: () => announceSignals(clock.now()) },
      {
        name: 'tell-of-signals',
        everyMs,
        work: () => tell(clock.now(), (error) => onFailure('tell-of-signals', error)),
      },
    ] satisfies ScheduledTask[],
  }
}
