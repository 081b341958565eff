import { expect, test } from 'vitest'
import { continueWatch, findGap, findGoneMs, type GatewayWatch } from './judge-gateways.ts'

const minute = 60_000
const now = 1_000_000 * minute
const goneMs = 15 * minute
const report = (changes: Partial<Parameters<typeof findGap>[0][number]> = {}) => ({
  ...{ seenAt: now - 1000, stoppedAt: null, lagMilliseconds: 0 },
  ...{ clockOffsetMilliseconds: 0, rejectedRows: 0 },
  ...changes,
})
const watch: GatewayWatch = { since: now - 500 * minute, seenAt: now - 5000, reason: 'late', rejectedRows: 0 }

test.each([
  ['every gateway reports', [report(), report()], undefined],
  ['one has stopped, and others go on', [report(), report({ stoppedAt: now - minute })], undefined],
  ['one is given up', [report(), report({ seenAt: now - 16 * minute })], undefined],
  ['none runs', [], 'none_running'],
  ['all have stopped', [report({ stoppedAt: now - 1000 })], 'none_running'],
  ['one does not report', [report(), report({ seenAt: now - minute })], 'not_reporting'],
  ['one reports late', [report({ lagMilliseconds: 2 * minute })], 'late'],
  ['the clock of one is a day behind', [report({ clockOffsetMilliseconds: -86_400_000 })], 'clock_wrong'],
])('a gap in the reports of gateways: %s', (_, reports, gap) => {
  expect(findGap(reports, now, goneMs)).toBe(gap)
})

test('a gateway that is cut off is a gap for as long as anybody asks for silence, and while it may serve calls', () => {
  const hour = 60 * minute
  const terms = [
    { retirementSilenceHours: 24, enforcementWindowHours: 1 },
    { retirementSilenceHours: 1, enforcementWindowHours: 48 },
  ]
  expect(findGoneMs(900, terms)).toBe(48 * hour)
  expect(findGoneMs(900, terms.slice(0, 1))).toBe(24 * hour)
  expect(findGoneMs(7 * 86_400, terms)).toBe(7 * 24 * hour)
  expect(findGoneMs(null, [{ retirementSilenceHours: 1, enforcementWindowHours: 1 }])).toBe(24 * hour)
  const cutOff = [report(), report({ seenAt: now - 20 * hour })]
  expect(findGap(cutOff, now, findGoneMs(900, terms))).toBe('not_reporting')
})

test('a watch goes on without a gap, and begins again after one', () => {
  const at = { now, goneMs }
  expect(continueWatch(watch, [report()], at)).toEqual({ ...watch, seenAt: now })
  const begun = (reason: string) => ({ since: now, seenAt: now, reason, rejectedRows: 0 })
  expect(continueWatch(undefined, [report()], at)).toEqual(begun('not_watched'))
  expect(continueWatch(watch, [], at)).toEqual(begun('none_running'))
  expect(continueWatch({ ...watch, seenAt: now - 2 * minute }, [report()], at)).toEqual(begun('not_watched'))
  // The clock was set back.
  expect(continueWatch({ ...watch, seenAt: now + minute }, [report()], at)).toEqual(begun('not_watched'))
  expect(continueWatch(watch, [report({ rejectedRows: 3 })], at)).toEqual({
    ...begun('rows_rejected'),
    rejectedRows: 3,
  })
})
