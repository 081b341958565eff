import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { createSigningKeys, type SigningKey } from './signing-keys.ts'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const make = (id: string, acceptedUntil: number | null): SigningKey => ({
  ...{ id, environment: 'production', algorithm: 'ES256', privateKey, publicKey, publicJwk: {} },
  ...{ signsFrom: 1, acceptedUntil },
})

test('a key that ended stays ended when an older store is restored, also if the store had deleted it', () => {
  const keys = createSigningKeys()
  keys.replace([make('known', null), make('former', 5)])
  expect(keys.findSigning('production', 2)).toMatchObject({ id: 'known' })
  keys.replace([make('known', 3), make('next', null)])
  keys.replace([make('known', null), make('former', null)])
  expect(keys.findAccepted('production', 'known', 2)).toMatchObject({ acceptedUntil: 3 })
  expect(keys.findAccepted('production', 'known', 3)).toBeUndefined()
  expect(keys.findAccepted('production', 'former', 5)).toBeUndefined()
  expect(keys.findSigning('production', 6)).toBeUndefined()
  expect(keys.toJwks('production', 6).keys).toEqual([])
  // An end may come sooner.
  keys.replace([make('known', 2)])
  expect(keys.findAccepted('production', 'known', 2)).toBeUndefined()
})
