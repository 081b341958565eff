import { expect, test } from 'vitest'
import { findTooSlow } from './limit-pace.ts'
import type { OpenCall } from './open-calls.ts'

const limits = { minBytesPerSecond: 100, minBytesWindowSeconds: 5 }

/** Creates the part of an open request that is used here: an upload in progress without a response. */
const openUpload = () => {
  const request = { readableFlowing: true as boolean | null, complete: false, destroyed: false }
  const call = {
    context: { request, response: { socket: {} } },
    bytesSentOn: 0,
    heldBytes: undefined as number | undefined,
    pace: { uploadSeconds: -1, mark: 0, heldSeconds: 0 },
  }
  return { call: call as typeof call & OpenCall, request }
}

/** Returns the second in which a client is too slow; undefined if it never is. */
function secondOf(call: OpenCall, eachSecond: (second: number) => void, seconds = 100): number | undefined {
  for (let second = 1; second <= seconds; second++) {
    eachSecond(second)
    if (findTooSlow(call, limits) !== undefined) return second
  }
  return undefined
}

test('an upload gets a complete interval and continues at the minimum rate', () => {
  const slow = openUpload().call
  expect(secondOf(slow, () => (slow.bytesSentOn += 99))).toBe(6)
  const right = openUpload().call
  expect(secondOf(right, () => (right.bytesSentOn += 100))).toBeUndefined()
  const inPieces = openUpload().call
  expect(secondOf(inPieces, (second) => (inPieces.bytesSentOn += second % 5 === 3 ? 500 : 0))).toBeUndefined()
  const stops = openUpload().call
  expect(secondOf(stops, (second) => (stops.bytesSentOn += second < 20 ? 10_000 : 0))).toBe(26)
})

test('time in which the upstream does not read, or the body is complete, is not counted', () => {
  const { call, request } = openUpload()
  request.readableFlowing = false
  expect(secondOf(call, () => {})).toBeUndefined()
  request.readableFlowing = true
  request.complete = true
  expect(secondOf(call, () => {})).toBeUndefined()
  request.complete = false
  expect(secondOf(call, () => {})).toBe(6)
})

test('a client that reads nothing has the time that the waiting bytes need', () => {
  const { call, request } = openUpload()
  request.complete = true
  call.heldBytes = 1000
  expect(secondOf(call, () => {})).toBe(16)
  call.pace.heldSeconds = 0
  // Read in time, and paused again.
  expect(
    secondOf(call, (second) => {
      if (second % 10 === 0) call.pace.heldSeconds = 0
    }),
  ).toBeUndefined()
  call.heldBytes = undefined
  expect(secondOf(call, () => {})).toBeUndefined()
})

test('no client is too slow without a minimum rate', () => {
  const { call } = openUpload()
  for (let i = 0; i < 1000; i++)
    expect(findTooSlow(call, { ...limits, minBytesPerSecond: 0 })).toBeUndefined()
})
