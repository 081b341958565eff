import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { createExternalIssuerStore } from '../../src/authority/external-issuer-store.ts'
import { createRetirementStore } from '../../src/authority/retirement-store.ts'
import { createRegistrationStore } from '../../src/certificates/registration/registration-store.ts'
import { createClientSecret } from '../../src/credentials/credential.ts'
import { createCredentialSecretStore } from '../../src/credentials/credential-secret-store.ts'
import { createCredentialStore } from '../../src/credentials/credential-store.ts'
import { createPolicyStore } from '../../src/enforcement/policy-store.ts'
import { PosternError } from '../../src/errors.ts'
import { writeEmails } from '../../src/notifications/write-emails-store.ts'
import { createOrganizationStore } from '../../src/organizations/organization-store.ts'
import { parseCertificate } from '../../src/pki/certificate/certificate.ts'
import { systemActor } from '../../src/shapes/actor.ts'
import { addIssuer } from '../../src/signer/create-authority.ts'
import { type Database, openDatabase, type StorageLocation } from '../../src/storage/database.ts'
import { locks } from '../../src/storage/lock-order.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { openUsageStore } from '../../src/telemetry/usage-store.ts'
import { ensureSigningKeys } from '../../src/tokens/signing-key-store.ts'
import { createCertificateHarness, makeCsr } from '../support/certificate-harness.ts'
import { createPostgresDatabase } from '../support/postgres.ts'

const actor = systemActor('test')
const now = Date.now()
let location: StorageLocation
let database: Database
let other: Database

beforeAll(async () => {
  location = { engine: 'postgres', url: await createPostgresDatabase(inject('postgresUrl')) }
  database = await openDatabase(location)
  other = await openDatabase(location)
  await migrate(database)
})
afterAll(async () => {
  await database.close()
  await other.close()
})

/** Returns all statements to PostgreSQL in transactions while `work` runs, each with its first parameter. */
async function watchTransactions(work: () => Promise<unknown>): Promise<string[][]> {
  const transactions: string[][] = []
  const open = new Map<pg.Client, string[]>()
  const real = pg.Client.prototype.query
  pg.Client.prototype.query = function (this: pg.Client, ...given: unknown[]) {
    const [query, parameters] = given as [string | { text: string; values?: unknown[] }, unknown[]?]
    const text = typeof query === 'string' ? query : query.text
    const values = typeof query === 'string' ? parameters : query.values
    if (text.startsWith('begin;')) {
      const statements: string[] = []
      open.set(this, statements)
      transactions.push(statements)
    } else if (text === 'commit' || text === 'rollback') open.delete(this)
    else open.get(this)?.push(`${text} ${String(values?.[0])}`)
    return Reflect.apply(real, this, given)
  } as typeof real
  try {
    await work()
  } finally {
    pg.Client.prototype.query = real
  }
  return transactions
}

const lockOf = (lock: number) => `select pg_advisory_xact_lock($1) ${lock}`
const firstLock = lockOf(locks.record)
const isWrite = (statement: string) => /^(insert|update|delete)|for (no key )?update/.test(statement)
const isRecord = (statement: string) => /^insert into "(audit|changes)"/.test(statement)

