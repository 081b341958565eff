import { randomBytes } from 'node:crypto'
import { beforeEach, expect, test } from 'vitest'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { makePrime } from '../../test/vectors/weak-rsa-key.ts'
import { toBigInt } from '../pki/elliptic-curve.ts'
import { appendModulus, readModuli } from './modulus-block.ts'
import { createSeenModulusStore } from './seen-modulus-store.ts'
import { createSharedFactorCheck } from './shared-factor-check.ts'

const refusal = expect.objectContaining({ code: 'key_shared_factor' })
const [p, q, r, s] = [makePrime(1024), makePrime(1024), makePrime(1024), makePrime(1024)] as const
const modulusOf = () => toBigInt(randomBytes(256)) | (1n << 2047n) | 1n

test('a block gives back the moduli that were put in, whatever their size', () => {
  const moduli = [2n ** 8191n + 1n, 3n, p * q, 2n ** 2048n - 1n]
  expect(readModuli(moduli.reduce(appendModulus, new Uint8Array()))).toEqual(moduli)
})

describeOnBothEngines('the check for shared primes', (store) => {
  let sharing: string[]
  const open = () =>
    createSharedFactorCheck(createSeenModulusStore(store.database), (keys) => sharing.push(...keys))
  beforeEach(async () => {
    sharing = []
    await store.database.queries.deleteFrom('seen_moduli').execute()
  })
  const countKeys = async () =>
    (await store.database.queries.selectFrom('seen_moduli').select('keys').execute()).map(({ keys }) => keys)

  test('lets a key come again, and refuses another with one of its primes', async () => {
    const check = open()
    await check.assertSharesNone(p * q)
    await check.assertSharesNone(r * s)
    await check.assertSharesNone(p * q)
    await expect(check.assertSharesNone(p * r)).rejects.toEqual(refusal)
    expect(sharing).toHaveLength(2)
    expect(sharing).toEqual(sharing.map(() => expect.stringMatching(/^[0-9a-f]{64}$/)))
    // Each was remembered once, the refused one too: what shares its other prime is refused as well.
    expect(await countKeys()).toEqual([3])
    await expect(check.assertSharesNone(p * q)).rejects.toEqual(refusal)
  })

  test('refuses one of two that come at once to two processes', async () => {
    for (let round = 0; round < 5; round += 1) {
      const prime = makePrime(512)
      const two = [prime * makePrime(512), prime * makePrime(512)]
      const results = await Promise.allSettled(two.map((modulus) => open().assertSharesNone(modulus)))
      expect(results.map(({ status }) => status)).toContain('rejected')
    }
  })

  test('finds a prime among 20,000 keys without holding up anything else', async () => {
    const keys = 20_000
    const own = Array.from({ length: keys }, modulusOf)
    own[1234] = p * q
    for (let block = 0; block * 256 < keys; block += 1) {
      const moduli = own.slice(block * 256, (block + 1) * 256)
      const row = {
        block: block + 1,
        keys: moduli.length,
        moduli: moduli.reduce(appendModulus, new Uint8Array()),
      }
      await store.database.queries.insertInto('seen_moduli').values(row).execute()
    }
    const blocks = await countKeys()
    let longest = 0
    let last = performance.now()
    const beat = setInterval(() => {
      longest = Math.max(longest, performance.now() - last)
      last = performance.now()
    }, 5)
    const start = performance.now()
    await expect(open().assertSharesNone(q * r)).rejects.toEqual(refusal)
    const took = performance.now() - start
    clearInterval(beat)
    expect(sharing).toHaveLength(1)
    expect(await countKeys()).toEqual(blocks.with(-1, (blocks.at(-1) as number) + 1))
    expect(longest).toBeLessThan(took / 2)
    expect(took).toBeLessThan(10_000)
  })
})
