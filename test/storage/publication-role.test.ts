import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { createPublicationApp, type PublicationApp } from '../../src/app/publication-app.ts'
import { toConfig } from '../../src/config/to-config.ts'
import { toSecrets } from '../../src/config/to-secrets.ts'
import type { CertificateView } from '../../src/contract/certificate.ts'
import { toMasterKey } from '../../src/shapes/master-key.ts'
import type { Organization } from '../../src/shapes/organization.ts'
import { type Database, openDatabase } from '../../src/storage/database.ts'
import { type CertificateHarness, createCertificateHarness } from '../support/certificate-harness.ts'
import { takeStoreAway } from '../support/make-store-unavailable.ts'
import { createPostgresDatabase, findFreePort } from '../support/postgres.ts'
import { createSettings } from '../support/settings.ts'
import { openToolFolder } from '../support/tool-folder.ts'

const grants = readFileSync(
  join(import.meta.dirname, '../../deploy/postgresql/publication-grants.sql'),
  'utf8',
)
const role = `publication_${randomBytes(4).toString('hex')}`
const hour = 3_600_000
const newKey = () => randomBytes(32).toString('base64')
const publicationKey = newKey()
const folder = openToolFolder()
const lines: { level: number; msg: string; waitsFor?: string; store?: string }[] = []
const log = pino({ level: 'info' }, { write: (line) => void lines.push(JSON.parse(line)) })

let database: Database
let url: string
let roleUrl: string
let owner: pg.Pool
let publication: pg.Pool
let harness: CertificateHarness
let acme: Organization
let issuerId: string
let port: number

beforeAll(async () => {
  url = await createPostgresDatabase(inject('postgresUrl'), inject('migratedStores').postgres)
  const other = new URL(url)
  other.username = role
  roleUrl = other.href
  port = await findFreePort()
  database = await openDatabase({ engine: 'postgres', url })
  harness = await createCertificateHarness(database, {
    publicationUrl: `http://127.0.0.1:${port}`,
    publicationKey,
  })
  await harness.core.runChores()
  acme = await harness.addOrganization('acme')
  owner = new pg.Pool({ connectionString: url, max: 1 })
  publication = new pg.Pool({ connectionString: roleUrl, max: 1 })
  // Their connections end while the store is away.
  for (const pool of [owner, publication]) pool.on('error', () => {})
  await owner.query(`create role ${role} login`)
  await owner.query(grants.replaceAll('postern_publication', role))
  const { issuers } = harness.issue
  const issuer = await issuers.getSigning('production')
  issuerId = issuer.id
  for (const [index, { certificateDer }] of (await issuers.listChain(issuerId)).entries())
    folder.write(
      index === 0 ? 'issuer.pem' : 'root.pem',
      `-----BEGIN CERTIFICATE-----\n${Buffer.from(certificateDer).toString('base64')}\n-----END CERTIFICATE-----\n`,
    )
  folder.run('sh -c', 'cat issuer.pem root.pem > trust.pem')
})
afterAll(async () => {
  await harness.core.close()
  await publication.end()
  await owner.query(`drop owned by ${role}`)
  await owner.query(`drop role ${role}`)
  await owner.end()
  await database.close()
  folder[Symbol.dispose]()
})

/** Opens a process that has its key, its role and nothing else. */
async function open(key = publicationKey): Promise<PublicationApp> {
  const settings = createSettings(
    {
      storage: { engine: 'postgres' },
      publication: { port, servedBy: 'publication' },
      operations: { port: 9300 },
      environments: { production: { port: 8443 } },
    },
    { POSTERN_DATABASE_URL: roleUrl, POSTERN_PUBLICATION_KEY: key },
  )
  const config = toConfig(settings)
  const secrets = toSecrets(settings, config, 'publication')
  expect(secrets).toMatchObject({ authorityKey: null, gatewayKey: null, sessionKey: null, tokenPin: null })
  const app = await createPublicationApp(config, secrets, {
    ...{ clock: harness.clock, log, source: { settings, read: () => settings } },
  })
  onTestFinished(() => app.close())
  return app
}

async function issue(file: string): Promise<CertificateView> {
  const issued = await harness.issueOne(acme)
  const { rows } = await owner.query('select certificate_der from certificates where id = $1', [issued.id])
  folder.write(`${file}.der`, rows[0].certificate_der)
  folder.run(`openssl x509 -inform DER -in ${file}.der -out ${file}.pem`)
  return issued
}

/** What OpenSSL says of a certificate at the address that stands in it; it runs beside what it asks. */
function askOcsp(file: string, ...options: string[]): Promise<string> {
  const address = `http://127.0.0.1:${port}/ocsp/${issuerId}`
  const about = ['-issuer', 'issuer.pem', '-cert', `${file}.pem`, '-CAfile', 'trust.pem', '-url', address]
  return new Promise((resolve) => {
    execFile('openssl', ['ocsp', ...about, ...options], { cwd: folder.path }, (_, stdout, stderr) =>
      resolve(stdout + stderr),
    )
  })
}

