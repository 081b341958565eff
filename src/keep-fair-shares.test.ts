import { expect, test } from 'vitest'
import { keepFairShares } from './keep-fair-shares.ts'

const row = (network: string, source: string, number: number) => ({ network, source, number })
const levels = [({ network }: { network: string }) => network, ({ source }: { source: string }) => source]
const many = (network: string, source: string, count: number) =>
  Array.from({ length: count }, (_, number) => row(network, source, number))

test('one source displaces no rows of another, even if its own are newer', () => {
  const honest = many('a', 'a1', 3)
  const flood = many('b', 'b1', 1000)
  const kept = keepFairShares([...honest, ...flood], { most: 20, maxOfOne: 1000, levels })
  expect(kept.filter(({ source }) => source === 'a1')).toEqual(honest)
  expect(kept.slice(3)).toEqual(flood.slice(-17))
})

test('a network with many sources keeps no more than another network', () => {
  const honest = many('a', 'a1', 5)
  const flood = Array.from({ length: 500 }, (_, number) => row('b', `b${number}`, number))
  const kept = keepFairShares([...honest, ...flood], { most: 10, maxOfOne: 50, levels })
  expect(kept.filter(({ network }) => network === 'a')).toEqual(honest)
  expect(kept.filter(({ network }) => network === 'b').map(({ number }) => number)).toEqual([
    495, 496, 497, 498, 499,
  ])
})

test('one source has its limit even if there is room', () => {
  const kept = keepFairShares(many('a', 'a1', 30), { most: 100, maxOfOne: 10, levels })
  expect(kept.map(({ number }) => number)).toEqual([20, 21, 22, 23, 24, 25, 26, 27, 28, 29])
})

test('the latest rows are kept if there is less than one for each source', () => {
  const rows = Array.from({ length: 40 }, (_, number) => row(`n${number}`, `s${number}`, number))
  const kept = keepFairShares(rows, { most: 10, maxOfOne: 5, levels })
  expect(kept.map(({ number }) => number)).toEqual([30, 31, 32, 33, 34, 35, 36, 37, 38, 39])
})

test('the latest rows are kept without levels', () => {
  expect(keepFairShares([1, 2, 3, 4], { most: 2, maxOfOne: 3, levels: [] })).toEqual([3, 4])
})
