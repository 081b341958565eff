import { expect, test } from 'vitest'
import { shareDescriptors } from './share-descriptors.ts'

const config = (portal: number | null, publication: number | null) => ({
  portal: { connections: { total: portal } },
  publication: { connections: { total: publication } },
})

test.each([
  [256, null, null, [96, 96]],
  [1024, null, null, [384, 384]],
  [4096, null, null, [1792, 1792]],
  [4096, 3000, null, [3000, 584]],
  [4096, 2000, 1500, [2000, 1500]],
  [Number.POSITIVE_INFINITY, null, null, [4096, 4096]],
  [Number.POSITIVE_INFINITY, 20_000, null, [20_000, 4096]],
])('%d file descriptors are distributed for the settings %s and %s', (limit, portal, publication, totals) => {
  const shared = shareDescriptors(config(portal, publication), limit)
  expect([shared.portal, shared.publication]).toEqual(totals)
})

test.each([
  [64, null, null],
  [4096, 4096, null],
  [4096, 2000, 2000],
])('%d file descriptors are too few for the settings %s and %s', (limit, portal, publication) => {
  expect(() => shareDescriptors(config(portal, publication), limit)).toThrow(`may open ${limit} files`)
})
