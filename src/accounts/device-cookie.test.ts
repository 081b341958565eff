import { expect, test } from 'vitest'
import { createTestClock } from '../../test/support/certificate-harness.ts'
import { createDeviceCookie } from './device-cookie.ts'

const portal = 'http://localhost:3000'
const open = (key = 'a key of a test', clock = createTestClock()) => createDeviceCookie(key, portal, clock)
const jar = (setCookie: string) => new Headers({ cookie: setCookie.split(';')[0] ?? '' })

test('a device is known for the users who have signed in on it, and for no other', () => {
  const devices = open()
  const first = jar(devices.remember(new Headers(), 'Ann@acme.example'))
  const both = jar(devices.remember(first, 'bob@acme.example'))
  const id = devices.find(first, 'ann@acme.example')
  expect(id).toMatch(/^[\w-]{22}$/)
  expect(devices.find(both, 'ann@acme.example')).toBe(id)
  expect(devices.find(both, 'bob@acme.example')).toBe(id)
  expect(devices.find(first, 'bob@acme.example')).toBeUndefined()
  expect(first.get('cookie')).not.toContain('acme')
})

test('a device cookie that was signed with another key, altered, or copied to another device is ignored', () => {
  const devices = open()
  const cookie = jar(devices.remember(new Headers(), 'ann@acme.example')).get('cookie') ?? ''
  const other = jar(devices.remember(new Headers(), 'bob@acme.example')).get('cookie') ?? ''
  const [otherId = ''] = other.split('=')[1]?.split('.') ?? []
  const moved = cookie.replace(/=[^.]*/, `=${otherId}`)
  const later = cookie.replace(/\.(\d+)~/, (_, until) => `.${Number(until) + 1}~`)
  for (const each of [
    moved,
    later,
    cookie.slice(0, -1),
    `${cookie}; ${cookie.replace(/=.*/, '')}x=1`.slice(0, 30),
  ])
    expect(devices.find(new Headers({ cookie: each }), 'ann@acme.example'), each).toBeUndefined()
  expect(open('another key').find(new Headers({ cookie }), 'ann@acme.example')).toBeUndefined()
})

test('a device is forgotten after half a year, and remembers at most five users', () => {
  const clock = createTestClock()
  const devices = open('a key of a test', clock)
  let headers = new Headers()
  for (let n = 0; n < 7; n++) headers = jar(devices.remember(headers, `p${n}@acme.example`))
  const known = () =>
    Array.from({ length: 7 }, (_, n) => devices.find(headers, `p${n}@acme.example`) !== undefined)
  expect(known()).toEqual([false, false, true, true, true, true, true])
  clock.advance(181 * 86_400_000)
  expect(known()).toEqual(Array(7).fill(false))
})
