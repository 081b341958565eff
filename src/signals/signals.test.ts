import { beforeAll, expect, test } from 'vitest'
import {
  type CertificateHarness,
  createCertificateHarness,
  makeCsr,
} from '../../test/support/certificate-harness.ts'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { openUsageWriter, type UsageWriter } from '../../test/support/open-usage-writer.ts'
import { emptyBatch } from '../../test/support/usage-batches.ts'
import type { CertificateView } from '../contract/certificate.ts'
import type { UsageBatch } from '../contract/usage-batch.ts'
import { systemActor } from '../shapes/actor.ts'
import type { Organization } from '../shapes/organization.ts'
import { deleteOldRows } from '../storage/delete-old-rows.ts'

const hour = 3_600_000
const day = 24 * hour

describeOnBothEngines('signals', (store) => {
  let harness: CertificateHarness
  let writer: UsageWriter
  let batches = 0
  let slugs = 0

  beforeAll(async () => {
    harness = await createCertificateHarness(store.database)
    writer = await openUsageWriter(store.location)
    await watch()
    return () => writer.close()
  })

  const now = () => harness.clock.now()
  /** What the scheduled task that looks after the gateways notes: they report without a gap since a time. */
  const watch = async (since = 0) => {
    const row = { since, seen_at: now(), reason: '', rejected_rows: 0 }
    await store.database.queries
      .insertInto('gateway_watches')
      .values({ name: 'gateways', ...row })
      .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
      .execute()
  }
  const run = (name: string) =>
    harness.dependencies.signalling.tasks.find((task) => task.name === name)?.work()
  /** Looks at a moment later, at all certificates. */
  const look = async (later = 0, since = 0) => {
    harness.clock.advance(later + 11 * 60_000)
    await watch(since)
    await run('find-signals')
  }
  const write = (changes: Partial<UsageBatch>) => {
    batches += 1
    return writer.write(emptyBatch(batches, changes))
  }
  const count = ({ id }: CertificateView, changes: { accepted?: number; denied?: number }) => {
    const { accepted = null, denied = null } = changes
    const counts = { handshakes: 0, ok: 1, redirects: 0, clientErrors: 0, serverErrors: 0, refusals: 0 }
    const usage = { certificateId: id, minute: now() - (now() % 60_000), ...counts }
    const times = { firstAcceptedAt: accepted, lastAcceptedAt: accepted, lastDeniedAt: denied }
    return write({ certificates: [{ ...usage, ...times }] })
  }
  const accept = (certificate: CertificateView) => count(certificate, { accepted: now() })
  const addOrganization = async (): Promise<Organization> => {
    slugs += 1
    const organization = await harness.addOrganization(`o-${slugs}`, 'Łódź Płatności S.A.')
    await addMember(organization)
    return organization
  }
  const addMember = async ({ id, slug }: Organization) => {
    const { queries } = store.database
    const times = { created_at: '2026-01-01T00:00:00Z', updated_at: '2026-01-01T00:00:00Z' }
    const user = { id: `usr_${slug}`, email: `admin@${slug}.example`, name: 'Ada' }
    await queries
      .insertInto('users')
      .values({ ...user, ...times, email_verified: 1 } as never)
      .execute()
    await queries
      .insertInto('members')
      .values({
        ...{ id: `mem_${slug}`, organization_id: id, user_id: user.id, role: 'admin' },
        created_at: 1,
      } as never)
      .execute()
  }
  const list = async (organization: Organization, query: object = {}) =>
    (await harness.call('listSignals', { organization, environment: 'production', query })).items
  const kinds = async (organization: Organization, query: object = {}) =>
    (await list(organization, query)).map(({ kind }) => kind)
  const rotate = (organization: Organization, { id }: CertificateView) =>
    harness.call('rotateCertificate', { organization, params: { certificateId: id } })
  const emails = async ({ id }: Organization) => {
    const rows = await store.database.queries
      .selectFrom('outbox')
      .select(['subject', 'body', 'recipient'])
      .where('organization_id', '=', id)
      .where('key', 'like', 'signals:%')
      .orderBy('id')
      .execute()
    return rows
  }

  test('an unused certificate is found once by several portals, ends with a call, and stays dismissed', async () => {
    const acme = await addOrganization()
    const globex = await addOrganization()
    const certificate = await harness.issueOne(acme, { description: "O'Neil & Co / Ltd" })
    await accept(certificate)
    await look(59 * day)
    expect(await list(acme)).toEqual([])
    await look(day)
    await Promise.all([run('find-signals'), run('find-signals')])
    const [found] = await list(acme)
    expect(await list(acme)).toHaveLength(1)
    expect(found).toMatchObject({
      kind: 'certificate_unused',
      certificate: { name: certificate.name, description: "O'Neil & Co / Ltd" },
      resolvedAt: null,
      dismissedAt: null,
    })
    const params = { signalId: found?.id }
    for (const id of ['getSignal', 'dismissSignal', 'undismissSignal'] as const)
      await expect(harness.call(id, { organization: globex, params })).rejects.toMatchObject({
        code: 'not_found',
      })
    await accept(certificate)
    await look()
    expect(await list(acme)).toEqual([])
    await look(61 * day)
    expect(await kinds(acme)).toEqual(['certificate_unused'])
    const dismiss = () => harness.call('dismissSignal', { organization: acme, params })
    const [first, second] = await Promise.all([dismiss(), dismiss()])
    expect(second.dismissedAt).toBe(first.dismissedAt)
    expect(first.dismissedBy?.label).toBe('dev@acme.example')
    expect(await list(acme)).toEqual([])
    expect(await kinds(acme, { state: 'dismissed' })).toEqual(['certificate_unused'])
    await accept(certificate)
    await look()
    await look(61 * day)
    expect(await list(acme)).toEqual([])
    await harness.call('undismissSignal', { organization: acme, params })
    await harness.call('undismissSignal', { organization: acme, params })
    expect(await kinds(acme)).toEqual(['certificate_unused'])
    const changes = await harness.call('listCertificateHistory', {
      organization: acme,
      params: { certificateId: certificate.id },
    })
    expect(changes.items.map(({ type }) => type).filter((type) => type.startsWith('signal.'))).toEqual([
      'signal.undismissed',
      'signal.dismissed',
    ])
    await harness.revoke(acme, certificate)
    await look()
    expect(await list(acme)).toEqual([])
    const get = () => harness.call('getSignal', { organization: acme, params })
    await deleteOldRows(store.database.queries, ['issue-certificate'], now() + 89 * day)
    expect((await get()).resolvedAt).not.toBeNull()
    await deleteOldRows(store.database.queries, ['issue-certificate'], now() + 91 * day)
    await expect(get()).rejects.toMatchObject({ code: 'not_found' })
  })

  test('days without reports of the gateways do not count as silence', async () => {
    const acme = await addOrganization()
    await harness.issueOne(acme)
    await look(30 * day)
    await look(5 * day, now() + 5 * day)
    await look(29 * day)
    expect(await list(acme)).toEqual([])
    await look(5 * day)
    expect(await kinds(acme)).toEqual(['certificate_unused'])
  })

  test('a replacement that nobody uses is said in one place: as an action, then as a signal', async () => {
    const acme = await addOrganization()
    const old = await harness.issueOne(acme)
    await accept(old)
    const draft = await rotate(acme, old)
    const next = await harness.submit(acme, draft.id, makeCsr())
    const actions = async () =>
      (
        await harness.call('listRequiredActions', { organization: acme, environment: 'production' })
      ).items.map(({ kind }) => kind)
    await look(13 * day)
    expect([await actions(), await kinds(acme)]).toEqual([['rotation_unfinished'], []])
    await look(day)
    expect([await actions(), await kinds(acme)]).toEqual([[], ['replacement_unused']])
    const [found] = await list(acme)
    expect(found).toMatchObject({ certificate: { name: next.name }, replaces: { name: old.name } })
    await harness.call('dismissSignal', { organization: acme, params: { signalId: found?.id } })
    expect([await actions(), await kinds(acme)]).toEqual([[], []])
    await accept(next)
    await look()
    expect(await kinds(acme, { state: 'dismissed' })).toEqual(['replacement_unused'])
    expect((await list(acme, { state: 'dismissed' }))[0]?.resolvedAt).not.toBeNull()
    // The old one is silent because it is replaced.
    await look(59 * day)
    await accept(next)
    await look(2 * day)
    expect(await list(acme)).toEqual([])
  })

  test('calls that go on after a revocation are found until a week passes without one', async () => {
    const acme = await addOrganization()
    const certificate = await harness.issueOne(acme)
    await accept(certificate)
    await harness.revoke(acme, certificate)
    await count(certificate, { denied: now() + 60_000 })
    await look(2 * hour)
    expect(await list(acme)).toEqual([])
    await count(certificate, { denied: now() })
    await look()
    expect(await list(acme)).toMatchObject([
      { kind: 'revoked_certificate_used', certificate: { name: certificate.name } },
    ])
    await look(7 * day)
    expect(await list(acme)).toEqual([])
  })

  test('a certificate whose kind of key ends is found by its own key, whatever the draft said', async () => {
    const acme = await addOrganization()
    const production = harness.environments.get('production')
    if (production === undefined) throw new Error('no production')
    // The key is EC P-256.
    const certificate = await harness.issueOne(acme, { keyKind: 'ec_p384' })
    await accept(certificate)
    await look()
    expect(await list(acme)).toEqual([])
    const last = new Date(now() + 89 * day).toISOString().slice(0, 10)
    production.allowedKeysUntil = { 'ec-p256': last }
    await look()
    expect(await list(acme)).toMatchObject([
      { kind: 'key_kind_ends', keyKind: 'ec_p256', acceptedUntil: last },
    ])
    const replacement = await rotate(acme, certificate)
    expect(replacement.keyKind).toBe('ec_p384')
    production.allowedKeysUntil = {}
    await look()
    expect(await list(acme)).toEqual([])
  })

  test('an old client secret is found until it is rotated, and its successor is another one', async () => {
    const acme = await addOrganization()
    const credential = await harness.call('createCredential', {
      organization: acme,
      environment: 'production',
      body: { name: 'Nightly' },
    })
    await look(364 * day)
    expect(await list(acme)).toEqual([])
    await look(day)
    expect(await list(acme)).toMatchObject([
      { kind: 'secret_old', credential: { id: credential.id, name: 'Nightly' } },
    ])
    const [found] = await list(acme)
    await harness.call('dismissSignal', { organization: acme, params: { signalId: found?.id } })
    await harness.call('rotateCredentialSecret', {
      organization: acme,
      params: { credentialId: credential.id },
      body: { overlapSeconds: 0 },
    })
    await look()
    await look(366 * day)
    expect(await kinds(acme)).toEqual(['secret_old'])
  })

  test('a call from a new network is found where an admin asks for it, after a week of learning', async () => {
    const acme = await addOrganization()
    const certificate = await harness.issueOne(acme)
    const call = (...networks: string[]) =>
      write({
        facets: networks.map((value) => ({
          ...{ certificateId: certificate.id, day: 0, kind: 'network', value, count: 1, lastAt: now() },
        })),
      })
    const networks = () =>
      store.database.queries
        .selectFrom('certificate_networks')
        .select('network')
        .where('certificate_id', '=', certificate.id)
        .execute()
    const set = (enabled: boolean) =>
      harness.call('setAddressMonitoring', {
        organization: acme,
        environment: 'production',
        body: { enabled },
      })
    await accept(certificate)
    await call('192.0.2.0/24')
    expect(await networks()).toEqual([])
    expect(await set(true)).toMatchObject({ enabled: true })
    await set(true)
    await call('192.0.2.0/24')
    await look(6 * day)
    await call('198.51.100.0/24')
    await look(day)
    await call('192.0.2.0/24')
    await call('203.0.113.0/24')
    await accept(certificate)
    await Promise.all([look(), run('find-signals')])
    expect(await list(acme)).toMatchObject([{ kind: 'new_address', network: '203.0.113.0/24' }])
    await call(...Array.from({ length: 60 }, (_, i) => `10.0.${i}.0/24`))
    expect(await networks()).toHaveLength(50)
    await set(false)
    await look()
    expect(await list(acme)).toEqual([])
    expect(await set(false)).toEqual({ enabled: false, since: null })
    await deleteOldRows(store.database.queries, ['issue-certificate'], now())
    expect(await networks()).toEqual([])
  })

  test('an email tells each person on Monday of what is new, once; webhooks are told soon', async () => {
    const acme = await addOrganization()
    const certificate = await harness.issueOne(acme, { contacts: [`admin@${acme.slug}.example`] })
    const other = await harness.issueOne(acme)
    await harness.call('createCredential', {
      organization: acme,
      environment: 'production',
      body: { name: 'Nightly' },
      actor: { ...systemActor('test'), kind: 'person', id: `usr_${acme.slug}` },
    })
    await store.database.queries
      .insertInto('webhooks')
      .values({
        ...{ id: `wh_${acme.slug}`, organization_id: acme.id, name: 'n', url: 'https://hooks.example/' },
        ...{ environment: null, event_types: 'null', disabled_reason: null, after_sequence: 1e9 },
        ...{ created_at: now(), created_by: 'test', created_by_ref: 'system:test' },
      } as never)
      .execute()
    await look(61 * day)
    await run('announce-signals')
    await run('announce-signals')
    const deliveries = await store.database.queries
      .selectFrom('webhook_deliveries')
      .select(['event_type', 'payload'])
      .where('webhook_id', '=', `wh_${acme.slug}`)
      .execute()
    expect(deliveries.map((row) => row.event_type)).toEqual(Array(2).fill('signal.certificate_unused'))
    expect(JSON.parse(deliveries[0]?.payload ?? '')).toMatchObject({
      subject: { kind: 'certificate', id: expect.any(String), name: expect.any(String) },
      organization: acme.slug,
      environment: 'production',
      data: { signalId: expect.stringMatching(/^sig_/), lastUsedAt: null, afterDays: 60 },
    })
    const [, dismissed] = await list(acme)
    await harness.call('dismissSignal', { organization: acme, params: { signalId: dismissed?.id } })
    await look(7 * day)
    await Promise.all([run('tell-of-signals'), run('tell-of-signals')])
    const [email, ...more] = await emails(acme)
    expect(more).toEqual([])
    expect(email?.recipient).toBe(`admin@${acme.slug}.example`)
    expect(email?.subject).toMatch(/has never been used$/)
    expect(email?.body).toContain('You are told after 60 days without a call. Revoke it if nothing needs it.')
    await look(14 * day)
    await run('tell-of-signals')
    expect(await emails(acme)).toHaveLength(1)
    await look(300 * day)
    await look(7 * day)
    await run('tell-of-signals')
    const all = await emails(acme)
    expect(all).toHaveLength(2)
    expect(all[1]?.subject).toMatch(/^The client secret of Nightly/)
    expect([certificate, other].map(({ name }) => email?.body.includes(name))).toContain(false)
  })

  test('pages of signals follow each other, and a cursor is bound to its filter', async () => {
    const acme = await addOrganization()
    for (let i = 0; i < 3; i += 1) await harness.issueOne(acme)
    await look(61 * day)
    const page = (query: object) =>
      harness.call('listSignals', { organization: acme, environment: 'production', query })
    const first = await page({ limit: 2, kind: 'certificate_unused' })
    const rest = await page({ limit: 2, kind: 'certificate_unused', cursor: first.nextCursor })
    expect(new Set([...first.items, ...rest.items].map(({ id }) => id)).size).toBe(3)
    expect(rest.nextCursor).toBeNull()
    await expect(page({ cursor: first.nextCursor })).rejects.toMatchObject({ code: 'cursor_invalid' })
  })
})
