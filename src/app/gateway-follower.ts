import type { Clock } from '../clock.ts'
import type { Log } from '../gateway/log/log.ts'
import { createChangeApplier } from '../gateway/registry/apply-change.ts'
import { type Follower, followChanges } from '../gateway/registry/follow-changes.ts'
import { createGatewayReload } from './gateway-epochs.ts'
import type { GatewayMemory } from './gateway-memory.ts'
import type { GatewayStore } from './gateway-store.ts'

/** Puts every change of the store in force from `loaded` on, until it is stopped. */
export async function followStore(
  {
    memory,
    source,
    onFailed,
    ...given
  }: {
    gatewayId: string
    memory: GatewayMemory
    source: GatewayStore['source']
    writer: GatewayStore['writer']
    onFailed: GatewayStore['onFailed']
    clock: Clock
    log: Log
  },
  { position, epochs }: Awaited<ReturnType<GatewayMemory['load']>>,
  /** Other issuers are in force. */
  onIssuers: () => void,
): Promise<Follower> {
  const { store, dependencies, registrations, registrationStore, recorder, progress, loadOthers, loadKeys } =
    memory
  const follower = await followChanges(
    {
      findChanges: store.findChanges,
      changesPerRead: store.changesPerRead,
      readChanges: source.readChanges,
      reload: createGatewayReload({
        ...{ ...given, store, dependencies, recorder, loadOthers, onIssuers },
        known: epochs,
      }),
      watch: (wake, onHearing) =>
        store.watch(wake, (hearing) => {
          progress.noteHearing(hearing)
          onHearing(hearing === 'yes')
        }),
      apply: createChangeApplier({
        ...{ store, dependencies, registrations, onIssuers },
        findRegistration: registrationStore.find,
        loadSigningKeys: loadKeys,
        onRevocationApplied: (certificateId, cut) =>
          recorder.enforce({ certificateId, at: given.clock.now(), connections: cut }),
      }),
      onConfirmed: recorder.confirm,
      onCaughtUp: progress.noteCaughtUp,
      onFailed: onFailed('Changes of the store could not be put in force; they are tried again.'),
    },
    position,
  )
  progress.follow(follower)
  return follower
}