async function readList(): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/crl/${issuerId}.crl`)
  folder.write('list.crl', new Uint8Array(await response.arrayBuffer()))
  return folder.run('openssl crl -inform DER -in list.crl -CAfile trust.pem -noout -text')
}

test('a process with its own key and role alone publishes what OpenSSL accepts', async () => {
  const app = await open()
  const issued = await issue('client')
  const good = await askOcsp('client')
  expect(good).toContain('Response verify OK')
  expect(good).toContain('client.pem: good')
  await harness.revoke(acme, issued)
  expect(await askOcsp('client')).toMatch(/client\.pem: revoked\s[\s\S]*Reason: superseded/)
  await harness.publish(issuerId)
  const list = await readList()
  expect(list).toContain('verify OK')
  expect(list.toUpperCase()).toContain(`SERIAL NUMBER: ${issued.issued?.serialNumber.toUpperCase()}`)
  for (const id of ['root', issuerId]) {
    const response = await fetch(`http://127.0.0.1:${port}/issuers/${id}.cer`)
    folder.write('issuer.der', new Uint8Array(await response.arrayBuffer()))
    expect(folder.run('openssl x509 -inform DER -in issuer.der -noout -subject')).toContain('O = Postern')
  }
  expect(await app.readiness.list()).toEqual([])
  const metrics = (await app.readMetrics?.()) ?? []
  const requests = metrics.find(({ name }) => name === 'postern_publication_requests_total')?.values ?? []
  expect(requests).toContainEqual({
    labels: { resource: 'ocsp', status_class: '2xx', role: 'publication' },
    value: 2,
  })
  expect(lines.filter(({ level }) => level >= 50)).toEqual([])
})

test('it changes nothing in the store', async () => {
  const { rows: tables } = await owner.query<{ name: string }>(
    'select quote_ident(tablename) as name from pg_tables where schemaname = current_schema() order by 1',
  )
  // What PostgreSQL counts of its changes comes up to a second late.
  const readAll = () =>
    Promise.all(
      tables.map(async ({ name }) => {
        const all = `select md5(string_agg(t::text, ',' order by t::text)) as digest from ${name} t`
        return [name, (await owner.query<{ digest: string | null }>(all)).rows[0]?.digest]
      }),
    )
  await issue('quiet')
  const before = await readAll()
  await open()
  await askOcsp('quiet')
  await readList()
  expect(await readAll()).toEqual(before)
  await expect(publication.query('delete from revocation_lists')).rejects.toMatchObject({ code: '42501' })
})

test.each([
  ...['issuer_keys', 'signing_keys', 'audit_keys', 'audit', 'users', 'accounts', 'sessions', 'members'],
  ...['organizations', 'credentials', 'jobs', 'outbox', 'changes', 'single_sign_on'],
])('its role cannot read %s', async (table) => {
  const { rows } = await owner.query('select to_regclass($1) as found', [table])
  if (rows[0].found === null) return
  await expect(publication.query(`select * from ${table}`)).rejects.toMatchObject({ code: '42501' })
})

test.each([
  'select sealed_key from ocsp_responders',
  'select tbs_der from ocsp_responders',
  'select organization_id from certificates',
  'select certificate_der from certificates',
  'update ocsp_responders set publication_key = null',
  'update issuers set retires_at = null',
  'insert into revocation_lists (issuer_id) values (1)',
])('its role cannot run: %s', async (statement) => {
  await expect(publication.query(statement)).rejects.toMatchObject({ code: '42501' })
})

test('a wrong key is refused with a sentence that says what to do', async () => {
  await expect(open(newKey())).rejects.toMatchObject({
    code: 'master_key_wrong',
    message: expect.stringMatching(
      /^POSTERN_PUBLICATION_KEY is not the key .* start the portal with it first\./,
    ),
  })
})

test('a portal that is given another key shares the same responders again, and says so in the audit log', async () => {
  const countShared = async () =>
    (await owner.query("select count(*)::int as n from audit where action = 'ocsp_responder.shared'")).rows[0]
      .n
  expect(await countShared()).toBe(0)
  const key = newKey()
  const other = await harness.openCore({ publicationKey: toMasterKey(Buffer.from(key, 'base64')) })
  await other.runChores()
  await other.close()
  expect(await countShared()).toBe(3)
  await expect(open()).rejects.toMatchObject({ code: 'master_key_wrong' })
  expect(await (await open(key)).readiness.list()).toEqual([])
  // The first portal does not take them back while it runs.
  await harness.core.runChores()
  expect(await countShared()).toBe(3)
  const again = await harness.openCore()
  await again.runChores()
  await again.close()
  expect(await countShared()).toBe(6)
})

describe('while the store is away', () => {
  test('what is in memory is served as long as it is valid, and readiness says so', async () => {
    const app = await open()
    await issue('cached')
    expect(await askOcsp('cached', '-no_nonce')).toContain('cached.pem: good')
    await issue('unseen')
    const before = await readList()
    const bringBack = await takeStoreAway({ engine: 'postgres', url })
    try {
      expect(await readList()).toBe(before)
      expect(await askOcsp('cached', '-no_nonce')).toContain('cached.pem: good')
      // A response without the nonce is one that the client may accept.
      expect(await askOcsp('cached')).toContain('no nonce in response')
      expect(await askOcsp('unseen')).toContain('trylater')
      await vi.waitFor(
        async () =>
          expect(await app.readiness.list()).toContainEqual({ code: 'store_unreachable', isBlocking: false }),
        { timeout: 20_000, interval: 200 },
      )
      expect(lines.some(({ store }) => store !== undefined)).toBe(true)
      harness.clock.advance(25 * hour)
      expect((await fetch(`http://127.0.0.1:${port}/crl/${issuerId}.crl`)).status).toBe(503)
      expect(await askOcsp('cached', '-no_nonce')).toContain('trylater')
    } finally {
      await bringBack()
    }
  })
})
