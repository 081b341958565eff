import type { Clock } from '../clock.ts'
import type { Handlers } from '../http/handler.ts'
import { toText } from '../shapes/moment.ts'
import type { AddressStore, Scope } from './address-store.ts'
import type { SignalRules } from './signal.ts'
import type { SignalStore, StoredSignal } from './signal-store.ts'
import { toSignalView } from './signal-views.ts'

/** The dependencies of these routes. */
export interface SignalRouteDependencies {
  signals: SignalStore
  addresses: AddressStore
  environments: ReadonlyMap<string, SignalRules>
  clock: Clock
}

type Ids =
  | 'listSignals'
  | 'getSignal'
  | 'dismissSignal'
  | 'undismissSignal'
  | 'getAddressMonitoring'
  | 'setAddressMonitoring'

/** Returns the handlers of what may be forgotten in an organization. */
export function signalRoutes({
  signals,
  addresses,
  environments,
  clock,
}: SignalRouteDependencies): Pick<Handlers, Ids> {
  const toView = (signal: StoredSignal) => toSignalView(signal, environments.get(signal.environment))
  const readMonitoring = async (scope: Scope) => {
    const since = await addresses.find(scope)
    return { enabled: since !== undefined, since: toText(since ?? null) }
  }

  return {
    async listSignals({ organization, environment, query }) {
      const scope = { organizationId: organization.id, environment: environment.name }
      const { items, nextCursor } = await signals.list(scope, query)
      return { items: items.map(toView), nextCursor }
    },
    getSignal: async ({ organization, params }) =>
      toView(await signals.get(organization.id, params.signalId)),
    dismissSignal: async ({ actor, organization, params }) =>
      toView(
        await signals.setDismissed(organization.id, params.signalId, {
          ...{ dismissed: true, actor, now: clock.now() },
        }),
      ),
    undismissSignal: async ({ actor, organization, params }) =>
      toView(
        await signals.setDismissed(organization.id, params.signalId, {
          ...{ dismissed: false, actor, now: clock.now() },
        }),
      ),
    getAddressMonitoring: ({ organization, environment }) =>
      readMonitoring({ organizationId: organization.id, environment: environment.name }),
    async setAddressMonitoring({ actor, organization, environment, body }) {
      const scope = { organizationId: organization.id, environment: environment.name }
      await addresses.set(scope, body.enabled, { actor, now: clock.now() })
      return readMonitoring(scope)
    },
  }
}
