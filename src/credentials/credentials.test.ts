import { createHash } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { systemActor } from '../audit/record-audit.ts'
import { NewCredential } from '../contract/credential.ts'
import { latestVersion, readChanges } from '../storage/change-log.ts'
import { createCredential } from './create-credential.ts'
import { assertNetwork, createClientSecret } from './credential.ts'
import { type CredentialStore, createCredentialStore } from './credential-store.ts'

const actor = systemActor('test')
const environment = { name: 'production', scopes: [{ name: 'payments:read' }] }

describeOnBothEngines('API credentials', (store) => {
  let credentials: CredentialStore
  let now = 1_800_000_000_000
  // Every reading is a millisecond later, so that the order of what was made is known.
  const clock = { now: () => ++now }
  const acme = { id: 'org_acme', slug: 'acme' }
  const globex = { id: 'org_globex', slug: 'globex' }
  const create = (input: object, organization = acme) =>
    createCredential(
      { credentials, clock },
      actor,
      { organization, environment },
      NewCredential.parse({ name: 'Checkout', ...input }),
    )

  beforeAll(async () => {
    credentials = createCredentialStore(store.database)
    for (const { id, slug } of [acme, globex]) {
      await store.database.queries
        .insertInto('organizations')
        .values({ id, slug, legal_name: slug, country: 'GB', state: '', created_at: 1 })
        .execute()
    }
  })

  test('the secret is in the first answer only; the store holds its hash', async () => {
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

  test('a rotation keeps the old secret for the overlap, and never makes it live longer', async () => {
    const { id } = await create({})
    const second = await credentials.addSecret(
      acme.id,
      id,
      createClientSecret(),
      3_600_000,
      { actor },
      clock.now(),
    )
    expect(second.secrets.map((secret) => secret.expiresAt)).toEqual([
      null,
      new Date(now + 3_600_000).toISOString(),
    ])
    now += 1_800_000
    const third = await credentials.addSecret(
      acme.id,
      id,
      createClientSecret(),
      7 * 86_400_000,
      { actor },
      now,
    )
    expect(third.secrets.at(-1)?.expiresAt).toBe(second.secrets.at(-1)?.expiresAt)
    now += 3_600_000
    const fourth = await credentials.addSecret(acme.id, id, createClientSecret(), 0, { actor }, clock.now())
    expect(fourth.secrets.filter((secret) => secret.expiresAt === null)).toHaveLength(1)
    expect(fourth.secrets).toHaveLength(3)
  })

  test('of two rotations at once one secret goes on and the others end', async () => {
    const { id } = await create({})
    const rotate = () =>
      credentials.addSecret(acme.id, id, createClientSecret(), 3_600_000, { actor }, clock.now())
    await Promise.all(Array.from({ length: 8 }, rotate))
    const { secrets } = await credentials.get(acme.id, id)
    expect(secrets.filter(({ expiresAt }) => expiresAt === null)).toHaveLength(1)
    expect(secrets).toHaveLength(9)
  })

  test('another organization finds nothing, and a deleted credential is gone for its own', async () => {
    const { id } = await create({})
    await expect(credentials.get(globex.id, id)).rejects.toMatchObject({ code: 'not_found' })
    await expect(credentials.delete(globex.id, id, { actor }, clock.now())).rejects.toMatchObject({
      code: 'not_found',
    })
    await credentials.delete(acme.id, id, { actor }, clock.now())
    await expect(credentials.get(acme.id, id)).rejects.toMatchObject({ code: 'not_found' })
    await expect(credentials.delete(acme.id, id, { actor }, clock.now())).rejects.toMatchObject({
      code: 'not_found',
    })
  })

  test('what does not exist is refused and changes nothing', async () => {
    const before = await latestVersion(store.database.queries)
    await expect(create({ scopes: ['payments:steal'] })).rejects.toMatchObject({ code: 'scope_unknown' })
    await expect(create({ networks: ['300.0.0.0/8'] })).rejects.toMatchObject({ code: 'network_invalid' })
    await expect(create({ certificateIds: [`cert_${'0'.repeat(26)}`] })).rejects.toMatchObject({
      code: 'not_found',
    })
    expect(await latestVersion(store.database.queries)).toBe(before)
  })

  test('a certificate-authenticated credential has no secret to rotate', async () => {
    const created = await create({ tlsClientAuth: { kind: 'san_uri', value: 'urn:x' } })
    expect(created.clientSecret).toBeNull()
    await expect(
      credentials.addSecret(acme.id, created.id, createClientSecret(), 0, { actor }, clock.now()),
    ).rejects.toMatchObject({ code: 'credential_wrong_kind' })
  })

  test('pages come newest first and without gaps', async () => {
    const made: string[] = []
    for (let count = 0; count < 5; count++) made.unshift((await create({ name: `n${count}` }, globex)).id)
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await credentials.list(globex.id, 'production', { cursor, limit: 2 })
      seen.push(...page.items.map((item) => item.id))
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
    expect(seen).toEqual(made)
    expect((await credentials.list(globex.id, 'staging', { limit: 2 })).items).toEqual([])
  })
})

test.each(['203.0.113.0/24', '2001:db8::/32', '10.0.0.1/32'])('%s is a network', (range) => {
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
])('%s is none', (range) => {
  expect(() => assertNetwork(range)).toThrow(/address and a length/)
})
