import { expect, test } from 'vitest'
import { findTooSlow } from './limit-pace.ts'
import type { OpenCall } from './open-calls.ts'

const limits = { leastBytesPerSecond: 100, leastBytesSeconds: 5 }

/** As much of an open call as is looked at here: an upload that is read, and nothing answered yet. */
const openUpload = () => {
  const request = { readableFlowing: true as boolean | null, complete: false, destroyed: false }
  const call = {
    exchange: { request, response: { socket: {} } },
    bytesSentOn: 0,
    heldBytes: undefined as number | undefined,
    pace: { uploadSeconds: -1, mark: 0, heldSeconds: 0 },
  }
  return { call: call as typeof call & OpenCall, request }
}

/** In which second a client is found too slow; nothing where it never is. */
function secondOf(call: OpenCall, eachSecond: (second: number) => void, seconds = 100): number | undefined {
  for (let second = 1; second <= seconds; second++) {
    eachSecond(second)
    if (findTooSlow(call, limits) !== undefined) return second
  }
  return undefined
}

test('gives an upload a whole window, and lets it go on at the least rate', () => {
  const slow = openUpload().call
  expect(secondOf(slow, () => (slow.bytesSentOn += 99))).toBe(6)
  const right = openUpload().call
  expect(secondOf(right, () => (right.bytesSentOn += 100))).toBeUndefined()
  const inPieces = openUpload().call
  expect(secondOf(inPieces, (second) => (inPieces.bytesSentOn += second % 5 === 3 ? 500 : 0))).toBeUndefined()
  const stops = openUpload().call
  expect(secondOf(stops, (second) => (stops.bytesSentOn += second < 20 ? 10_000 : 0))).toBe(26)
})

test('counts no time in which the upstream does not read, or the body is there', () => {
  const { call, request } = openUpload()
  request.readableFlowing = false
  expect(secondOf(call, () => {})).toBeUndefined()
  request.readableFlowing = true
  request.complete = true
  expect(secondOf(call, () => {})).toBeUndefined()
  request.complete = false
  expect(secondOf(call, () => {})).toBe(6)
})

test('gives a client that takes nothing the time that it would need for what waits', () => {
  const { call, request } = openUpload()
  request.complete = true
  call.heldBytes = 1000
  expect(secondOf(call, () => {})).toBe(16)
  call.pace.heldSeconds = 0
  // Taken within time, and held back again.
  expect(
    secondOf(call, (second) => {
      if (second % 10 === 0) call.pace.heldSeconds = 0
    }),
  ).toBeUndefined()
  call.heldBytes = undefined
  expect(secondOf(call, () => {})).toBeUndefined()
})

test('finds nobody too slow where there is no least rate', () => {
  const { call } = openUpload()
  for (let i = 0; i < 1000; i++)
    expect(findTooSlow(call, { ...limits, leastBytesPerSecond: 0 })).toBeUndefined()
})
