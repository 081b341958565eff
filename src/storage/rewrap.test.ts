import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { describeWithFreshStores } from '../../test/support/databases.ts'
import { toMasterKey } from '../shapes/master-key.ts'
import { countSealers, rewrapValues } from './rewrap-store.ts'
import { findSealer, seal, unseal } from './seal.ts'
import { toSealedValues } from './sealed-column-store.ts'

const [former, next, other] = [randomBytes(32), randomBytes(32), randomBytes(32)]
const changing = toMasterKey(next, former)
const contextOf = (id: string) => `audit-key:${id}`
const values = toSealedValues({
  name: 'keys of the audit log',
  ...{ table: 'audit_keys', id: 'id', column: 'sealed_key', contextOf },
})

test('both keys open, the first one seals, and nothing else opens', () => {
  const [sealed, again] = [former, next].map((key) => seal(toMasterKey(key), Buffer.from('x'), 'c'))
  for (const one of [sealed, again] as Uint8Array[])
    for (const key of [changing, toMasterKey(former, next)])
      expect(Buffer.from(unseal(key, one, 'c')).toString()).toBe('x')
  const made = seal(changing, Buffer.from('y'), 'c')
  expect(unseal(toMasterKey(next), made, 'c')).toEqual(Buffer.from('y'))
  const wrong = expect.objectContaining({ code: 'master_key_wrong' })
  for (const key of [toMasterKey(former), toMasterKey(other), toMasterKey(former, other)])
    expect(() => unseal(key, made, 'c')).toThrow(wrong)
  expect(() => unseal(changing, made, 'another context')).toThrow(wrong)
  expect(findSealer(changing, sealed as Uint8Array, 'c')).toBe('second')
  expect(findSealer(changing, made, 'c')).toBe('first')
  expect(findSealer(changing, made, 'd')).toBe('neither')
})

describeWithFreshStores('sealing anew', (store) => {
  const insert = async (ids: readonly string[], key: Uint8Array) => {
    const rows = ids.map((id) => ({
      ...{ id, public_key: new Uint8Array(), created_at: 1 },
      sealed_key: seal(toMasterKey(key), Buffer.from(`key ${id}`), contextOf(id)),
    }))
    await store.database.queries.insertInto('audit_keys').values(rows).execute()
  }
  const ids = Array.from({ length: 450 }, (_, index) => `akey_${String(index).padStart(4, '0')}`)
  const count = () => countSealers(store.database.queries, changing, values)
  const read = async (id: string) =>
    store.database.queries
      .selectFrom('audit_keys')
      .select('sealed_key')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()

  test('goes in small transactions, and goes on after it was ended in the middle', async () => {
    await insert(ids, former)
    await insert(['akey_new'], next)
    const sizes: number[] = []
    const endAfter = (batches: number) => async (_: unknown, size: number) => {
      if (sizes.length === batches) throw new Error('ended')
      sizes.push(size)
    }
    await expect(rewrapValues(store.database, changing, values, endAfter(1))).rejects.toThrow('ended')
    expect(await count()).toMatchObject({ first: 201, second: 250, neither: 0 })
    expect(await rewrapValues(store.database, changing, values, endAfter(10))).toBe(250)
    expect(sizes).toEqual([200, 200, 50])
    expect(await count()).toEqual({ first: 451, second: 0, neither: 0, unopened: [] })
    for (const id of ['akey_0000', 'akey_0449', 'akey_new']) {
      const { sealed_key: sealed } = await read(id)
      expect(unseal(toMasterKey(next), sealed, contextOf(id))).toEqual(Buffer.from(`key ${id}`))
    }
    expect(await rewrapValues(store.database, changing, values, endAfter(0))).toBe(0)
  })

  test('leaves what no key opens, and names it', async () => {
    await insert(ids.slice(0, 3), former)
    await insert(['akey_planted'], other)
    const before = await read('akey_planted')
    expect(await rewrapValues(store.database, changing, values, async () => {})).toBe(3)
    expect(await count()).toEqual({ first: 3, second: 0, neither: 1, unopened: ['akey_planted'] })
    expect(await read('akey_planted')).toEqual(before)
  })
})
