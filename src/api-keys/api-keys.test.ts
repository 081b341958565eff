import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { beforeAll, expect, test } from 'vitest'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { apiKeyPattern } from '../contract/api-key.ts'
import { systemActor } from '../shapes/actor.ts'
import { deleteOldRows } from '../storage/delete-old-rows.ts'
import { createApiKeySecret, hashApiKey, isApiKey } from './api-key-secret.ts'
import { type ApiKeyDraft, createApiKeyStore } from './api-key-store.ts'
import { createApiKeyUseStore } from './api-key-use-store.ts'
import { createApiKeyCheck } from './check-api-key.ts'

const actor = systemActor('test')
const day = 86_400_000
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

test('a secret has 256 random bits and a checksum that others can compute', () => {
  const texts = Array.from({ length: 200 }, () => createApiKeySecret().text)
  expect(new Set(texts).size).toBe(200)
  for (const text of texts) {
    expect(text).toMatch(apiKeyPattern)
    const [random, checksum] = [text.slice(4, 47), text.slice(47)]
    let number = 0
    for (const letter of checksum) number = number * 62 + alphabet.indexOf(letter)
    expect(number).toBe(crc32(random))
    expect(isApiKey(text)).toBe(true)
  }
  const [text = ''] = texts
  const other = text.at(10) === 'a' ? 'b' : 'a'
  for (const wrong of [
    '',
    'pst_',
    text.slice(0, -1),
    `${text}a`,
    ` ${text}`,
    text.slice(0, 10) + other + text.slice(11),
  ])
    expect([wrong, isApiKey(wrong)]).toEqual([wrong, false])
})

/** Three attempts of an address that fail or have not ended, then a pause of four seconds. */
function createPace() {
  const counts = new Map<string, number>()
  const add = (key: string, count: number) => counts.set(key, (counts.get(key) ?? 0) + count)
  return {
    millisecondsLeft: (key: string) => ((counts.get(key) ?? 0) < 3 ? 0 : 4000),
    begin: (key: string) => add(key, 1),
    fail() {},
    takeBack: (key: string) => add(key, -1),
  }
}

