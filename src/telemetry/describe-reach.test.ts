import { expect, test } from 'vitest'
import { gatewayStatus } from '../../test/support/usage-batches.ts'
import { describeReach } from './describe-reach.ts'
import type { ReachedGateway } from './gateway-store.ts'

const revokedAt = 1_000_000
const gateway = (changes: Partial<ReachedGateway> = {}): ReachedGateway => ({
  ...gatewayStatus,
  seenAt: revokedAt + 100,
  stoppedAt: null,
  clockOffsetMilliseconds: 0,
  enforcedAt: revokedAt + 30,
  closed: 0,
  ...changes,
})
const describeAt = (gateways: ReachedGateway[], after: number) =>
  describeReach(gateways, revokedAt, revokedAt + after, ({ host, processId }) => `${host}:${processId}`)

test('the reach of a revocation takes as long as the last gateway took, and sums the closed connections', () => {
  const all = [gateway({ closed: 2 }), gateway({ enforcedAt: revokedAt + 84, closed: 1 })]
  const { durationMilliseconds, closedConnections, gateways } = describeAt(all, 200)
  expect({ durationMilliseconds, closedConnections }).toEqual({
    durationMilliseconds: 84,
    closedConnections: 3,
  })
  expect(gateways.map((one) => one.durationMilliseconds)).toEqual([30, 84])
})

test('the reach of a revocation names a gateway that has not confirmed after five seconds', () => {
  const all = [gateway(), gateway({ enforcedAt: null, processId: 7 })]
  expect(describeAt(all, 4000)).toMatchObject({ durationMilliseconds: null, gateways: [{}, { late: false }] })
  const late = describeAt(all, 6000)
  expect(late.gateways.filter((one) => one.late).map(({ name }) => name)).toEqual(['edge-1:7'])
})

test('the reach of a revocation includes a process that is not reporting, since it may still accept clients', () => {
  const silent = gateway({ enforcedAt: null, seenAt: revokedAt - 10_000 })
  const { gateways, durationMilliseconds } = describeAt([silent], 60_000)
  expect(gateways).toMatchObject([{ state: 'not_reporting', late: true }])
  expect(durationMilliseconds).toBeNull()
})

test.each([
  ['started after it', { startedAt: revokedAt + 1 }],
  ['had stopped before it', { stoppedAt: revokedAt - 1, seenAt: revokedAt - 2 }],
  ['had not reported for long', { seenAt: revokedAt - 60_000 }],
])('the reach of a revocation does not wait for a gateway that %s', (_what, changes) => {
  const { gateways, durationMilliseconds } = describeAt([gateway({ enforcedAt: null, ...changes })], 60_000)
  expect({ gateways, durationMilliseconds }).toEqual({ gateways: [], durationMilliseconds: 0 })
})

test('the reach of a revocation does not wait for a gateway that stopped before it could confirm', () => {
  const ended = gateway({ enforcedAt: null, stoppedAt: revokedAt + 10 })
  expect(describeAt([ended], 100)).toMatchObject({ durationMilliseconds: 0, gateways: [{ late: false }] })
})
