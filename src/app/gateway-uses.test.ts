import { randomBytes } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { beforeEach, expect, test } from 'vitest'
import { createTestClock } from '../../test/support/certificate-harness.ts'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { createCallLimiter } from '../gateway/request/limit-calls.ts'
import type { RequestContext } from '../gateway/request-context/request-context.ts'
import { toMasterKey } from '../shapes/master-key.ts'
import { exchangeUses } from '../storage/exchange-uses.ts'
import { createSlowDown } from '../tokens/slow-down.ts'
import { createGatewayUses } from './gateway-uses.ts'

const gatewayKey = toMasterKey(randomBytes(32))
const limits = {
  ...{ callsPerOrganization: 0, callsPerCertificate: 0, callsPerSecondByOrganization: {} },
  ...{ callsPerSecond: 10, burstSeconds: 5 },
}

describeOnBothEngines('the limits of several gateways', (store) => {
  beforeEach(() => store.database.queries.deleteFrom('gateway_uses').execute())

  const clock = createTestClock()
  let isAway = false
  function open(gatewayId: string) {
    const uses = createGatewayUses({
      gatewayId,
      clock,
      writer: {
        async exchangeUses(given) {
          if (isAway) throw new Error('away')
          return exchangeUses(store.database.queries, 'gateway_uses', given)
        },
      },
    })
    const { note, follow } = uses.shareCalls('production')
    const limiter = createCallLimiter(limits, () => 'acme', note)
    follow(limiter.settle)
    const slowDown = createSlowDown(gatewayKey, uses.noteFailure)
    uses.followFailures(slowDown)
    const context = () => ({
      now: clock.now(),
      response: new EventEmitter() as EventEmitter & RequestContext['response'],
    })
    /** Returns how many of so many calls are let in. */
    const call = (count: number): number =>
      Array.from({ length: count }, () => {
        try {
          limiter.enter(context(), 'org_acme')
          return 1
        } catch {
          return 0
        }
      }).reduce<number>((sum, one) => sum + one, 0)
    return { exchange: uses.exchange, call, slowDown }
  }

  test('count the calls of an organization and wrong secrets together, through one row for each process', async () => {
    const [one, two] = [open('gw_1'), open('gw_2')]
    await one.exchange()
    await two.exchange()
    // What is reported in the millisecond of the first look counts as older.
    await wait(5)
    expect(one.call(40)).toBe(40)
    for (let n = 0; n < 7; n += 1) one.slowDown.fail('client', '192.0.2.1', clock.now())
    await one.exchange()
    await two.exchange()
    expect(two.call(40)).toBe(10)
    expect(two.slowDown.secondsLeft('client', '192.0.2.1', clock.now())).toBe(2)
    await two.exchange()
    await one.exchange()
    expect(one.call(40)).toBe(0)
    clock.advance(1000)
    expect(one.call(40)).toBeGreaterThan(0)
    const rows = await store.database.queries.selectFrom('gateway_uses').selectAll().execute()
    expect(rows.map(({ process }) => process).toSorted()).toEqual(['gw_1', 'gw_2'])
    expect(JSON.stringify(rows)).not.toContain('192.0.2.1')
  })

  test('are those of each process while the store is away', async () => {
    const [one, two] = [open('gw_3'), open('gw_4')]
    await one.exchange()
    isAway = true
    expect(one.call(60)).toBe(50)
    await one.exchange()
    expect(two.call(60)).toBe(50)
    isAway = false
  })

  test('do not regard a process that has reported nothing for a minute', async () => {
    const [one, two] = [open('gw_5'), open('gw_6')]
    await two.exchange()
    one.call(50)
    await one.exchange()
    await store.database.queries
      .updateTable('gateway_uses')
      .set((e) => ({ seen_at: e('seen_at', '-', 61_000) }))
      .execute()
    await two.exchange()
    expect(two.call(60)).toBe(50)
  })
})
