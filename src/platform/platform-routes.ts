import type { Clock } from '../clock.ts'
import type { GatewayView } from '../contract/gateway.ts'
import type { PlatformState } from '../contract/platform.ts'
import type { Handlers } from '../http/handler.ts'
import type { Actor } from '../shapes/actor.ts'
import { toText } from '../shapes/moment.ts'
import { findPlatformActions, type Waiting } from './find-platform-actions.ts'

const day = 86_400_000
const restoresShownMs = 30 * day
const warnedMs = 90 * day
/** A server certificate is replaced within minutes. */
const serverWarnedMs = 30 * day
/** How many of a kind are counted. */
const maxCount = 200

interface GatewayNow {
  state: GatewayView['state']
  seenAt: number
  unconfirmedChanges: number
}

interface PublishedAuthority {
  id: string
  environment: string | null
  signs: boolean
  notAfter: number
  list: { number: number; thisUpdate: number; nextUpdate: number } | undefined
}

/** What the parts of Postern say of themselves. Times are milliseconds since 1970. */
export interface PlatformDependencies {
  clock: Clock
  engine: PlatformState['store']['engine']
  readDelivery(): PlatformState['mail']['delivery']
  countApprovals(limit: number): Promise<Waiting>
  countConfirmations(limit: number): Promise<Waiting>
  countGivenUpTasks(limit: number): Promise<Waiting>
  countWaitingEmails(limit: number): Promise<Waiting & { failing: number }>
  /** Which of them are late, with the time of the last one. */
  findLateBackups(): Promise<{ kind: 'backup' | 'drill'; since: number }[]>
  /** Whether the store is held after a restore. */
  isHeld(): Promise<boolean>
  listAuthorities(): Promise<PublishedAuthority[]>
  /** When the server certificates that can be read here expire, milliseconds since 1970. */
  listServerExpiries(): number[]
  listGateways(): Promise<GatewayNow[]>
  /** Restores of the store since a time, with how many of their losses wait for an operator; the latest first. */
  listRestores(since: number): Promise<{ noticedAt: number; refused: number }[]>
}

/** What operators may do to Postern as a whole. */
interface PlatformActs {
  /** Reads the configuration again. Throws `configuration_rejected`. */
  reload(actor: Actor): Promise<{ setting: string; before: string | null; after: string | null }[]>
}

/** Returns the handlers for Postern as a whole, for operators. */
export function platformRoutes(
  dependencies: PlatformDependencies & PlatformActs,
): Pick<Handlers, 'getPlatformState' | 'reloadConfiguration'> {
  return {
    async reloadConfiguration({ actor }) {
      const changes = await dependencies.reload(actor)
      return { changes: changes.map(({ setting, before, after }) => ({ setting, before, after })) }
    },
    async getPlatformState() {
      const now = dependencies.clock.now()
      const [late, isHeld] = await Promise.all([dependencies.findLateBackups(), dependencies.isHeld()])
      const lateOf = (wanted: 'backup' | 'drill'): Waiting => {
        const since = late.find(({ kind }) => kind === wanted)?.since ?? null
        return { count: Number(since !== null), since }
      }
      const [approvals, confirmations, tasks, emails, authorities, gateways, restores] = await Promise.all([
        dependencies.countApprovals(maxCount),
        dependencies.countConfirmations(maxCount),
        dependencies.countGivenUpTasks(maxCount),
        dependencies.countWaitingEmails(maxCount),
        dependencies.listAuthorities(),
        dependencies.listGateways(),
        dependencies.listRestores(now - restoresShownMs),
      ])
      const parts = {
        mail: {
          delivery: dependencies.readDelivery(),
          waiting: emails.count,
          failing: emails.failing,
          oldestWaitingAt: toText(emails.since),
        },
        revocationLists: authorities.flatMap((authority) => toListState(authority, now)),
        gateways: toGatewayState(gateways),
      }
      const lost = restores.filter(({ refused }) => refused > 0)
      const expiring = authorities
        .filter(({ signs, notAfter }) => signs && notAfter - now < warnedMs)
        .map(({ notAfter }) => notAfter)
      const ending = dependencies.listServerExpiries().filter((at) => at - now < serverWarnedMs)
      const silent = gateways.filter(({ state }) => state === 'not_reporting').map(({ seenAt }) => seenAt)
      return {
        checkedAt: toText(now),
        requiredActions: findPlatformActions(
          parts,
          {
            ...{ approvals, confirmations, tasks, isHeld },
            ...{ lateBackup: lateOf('backup'), lateDrill: lateOf('drill') },
            lostRevocations: {
              count: lost.reduce((sum, { refused }) => sum + refused, 0),
              since: lost.at(-1)?.noticedAt ?? null,
            },
            expiring: { count: expiring.length, since: null },
            serverCertificates: {
              count: ending.length,
              since: ending.length === 0 ? null : Math.min(...ending),
            },
            silentSince: silent.length === 0 ? null : Math.min(...silent),
          },
          toText,
        ),
        store: { engine: dependencies.engine, restoredAt: toText(restores[0]?.noticedAt ?? null) },
        ...parts,
      }
    },
  }
}

function toListState(
  { id, environment, list }: PublishedAuthority,
  now: number,
): PlatformState['revocationLists'] {
  if (list === undefined) return []
  const { number, thisUpdate, nextUpdate } = list
  return [
    {
      ...{ issuerId: id, environment, number },
      thisUpdate: toText(thisUpdate),
      nextUpdate: toText(nextUpdate),
      late: nextUpdate - now < (nextUpdate - thisUpdate) / 10,
    },
  ]
}

function toGatewayState(gateways: readonly GatewayNow[]): PlatformState['gateways'] {
  const running = gateways.filter(({ state }) => state === 'running')
  return {
    running: running.length,
    notReporting: gateways.filter(({ state }) => state === 'not_reporting').length,
    unconfirmedChanges: Math.max(0, ...running.map(({ unconfirmedChanges }) => unconfirmedChanges)),
  }
}
