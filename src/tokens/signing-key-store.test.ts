import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { beforeEach, describe, expect, test } from 'vitest'
import { describeWithFreshStores } from '../../test/support/databases.ts'
import { tokenAlgorithms } from '../contract/environment.ts'
import type { TokenClaims } from '../shapes/active-token.ts'
import { systemActor } from '../shapes/actor.ts'
import { type MasterKey, toMasterKey } from '../shapes/master-key.ts'
import { readAccessToken, signAccessToken } from './access-token.ts'
import { replaceSigningKey } from './replace-signing-key-store.ts'
import { ensureSigningKeys, loadSigningKeys, type SigningEnvironment } from './signing-key-store.ts'
import { createSigningKeys } from './signing-keys.ts'

const hour = 3_600_000
const minute = 60_000
const day = 24 * hour
const start = Date.parse('2026-01-01T00:00:00Z')
const claims: TokenClaims = {
  iss: 'https://a.example',
  aud: 'https://a.example',
  sub: 'c',
  client_id: 'c',
  jti: 'j',
  iat: 1,
  exp: 2,
  scope: 's',
  cnf: { 'x5t#S256': 't' },
}

describeWithFreshStores('signing keys', (store) => {
  const gatewayKey = toMasterKey(randomBytes(32))
  const environment: SigningEnvironment = {
    name: 'production',
    tokenSeconds: 900,
    tokenAlgorithm: 'ES256',
    profile: 'oauth2',
  }
  const ensure = (now: number, changes: Partial<SigningEnvironment> = {}, key: MasterKey = gatewayKey) =>
    ensureSigningKeys(store.database, [{ ...environment, ...changes }], key, { now: () => now })
  const load = async (now: number) => {
    const keys = createSigningKeys()
    keys.replace(await loadSigningKeys(store.database.queries, gatewayKey, now))
    return keys
  }

  beforeEach(() => ensure(start))

  test('are created once, however many processes call it', async () => {
    await Promise.all([ensure(start), ensure(start)])
    await ensure(start + day)
    expect((await load(start)).toJwks('production', start).keys).toHaveLength(1)
  })

  test('expose nothing of the private key in the published set', async () => {
    const { keys } = (await load(start)).toJwks('production', start)
    expect(Object.keys(keys[0] ?? {}).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
  })

  test('publish the public key of their own private key, whatever the store contains', async () => {
    const row = () => store.database.queries.selectFrom('signing_keys').select('public_jwk')
    const { public_jwk } = await row().executeTakeFirstOrThrow()
    const planted = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
    const update = (jwk: string) =>
      store.database.queries.updateTable('signing_keys').set({ public_jwk: jwk }).execute()
    await update(JSON.stringify(planted))
    const { keys } = (await load(start)).toJwks('production', start)
    await update(public_jwk)
    expect(keys[0]).toMatchObject(JSON.parse(public_jwk))
  })

  test('cannot be opened with a wrong key, and then nothing changes', async () => {
    await expect(ensure(start + 100 * day, {}, toMasterKey(randomBytes(32)))).rejects.toMatchObject({
      code: 'master_key_wrong',
    })
    await expect(
      loadSigningKeys(store.database.queries, toMasterKey(randomBytes(32)), start),
    ).rejects.toMatchObject({
      code: 'master_key_wrong',
    })
    expect((await load(start)).toJwks('production', start).keys).toHaveLength(1)
  })

  test('rotate with an overlap period: published first, then signing, the old one accepted until the end', async () => {
    const now = start + 91 * day
    const old = (await load(now)).findSigning('production', now)
    if (old === undefined) throw new Error('there is no key')
    const token = await signAccessToken(old, claims)
    await ensure(now)
    const keys = await load(now)
    expect(keys.toJwks('production', now).keys).toHaveLength(2)
    expect(keys.findSigning('production', now)?.id).toBe(old.id)
    const next = keys.findSigning('production', now + hour)
    expect(next?.id).not.toBe(old.id)
    const readAt = (at: number) => readAccessToken(token, (kid) => keys.findAccepted('production', kid, at))
    expect(await readAt(now + hour + 900_000)).toMatchObject({ claims })
    expect(await readAt(now + hour + 900_000 + 300_000)).toBeUndefined()
  })

  test('are revoked with their tokens immediately if the profile does not allow their algorithm', async () => {
    const environment = { name: 'fapi' }
    await ensure(start, { ...environment, tokenAlgorithm: 'RS256' })
    const old = (await load(start)).findSigning('fapi', start)
    await ensure(start + 1, { ...environment, profile: 'fapi2' })
    const keys = await load(start + 1)
    expect(keys.findSigning('fapi', start + 1)?.algorithm).toBe('ES256')
    expect(keys.findAccepted('fapi', old?.id ?? '', start + 1)).toBeUndefined()
    expect(keys.toJwks('fapi', start + 1).keys.map(({ alg }) => alg)).toEqual(['ES256'])
  })

  test.each(tokenAlgorithms)(
    'sign with %s if it is configured, and jose verifies it',
    async (tokenAlgorithm) => {
      const name = `signs-${tokenAlgorithm}`
      await ensure(start, { name, tokenAlgorithm })
      const keys = await load(start)
      const key = keys.findSigning(name, start)
      if (key === undefined) throw new Error('there is no key')
      const token = await signAccessToken(key, claims)
      expect(await readAccessToken(token, () => key)).toMatchObject({ claims, keyId: key.id })
      expect(await readAccessToken(`${token.slice(0, -4)}AAAA`, () => key)).toBeUndefined()
      const published = createLocalJWKSet(keys.toJwks(name, start) as never)
      const verified = await jwtVerify(token, published, {
        algorithms: [tokenAlgorithm],
        currentDate: new Date(claims.iat * 1000),
      })
      expect(verified.payload).toMatchObject(claims)
    },
  )

  test('follow the configured algorithm', async () => {
    const now = start + 92 * day
    await ensure(now, { tokenAlgorithm: 'RS256' })
    expect((await load(now)).findSigning('production', now + hour)?.algorithm).toBe('RS256')
  })

  test('rotate with an overlap period between two algorithms that the profile allows', async () => {
    const fapi = { name: 'fapi-overlap', profile: 'fapi2' as const }
    await ensure(start, { ...fapi, tokenAlgorithm: 'ES256' })
    await ensure(start + 1, { ...fapi, tokenAlgorithm: 'PS256' })
    const keys = await load(start + 1)
    expect(keys.findSigning(fapi.name, start + 1)?.algorithm).toBe('ES256')
    expect(keys.findSigning(fapi.name, start + 1 + hour)?.algorithm).toBe('PS256')
  })

  describe('replaced before their time', () => {
    const now = start + day
    const place = (name: string): SigningEnvironment => ({ ...environment, name })
    const replace = (name: string, isImmediate: boolean, at = now, key = gatewayKey) =>
      replaceSigningKey(store.database, place(name), key, {
        ...{ isImmediate, now: at },
        actor: systemActor('test'),
      })
    const kidsAt = async (name: string, at: number) =>
      (await load(at)).toJwks(name, at).keys.map(({ kid }) => kid)
    const readAudit = () =>
      store.database.queries
        .selectFrom('audit')
        .select(['action', 'subject_id', 'after'])
        .where('action', '=', 'signing_key.replaced')
        .execute()
    /** Creates the first key of an environment, and a token of it. */
    const begin = async (name: string) => {
      await ensure(start, { name })
      const old = (await load(now)).findSigning(name, now)
      if (old === undefined) throw new Error('there is no key')
      return { old, token: await signAccessToken(old, claims) }
    }

    test('overlap as always, and once, however often that is asked', async () => {
      const { old, token } = await begin('early')
      const replaced = await replace('early', false)
      expect(replaced).toEqual({ isNew: true, signsFrom: now + hour, acceptedUntil: now + hour + 1_200_000 })
      const again = await Promise.all([replace('early', false), replace('early', false, now + 1)])
      expect(again).toEqual([1, 2].map(() => ({ ...replaced, isNew: false })))
      // Neither does the next scheduled look, nor an hour later.
      await ensure(now + 2 * hour, { name: 'early' })
      const keys = await load(now)
      expect(await kidsAt('early', now)).toHaveLength(2)
      expect(keys.findSigning('early', now)?.id).toBe(old.id)
      expect(keys.findSigning('early', now + hour)?.id).not.toBe(old.id)
      const readAt = (at: number) => readAccessToken(token, (kid) => keys.findAccepted('early', kid, at))
      expect(await readAt(now + hour + 900_000)).toMatchObject({ claims })
      expect(await kidsAt('early', now + hour + 1_200_000)).not.toContain(old.id)
      const audited = await readAudit()
      expect(audited).toHaveLength(1)
      expect(JSON.parse(audited[0]?.after ?? '')).toEqual({
        ...{ environment: 'early', algorithm: 'ES256' },
        signsFrom: new Date(replaced.signsFrom).toISOString(),
        formerAcceptedUntil: new Date(replaced.acceptedUntil).toISOString(),
      })
    })

    test('at once: every present key ends with its tokens, also by clocks that are behind', async () => {
      const { old, token } = await begin('known')
      await replace('known', false)
      const both = await kidsAt('known', now)
      expect(await replace('known', true)).toEqual({ isNew: true, signsFrom: now, acceptedUntil: now })
      const behind = now - 299_000
      const keys = await load(behind)
      expect(await kidsAt('known', behind)).toHaveLength(1)
      expect(both).not.toContain((await kidsAt('known', behind))[0])
      expect(keys.findAccepted('known', old.id, behind)).toBeUndefined()
      expect(await readAccessToken(token, (kid) => keys.findAccepted('known', kid, behind))).toBeUndefined()
      const next = keys.findSigning('known', behind)
      expect([next?.id]).toEqual(await kidsAt('known', behind))
      // The scheduled look finds a young key.
      await ensure(now + hour, { name: 'known' })
      expect(await kidsAt('known', now + hour)).toEqual([next?.id])
    })

    test('at once: also one that ended a moment ago, for clocks that are behind', async () => {
      const { old } = await begin('behind')
      const { acceptedUntil } = await replace('behind', false)
      await replace('behind', true, acceptedUntil + minute)
      expect(
        (await load(acceptedUntil - minute)).findAccepted('behind', old.id, acceptedUntil - minute),
      ).toBeUndefined()
    })

    test('leave those of other environments alone, and change nothing with a wrong key', async () => {
      const { old } = await begin('other')
      await begin('mine')
      await replace('mine', true)
      expect(await kidsAt('other', now)).toEqual([old.id])
      const before = await kidsAt('mine', now)
      for (const isImmediate of [true, false])
        await expect(replace('mine', isImmediate, now, toMasterKey(randomBytes(32)))).rejects.toMatchObject({
          code: 'master_key_wrong',
        })
      expect(await kidsAt('mine', now)).toEqual(before)
    })

    test('may not be there yet', async () => {
      expect(await replace('young', false)).toEqual({ isNew: true, signsFrom: now, acceptedUntil: now })
      expect((await load(now)).findSigning('young', now)).toBeDefined()
    })
  })
})