describeOnBothEngines('API keys', (store) => {
  let now = 1_800_000_000_000
  const clock = { now: () => now }
  const acme = { organizationId: 'org_keys' }
  const globex = { organizationId: 'org_keys_other' }
  const ada = { userId: 'usr_keys', signedInBy: null }
  const leaver = { userId: 'usr_keys_leaver', signedInBy: null }
  const keys = () => createApiKeyStore(store.database, clock)
  const draft = (given: Partial<ApiKeyDraft> = {}): ApiKeyDraft => ({
    ...{ name: 'Łódź Płatności S.A.', role: 'developer', scopes: null, networks: null, limitedTo: null },
    ...{ secret: createApiKeySecret(), expiresAt: now + 90 * day },
    ...given,
  })
  const act = () => ({ actor, now })
  /** A portal process: its queries are counted, and its clock of a cache is that of the test. */
  let elapsed = 0
  const createProcess = () => {
    const uses = createApiKeyUseStore(store.database, clock)
    let queries = 0
    const pace = createPace()
    const check = createApiKeyCheck({
      uses: {
        note: uses.note,
        find: (hash) => {
          queries += 1
          return uses.find(hash)
        },
      },
      ...{ pace, clock, elapsed: () => elapsed },
    })
    return { ...check, flush: uses.flush, queries: () => queries }
  }
  const client = { address: '203.0.113.7', isOwn: true }

  beforeAll(async () => {
    const { queries } = store.database
    for (const { organizationId: id } of [acme, globex])
      await queries
        .insertInto('organizations')
        .values({
          id,
          slug: id.replaceAll('_', '-'),
          legal_name: id,
          country: 'GB',
          state: '',
          created_at: 1,
        })
        .execute()
    const at = new Date(now).toISOString()
    for (const [id, email] of [
      [ada.userId, 'ada@keys.example'],
      [leaver.userId, 'leaver@keys.example'],
    ] as const)
      await queries
        .insertInto('users')
        .values({
          ...{ id, email, name: 'Ada', email_verified: 1, image: null },
          ...{ operator_role: null, must_change_password: 0, created_at: at, updated_at: at },
        })
        .execute()
  })

  test('are stored as hashes, and neither answer nor audit log has the secret', async () => {
    const secret = createApiKeySecret()
    const created = await keys().insert(acme, draft({ secret, networks: ['10.0.0.0/8'] }), act())
    expect(created).toMatchObject({
      ...{ name: 'Łódź Płatności S.A.', organization: 'org-keys', networks: ['10.0.0.0/8'] },
      secrets: [{ prefix: secret.text.slice(0, 10) }],
    })
    const { queries } = store.database
    const stored = await queries
      .selectFrom('api_key_secrets')
      .selectAll()
      .where('api_key_id', '=', created.id)
      .execute()
    expect(stored).toMatchObject([{ sha256: createHash('sha256').update(secret.text).digest('base64url') }])
    await keys().delete(acme, created.id, act())
    const audit = await queries.selectFrom('audit').selectAll().where('subject_id', '=', created.id).execute()
    expect(audit.map(({ action }) => action)).toEqual(['api_key.created', 'api_key.deleted'])
    const kept = JSON.stringify([stored, audit, created])
    expect(kept).not.toContain(secret.text)
    expect(kept).not.toContain(secret.text.slice(12))
    expect(
      await queries
        .selectFrom('api_key_secrets')
        .select('sha256')
        .where('api_key_id', '=', created.id)
        .execute(),
    ).toEqual([])
  })

  test('of one owner are not those of another, whatever the ID', async () => {
    const { id } = await keys().insert(acme, draft(), act())
    const own = await keys().insert(ada, draft({ limitedTo: acme.organizationId }), act())
    for (const owner of [globex, ada, { userId: 'usr_other', signedInBy: null }])
      await expect(keys().get(owner, id)).rejects.toMatchObject({ code: 'not_found' })
    // The key of a user that is limited to an organization is not the organization's.
    await expect(keys().delete(acme, own.id, act())).rejects.toMatchObject({ code: 'not_found' })
    expect((await keys().list(acme, { limit: 50 })).items.map((key) => key.id)).toEqual([id])
    expect((await keys().list(ada, { limit: 50 })).items.map((key) => key.id)).toEqual([own.id])
    await keys().delete(acme, id, act())
    await keys().delete(ada, own.id, act())
    await expect(keys().delete(acme, id, act())).rejects.toMatchObject({ code: 'not_found' })
  })

  test('are at most 20 of a user and 50 of an organization, also when created at once', async () => {
    for (const [owner, most] of [
      [ada, 20],
      [acme, 50],
    ] as const) {
      const ids: string[] = []
      for (let count = 0; count < most - 1; count++) {
        now += 1
        ids.push((await keys().insert(owner, draft(), act())).id)
      }
      now += 1
      const results = await Promise.allSettled([1, 2, 3].map(() => keys().insert(owner, draft(), act())))
      const codes = results.map((one) => (one.status === 'fulfilled' ? 'created' : one.reason.code))
      expect(codes.sort()).toEqual(['api_key_limit_reached', 'api_key_limit_reached', 'created'])
      const seen: string[] = []
      let cursor: string | undefined
      do {
        const page = await keys().list(owner, { limit: 7, cursor })
        seen.push(...page.items.map(({ id }) => id))
        cursor = page.nextCursor ?? undefined
      } while (cursor !== undefined)
      expect(seen.slice(1)).toEqual(ids.toReversed())
      for (const id of seen) await keys().delete(owner, id, act())
    }
  })

  test('have two secrets for the overlap of a rotation', async () => {
    const [first, second, third] = [createApiKeySecret(), createApiKeySecret(), createApiKeySecret()]
    const { id } = await keys().insert(acme, draft({ secret: first }), act())
    const process = createProcess()
    const works = async (text: string) => {
      elapsed += 1000
      return process.find(text, client).then(
        () => true,
        ({ code }) => code,
      )
    }
    now += 1
    const expiresAt = now + 30 * day
    const rotated = await keys().rotate(acme, id, { secret: second, overlapMs: 3_600_000, expiresAt }, act())
    expect(rotated.secrets.map(({ prefix }) => prefix)).toEqual([second.prefix, first.prefix])
    expect([await works(first.text), await works(second.text)]).toEqual([true, true])
    const again = { secret: third, overlapMs: 60_000, expiresAt }
    await expect(keys().rotate(acme, id, again, act())).rejects.toMatchObject({
      code: 'api_key_secrets_full',
    })
    now += 3_600_000
    expect([await works(first.text), await works(second.text)]).toEqual(['api_key_expired', true])
    // What has leaked ends with the rotation.
    await keys().rotate(acme, id, { ...again, overlapMs: 0 }, act())
    expect([await works(second.text), await works(third.text)]).toEqual(['api_key_expired', true])
    expect((await keys().get(acme, id)).secrets).toHaveLength(1)
    await keys().delete(acme, id, act())
  })

  test('are read by one query at most twice a second, and are dead in every process within a second', async () => {
    const secret = createApiKeySecret()
    const { id } = await keys().insert(acme, draft({ secret }), act())
    const [one, other] = [createProcess(), createProcess()]
    expect(one.identify(secret.text)).toBeUndefined()
    await Promise.all(Array.from({ length: 50 }, () => one.find(secret.text, client)))
    await other.find(secret.text, client)
    expect([one.queries(), other.queries(), one.identify(secret.text)]).toEqual([1, 1, id])
    await keys().delete(acme, id, act())
    elapsed += 500
    for (const process of [one, other]) {
      await expect(process.find(secret.text, client)).rejects.toMatchObject({ code: 'api_key_invalid' })
      expect(process.identify(secret.text)).toBeUndefined()
    }
  })

  test('work from their networks and until they expire', async () => {
    const secret = createApiKeySecret()
    const networks = ['10.0.0.0/8', '2001:db8::/32']
    const { id } = await keys().insert(ada, draft({ secret, networks, expiresAt: now + 1000 }), act())
    const { find } = createProcess()
    for (const address of ['10.1.2.3', '::ffff:10.1.2.3', '2001:db8::1'])
      expect(await find(secret.text, { address, isOwn: true })).toMatchObject({
        ...{ id, role: 'developer' },
        user: { email: 'ada@keys.example' },
      })
    for (const address of ['11.1.2.3', '2001:db9::1', 'not an address'])
      await expect(find(secret.text, { address, isOwn: true })).rejects.toMatchObject({
        code: 'api_key_network',
      })
    now += 1000
    await expect(find(secret.text, client)).rejects.toMatchObject({ code: 'api_key_expired' })
    await keys().delete(ada, id, act())
  })

  test('that are guessed cost no query without a checksum, and make further guesses of the address wait', async () => {
    const secret = createApiKeySecret()
    const { id } = await keys().insert(acme, draft({ secret }), act())
    const process = createProcess()
    await process.find(secret.text, client)
    for (const text of ['', 'pst_x', secret.text.slice(0, -1)])
      await expect(process.find(text, client)).rejects.toMatchObject({ code: 'api_key_invalid' })
    expect(process.queries()).toBe(1)
    const guess = (from = client) => process.find(createApiKeySecret().text, from)
    for (let count = 0; count < 3; count++)
      await expect(guess()).rejects.toMatchObject({ code: 'api_key_invalid' })
    await expect(guess()).rejects.toMatchObject({ code: 'too_many_requests', retryAfterSeconds: 4 })
    expect(process.queries()).toBe(4)
    // Neither who has a known key nor another address waits with the guesser.
    elapsed += 1000
    expect(await process.find(secret.text, client)).toMatchObject({ id })
    await expect(guess({ ...client, address: '198.51.100.1' })).rejects.toMatchObject({
      code: 'api_key_invalid',
    })
    // Behind a proxy that nobody trusts, all have one address.
    await expect(guess({ ...client, isOwn: false })).rejects.toMatchObject({ code: 'api_key_invalid' })
    await keys().delete(acme, id, act())
  })

  test('say when they were last used, written apart from requests, and never an earlier time', async () => {
    const secret = createApiKeySecret()
    const { id } = await keys().insert(acme, draft({ secret }), act())
    const process = createProcess()
    const lastUsedAt = async () => (await keys().list(acme, { limit: 1 })).items[0]?.lastUsedAt
    await process.find(secret.text, client)
    expect(await lastUsedAt()).toBeNull()
    const late = createProcess()
    await late.find(secret.text, client)
    now += 60_000
    await process.find(secret.text, client)
    await process.flush()
    expect(await lastUsedAt()).toBe(new Date(now).toISOString())
    await late.flush()
    expect(await lastUsedAt()).toBe(new Date(now).toISOString())
    await keys().delete(acme, id, act())
  })

  test('that expired are deleted after 30 days, and those of a deleted user at once', async () => {
    const secret = createApiKeySecret()
    const { id } = await keys().insert(acme, draft({ expiresAt: now + day }), act())
    const kept = await keys().insert(leaver, draft({ secret, expiresAt: now + 60 * day }), act())
    await deleteOldRows(store.database.queries, ['issue-certificate'], now + 30 * day)
    expect(await keys().get(acme, id)).toMatchObject({ id })
    await deleteOldRows(store.database.queries, ['issue-certificate'], now + 32 * day)
    await expect(keys().get(acme, id)).rejects.toMatchObject({ code: 'not_found' })
    expect(await keys().get(leaver, kept.id)).toMatchObject({ id: kept.id })
    await store.database.queries.deleteFrom('users').where('id', '=', leaver.userId).execute()
    await expect(keys().get(leaver, kept.id)).rejects.toMatchObject({ code: 'not_found' })
    const rows = await store.database.queries
      .selectFrom('api_key_secrets')
      .select('sha256')
      .where('sha256', '=', hashApiKey(secret.text))
      .execute()
    expect(rows).toEqual([])
  })
})
