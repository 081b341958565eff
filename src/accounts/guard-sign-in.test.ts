import { expect, test } from 'vitest'
import { createTestClock } from '../../test/support/certificate-harness.ts'
import { PosternError } from '../errors.ts'
import { type Attempt, createSignInGuard } from './guard-sign-in.ts'

const hour = 3_600_000
const right = async () => 'signed in'
const wrong = async () => {
  throw new PosternError('sign_in_failed', 'no')
}

function openGuard() {
  const clock = createTestClock()
  const told: string[] = []
  const guard = createSignInGuard(clock, (sentence) => told.push(sentence))
  const codeOf = (attempt: Attempt, work: () => Promise<string> = wrong) =>
    guard.run(attempt, work).catch((error: PosternError) => error.code as string)
  return { clock, told, guard, codeOf }
}
const from = (address: string | undefined, email = 'ann@acme.example', device?: string): Attempt => ({
  email,
  device,
  address,
})

test('ten wrong passwords are free, then the wait grows and is reported', async () => {
  const { clock, guard, codeOf } = openGuard()
  const guesser = from('192.0.2.1')
  for (let n = 0; n < 10; n++) expect(await codeOf(guesser)).toBe('sign_in_failed')
  const waits: number[] = []
  for (let n = 0; n < 50; n++) {
    const refused = await guard.run(guesser, right).catch((error: PosternError) => error)
    expect(refused).toMatchObject({ code: 'too_many_requests' })
    const seconds = (refused as PosternError).retryAfterSeconds ?? 0
    waits.push(seconds)
    clock.advance(seconds * 1000 - 1)
    expect(await codeOf(guesser)).toBe('too_many_requests')
    clock.advance(1)
    expect(await codeOf(guesser)).toBe('sign_in_failed')
  }
  expect([waits[0], waits[15], waits[49]]).toEqual([4, 8, 32])
  expect(waits).toEqual(waits.toSorted((a, b) => a - b))
})

test('a client that guesses as fast as possible gets few attempts in a day', async () => {
  const { clock, codeOf } = openGuard()
  let answers = 0
  for (const end = clock.now() + 24 * hour; clock.now() < end; clock.advance(1000))
    if ((await codeOf(from('192.0.2.1'))) === 'sign_in_failed') answers++
  expect(answers).toBeLessThan(2800)
})

test('concurrent sign-in attempts are counted as well', async () => {
  const { codeOf } = openGuard()
  const codes = await Promise.all(Array.from({ length: 40 }, () => codeOf(from('192.0.2.1'))))
  expect(codes.filter((code) => code === 'sign_in_failed')).toHaveLength(10)
})

test.each([
  ['an address that all clients share', undefined],
  ["the user's own address", '192.0.2.1'],
])('a flood from %s does not lock a user out on a known device', async (_, address) => {
  const { codeOf } = openGuard()
  for (let n = 0; n < 300; n++) await codeOf(from(address))
  for (let n = 0; n < 300; n++) await codeOf(from(address, `other-${n}@acme.example`))
  expect(await codeOf(from(address, 'ann@acme.example', 'her laptop'), right)).toBe('signed in')
})

test('a flood on one account does not lock its owner out at an address of their own', async () => {
  const { clock, codeOf } = openGuard()
  for (const end = clock.now() + 3 * hour; clock.now() < end; clock.advance(1000))
    await codeOf(from('192.0.2.1'))
  clock.advance(1000)
  expect(await codeOf(from('198.51.100.7'), right)).toBe('signed in')
})

test('a flood from a shared address does not lock other users out on any device', async () => {
  const { codeOf } = openGuard()
  for (let n = 0; n < 100; n++) await codeOf(from(undefined))
  for (let n = 0; n < 300; n++) await codeOf(from(undefined, `other-${n}@acme.example`))
  expect(await codeOf(from(undefined, 'honest@acme.example'), right)).toBe('signed in')
})

test('a flood that has stopped locks its victim out for seconds only', async () => {
  const { clock, codeOf } = openGuard()
  for (let n = 0; n < 500; n++) await codeOf(from(undefined))
  clock.advance(4000)
  expect(await codeOf(from(undefined), right)).toBe('signed in')
})

test('a known device is slowed down by its own failures only', async () => {
  const { codeOf } = openGuard()
  const stolen = from(undefined, 'ann@acme.example', 'stolen laptop')
  for (let n = 0; n < 10; n++) expect(await codeOf(stolen)).toBe('sign_in_failed')
  expect(await codeOf(stolen, right)).toBe('too_many_requests')
  expect(await codeOf(from(undefined), right)).toBe('signed in')
  expect(await codeOf(from(undefined, 'ann@acme.example', 'her phone'), right)).toBe('signed in')
})

test('one address that tries many accounts is slowed down, also within its IPv6 network', async () => {
  const { codeOf } = openGuard()
  const codes: string[] = []
  for (let n = 0; n < 60; n++)
    codes.push(await codeOf(from(`2001:db8::${n + 1}`, `person-${n}@acme.example`)))
  expect(codes.slice(0, 50)).toEqual(Array(50).fill('sign_in_failed'))
  expect(codes.slice(51)).toEqual(Array(9).fill('too_many_requests'))
  expect(await codeOf(from('2001:db8:0:1::1', 'person-1@acme.example'), right)).toBe('signed in')
})

test('many addresses on one account are slowed down together', async () => {
  const { clock, codeOf } = openGuard()
  let answers = 0
  for (let n = 0; n < 7200; n++) {
    if ((await codeOf(from(`192.0.${n >> 8}.${n & 255}`))) === 'sign_in_failed') answers++
    clock.advance(500)
  }
  expect(answers).toBeLessThan(900)
})

test('what follows a checked password holds up no other attempt', async () => {
  const { guard } = openGuard()
  const gate = Promise.withResolvers<void>()
  let checked = 0
  const signIns = Array.from({ length: 8 }, (_, n) =>
    guard.runCounted(from(`192.0.2.${n}`, `ann-${n}@acme.example`), async (inTurn) => {
      await inTurn(async () => {
        checked += 1
        // The last one alone lets the others go on.
        if (checked === 8) gate.resolve()
      })
      await gate.promise
      return 'signed in'
    }),
  )
  expect(await Promise.all(signIns)).toEqual(Array(8).fill('signed in'))
})

test('failures of the store do not count as failed sign-ins', async () => {
  const { codeOf } = openGuard()
  const away = async () => {
    throw new PosternError('storage_unavailable', 'away')
  }
  for (let n = 0; n < 100; n++) expect(await codeOf(from('192.0.2.1'), away)).toBe('storage_unavailable')
  expect(await codeOf(from('192.0.2.1'), right)).toBe('signed in')
})

test('password guessing is reported to the operator once, not for each attempt', async () => {
  const { told, codeOf } = openGuard()
  for (let n = 0; n < 500; n++) await codeOf(from('192.0.2.1'))
  expect(told).toHaveLength(1)
})
