import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { connect } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CertificatePurpose } from '../../src/contract/environment.ts'
import { createMigrationEmails } from '../../src/migration-plans/migration-emails.ts'
import { createMigrationPlanStore } from '../../src/migration-plans/migration-plan-store.ts'
import { setMigration } from '../../src/migration-plans/set-migration.ts'
import { systemActor } from '../../src/shapes/actor.ts'
import { recordChange } from '../../src/storage/change-log.ts'
import { newId } from '../../src/storage/id.ts'
import { clientExtensions, createExternalAuthority } from '../support/external-authority.ts'
import { createGatewayClient } from '../support/gateway-client.ts'
import { type GatewayHarness, openGatewayHarness, type TestClient } from '../support/gateway-harness.ts'
import { insertExternalCertificate } from '../support/insert-external-certificate.ts'

const hour = 3_600_000
const day = 24 * hour
const customers = Number(process.env.POSTERN_CUSTOMERS ?? 20)
const serverExtensions = clientExtensions.replace('clientAuth', 'serverAuth')
const terms = { externalCertificates: 'pinned' as const, enforcementWindowHours: 24 }
let harness: GatewayHarness
let folder: string
let authority: ReturnType<typeof createExternalAuthority>
let number = 0

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'postern-migrations-'))
  authority = createExternalAuthority(folder)
  harness = await openGatewayHarness({ environments: { production: { externalCertificates: 'pinned' } } })
})
afterAll(async () => {
  await harness[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

/** Adds an externally issued certificate as its registration does. */
async function addExternal(
  purpose: CertificatePurpose,
  organizationId = harness.organizations.acme?.id ?? '',
): Promise<TestClient> {
  number += 1
  const name = `external-${number}`
  const extensions = purpose === 'server_auth' ? serverExtensions : clientExtensions
  const { pem, keyFile, certificateFile } = authority.makeClient(name, { extensions })
  const der = new Uint8Array(Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64'))
  const id = await harness.database.transaction(async (tx) => {
    const inserted = await insertExternalCertificate(tx, {
      ...{ organizationId, name, number: 9000 + number, der, purpose },
    })
    await recordChange(tx, 'certificate', inserted, Date.now())
    return inserted
  })
  await harness.untilFollowed()
  const key = readFileSync(join(folder, keyFile), 'utf8')
  return {
    ...{ id, name, der, cert: pem, key },
    ...{ certFile: join(folder, certificateFile), keyFile: join(folder, keyFile) },
  }
}

/** Sets the plan of an organization as an operator does, who agrees that calls are denied. */
async function plan(
  { deadline, exceptionUntil }: { deadline?: number; exceptionUntil?: number },
  organizationId = harness.organizations.acme?.id ?? '',
): Promise<void> {
  const toText = (moment: number | undefined) =>
    moment === undefined ? null : new Date(moment).toISOString()
  const dependencies = {
    plans: createMigrationPlanStore(harness.database, async () => {}),
    letters: createMigrationEmails('http://portal.test'),
    clock: { now: () => Date.now() },
  }
  const news = { organizationId, environment: 'production', slug: 'acme', label: 'Production' }
  const acceptDenied = deadline === undefined ? null : await countCalls(dependencies.plans, organizationId)
  await setMigration(
    dependencies,
    systemActor('test'),
    { news, terms },
    {
      ...{ deadline: toText(deadline), exceptionUntil: toText(exceptionUntil), message: [], acceptDenied },
    },
  )
  await harness.untilFollowed()
}

const countCalls = (plans: ReturnType<typeof createMigrationPlanStore>, organizationId: string) =>
  plans.sumExternalCalls(
    { organizationId, environment: 'production' },
    { since: Date.now() - day, now: Date.now() },
  )

const open = (who: TestClient, keepAlive = false) =>
  createGatewayClient({ gateways: { production: harness.url() }, serverCaFile: harness.caFile }, who, {
    environment: 'production',
    keepAlive,
  })

async function call(who: TestClient) {
  const caller = open(who)
  const { status, code, text } = await caller.get('/whoami')
  caller.close()
  return { status, code, text }
}

/** Opens an idle connection; returns a function that tells whether the gateway closes it well before a time-out. */
async function openConnection({ cert, key }: TestClient): Promise<() => Promise<boolean>> {
  const socket = connect({ port: harness.port(), host: 'localhost', ca: harness.ca, cert, key })
  await once(socket, 'secureConnect')
  const closed = once(socket, 'close').then(() => true)
  socket.on('error', () => {})
  socket.resume()
  return () => Promise.race([closed, wait(10_000, false)])
}

test('a certificate for TLS servers alone is accepted by an exception, until its instant, also on open connections', async () => {
  const client = await addExternal('server_auth')
  const before = await call(client)
  expect([before.status, before.code]).toEqual([403, 'certificate_wrong_purpose'])
  expect(before.text).toContain('no exception')
  await plan({ exceptionUntil: Date.now() + day })
  expect((await call(client)).status).toBe(200)
  const kept = open(client, true)
  expect((await kept.get('/whoami')).status).toBe(200)

  harness.shiftClock(day - 60_000)
  expect((await kept.get('/whoami')).status).toBe(200)
  harness.shiftClock(day + 1000)
  // Where the gateway closes the connection first, the client opens another one, or gets no answer.
  expect([403, 0]).toContain((await kept.get('/whoami')).status)
  kept.close()
  expect(await call(client)).toMatchObject({ status: 403, code: 'certificate_wrong_purpose' })
  harness.shiftClock(0)
  expect((await call(client)).status).toBe(200)
  await plan({})
  expect(await call(client)).toMatchObject({ status: 403, code: 'certificate_wrong_purpose' })
})

test('an idle connection is closed when the exception ends', async () => {
  const client = await addExternal('server_auth')
  await plan({ exceptionUntil: Date.now() + day })
  const isClosed = await openConnection(client)
  // The gateway has to see the certificate of the connection first.
  await wait(1500)
  harness.shiftClock(day + 1000)
  expect(await isClosed()).toBe(true)
  harness.shiftClock(0)
  await plan({})
})

test('certificates from other CAs end at the deadline by the clock of the gateway, and those of Postern do not', async () => {
  const [external, own] = [await addExternal('client_auth'), await harness.issue()]
  const other = await addExternal('client_auth', harness.organizations.globex?.id)
  const deadline = Date.now() + day
  await plan({ deadline })
  harness.shiftClock(deadline - Date.now() - 60_000)
  expect((await call(external)).status).toBe(200)
  harness.shiftClock(deadline - Date.now() + 1000)
  const ended = await call(external)
  expect([ended.status, ended.code]).toEqual([403, 'external_certificate_ended'])
  expect(ended.text).toContain('Create a certificate in the portal')
  expect([(await call(own)).status, (await call(other)).status]).toEqual([200, 200])
  const [row] = await harness.untilActivity(({ code }) => code === 'external_certificate_ended')
  expect(row).toMatchObject({ certificate_id: external.id })
  harness.shiftClock(0)
  await plan({})
  expect((await call(external)).status).toBe(200)
})

/** Adds a customer; returns its ID. */
async function addCustomer(slug: string): Promise<string> {
  const id = newId('organization', Date.now())
  const named = { id, slug, legal_name: `Łódź ${slug}`, country: 'PL', state: '', created_at: Date.now() }
  await harness.database.queries.insertInto('organizations').values(named).execute()
  Object.assign(harness.organizations, { [slug]: { ...harness.organizations.globex, id, slug } })
  return id
}

test(`${customers} customers move while they call, and no call fails`, async () => {
  const statuses = new Map<number, number>()
  const note = (status: number) => statuses.set(status, (statuses.get(status) ?? 0) + 1)
  const moved: { after: ReturnType<typeof open>; old: TestClient }[] = []
  const deadline = Date.now() + 2 * day
  const exceptionUntil = deadline + day
  /** Calls with the old certificate, with both, and then with the new one alone. */
  const move = async (index: number) => {
    const slug = `customer-${index}`
    const organizationId = await addCustomer(slug)
    const old = await addExternal(index % 4 === 0 ? 'server_auth' : 'client_auth', organizationId)
    await plan({ exceptionUntil }, organizationId)
    const before = open(old, true)
    for (let i = 0; i < 3; i++) note((await before.get('/whoami')).status)
    const after = open(await harness.issue({ organization: slug }), true)
    await plan({ deadline, exceptionUntil }, organizationId)
    for (let i = 0; i < 2; i++) for (const one of [before, after]) note((await one.get('/whoami')).status)
    before.close()
    for (let i = 0; i < 3; i++) note((await after.get('/whoami')).status)
    moved.push({ after, old })
  }
  for (let i = 0; i < customers; i += 8)
    await Promise.all(Array.from({ length: Math.min(8, customers - i) }, (_, at) => move(i + at)))
  harness.shiftClock(deadline - Date.now() + 1000)
  for (const { after } of moved) note((await after.get('/whoami')).status)
  expect([...statuses]).toEqual([[200, customers * 11]])
  for (const { old, after } of moved) {
    expect(await call(old)).toMatchObject({ status: 403, code: 'external_certificate_ended' })
    after.close()
  }
  harness.shiftClock(0)
})
