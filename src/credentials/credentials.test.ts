import { createHash, generateKeyPairSync } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { CredentialChange, NewCredential } from '../contract/credential.ts'
import type { Profile } from '../contract/environment.ts'
import { assertNetwork } from '../network-range.ts'
import { systemActor } from '../shapes/actor.ts'
import { noLimits } from '../shapes/organization.ts'
import { latestVersion, readChanges } from '../storage/change-log.ts'
import { createCredential } from './create-credential.ts'
import { createClientSecret } from './credential.ts'
import { type CredentialSecretStore, createCredentialSecretStore } from './credential-secret-store.ts'
import { type CredentialStore, createCredentialStore } from './credential-store.ts'
import { updateCredential } from './update-credential.ts'

const actor = systemActor('test')
const environment = { name: 'production', profile: 'oauth2' as Profile, scopes: [{ name: 'payments:read' }] }

describeOnBothEngines('API credentials', (store) => {
  let credentials: CredentialStore
  let secrets: CredentialSecretStore
  let now = 1_800_000_000_000
  // Every reading is a millisecond later, so that the order of creation is known.
  const clock = { now: () => ++now }
  const acme = { id: 'org_acme', slug: 'acme', limits: noLimits }
  const globex = { id: 'org_globex', slug: 'globex', limits: noLimits }
  const create = (input: object, organization = acme) =>
    createCredential(
      { credentials, clock, defaults: { maxCredentials: 1000 } },
      actor,
      { organization, environment },
      NewCredential.parse({ name: 'Checkout', ...input }),
    )

  beforeAll(async () => {
    credentials = createCredentialStore(store.database)
    secrets = createCredentialSecretStore(store.database)
    for (const { id, slug } of [acme, globex]) {
      await store.database.queries
        .insertInto('organizations')
        .values({ id, slug, legal_name: slug, country: 'GB', state: '', created_at: 1 })
        .execute()
    }
  })

  test('return the secret in the first response only, and store its hash', async () => {
    const before = await latestVersion(store.database.queries)
    const created = await create({ scopes: ['payments:read'] })
    expect(created.clientSecret).toMatch(/^pos_[A-Za-z0-9_]{43}$/)
    expect(JSON.stringify(await credentials.get(acme.id, created.id))).not.toContain(created.clientSecret)
    const row = await store.database.queries
      .selectFrom('credential_secrets')
      .selectAll()
      .where('credential_id', '=', created.id)
      .executeTakeFirstOrThrow()
    expect(row.secret_sha256).toBe(
      createHash('sha256')
        .update(created.clientSecret ?? '')
        .digest('hex'),
    )
    const audit = await store.database.queries
      .selectFrom('audit')
      .selectAll()
      .where('subject_id', '=', created.id)
      .execute()
    expect(audit.map((entry) => entry.action)).toEqual(['credential.created'])
    expect(JSON.stringify(audit)).not.toContain(created.clientSecret)
    expect(await readChanges(store.database.queries, before)).toMatchObject([
      { kind: 'credential', subjectId: created.id },
    ])
  })

  const rotate = async (id: string, overlapMs = 3_600_000, organizationId = acme.id) => {
    const secret = createClientSecret()
    await secrets.add({ organizationId, credentialId: id }, secret, overlapMs, {
      actor,
      now: clock.now(),
    })
    return credentials.get(organizationId, id)
  }
  const endsOf = async (id: string) =>
    (await credentials.get(acme.id, id)).secrets.map(({ expiresAt }) => expiresAt)

  test('keep the old secret for the overlap period of a rotation, and end it afterwards', async () => {
    const { id } = await create({})
    const { secrets: both } = await rotate(id)
    expect(both.map(({ expiresAt }) => expiresAt)).toEqual([null, new Date(now + 3_600_000).toISOString()])
    now += 3_700_000
    const { secrets: after } = await rotate(id, 0)
    expect(after.map(({ id: one }) => one)).toContain(both[0]?.id)
    expect(after.map(({ id: one }) => one)).not.toContain(both[1]?.id)
  })

  test('get no third secret while two are valid, so that no secret in use ends', async () => {
    const { id } = await create({})
    await rotate(id)
    const before = await latestVersion(store.database.queries)
    await expect(rotate(id)).rejects.toMatchObject({ code: 'credential_secrets_full' })
    expect(await latestVersion(store.database.queries)).toBe(before)
    expect(await endsOf(id)).toHaveLength(2)
  })

  test('get one second secret from many concurrent rotations', async () => {
    const { id } = await create({})
    const all = await Promise.allSettled(Array.from({ length: 8 }, () => rotate(id)))
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await endsOf(id)).toEqual([null, expect.any(String)])
  })

  test('lose one of two secrets immediately, and keep the other without an expiry', async () => {
    const { id } = await create({})
    const { secrets: both } = await rotate(id)
    const which = { organizationId: acme.id, credentialId: id }
    const end = (secretId = '', organizationId = acme.id) =>
      secrets.end({ ...which, organizationId }, secretId, { actor, now: clock.now() })
    await expect(end(both[0]?.id, globex.id)).rejects.toMatchObject({ code: 'not_found' })
    await expect(end('sec_nobody')).rejects.toMatchObject({ code: 'not_found' })
    await end(both[0]?.id)
    expect(await endsOf(id)).toEqual([null])
    await expect(end(both[1]?.id)).rejects.toMatchObject({ code: 'credential_last_secret' })
    expect(await endsOf(id)).toEqual([null])
    await rotate(id)
  })

  test('have an audit row with the previous values for each change, and none for a change to the same values', async () => {
    const { id } = await create({ scopes: ['payments:read'], networks: ['10.0.0.0/8'] })
    const change = (body: object, organization = acme) =>
      updateCredential(
        { credentials, environments: new Map([['production', environment]]), clock },
        actor,
        { organization, credentialId: id },
        CredentialChange.parse(body),
      )
    const networks = ['192.0.2.0/24', '2001:db8::/32']
    const changed = await change({ name: 'Renamed', scopes: null, networks })
    expect(changed).toMatchObject({
      name: 'Renamed',
      scopes: null,
      networks: ['192.0.2.0/24', '2001:db8::/32'],
    })
    const version = await latestVersion(store.database.queries)
    await change({ name: 'Renamed' })
    expect(await latestVersion(store.database.queries)).toBe(version)
    for (const [body, code] of [
      [{ scopes: ['payments:steal'] }, 'scope_unknown'],
      [{ networks: ['10.0.0.1'] }, 'network_invalid'],
      [{ certificateIds: [`cert_${'0'.repeat(26)}`] }, 'not_found'],
    ] as const)
      await expect(change(body)).rejects.toMatchObject({ code })
    await expect(change({ name: 'Mine' }, globex)).rejects.toMatchObject({ code: 'not_found' })
    expect(await credentials.get(acme.id, id)).toEqual(changed)
    const audit = await store.database.queries
      .selectFrom('audit')
      .select(['before', 'after'])
      .where('subject_id', '=', id)
      .where('action', '=', 'credential.updated')
      .execute()
    expect(audit.map(({ before }) => JSON.parse(before ?? ''))).toEqual([
      { name: 'Checkout', scopes: ['payments:read'], networks: ['10.0.0.0/8'] },
    ])
  })

  test('keep a restriction that a change omits, and show an empty list as one', async () => {
    const { id } = await create({ scopes: ['payments:read'], networks: ['10.0.0.0/8'] })
    const parts = { credentials, environments: new Map([['production', environment]]), clock }
    const place = { organization: acme, credentialId: id }
    const change = (body: object) => updateCredential(parts, actor, place, CredentialChange.parse(body))
    expect(await change({ description: 'x' })).toMatchObject({
      ...{ scopes: ['payments:read'], networks: ['10.0.0.0/8'], certificateIds: null },
    })
    const { queries } = store.database
    await queries.updateTable('credentials').set({ scopes: '[]' }).where('id', '=', id).execute()
    expect(await change({ networks: null })).toMatchObject({ scopes: [], networks: null })
  })

  test('are not found by another organization, and not found by their own after deletion', async () => {
    const { id } = await create({})
    await expect(credentials.get(globex.id, id)).rejects.toMatchObject({ code: 'not_found' })
    await expect(credentials.delete(globex.id, id, { actor, now: clock.now() })).rejects.toMatchObject({
      code: 'not_found',
    })
    await credentials.delete(acme.id, id, { actor, now: clock.now() })
    await expect(credentials.get(acme.id, id)).rejects.toMatchObject({ code: 'not_found' })
    await expect(credentials.delete(acme.id, id, { actor, now: clock.now() })).rejects.toMatchObject({
      code: 'not_found',
    })
  })

  test('reject references to missing objects without a change', async () => {
    const before = await latestVersion(store.database.queries)
    await expect(create({ scopes: ['payments:steal'] })).rejects.toMatchObject({ code: 'scope_unknown' })
    await expect(create({ networks: ['300.0.0.0/8'] })).rejects.toMatchObject({ code: 'network_invalid' })
    await expect(create({ certificateIds: [`cert_${'0'.repeat(26)}`] })).rejects.toMatchObject({
      code: 'not_found',
    })
    expect(await latestVersion(store.database.queries)).toBe(before)
  })

  test('reject a value that no certificate can have without creating anything', async () => {
    const count = async () => (await credentials.list(acme.id, { limit: 200 })).items.length
    const before = await count()
    for (const [kind, value] of [
      ['subject_dn', 'not a dn'],
      ['san_dns', 'https://example.com'],
      ['san_uri', '/no/scheme'],
      ['san_ip', '999.1.1.1'],
      ['san_email', 'Robot <robot@example.com>'],
    ])
      await expect(create({ tlsClientAuth: { kind, value } })).rejects.toMatchObject({
        code: 'client_name_invalid',
      })
    expect(await count()).toBe(before)
  })

  test('have no secret to rotate if the client authenticates with a certificate', async () => {
    const created = await create({ tlsClientAuth: { kind: 'san_uri', value: 'urn:x' } })
    expect(created.clientSecret).toBeNull()
    await expect(rotate(created.id)).rejects.toMatchObject({ code: 'credential_wrong_kind' })
  })

  const keyOf = (kid: string) => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    return { ...publicKey.export({ format: 'jwk' }), kid }
  }

  test('with public keys in place of a secret show and change them, and have no secret to rotate', async () => {
    const created = await create({ jwks: { keys: [keyOf('first')] } })
    expect(created).toMatchObject({
      clientSecret: null,
      secrets: [],
      jwks: { keys: [{ kid: 'first', alg: 'ES256' }] },
    })
    await expect(rotate(created.id)).rejects.toMatchObject({ code: 'credential_wrong_kind' })
    const parts = { credentials, environments: new Map([['production', environment]]), clock }
    const change = (credentialId: string, jwks: object) =>
      updateCredential(parts, actor, { organization: acme, credentialId }, CredentialChange.parse({ jwks }))
    const before = await latestVersion(store.database.queries)
    const changed = await change(created.id, { keys: [keyOf('second'), keyOf('third')] })
    expect(changed.jwks?.keys.map(({ kid }) => kid)).toEqual(['second', 'third'])
    expect(await readChanges(store.database.queries, before)).toMatchObject([
      { kind: 'credential', subjectId: created.id },
    ])
    const { privateKey } = generateKeyPairSync('ed25519')
    const leaked = { keys: [privateKey.export({ format: 'jwk' })] }
    await expect(change(created.id, leaked)).rejects.toMatchObject({ code: 'client_key_is_private' })
    expect((await credentials.get(acme.id, created.id)).jwks).toEqual(changed.jwks)
    const withSecret = await create({})
    await expect(change(withSecret.id, { keys: [keyOf('x')] })).rejects.toMatchObject({
      code: 'credential_wrong_kind',
    })
  })

  test('get no secret in an environment with FAPI 2.0', async () => {
    const make = (input: object) =>
      createCredential(
        { credentials, clock, defaults: { maxCredentials: 1000 } },
        actor,
        { organization: acme, environment: { ...environment, profile: 'fapi2' } },
        NewCredential.parse({ name: 'Checkout', ...input }),
      )
    const before = await latestVersion(store.database.queries)
    await expect(make({})).rejects.toMatchObject({ code: 'client_secret_not_allowed' })
    expect(await latestVersion(store.database.queries)).toBe(before)
    expect((await make({ jwks: { keys: [keyOf('a')] } })).clientSecret).toBeNull()
    expect((await make({ tlsClientAuth: { kind: 'san_dns', value: 'a.example' } })).clientSecret).toBeNull()
    const both = {
      name: 'x',
      jwks: { keys: [keyOf('a')] },
      tlsClientAuth: { kind: 'san_dns', value: 'a.example' },
    }
    expect(NewCredential.safeParse(both).success).toBe(false)
  })

  test('are listed in pages, newest first and without gaps', async () => {
    const made: string[] = []
    for (let count = 0; count < 5; count++) made.unshift((await create({ name: `n${count}` }, globex)).id)
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await credentials.list(globex.id, { cursor, limit: 2 })
      seen.push(...page.items.map((item) => item.id))
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
    expect(seen).toEqual(made)
    expect((await credentials.list(globex.id, { environment: 'staging', limit: 2 })).items).toEqual([])
  })
})

test.each(['203.0.113.0/24', '2001:db8::/32', '10.0.0.1/32'])('%s is a valid network', (range) => {
  expect(() => assertNetwork(range)).not.toThrow()
})
test.each([
  '203.0.113.0',
  '203.0.113.0/33',
  '2001:db8::/129',
  'localhost/8',
  '10.0.0.0/8/8',
  '',
  '10.0.0.0/-1',
])('%s is not a valid network', (range) => {
  expect(() => assertNetwork(range)).toThrow(/address and a length/)
})
