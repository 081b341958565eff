import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { createTestClock } from '../../test/support/certificate-harness.ts'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { PosternError } from '../errors.ts'
import { type Database, openDatabase } from '../storage/database.ts'
import { createResetGuard } from './guard-reset.ts'
import { type Attempt, createSignInGuard } from './guard-sign-in.ts'
import { createSharedAttempts } from './shared-attempts-store.ts'

const hour = 3_600_000
const right = async () => 'signed in'
const wrong = async () => {
  throw new PosternError('sign_in_failed', 'no')
}
const from = (address: string | undefined, email = 'ann@acme.example', device?: string): Attempt => ({
  email,
  device,
  address,
})

describeOnBothEngines('attempts at several portals', (store) => {
  let other: Database
  beforeAll(async () => {
    other = await openDatabase(store.location)
  })
  afterAll(() => other.close())
  beforeEach(() => store.database.queries.deleteFrom('failed_attempts').execute())

  function openPortals() {
    const clock = createTestClock()
    const portals = [store.database, other].map((database) => {
      const attempts = createSharedAttempts(database, 'the session key of all portals')
      const guard = createSignInGuard(clock, () => {}, attempts)
      const reset = createResetGuard(clock, attempts)
      return {
        attempts,
        reset,
        run: (attempt: Attempt, work: () => Promise<string> = wrong) =>
          guard.run(attempt, work).catch((error: PosternError) => error.code as string),
      }
    })
    return { clock, portals: portals as [(typeof portals)[0], (typeof portals)[0]] }
  }
  const rows = () => store.database.queries.selectFrom('failed_attempts').selectAll().execute()

  test('count together: a second portal gives nobody more free attempts, one after another or at once', async () => {
    const { portals } = openPortals()
    const codes: string[] = []
    for (let n = 0; n < 20; n += 1)
      codes.push(await (portals[n % 2] as (typeof portals)[0]).run(from('192.0.2.1')))
    expect(codes.filter((code) => code === 'sign_in_failed')).toHaveLength(10)
    const atOnce = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        (portals[n % 2] as (typeof portals)[0]).run(from('192.0.2.2', 'bob@acme.example')),
      ),
    )
    expect(atOnce.filter((code) => code === 'sign_in_failed')).toHaveLength(10)
  })

  test('wait together: each pause lets one attempt through, whatever the number of portals', async () => {
    const { clock, portals } = openPortals()
    let answers = 0
    for (const end = clock.now() + hour / 6; clock.now() < end; clock.advance(4000))
      for (const portal of portals)
        if ((await portal.run(from('192.0.2.1'))) === 'sign_in_failed') answers += 1
    // Ten are free, and after each further ten the pause doubles: 4, 8, 16, 32 s.
    expect(answers).toBeLessThan(60)
  })

  test('forget together: who signs in at one portal does not wait at another', async () => {
    const { clock, portals } = openPortals()
    const [one, two] = portals
    for (let n = 0; n < 9; n += 1) await one.run(from('192.0.2.1'))
    expect(await two.run(from('192.0.2.1'), right)).toBe('signed in')
    for (let n = 0; n < 9; n += 1) expect(await one.run(from('192.0.2.1'))).toBe('sign_in_failed')
    expect(await two.run(from('192.0.2.1'))).toBe('sign_in_failed')
    expect(await two.run(from('192.0.2.1'), right)).toBe('too_many_requests')
    clock.advance(4000)
    expect(await one.run(from('192.0.2.1'), right)).toBe('signed in')
    clock.advance(1000)
    expect(await two.run(from('192.0.2.1'), right)).toBe('signed in')
  })

  test('lock nobody out on a known device, at either portal', async () => {
    const { portals } = openPortals()
    const [one, two] = portals
    await Promise.all(Array.from({ length: 150 }, () => one.run(from(undefined))))
    expect(await two.run(from(undefined), right)).toBe('too_many_requests')
    expect(await two.run(from(undefined, 'ann@acme.example', 'her laptop'), right)).toBe('signed in')
  })

  test('limit requests for password resets together', async () => {
    const { portals } = openPortals()
    const ask = (n: number) =>
      (portals[n % 2] as (typeof portals)[0]).reset
        .admit({ email: 'ann@acme.example', address: '192.0.2.1' })
        .then(
          () => 'admitted',
          ({ code }: PosternError) => code,
        )
    const codes: string[] = []
    for (let n = 0; n < 8; n += 1) codes.push(await ask(n))
    expect(codes).toEqual([...Array(5).fill('admitted'), ...Array(3).fill('too_many_requests')])
  })

  test('cost the store nothing while they are refused, and few transactions when they come at once', async () => {
    const { clock, portals } = openPortals()
    const [one] = portals
    const transaction = vi.spyOn(store.database, 'transaction')
    const asked = () => transaction.mock.calls.length
    await Promise.all(Array.from({ length: 200 }, () => one.run(from('192.0.2.1'))))
    expect(asked()).toBeLessThan(40)
    const before = asked()
    for (let n = 0; n < 1000; n += 1) await one.run(from('192.0.2.1'))
    expect(asked()).toBe(before)
    clock.advance(1000)
    await one.run(from('192.0.2.1'))
    expect(asked()).toBe(before + 1)
    transaction.mockRestore()
  })

  test('name no account and no address, and are deleted when they are forgotten', async () => {
    const { clock, portals } = openPortals()
    const [one] = portals
    for (let n = 0; n < 3; n += 1) await one.run(from('192.0.2.77'))
    await one.run(from('192.0.2.78', 'honest@acme.example'), right)
    const found = await rows()
    expect(found).toHaveLength(3)
    expect(JSON.stringify(found)).not.toMatch(/acme|192\.0\.2/)
    await one.attempts.forgetOld(clock.now())
    expect(await rows()).toHaveLength(3)
    await one.attempts.forgetOld(clock.now() + hour)
    expect(await rows()).toHaveLength(0)
  })

  test('of strangers keep a bounded number of rows, those that last', async () => {
    const { clock, portals } = openPortals()
    const many = 31_000
    for (let start = 0; start < many; start += 1000)
      await store.database.queries
        .insertInto('failed_attempts')
        .values(
          Array.from({ length: 1000 }, (_, n) => ({
            subject: `s${start + n}`,
            failures: 1,
            at: clock.now() + many - start - n,
            over_at: clock.now() + hour + start + n,
          })),
        )
        .execute()
    await portals[0].attempts.forgetOld(clock.now())
    const left = await rows()
    expect(left).toHaveLength(30_000)
    expect(Math.min(...left.map(({ over_at }) => over_at))).toBe(clock.now() + hour + 1000)
  })
})

test('while the store is away, a portal counts alone what it has admitted so far', async () => {
  const clock = createTestClock()
  const database = await openDatabase({ engine: 'sqlite', path: ':memory:' })
  // It has no tables: nothing can be counted there.
  const guard = createSignInGuard(clock, () => {}, createSharedAttempts(database, 'key'))
  const run = () => guard.run(from('192.0.2.1'), wrong).catch((error: PosternError) => error.code as string)
  const codes: string[] = []
  for (let n = 0; n < 12; n += 1) codes.push(await run())
  expect(codes).toEqual([...Array(10).fill('sign_in_failed'), ...Array(2).fill('too_many_requests')])
  await database.close()
})