test('every change takes the record lock first, and no change takes it later', async () => {
  const all = await watchTransactions(changeEverything)
  const isMaking = ([first]: string[]) => first === lockOf(locks.makeKeys)
  const transactions = all.filter((statements) => !isMaking(statements))
  // Work that takes long blocks no other change, and locks no row before it has the record lock.
  for (const statements of all.filter(isMaking))
    expect(statements.findIndex(isWrite)).toBeGreaterThan(statements.indexOf(firstLock))
  const recording = transactions.filter((statements) => statements.some(isRecord))
  for (const statements of recording) expect(statements[0]).toBe(firstLock)
  for (const statements of transactions) expect(statements.indexOf(firstLock)).toBeLessThanOrEqual(0)
  // Every action of the audit log, except those of commands that run alone.
  const rows = await database.queries.selectFrom('audit').select('action').distinct().execute()
  expect(rows.map(({ action }) => action)).toEqual(
    expect.arrayContaining([
      ...['certificate.created', 'certificate.submitted', 'certificate.planned', 'certificate.issued'],
      ...['certificate.approved', 'certificate.rejected', 'certificate.cancelled', 'certificate.updated'],
      ...['certificate.revoked', 'credential.created', 'credential.updated', 'credential.secret_rotated'],
      ...['credential.secret_ended', 'credential.deleted', 'enforcement.decided', 'issuer.created'],
      ...['issuer.trusted', 'issuer.retirement_set', 'organization.created', 'member.added'],
      ...['registration.created', 'registration.cancelled', 'revocation_list.signed'],
    ]),
  )
  expect(recording.length).toBeGreaterThan(25)
})

async function changeEverything(): Promise<void> {
  const harness = await createCertificateHarness(database)
  const acme = await harness.addOrganization('acme')
  const issued = await harness.issueOne(acme, { contacts: ['team@acme.example'] })
  await harness.certificates.update(acme.id, issued.id, { description: 'other' }, { actor, now })
  await harness.revoke(acme, issued)
  await harness.publisher.publishDue()
  const draft = await harness.createDraft(acme)
  await harness.certificates.cancel(acme.id, draft.id, { actor, now })
  for (const approve of [true, false]) {
    const { id } = await harness.createDraft(acme, 'careful')
    await harness.submit(acme, id, makeCsr())
    await harness.issue.issuance.decide(id, { approve, reason: 'because', seal: null }, [], { actor, now })
  }
  await changeCredentials(acme.id)
  await changeAuthorities(harness, acme.id)
  const organizations = createOrganizationStore(database)
  const user = { email: 'a@acme.example', name: 'A', created_at: '', updated_at: '' }
  await database.queries
    .insertInto('users')
    .values({
      id: 'usr_a',
      ...user,
      email_verified: 1,
      image: null,
      operator_role: null,
      must_change_password: 0,
    })
    .execute()
  await organizations.insertMember(acme.id, 'usr_a', 'admin', { actor, now })
  const plan = { mode: 'observe', since: now, enforceAt: null, postponedSince: null } as const
  await createPolicyStore(database, writeEmails).change(
    { organizationId: acme.id, environment: 'production' },
    now,
    ({ save }) => save(plan, { actor, action: 'enforcement.decided' }, []),
  )
  const usage = await openUsageStore(location)
  await usage.revokeToken({ tokenId: 't', environment: 'production', expiresAt: now + 1, revokedAt: now })
  await usage.close()
}

async function changeCredentials(organizationId: string): Promise<void> {
  const { credentials, secrets } = credentialStores(database)
  const { id } = await credentials.insert(newCredential(organizationId), { actor, now })
  await credentials.update(organizationId, id, { description: 'other' }, { actor, now })
  const which = { organizationId, credentialId: id }
  await secrets.add(which, createClientSecret(), 60_000, { actor, now })
  const { secrets: valid } = await credentials.get(organizationId, id)
  await secrets.end(which, valid[0]?.id ?? '', { actor, now })
  await credentials.delete(organizationId, id, { actor, now })
}

type Harness = Awaited<ReturnType<typeof createCertificateHarness>>

