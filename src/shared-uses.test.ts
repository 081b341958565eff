import { expect, test } from 'vitest'
import { createSharedUses, type UseReport } from './shared-uses.ts'

/** Processes that exchange their reports by a store that forgets nothing. */
function open(most?: number) {
  let time = 0
  const rows = new Map<string, UseReport>()
  const join = (process: string) => {
    const uses = createSharedUses(most, () => time)
    return {
      ...uses,
      exchange() {
        const report = uses.report()
        if (report !== undefined)
          rows.set(process, { process, beganAt: rows.get(process)?.beganAt ?? time, uses: report })
        const others = [...rows.values()].filter((row) => row.process !== process)
        return Object.fromEntries(uses.learn(JSON.parse(JSON.stringify(others)), time))
      },
    }
  }
  const pass = (milliseconds: number) => {
    time += milliseconds
  }
  return { rows, join, pass }
}
const times = (count: number, work: () => void) => {
  for (let n = 0; n < count; n += 1) work()
}

test('each use is learned once by each other process, however often reports are read', () => {
  const { join, pass } = open()
  const [one, two, three] = [join('one'), join('two'), join('three')]
  for (const each of [one, two, three]) each.exchange()
  pass(1000)
  times(5, () => one.note('a'))
  times(2, () => two.note('a'))
  times(3, () => two.note('b'))
  for (const each of [one, two]) each.exchange()
  pass(500)
  expect(one.exchange()).toEqual({ a: 2, b: 3 })
  expect(two.exchange()).toEqual({})
  expect(three.exchange()).toEqual({ a: 7, b: 3 })
  pass(500)
  for (const each of [one, two, three]) expect(each.exchange()).toEqual({})
  one.note('a')
  one.exchange()
  expect(two.exchange()).toEqual({ a: 1 })
})

test('a process that starts is not charged what the others used before, and its own uses are', () => {
  const { join, pass } = open()
  const one = join('one')
  times(9, () => one.note('a'))
  one.exchange()
  pass(1000)
  const two = join('two')
  expect(two.exchange()).toEqual({})
  pass(1000)
  two.note('a')
  two.exchange()
  expect(one.exchange()).toEqual({ a: 1 })
})

test('after a time without the store each begins from what it finds, and charges no past uses', () => {
  const { join, pass } = open()
  const [one, two] = [join('one'), join('two')]
  for (const each of [one, two]) each.exchange()
  one.note('a')
  one.exchange()
  two.exchange()
  pass(6000)
  expect(two.isAlone()).toBe(true)
  times(50, () => one.note('a'))
  one.exchange()
  expect(two.exchange()).toEqual({})
  expect(two.isAlone()).toBe(false)
  one.note('a')
  one.exchange()
  expect(two.exchange()).toEqual({ a: 1 })
})

test('a total that was forgotten begins anew, and is not mistaken for the earlier one', () => {
  const { join, pass } = open()
  const [one, two] = [join('one'), join('two')]
  for (const each of [one, two]) each.exchange()
  pass(1000)
  times(5, () => one.note('a'))
  one.exchange()
  expect(two.exchange()).toEqual({ a: 5 })
  for (let n = 0; n < 20; n += 1) {
    pass(4000)
    one.exchange()
    two.exchange()
  }
  times(7, () => one.note('a'))
  one.exchange()
  expect(two.exchange()).toEqual({ a: 7 })
})

test('a flood of subjects makes no report longer, and the uses of each are reported in the end', () => {
  const { rows, join, pass } = open(10)
  const [one, two] = [join('one'), join('two')]
  for (const each of [one, two]) each.exchange()
  for (let n = 0; n < 25; n += 1) times(n + 1, () => one.note(`s${n}`))
  const learned: Record<string, number>[] = []
  for (let n = 0; n < 3; n += 1) {
    pass(1000)
    one.exchange()
    expect(rows.get('one')?.uses.length).toBeLessThanOrEqual(10)
    learned.push(two.exchange())
  }
  expect(Object.keys(learned[0] ?? {})).toContain('s24')
  expect(Object.keys(Object.assign({}, ...learned))).toHaveLength(25)
  times(1000, () => one.note(`t${Math.random()}`))
  one.exchange()
  expect(rows.get('one')?.uses).toHaveLength(10)
})
