import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import type { CallLimiter } from '../gateway/request/limit-calls.ts'
import { createSharedUses } from '../shared-uses.ts'
import type { UsageWriter } from '../telemetry/usage-writer.ts'
import type { SlowDown } from '../tokens/slow-down.ts'

const everyMs = 1000

interface Dependencies {
  gatewayId: string
  writer: Pick<UsageWriter, 'exchangeUses'>
  clock: Clock
}

/**
 * What the gateway processes of a deployment count together: the requests of organizations and failed client secrets.
 * Each reports once a second what it has let in, in one row. While the store is away, each limits alone.
 */
export function createGatewayUses({ gatewayId, writer, clock }: Dependencies) {
  const uses = createSharedUses()
  const limiters = new Map<string, CallLimiter['settle']>()
  let slowDown: Pick<SlowDown, 'learn'> | undefined

  const spread = (used: ReadonlyMap<string, number>, processes: number): void => {
    const calls = new Map([...limiters.keys()].map((environment) => [environment, new Map<string, number>()]))
    for (const [subject, count] of used) {
      const [kind, name = '', organizationId = ''] = subject.split(' ')
      if (kind === 'calls') calls.get(name)?.set(organizationId, count)
      else slowDown?.learn(name, count, clock.now())
    }
    for (const [environment, settle] of limiters)
      settle(calls.get(environment) ?? new Map(), processes, clock.now())
  }
  const exchange = async (): Promise<void> => {
    try {
      const { others, now } = await writer.exchangeUses({ process: gatewayId, uses: uses.report() })
      spread(uses.learn(others, now), others.length)
    } catch {
      // What uses the store says that it is away.
      if (uses.isAlone()) spread(new Map(), 0)
    }
  }

  return {
    /** Returns what a limiter of an environment notes its requests with, and how it learns of those of others. */
    shareCalls: (environment: string) => ({
      note: (organizationId: string) => uses.note(`calls ${environment} ${organizationId}`),
      follow: (settle: CallLimiter['settle']) => void limiters.set(environment, settle),
    }),
    noteFailure: (subject: string) => uses.note(`secret ${subject}`),
    followFailures(given: Pick<SlowDown, 'learn'>): void {
      slowDown = given
    },
    /** Exchanges once. */
    exchange,
    /** Exchanges every second until the returned function is called. */
    start(): () => void {
      const stop = new AbortController()
      const repeat = async (): Promise<void> => {
        while (!stop.signal.aborted) {
          await exchange()
          await wait(everyMs, undefined, { signal: stop.signal }).catch(() => {})
        }
      }
      void repeat()
      // A store that does not answer holds up no end of the process.
      return () => stop.abort()
    },
  }
}

export type GatewayUses = ReturnType<typeof createGatewayUses>