async function changeAuthorities(harness: Harness, organizationId: string): Promise<void> {
  const { authorityKey, clock } = harness
  const parts = { database, authorityKey, clock, publicationUrl: 'http://localhost' }
  const [oldest] = await database.queries
    .selectFrom('issuers')
    .select('id')
    .where('environment', '=', 'production')
    .execute()
  clock.advance(1)
  await addIssuer(parts, { name: 'production' }, actor)
  await createRetirementStore(database, writeEmails).set(oldest?.id ?? '', now + 86_400_000, [], {
    actor,
    now,
  })
  await ensureSigningKeys(
    database,
    // Another algorithm than that of the key in use: it is followed by the next.
    [{ name: 'production', tokenSeconds: 60, tokenAlgorithm: 'EdDSA', profile: 'oauth2' }],
    harness.core.ground.keys.gatewayKey,
    clock,
  )
  const der = makeExternalRoot()
  await createExternalIssuerStore(database).insert('production', parseCertificate(der), { actor, now })
  const registrations = createRegistrationStore(database)
  const details = { description: '', owner: '', relatedService: '', rotationPolicy: 'manual', contacts: [] }
  const registration = await registrations.insert(
    {
      organizationId,
      environment: 'production',
      details: { ...details, replacesId: null } as never,
      der,
      fingerprintSha256: 'f',
      chain: '',
      source: 'pinned',
      notAfter: now,
      challenge: 'c',
    },
    { actor, now },
  )
  await registrations.remove(registration, { actor, now })
}

function makeExternalRoot(): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'postern-locks-'))
  const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'root.der')]
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  execFileSync('openssl', ['req', '-x509', ...key, ...files, '-outform', 'DER', '-subj', '/CN=other'], {
    stdio: 'ignore',
  })
  const der = new Uint8Array(readFileSync(join(folder, 'root.der')))
  rmSync(folder, { recursive: true })
  return der
}

const credentialStores = (store: Database) => ({
  credentials: createCredentialStore(store),
  secrets: createCredentialSecretStore(store),
})

let made = 0
const newCredential = (organizationId: string) => {
  made += 1
  const limits = { scopes: [], networks: [], certificateIds: [], tlsClientAuth: null, jwks: null }
  const names = { name: 'Checkout', description: '', clientId: `acme-${made}` }
  return { organizationId, environment: 'production', ...names, ...limits, secret: createClientSecret() }
}

/** Returns how often PostgreSQL has aborted a transaction of this database because of a deadlock. */
async function countDeadlocks(): Promise<number> {
  const client = new pg.Client({ connectionString: location.engine === 'postgres' ? location.url : '' })
  await client.connect()
  // PostgreSQL processes report their statistics when they are idle.
  await new Promise((resolve) => setTimeout(resolve, 1500))
  const { rows } = await client.query(
    'select deadlocks from pg_stat_database where datname = current_database()',
  )
  await client.end()
  return Number(rows[0]?.deadlocks)
}

test('credentials are deleted despite simultaneous changes from several processes', async () => {
  const organizationId = 'org_race'
  await database.queries
    .insertInto('organizations')
    .values({ id: organizationId, slug: 'race', legal_name: 'Race', country: 'GB', state: '', created_at: 1 })
    .execute()
  const before = await countDeadlocks()
  const stores = [credentialStores(database), credentialStores(other)] as const
  for (let round = 0; round < 25; round += 1) {
    const [here, there] = stores
    const { id: credentialId } = await here.credentials.insert(newCredential(organizationId), { actor, now })
    const which = { organizationId, credentialId }
    const changes = [here, there].flatMap(({ credentials, secrets }) => [
      secrets.add(which, createClientSecret(), 0, { actor, now: now + round }),
      credentials.update(organizationId, credentialId, { description: `${round}` }, { actor, now }),
      secrets.add(which, createClientSecret(), 60_000, { actor, now: now + round }),
    ])
    const deleted = there.credentials.delete(organizationId, credentialId, { actor, now })
    const outcomes = await Promise.allSettled(changes)
    await deleted
    // A change after the deletion gets not found, and one with two secrets gets its own error: no other error
    // occurs.
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') {
        expect(outcome.reason).toBeInstanceOf(PosternError)
        expect(['not_found', 'credential_secrets_full']).toContain(outcome.reason.code)
      }
    await expect(here.credentials.get(organizationId, credentialId)).rejects.toThrow('no such credential')
  }
  expect(await countDeadlocks()).toBe(before)
})
