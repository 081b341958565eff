import { hash, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { toMasterKey } from '../shapes/master-key.ts'
import { createSlowDown } from './slow-down.ts'

const key = toMasterKey(randomBytes(32))

test('five failed secrets are free, then the wait doubles up to a minute', () => {
  const slowDown = createSlowDown(key)
  const waits: number[] = []
  let now = 0
  for (let i = 0; i < 14; i++) {
    slowDown.fail('client', '192.0.2.1', now)
    waits.push(slowDown.secondsLeft('client', '192.0.2.1', now))
    now += 60_000
  }
  expect(waits).toEqual([0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60])
})

test('failed secrets slow down no other address, and are forgotten after the right secret', () => {
  const slowDown = createSlowDown(key)
  for (let i = 0; i < 8; i++) slowDown.fail('client', '192.0.2.1', 0)
  expect(slowDown.secondsLeft('client', '192.0.2.1', 0)).toBeGreaterThan(0)
  expect(slowDown.secondsLeft('client', '192.0.2.2', 0)).toBe(0)
  expect(slowDown.secondsLeft('other', '192.0.2.1', 0)).toBe(0)
  slowDown.succeed('client', '192.0.2.1')
  expect(slowDown.secondsLeft('client', '192.0.2.1', 0)).toBe(0)
})

test('failed secrets at one process slow the client down at another', () => {
  const noted: string[] = []
  const [one, two] = [createSlowDown(key, (subject) => noted.push(subject)), createSlowDown(key)]
  for (let i = 0; i < 4; i++) one.fail('client', '192.0.2.1', 0)
  expect(noted.join()).not.toMatch(/client|192/)
  expect(noted).not.toContain(hash('sha256', '192.0.2.1 client', 'base64url'))
  for (const subject of noted) two.learn(subject, 1, 0)
  two.fail('client', '192.0.2.1', 0)
  expect(two.secondsLeft('client', '192.0.2.1', 0)).toBe(0)
  two.fail('client', '192.0.2.1', 0)
  expect(two.secondsLeft('client', '192.0.2.1', 0)).toBe(1)
  expect(two.secondsLeft('client', '192.0.2.2', 0)).toBe(0)
})

test('failed secrets slow down at a process whose key is changed first, and at one whose key is changed later', () => {
  const [former, next] = [key.first, randomBytes(32)]
  const keys = [key, toMasterKey(former, next), toMasterKey(next, former)]
  const all = keys.map((one) => {
    const noted: string[] = []
    return { noted, slowDown: createSlowDown(one, (subject) => noted.push(subject)) }
  })
  for (const { slowDown } of all) for (let i = 0; i < 2; i++) slowDown.fail('client', '192.0.2.1', 0)
  for (const { slowDown, noted } of all)
    for (const other of all)
      if (other.noted !== noted) for (const name of other.noted) slowDown.learn(name, 1, 0)
  for (const { slowDown } of all) expect(slowDown.secondsLeft('client', '192.0.2.1', 0)).toBe(1)
  const last = all.at(-1)?.slowDown
  last?.succeed('client', '192.0.2.1')
  expect(last?.secondsLeft('client', '192.0.2.1', 0)).toBe(0)
})

test('a name tells nothing to whoever has another key', () => {
  const names = [key, toMasterKey(randomBytes(32))].map((one) => {
    const noted: string[] = []
    createSlowDown(one, (subject) => noted.push(subject)).fail('client', '192.0.2.1', 0)
    return noted[0]
  })
  expect(names[0]).toMatch(/^[\w-]{43}$/)
  expect(names[0]).not.toBe(names[1])
})
