import { expect, test } from 'vitest'
import { createSharedUses, type UseReport } from '../../shared-uses.ts'
import { createOrganizationAccounts } from './organization-accounts.ts'

const limits = { callsPerSecond: 100, callsPerSecondByOrganization: {}, burstSeconds: 5 }
const burst = 500

/** Gateway processes that exchange their uses once a second. */
function open(count: number) {
  let time = 0
  const rows = new Map<string, UseReport>()
  const processes = Array.from({ length: count }, (_, index) => {
    const uses = createSharedUses(500, () => time)
    const accounts = createOrganizationAccounts(limits, () => 'acme', uses.note)
    return {
      call() {
        try {
          accounts.charge('org', time)
          return true
        } catch {
          return false
        }
      },
      exchange() {
        const report = uses.report()
        const process = String(index)
        if (report !== undefined)
          rows.set(process, { process, beganAt: rows.get(process)?.beganAt ?? time, uses: report })
        const others = [...rows.values()].filter((row) => row.process !== process)
        accounts.settle(uses.learn(others, time), others.length, time)
      },
    }
  })
  /** Has clients call for some seconds, so often at each process; returns how many calls each process lets in. */
  const run = (seconds: number, perSecond: (process: number, second: number) => number) => {
    const admitted = processes.map(() => 0)
    for (let second = 0; second < seconds; second += 1) {
      for (let step = 0; step < 20; step += 1) {
        time += 50
        for (const [index, { call }] of processes.entries())
          for (let n = 0; n < perSecond(index, second) / 20; n += 1)
            if (call()) admitted[index] = (admitted[index] ?? 0) + 1
      }
      for (const { exchange } of processes) exchange()
    }
    return admitted
  }
  for (const { exchange } of processes) exchange()
  return { run }
}
const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0)

test('several processes let in what one would, whatever the number of processes', () => {
  for (const count of [1, 3]) {
    const { run } = open(count)
    const first = sum(run(10, () => 250))
    // What all let in before they know of each other: a burst each, and the rate of the second.
    expect(first).toBeLessThanOrEqual(burst + 10 * 100 + (count - 1) * (burst + 100))
    const later = sum(run(20, () => 250))
    expect(later).toBeGreaterThan(20 * 100 * 0.85)
    expect(later).toBeLessThan(20 * 100 * 1.05)
  }
})

test('each process lets its part of the traffic in', () => {
  const { run } = open(2)
  run(20, (process) => (process === 0 ? 600 : 200))
  const [most = 0, least = 0] = run(30, (process) => (process === 0 ? 600 : 200))
  expect(most + least).toBeLessThan(30 * 100 * 1.05)
  expect(least).toBeGreaterThan(30 * 100 * 0.1)
  expect(most).toBeGreaterThan(30 * 100 * 0.3)
})

test('who goes from process to process gets no more in the long run', () => {
  const { run } = open(3)
  const seconds = 90
  const all = sum(run(seconds, (process, second) => (second % 3 === process ? 1000 : 0)))
  expect(all).toBeLessThanOrEqual(burst + seconds * 100 + 2 * (burst + 100))
})

test('an organization below its limit is never denied, however its calls are spread', () => {
  const { run } = open(3)
  expect(run(30, (process) => (process === 0 ? 60 : 20))).toEqual([1800, 600, 600])
})
