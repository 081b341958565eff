import { randomBytes } from 'node:crypto'
import { beforeEach, expect, test } from 'vitest'
import { describeOnBothEngines } from '../../../test/support/databases.ts'
import { makePrime } from '../../../test/vectors/weak-rsa-key.ts'
import { toBigInt } from '../../pki/key/elliptic-curve.ts'
import type { RsaNumbers } from '../../pki/key/public-key.ts'
import { appendKey, readKeys } from './rsa-key-block.ts'
import { createSharedFactorCheck } from './shared-factor-check.ts'
import { createUsedKeyStore } from './used-key-store.ts'

const rejection = expect.objectContaining({ code: 'key_shared_factor' })
const [p, q, r, s] = [makePrime(1024), makePrime(1024), makePrime(1024), makePrime(1024)] as const
const keyOf = (modulus: bigint, exponent = 65_537n) => ({ modulus, exponent })
const randomKey = () => keyOf(toBigInt(randomBytes(256)) | (1n << 2047n) | 1n)

test('a block of RSA keys returns the keys that were added, whatever their size', () => {
  const keys = [keyOf(2n ** 8191n + 1n, 2n ** 63n + 1n), keyOf(3n), keyOf(p * q), keyOf(2n ** 2048n - 1n)]
  expect(readKeys(keys.reduce(appendKey, new Uint8Array()))).toEqual(keys)
})

describeOnBothEngines('the check for shared primes', (store) => {
  let sharing: string[]
  const open = () =>
    createSharedFactorCheck(createUsedKeyStore(store.database), (keys) => sharing.push(...keys))
  beforeEach(async () => {
    sharing = []
    await store.database.queries.deleteFrom('seen_rsa_keys').execute()
  })
  const countKeys = async () =>
    (await store.database.queries.selectFrom('seen_rsa_keys').select('count').orderBy('block').execute()).map(
      ({ count }) => count,
    )

  test('accepts a key again, and rejects another with one of its primes', async () => {
    const check = open()
    await check.assertSharesNone(keyOf(p * q))
    await check.assertSharesNone(keyOf(r * s))
    await check.assertSharesNone(keyOf(p * q))
    await expect(check.assertSharesNone(keyOf(p * r))).rejects.toEqual(rejection)
    expect(sharing).toHaveLength(2)
    expect(sharing).toEqual(sharing.map(() => expect.stringMatching(/^[0-9a-f]{64}$/)))
    // Each key was stored once, the rejected one too: a key that shares its other prime is rejected as well.
    expect(await countKeys()).toEqual([3])
    await expect(check.assertSharesNone(keyOf(p * q))).rejects.toEqual(rejection)
  })

  test('rejects one of two such keys that arrive concurrently at two processes', async () => {
    for (let round = 0; round < 5; round += 1) {
      const prime = makePrime(512)
      const two = [prime * makePrime(512), prime * makePrime(512)]
      const results = await Promise.allSettled(two.map((modulus) => open().assertSharesNone(keyOf(modulus))))
      expect(results.map(({ status }) => status)).toContain('rejected')
    }
  })

  test('rejects a known modulus with another exponent', async () => {
    const check = open()
    await check.assertSharesNone(keyOf(p * q))
    await expect(check.assertSharesNone(keyOf(p * q, 65_539n))).rejects.toEqual(rejection)
  })

  test('finds a prime among 20,000 keys without blocking other work', async () => {
    const keys = Array.from({ length: 20_000 }, randomKey).with(1234, keyOf(p * q))
    await insertSeen(keys)
    const before = await countKeys()
    const turns = countTurns()
    await expect(open().assertSharesNone(keyOf(q * r))).rejects.toEqual(rejection)
    const turnsOfOthers = turns.end()
    expect(sharing).toHaveLength(1)
    expect(await countKeys()).toEqual(before.with(-1, (before.at(-1) as number) + 1))
    expect(turnsOfOthers).toBeGreaterThan(20)
  })

  async function insertSeen(keys: readonly RsaNumbers[]): Promise<void> {
    for (let from = 0; from < keys.length; from += 256) {
      const part = keys.slice(from, from + 256)
      const row = {
        block: from / 256 + 1,
        count: part.length,
        keys: part.reduce(appendKey, new Uint8Array()),
      }
      await store.database.queries.insertInto('seen_rsa_keys').values(row).execute()
    }
  }
})

/** Counts how often other work of this thread runs until `end`. */
function countTurns() {
  let turns = 0
  let next = setImmediate(count)
  function count() {
    turns += 1
    next = setImmediate(count)
  }
  return {
    end() {
      clearImmediate(next)
      return turns
    },
  }
}
