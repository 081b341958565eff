import { createHash, randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { describeOnBothEngines, type TestStore } from '../../test/support/databases.ts'
import { clientExtensions, type IndexEntry } from '../../test/support/external-authority.ts'
import { insertExternalCertificate } from '../../test/support/insert-external-certificate.ts'
import { createTestChecker } from '../../test/support/status-checker.ts'
import { openStatusServer, type StatusServer, toDer } from '../../test/support/status-server.ts'
import { findCertificateStatus } from '../external-status/certificate-status-store.ts'
import { createExternalStatusStore } from '../external-status/external-status-store.ts'
import { judgeStatus } from '../external-status/judge-status.ts'
import { parseCertificate } from '../pki/certificate/certificate.ts'
import type { ExternalStatusTerms } from '../shapes/external-status-terms.ts'
import type { Transact } from '../storage/transact.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

let server: StatusServer
beforeAll(async () => {
  server = await openStatusServer()
})
afterAll(() => server.close())

let number = 0

describeOnBothEngines('what other CAs say of certificates', (store) => {
  let world: World
  let now: number

  beforeEach(async () => {
    // To the second, as the times of CRLs are.
    now = Math.floor(Date.now() / 1000) * 1000
    server.paths.clear()
    server.asked.length = 0
    world = await createWorld(store, () => now)
  })
  const list = (
    revoked: readonly IndexEntry[],
    more: Partial<Parameters<typeof server.ca.makeList>[2]> = {},
    by = 'root',
  ) => server.ca.makeList(by, revoked, { from: now - minute, until: now + day, ...more })
  const revokedAt = '260101000000Z,keyCompromise'

  test('one CRL for all: a revocation is one here, in words that say who and since when', async () => {
    const [one, other] = [await world.add({ crl: '/root.crl' }), await world.add({ crl: '/root.crl' })]
    server.serve('/root.crl', list([{ serialNumber: one.serialNumber, revoked: revokedAt }]))
    await world.look()
    expect(server.asked).toEqual(['/root.crl'])
    expect(await world.find(one.id)).toMatchObject({ status: 'revoked', revocation_reason: 'keyCompromise' })
    expect(await world.findStatus(one.id)).toMatchObject({
      revoked_at: Date.UTC(2026, 0, 1),
      revoked_by: 'CN=root,O=Trust Works',
      revoked_subject: null,
    })
    expect((await world.find(other.id))?.status).toBe('issued')
    expect((await world.listChecks())[0]).toMatchObject({ confirmed_until: now + day, failures: 0 })
    expect((await world.emails())[0]).toContain(
      'The CA CN=root,O=Trust Works lists this certificate as revoked since 2026-01-01.',
    )
    const read = (of: string, { id } = other, at = now) =>
      findCertificateStatus(store.database.queries, of, id, at)
    const { organization_id: organizationId = '', not_after: notAfter } = (await world.find(other.id)) ?? {}
    const known = await read(organizationId)
    expect(known?.sources).toEqual([
      {
        ...{ kind: 'crl', issuer: 'CN=root,O=Trust Works', url: `${server.url}/root.crl`, problem: null },
        ...{ answeredAt: now, confirmedUntil: now + day },
      },
    ])
    const judged =
      known && judgeStatus({ ...known, trustedIssuer: 'CN=root,O=Trust Works' }, world.terms, now)
    expect(judged).toMatchObject({ state: 'confirmed', deniedFrom: now + day + hour })
    expect(await read('org_other')).toBeUndefined()
    expect(await read(organizationId, one)).toBeUndefined()
    // The last second of the validity is inclusive; what has expired is asked about no more.
    expect(await read(organizationId, other, (notAfter ?? 0) + 999)).toBeDefined()
    expect(await read(organizationId, other, (notAfter ?? 0) + 1000)).toBeUndefined()
    // It is not asked again before its time, and a new certificate has it asked a minute later.
    await world.look()
    expect(server.asked).toHaveLength(1)
    const third = await world.add({ crl: '/root.crl' })
    server.serve('/root.crl', list([{ serialNumber: third.serialNumber, revoked: revokedAt }]))
    await world.look()
    expect((await world.find(third.id))?.status).toBe('issued')
    now += 61_000
    await world.look()
    expect((await world.find(third.id))?.status).toBe('revoked')
  })

  test('a revoked CA above a certificate ends it', async () => {
    server.ca.issue(`sub-${number}`, `/O=Trust Works/CN=sub-${number}`, {
      by: 'root',
      extensions: `basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\ncrlDistributionPoints=URI:${server.url}/root.crl`,
    })
    const by = `sub-${number}`
    const { id } = await world.add({ crl: '/sub.crl', by, chain: server.ca.read(`${by}.pem`) })
    const { serialNumber } = parseCertificate(toDer(server.ca.read(`${by}.pem`)))
    server.serve('/sub.crl', list([], {}, by))
    server.serve('/root.crl', list([{ serialNumber, revoked: '260201000000Z' }]))
    await world.look()
    expect((await world.find(id))?.status).toBe('revoked')
    expect(await world.findStatus(id)).toMatchObject({ revoked_subject: `CN=${by},O=Trust Works` })
    expect((await world.emails())[0]).toContain(
      `lists the CA CN=${by},O=Trust Works, which stands above this certificate`,
    )
  })

  test('an older list than the last is not taken', async () => {
    await world.add({ crl: '/root.crl' })
    server.serve('/root.crl', list([]))
    await world.look()
    expect((await world.listChecks())[0]).toMatchObject({ failures: 0, this_update: now - minute })
    server.serve('/root.crl', list([], { from: now - hour, until: now + 9 * day }))
    now += 2 * hour
    await world.look()
    expect((await world.listChecks())[0]).toMatchObject({
      failures: 1,
      problem: 'is older than the one before it',
    })
  })

  test('a server that hangs delays no other, and is asked ever more rarely', async () => {
    world = await createWorld(store, () => now, { listMs: 300 })
    await world.add({ crl: '/hangs.crl' })
    const { id, serialNumber } = await world.add({ crl: '/root.crl' })
    server.paths.set('/hangs.crl', () => {})
    server.serve('/root.crl', list([{ serialNumber, revoked: revokedAt }]))
    const waits: number[] = []
    for (let round = 0; round < 9; round += 1) {
      await world.look()
      const hanging = (await world.listChecks()).find(({ urls }) => urls.includes('hangs'))
      expect(hanging?.problem).toBe('did not answer within 0.3 seconds')
      waits.push((hanging?.next_at ?? 0) - now)
      now = hanging?.next_at ?? now
    }
    expect((await world.find(id))?.status).toBe('revoked')
    expect(waits[0]).toBeLessThanOrEqual(minute)
    expect(waits[1]).toBeGreaterThan(minute)
    expect(waits.at(-1)).toBeGreaterThan(40 * minute)
    expect(waits.at(-1)).toBeLessThanOrEqual(hour)
  })

  test('a thousand certificates of one customer leave the places of others', async () => {
    let open = 0
    let mostOpen = 0
    const held: ServerResponse[] = []
    for (let index = 0; index < 12; index += 1) await world.add({ crl: `/hangs-${index}.crl` })
    await world.add({ crl: '/other.crl', organizationId: await addOrganization(store) })
    for (let index = 0; index < 12; index += 1)
      server.paths.set(`/hangs-${index}.crl`, (_, response) => {
        open += 1
        mostOpen = Math.max(mostOpen, open)
        held.push(response)
      })
    // Its own host, too.
    server.serve('/other.crl', list([]))
    await world.begin()
    await expect.poll(() => open).toBeGreaterThan(0)
    await world.begin()
    expect(mostOpen).toBeLessThanOrEqual(2)
    await world.close()
    for (const response of held) response.destroy()
  })

  const ocsp = (
    entries: readonly IndexEntry[],
    more: { by?: string; signer?: string; minutes?: number } = {},
  ) =>
    server.paths.set('/ocsp', (body, response) =>
      response.end(server.ca.answer(body, { by: 'root', entries, ...more })),
    )

  test('OCSP of OpenSSL is asked where no CRL is named: good, revoked, and one that it does not know', async () => {
    const [good, bad, unknown] = [
      await world.add({ ocsp: '/ocsp' }),
      await world.add({ ocsp: '/ocsp' }),
      await world.add({ ocsp: '/ocsp' }),
    ]
    ocsp([
      { serialNumber: good.serialNumber },
      { serialNumber: bad.serialNumber, revoked: '260301000000Z,superseded' },
    ])
    await world.lookUntilQuiet()
    expect((await world.find(good.id))?.status).toBe('issued')
    expect(await world.find(bad.id)).toMatchObject({ status: 'revoked', revocation_reason: 'superseded' })
    const checks = await world.listChecks()
    expect(checks.find(({ serial_number: s }) => s === good.serialNumber)?.confirmed_until).toBeGreaterThan(
      now,
    )
    expect(checks.find(({ serial_number: s }) => s === unknown.serialNumber)?.problem).toBe(
      'does not know the certificate',
    )
  })

  test('OCSP stands by for a CRL, is asked when that fails twice, and stands by again', async () => {
    const { serialNumber } = await world.add({ crl: '/root.crl', ocsp: '/ocsp' })
    ocsp([{ serialNumber }])
    await world.look()
    expect(server.asked).toEqual(['/root.crl'])
    now += 2 * minute
    await world.look()
    await world.look()
    expect(server.asked).toEqual(['/root.crl', '/root.crl', '/ocsp'])
    const find = async () => (await world.listChecks()).find(({ kind }) => kind === 'ocsp')
    expect((await find())?.confirmed_until).toBeGreaterThan(now)
    server.serve('/root.crl', list([], { until: now + 9 * day }))
    now += 3 * hour
    await world.look()
    now += 5 * hour
    await world.lookUntilQuiet()
    expect((await find())?.next_at).toBeNull()
  })

  test('a certificate that cannot be revoked here holds up no other, and the list is asked for again', async () => {
    const all = [await world.add({ crl: '/root.crl' }), await world.add({ crl: '/root.crl' })]
    server.serve('/root.crl', list(all.map(({ serialNumber }) => ({ serialNumber, revoked: revokedAt }))))
    const statuses = async () =>
      (await Promise.all(all.map(({ id }) => world.find(id)))).map((row) => row?.status).toSorted()
    world.failing.add(all[0]?.id ?? '')
    await world.begin()
    await world.settle()
    expect(await statuses()).toEqual(['issued', 'revoked'])
    expect((await world.listChecks())[0]).toMatchObject({ failures: 1, confirmed_until: null })
    expect(world.failures.splice(0)).toHaveLength(1)
    world.failing.clear()
    now += minute
    await world.look()
    expect(await statuses()).toEqual(['revoked', 'revoked'])
    expect((await world.listChecks())[0]).toMatchObject({ failures: 0, confirmed_until: expect.any(Number) })
  })

  test('nothing is asked below issuers that are off, for a pinned certificate, or of other schemes; what ended is forgotten', async () => {
    server.serve('/root.crl', list([]))
    await world.add({ crl: '/root.crl', source: 'pinned' })
    const directory = await world.add({ extension: 'crlDistributionPoints=URI:ldap://ca.test/cn=ca' })
    await world.look()
    expect(server.asked).toEqual([])
    expect(await world.findStatus(directory.id)).toMatchObject({ is_awaited: 0, is_askable: 0 })
    await world.add({ crl: '/root.crl' })
    world.terms.issuers = [{ issuer: 'CN=root,O=Trust Works', mode: 'off' }]
    await world.look()
    expect(server.asked).toEqual([])
    world.terms.issuers = []
    await world.look()
    expect(await world.listChecks()).toHaveLength(1)
    // What a clock ahead takes for ended is asked about again.
    const years = 20 * 365 * day
    now += years
    await world.forget()
    expect(await world.listChecks()).toEqual([])
    now -= years
    await world.look()
    expect(await world.listChecks()).toHaveLength(1)
    world.terms.mode = 'off'
    await world.forget()
    expect(await world.listChecks()).toEqual([])
    expect(await world.findStatus(directory.id)).toBeUndefined()
  })

  test('what waits for a certificate that was revoked before anybody asked is deleted, and nothing else', async () => {
    const [revokedHere, valid] = [
      await world.add({ crl: '/root.crl' }),
      await world.add({ crl: '/root.crl' }),
    ]
    const revokedThere = await world.add({ crl: '/root.crl' })
    server.serve('/root.crl', list([{ serialNumber: revokedThere.serialNumber, revoked: revokedAt }]))
    await store.database.queries
      .updateTable('certificates')
      .set({ status: 'revoked' })
      .where('id', '=', revokedHere.id)
      .execute()
    await world.look()
    expect(await world.findStatus(revokedHere.id)).toMatchObject({ is_awaited: 1 })
    await world.forget()
    expect(await world.findStatus(revokedHere.id)).toBeUndefined()
    expect(await world.findStatus(valid.id)).toMatchObject({ is_awaited: 0 })
    expect(await world.findStatus(revokedThere.id)).toMatchObject({ revoked_by: 'CN=root,O=Trust Works' })
  })
})

describeOnBothEngines('certificates from other CAs that were registered before', (store) => {
  test('wait from when their CA was first to be asked, also many of them', async () => {
    const now = Math.floor(Date.now() / 1000) * 1000
    let clock = now
    const world = await createWorld(store, () => clock)
    server.serve('/root.crl', server.ca.makeList('root', [], { from: now - minute, until: now + day }))
    const [old, ended] = [await world.add({ crl: '/root.crl' }), await world.add({ crl: '/root.crl' })]
    const { queries } = store.database
    await queries.deleteFrom('external_statuses').execute()
    await queries
      .updateTable('certificates')
      .set({ not_after: now - 1000 })
      .where('id', '=', ended.id)
      .execute()
    world.terms.mode = 'off'
    await world.look()
    expect(await world.findStatus(old.id)).toBeUndefined()
    clock += hour
    world.terms.mode = 'soft'
    await world.look()
    expect(await world.findStatus(old.id)).toMatchObject({ described_at: now + hour, is_awaited: 0 })
    expect(await world.findStatus(ended.id)).toBeUndefined()
    // Gateways read again what is no longer asked about.
    const latest = async () => {
      const rows = await queries
        .selectFrom('changes')
        .select(['kind', 'subject_id'])
        .orderBy('version')
        .execute()
      return rows.at(-1)
    }
    world.terms.mode = 'off'
    await world.forget()
    expect(await latest()).toEqual({ kind: 'external-status', subject_id: old.id })
    expect(await world.findStatus(old.id)).toBeUndefined()
  })

  test('let other changes have their turn, where many begin to wait and where they are forgotten', async () => {
    const { queries } = store.database
    const steps: (number | 'pause')[] = []
    const count = async () =>
      (await queries.selectFrom('external_statuses').select('described_at').execute()).length
    const transaction: Transact = async (work, options) => {
      const before = await count()
      const result = await store.database.transaction(work, options)
      const difference = (await count()) - before
      if (difference !== 0) steps.push(difference)
      return result
    }
    const database = { ...store.database, transaction }
    let onPause = () => {}
    const pause = async () => {
      steps.push('pause')
      onPause()
    }
    const world = await createWorld({ ...store, database }, Date.now, { pause })
    const { id } = await world.add({})
    await copyCertificate(store, id, 249)
    await queries.deleteFrom('external_statuses').execute()
    const issuerId = (await world.find(id))?.issuer_id ?? ''
    const status = createExternalStatusStore(database)
    steps.length = 0
    expect(await status.awaitMissing([issuerId], '', Date.now())).toBeUndefined()
    expect(steps.splice(0)).toEqual([100, 100, 50])
    world.terms.mode = 'off'
    await world.forget()
    expect(steps.splice(0)).toEqual([-100, 'pause', -100, 'pause', -50])

    // The configuration is read again meanwhile.
    await status.awaitMissing([issuerId], '', Date.now())
    onPause = () => {
      world.terms.mode = 'hard'
    }
    await world.forget()
    expect(steps.slice(3)).toEqual([-100, 'pause'])
  })
})

interface WorldOptions {
  allowedNetworks?: string[]
  listOctets?: number
  listMs?: number
  pause?(): Promise<void>
}

/** An organization with certificates of other CAs, and what asks about them. */
async function createWorld({ database }: TestStore, clockNow: () => number, more: WorldOptions = {}) {
  const { queries } = database
  for (const table of [
    'external_links',
    'external_checks',
    'external_statuses',
    'certificates',
    'outbox',
  ] as const)
    await queries.deleteFrom(table).execute()
  await queries.deleteFrom('issuers').where('kind', '=', 'foreign').execute()
  const organizationId = await addOrganization({ database } as TestStore)
  const issuerId = `iss_${randomUUID()}`
  const der = toDer(server.ca.read('root.pem'))
  const { notBefore, notAfter } = parseCertificate(der)
  await queries
    .insertInto('issuers')
    .values({
      ...{ id: issuerId, kind: 'foreign', environment: 'production', parent_id: null, certificate_der: der },
      ...{ not_before: notBefore, not_after: notAfter, created_at: 1 },
    })
    .execute()
  const terms: { -readonly [K in keyof ExternalStatusTerms]: ExternalStatusTerms[K] } = {
    ...{ mode: 'soft', softHours: 1, issuers: [] },
  }
  const checker = createTestChecker(database, { now: clockNow, terms, ...more })
  const look = async () => {
    await checker.begin()
    await checker.settle()
    expect(checker.failures).toEqual([])
  }
  return {
    terms,
    look,
    /** Two requests of a customer and a host are on their way at a time. */
    async lookUntilQuiet() {
      for (let round = 0; round < 4; round += 1) await look()
    },
    failing: checker.failing,
    failures: checker.failures,
    begin: checker.begin,
    settle: checker.settle,
    close: checker.close,
    forget: checker.forget,
    add: (given: Partial<Given>) => addExternal(database, { organizationId, issuerId, ...given }),
    find: (id: string) =>
      queries.selectFrom('certificates').selectAll().where('id', '=', id).executeTakeFirst(),
    findStatus: (id: string) =>
      queries.selectFrom('external_statuses').selectAll().where('certificate_id', '=', id).executeTakeFirst(),
    listChecks: () => queries.selectFrom('external_checks').selectAll().orderBy('id').execute(),
    async emails() {
      const rows = await queries.selectFrom('outbox').select('body').execute()
      return rows.map(({ body }) => body.replaceAll(/\s+/g, ' '))
    },
  }
}

type World = Awaited<ReturnType<typeof createWorld>>

interface Given {
  organizationId: string
  issuerId: string
  /** Paths of the server. */
  crl: string
  ocsp: string
  extension: string
  by: string
  chain: string
  source: 'trusted-issuer' | 'pinned'
}

/** Adds a certificate of the CA as its registration does. */
async function addExternal(
  database: TestStore['database'],
  {
    organizationId,
    issuerId,
    crl,
    ocsp,
    extension,
    by = 'root',
    chain = '',
    source = 'trusted-issuer',
  }: Partial<Given>,
) {
  number += 1
  const name = `client-${number}`
  const extensions = [
    clientExtensions,
    ...(crl === undefined ? [] : [`crlDistributionPoints=URI:${server.url}${crl}`]),
    ...(ocsp === undefined ? [] : [`authorityInfoAccess=OCSP;URI:${server.url}${ocsp}`]),
    ...(extension === undefined ? [] : [extension]),
  ].join('\n')
  const der = toDer(server.ca.makeClient(name, { by, extensions }).pem)
  const given = { organizationId: organizationId ?? '', name, number: 9000 + number, der, chain }
  const id = await database.transaction((tx) =>
    insertExternalCertificate(tx, {
      ...given,
      issuerId: source === 'pinned' ? null : (issuerId ?? null),
    }),
  )
  return { id, serialNumber: parseCertificate(der).serialNumber }
}

/** Adds copies of a certificate, of which each has a key of its own. */
async function copyCertificate({ database: { queries } }: TestStore, id: string, copies: number) {
  const found = await queries
    .selectFrom('certificates')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  for (let copy = 0; copy < copies; copy += 1) {
    number += 1
    const own = { id: `${id}_${copy}`, name: `client-${number}`, number: 9000 + number }
    const hashes = { fingerprint_sha256: hash(`certificate ${number}`), spki_sha256: hash(`key ${number}`) }
    await queries
      .insertInto('certificates')
      .values({ ...found, ...own, ...hashes })
      .execute()
  }
}

const hash = (text: string) => createHash('sha256').update(text).digest('hex')

async function addOrganization({ database }: TestStore): Promise<string> {
  const id = `org_${randomUUID().slice(0, 8)}`
  const named = { id, slug: id.replace('_', '-'), legal_name: 'Łódź S.A.', country: 'PL', state: '' }
  await database.queries
    .insertInto('organizations')
    .values({ ...named, created_at: 1 })
    .execute()
  return id
}
