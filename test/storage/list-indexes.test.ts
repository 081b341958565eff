import { type Compilable, type RawBuilder, sql } from 'kysely'
import { beforeAll, expect, test } from 'vitest'
import { createAuditStore, selectAudit } from '../../src/audit/audit-store.ts'
import { recordAudit } from '../../src/audit/record-audit.ts'
import { createCertificateListStore } from '../../src/certificates/certificate-list-store.ts'
import { selectSuccessors } from '../../src/certificates/issuance/draft-store.ts'
import { type ListQuery, selectCertificates } from '../../src/certificates/select-certificates-store.ts'
import { selectCredentials } from '../../src/credentials/credential-store.ts'
import { selectDue } from '../../src/expiry/expiry-store.ts'
import { selectEmails, selectPlanned, selectSkipped } from '../../src/expiry/notification-row-store.ts'
import { selectSteps } from '../../src/expiry/operator-expiry-store.ts'
import { selectUseOfReplacements, selectWaitingReplacements } from '../../src/expiry/plan-row-store.ts'
import { selectUnreached } from '../../src/expiry/redirect-store.ts'
import {
  selectPlannedOfWebhooks,
  selectSkippedOfWebhooks,
} from '../../src/expiry/webhook-notification-store.ts'
import {
  deleteIdle,
  selectExternal,
  selectUndescribed,
} from '../../src/external-status/external-status-store.ts'
import { selectCertificatePage } from '../../src/gateway/registry/registry-store.ts'
import { selectWithoutReplacement } from '../../src/migration-plans/external-use-store.ts'
import { selectUnsubscribed } from '../../src/notifications/subscription-store.ts'
import { selectMemberPage } from '../../src/organizations/member-store.ts'
import { createOrganizationListStore } from '../../src/organizations/organization-list-store.ts'
import { selectOverdue } from '../../src/rotations/overlap-store.ts'
import { selectOpen } from '../../src/rotations/rotation-store.ts'
import { systemActor } from '../../src/shapes/actor.ts'
import { selectOldSecrets, selectRevoked, selectValid } from '../../src/signals/subject-store.ts'
import type { Database } from '../../src/storage/database.ts'
import { lapsingCertificates } from '../../src/storage/lapsing-certificates.ts'
import { selectActivity } from '../../src/telemetry/activity-store.ts'
import { describeOnBothEngines, type TestStore } from '../support/databases.ts'

const now = Date.parse('2027-03-04T08:00:00Z')
const hour = 3_600_000
const total = 300
const page = { limit: 50, sort: 'created' } as const
const at = (moment: number) => new Date(moment).toISOString()

/** Adds certificates of two organizations: one an hour, 2 of 3 issued, one in 10 drafts; those of acme are first. */
async function addCertificates({ queries }: Database): Promise<void> {
  for (const slug of ['acme', 'globex'])
    await queries
      .insertInto('organizations')
      .values({ id: `org_${slug}`, slug, legal_name: slug, country: 'GB', state: '', created_at: 1 })
      .execute()
  const statusOf = (index: number) => (index % 10 === 0 ? 'draft' : index % 3 === 0 ? 'revoked' : 'issued')
  const rows = ['acme', 'globex'].flatMap((slug) =>
    Array.from({ length: total }, (_, index) => ({
      ...{ id: `cert_${slug}${String(index).padStart(8, '0')}`, organization_id: `org_${slug}` },
      ...{ environment: index % 2 === 0 ? 'production' : 'staging', number: index + 1 },
      ...{ name: `${slug}-${String(index + 1).padStart(4, '0')}`, status: statusOf(index) },
      ...{ description: '', owner: '', related_service: '', rotation_policy: '', contacts: '[]' },
      ...{ certified_subject: '{}', organization_name: '', country: '', state: '', key_kind: 'ec-p256' },
      ...{ created_at: now - index * hour, created_by: 'test', search_text: '', source: 'postern' },
      // What a key of the organization created is nobody's.
      responsible_user_id: index % 29 < 3 ? `usr_${index % 29}` : null,
      not_after: statusOf(index) === 'draft' ? null : now + (index - 100) * hour,
      ...(statusOf(index) === 'issued' ? { issued_at: now, certificate_der: new Uint8Array([index]) } : {}),
    })),
  )
  for (let start = 0; start < rows.length; start += 50)
    await queries
      .insertInto('certificates')
      .values(rows.slice(start, start + 50) as never)
      .execute()
}

/** Adds 4 webhooks of each organization with 3 client certificates, and skipped steps of these and of all certificates. */
async function addWebhooks({ queries }: Database): Promise<void> {
  const made = { created_at: 1, created_by: 'test', created_by_ref: 'system:test' }
  const webhooks = ['acme', 'globex'].flatMap((slug) =>
    Array.from({ length: 4 }, (_, index) => ({
      ...{ id: `wh_${slug}${index}`, organization_id: `org_${slug}`, name: 'w', event_types: 'null' },
      ...{ url: 'https://hooks.example/', after_sequence: 0, ...made },
    })),
  )
  await queries.insertInto('webhooks').values(webhooks).execute()
  const certificates = webhooks.flatMap(({ id }) =>
    Array.from({ length: 3 }, (_, index) => ({
      ...{ id: `whc_${id}${index}`, webhook_id: id, issuer: 'own_ca' as const, chain: 'pem', ...made },
      ...{ sealed_key: new Uint8Array([1]), not_before: 1, not_after: now, letter_at: now, live_from: 1 },
    })),
  )
  await queries.insertInto('webhook_client_certificates').values(certificates).execute()
  const others = await queries.selectFrom('certificates').select(['id', 'organization_id']).execute()
  const plans = [
    ...others.map(({ id, organization_id: organizationId }) => ({ id, organizationId })),
    ...certificates.map(({ id, webhook_id: webhookId }) => ({
      ...{ id, organizationId: webhookId.startsWith('wh_acme') ? 'org_acme' : 'org_globex' },
    })),
  ]
  const steps = plans.map(({ id, organizationId }, index) => ({
    ...{ id: `exp_${String(index).padStart(8, '0')}`, plan_id: id, organization_id: organizationId },
    ...{ not_after: now, days: 30, due_at: now, at: now, reason: 'replaced', for_operators: 0 },
    state: 'skipped' as const,
  }))
  for (let start = 0; start < steps.length; start += 50)
    await queries
      .insertInto('expiry_steps')
      .values(steps.slice(start, start + 50))
      .execute()
}

describeOnBothEngines('the lists of an organization', (store: TestStore) => {
  beforeAll(async () => {
    const { database } = store
    await addCertificates(database)
    await addWebhooks(database)
    await database.transaction(async (tx) => {
      for (let index = 0; index < 40; index++) {
        const person = { kind: 'person', id: `usr_${index % 4}`, name: `u${index % 4}@x.example` } as const
        const subject = { organizationId: index % 2 ? 'org_acme' : 'org_globex', subjectId: `s_${index % 5}` }
        await recordAudit(
          tx,
          {
            ...{ actor: index % 8 ? { ...person, origin: '' } : systemActor('jobs'), ...subject },
            ...{ action: index % 3 ? 'person.signed_in' : 'person.signed_out', subjectKind: 'person' },
          },
          now + index,
        )
      }
    })
  })

  beforeAll(async () => {
    // PostgreSQL chooses between indexes by what it knows of the rows.
    if (store.database.engine === 'postgres') await sql`analyze`.execute(store.database.queries)
  })

  const lists = () => createCertificateListStore(store.database)
  const list = async (query: Partial<ListQuery>, organization = 'org_acme') => {
    const found: string[] = []
    let cursor: string | undefined
    do {
      const read = await lists().list(organization, { ...page, ...query, cursor }, now)
      found.push(...read.items.map(({ name }) => name))
      cursor = read.nextCursor ?? undefined
    } while (cursor !== undefined)
    return found
  }
  const all = async (keep: (number: number) => boolean) =>
    (await list({})).filter((name) => keep(Number(name.slice(-4)) - 1))

  test('have the certificates of all environments, or of one', async () => {
    expect(await list({})).toHaveLength(total)
    expect(await list({ environment: 'staging' })).toEqual(await all((index) => index % 2 === 1))
    expect((await list({}, 'org_globex')).every((name) => name.startsWith('globex-'))).toBe(true)
  })

  test('have certificates of several statuses in one order, in pages without gaps', async () => {
    const isDraft = (index: number) => index % 10 === 0
    const isValid = (index: number) => !isDraft(index) && index % 3 !== 0 && index >= 100
    expect(await list({ status: ['draft', 'issued'], limit: 7 })).toEqual(
      await all((index) => isDraft(index) || isValid(index)),
    )
    const expired = await list({ status: ['expired', 'draft', 'draft'], sort: 'expires', limit: 9 })
    expect(expired.slice(0, 2)).toEqual(['acme-0002', 'acme-0003'])
    expect(new Set(expired).size).toBe(expired.length)
    expect(expired.at(-1)).toBe('acme-0291')
  })

  test('find certificates whose owner is gone, and count those that matter', async () => {
    const { queries } = store.database
    for (const [id, deactivated_at] of [
      ['usr_0', null],
      ['usr_1', 1],
    ] as const)
      await queries
        .insertInto('users')
        .values({
          ...{ id, email: `${id}@x.example`, name: id, email_verified: 1, must_change_password: 0 },
          ...{ deactivated_at, created_at: at(now), updated_at: at(now) },
        })
        .execute()
    for (const id of ['usr_0', 'usr_1'])
      await queries
        .insertInto('members')
        .values({ id: `mem_${id}`, organization_id: 'org_acme', user_id: id, role: 'viewer', created_at: 1 })
        .execute()
    const isGone = (index: number) => index % 29 === 1 || index % 29 === 2
    expect(await list({ owner: 'gone', limit: 7 })).toEqual(await all(isGone))
    expect(await list({ owner: 'gone', status: ['issued'], environment: 'staging', limit: 7 })).toEqual(
      (await list({ status: ['issued'], environment: 'staging' })).filter((name) =>
        isGone(Number(name.slice(-4)) - 1),
      ),
    )
    for (const sort of ['name', 'expires', 'last_used'] as const)
      expect(new Set(await list({ owner: 'gone', sort, limit: 11 }))).toEqual(new Set(await all(isGone)))
    expect(await list({ owner: 'gone', name: 'acme-0001' })).toEqual([])
    expect(await list({ owner: 'gone', name: 'acme-0002' })).toEqual(['acme-0002'])
    const matter = await list({ owner: 'gone', status: ['draft', 'pending', 'issued'] })
    const { getUse } = createOrganizationListStore(store.database)
    expect(await getUse('org_acme', now)).toMatchObject({ ownerGoneCount: matter.length })
    await queries.deleteFrom('members').execute()
    await queries.deleteFrom('users').execute()
    expect(await list({ owner: 'gone' })).toEqual(await all((index) => index % 29 < 3))
  })

  test('find an exact name, in the organization alone', async () => {
    expect(await list({ name: 'acme-0007' })).toEqual(['acme-0007'])
    for (const name of ['acme-7', 'ACME-0007', 'globex-0007', 'acme-000', 'acme-99999999999', ''])
      expect([name, await list({ name })]).toEqual([name, []])
  })

  test('find certificates by creation and by expiry, in both directions', async () => {
    const range = { from: at(now - 5 * hour), to: at(now - 2 * hour) }
    expect(await list(range)).toEqual(['acme-0004', 'acme-0005', 'acme-0006'])
    expect(await list({ ...range, order: 'asc' })).toEqual(['acme-0006', 'acme-0005', 'acme-0004'])
    const soon = { expiresBefore: at(now - 96 * hour), sort: 'expires' } as const
    expect(await list(soon)).toEqual(['acme-0002', 'acme-0003', 'acme-0004'])
    expect(await list({ ...soon, order: 'desc' })).toEqual(['acme-0004', 'acme-0003', 'acme-0002'])
  })

  test('accept a cursor for the same filters and order alone', async () => {
    const query = { ...page, status: ['issued'] as ['issued'], limit: 5 }
    const cursor = (await lists().list('org_acme', query, now)).nextCursor ?? ''
    await expect(lists().list('org_acme', { ...query, cursor }, now)).resolves.toBeDefined()
    for (const other of [
      { status: undefined },
      { environment: 'production' },
      { order: 'asc' as const },
      { sort: 'expires' as const },
      { name: 'acme-0001' },
    ])
      await expect(lists().list('org_acme', { ...query, ...other, cursor }, now)).rejects.toMatchObject({
        code: 'cursor_invalid',
      })
  })

  test('of the audit log are found by type, subject, actor, organization and time', async () => {
    const audit = createAuditStore(store.database)
    const sequences = async (query: Partial<Parameters<typeof selectAudit>[1]>) => {
      const found: number[] = []
      let cursor: string | undefined
      do {
        const read = await audit.list({ limit: 3, ...query, cursor })
        found.push(...read.items.map(({ at: moment }) => moment - now).filter((index) => index >= 0))
        cursor = read.nextCursor ?? undefined
      } while (cursor !== undefined)
      return found
    }
    const expected = (keep: (index: number) => boolean) =>
      Array.from({ length: 40 }, (_, index) => 39 - index).filter(keep)
    expect(await sequences({ type: ['user.signed_out'] })).toEqual(expected((index) => index % 3 === 0))
    expect(await sequences({ type: ['user.signed_in', 'user.signed_out'] })).toEqual(expected(() => true))
    expect(await sequences({ subjectId: 's_3' })).toEqual(expected((index) => index % 5 === 3))
    expect(await sequences({ subjectKind: 'user', subjectId: 's_3' })).toHaveLength(8)
    expect(await sequences({ subjectKind: 'certificate', subjectId: 's_3' })).toEqual([])
    expect(await sequences({ actor: 'u2@x.example' })).toEqual(expected((index) => index % 4 === 2))
    expect(await sequences({ actor: 'jobs' })).toEqual(expected((index) => index % 8 === 0))
    expect(await sequences({ organization: 'acme' })).toEqual(expected((index) => index % 2 === 1))
    expect(await sequences({ from: at(now + 3), to: at(now + 6) })).toEqual([5, 4, 3])
  })

  /** What the store does for a query; PostgreSQL would scan tables that are as small as these. */
  const explain = async (query: Compilable<unknown> | RawBuilder<unknown>): Promise<string> => {
    const { queries, engine } = store.database
    const compiled = query.compile(queries)
    if (engine === 'sqlite') {
      const { rows } = await queries.executeQuery<{ detail: string }>({
        ...compiled,
        sql: `explain query plan ${compiled.sql}`,
      })
      return rows.map(({ detail }) => detail).join('\n')
    }
    return queries.transaction().execute(async (tx) => {
      await sql`set local enable_seqscan = off`.execute(tx)
      const { rows } = await tx.executeQuery<{ 'QUERY PLAN': string }>({
        ...compiled,
        sql: `explain ${compiled.sql}`,
      })
      return rows.map((row) => row['QUERY PLAN']).join('\n')
    })
  }

  const certificates = (query: Partial<ListQuery>) => (database: Database) =>
    selectCertificates(database.queries, 'org_acme', { ...page, ...query }, now)
  const audit = (query: object) => (database: Database) =>
    selectAudit(database.queries, { limit: 50, ...query })
  const activity = (query: object) => (database: Database) =>
    selectActivity(database.queries, 'org_acme', { limit: 50, ...query })
  const credentials = (query: object) => (database: Database) =>
    selectCredentials(database.queries, 'org_acme', { limit: 50, ...query })
  const range = { from: at(now - hour), to: at(now) }
  const rotations = ({ queries }: Database) =>
    selectOpen(
      queries,
      { organizationId: 'org_acme', environment: 'staging', now },
      { from: [now, 'cert_a'], limit: 50 },
    )
  const notices = { organizationId: 'org_acme', certificateId: undefined, limit: 50 }
  const allEmails = { states: ['queued', 'sent', 'failed', 'withheld'] as const, before: undefined }

  test.each([
    ['certificates', 'certificates_by_created', certificates({})],
    ['certificates of a time', 'certificates_by_created', certificates(range)],
    ['certificates of an environment', 'certificates_by_created', certificates({ environment: 'staging' })],
    ['certificates of a status', 'certificates_by_\\w+', certificates({ status: ['draft'] })],
    ['certificates of statuses', 'certificates_by_\\w+', certificates({ status: ['issued', 'expired'] })],
    ['expired certificates', 'certificates_by_\\w+', certificates({ status: ['expired'] })],
    ['certificates that have just expired', 'certificates_by_expiry', certificates({ status: ['expired'] })],
    ['certificates by name', 'certificates_by_number', certificates({ sort: 'name' })],
    [
      'certificates by name, last first',
      'certificates_by_number',
      certificates({ sort: 'name', order: 'desc' }),
    ],
    ['certificates by expiry', 'certificates_by_expiry', certificates({ sort: 'expires' })],
    ['certificates by last use', 'certificates_by_last_use', certificates({ sort: 'last_used' })],
    [
      'certificates by last use, never used first',
      'certificates_by_last_use',
      certificates({ sort: 'last_used', order: 'asc' }),
    ],
    [
      'certificates that expire',
      'certificates_by_expiry',
      certificates({ sort: 'expires', expiresBefore: at(now) }),
    ],
    [
      'a certificate by its name',
      'certificates_number|sqlite_autoindex_certificates_\\d',
      certificates({ name: 'acme-0001' }),
    ],
    [
      'certificates by a text',
      'certificates_pkey|sqlite_autoindex_certificates_\\d',
      certificates({ text: 'acme-00' }),
    ],
    [
      'certificates to be marked as expired',
      'certificates_lapsing',
      async ({ queries }) =>
        sql`select id from ${lapsingCertificates(queries, now)} order by not_after limit 9`,
    ],
    ['certificates whose owner is gone', 'certificates_by_responsible', certificates({ owner: 'gone' })],
    [
      'certificates of an environment whose owner is gone',
      'certificates_by_responsible|certificates_open',
      certificates({ owner: 'gone', environment: 'staging', status: ['issued'], sort: 'expires' }),
    ],
    [
      'certificates that can be presented',
      'COVERING INDEX certificates_registered|Index Only Scan using certificates_registered',
      ({ queries }) => selectCertificatePage(queries, 'cert_a').limit(9),
    ],
    [
      'the replacement that forbids another',
      'certificates_successor',
      ({ queries }) => selectSuccessors(queries, 'org_acme', 'cert_acme00000001', now),
    ],
    ['certificates with an accepted replacement', 'certificates_replaced', rotations],
    [
      'certificates that are valid after their overlap',
      'certificates_overlap|certificates_replaced',
      ({ queries }) =>
        selectOverdue(queries, [{ environment: 'staging', acceptedBefore: now - hour }], {
          ...{ from: [1, 'cert_a'], limit: 50, now },
        }),
    ],
    ['certificates whose replacement is not accepted', 'certificates_unaccepted', rotations],
    [
      'the use of replacements',
      'certificates_successor',
      async () => selectUseOfReplacements('org_acme', ['cert_a', 'cert_b'], now),
    ],
    [
      'replacements that are not accepted',
      'certificates_successor|certificates_unaccepted',
      ({ queries }) => selectWaitingReplacements(queries, 'org_acme', ['cert_a', 'cert_b'], now),
    ],
    [
      'external certificates without a replacement',
      'certificates_successor',
      ({ queries }) =>
        selectWithoutReplacement(queries, { organizationId: 'org_acme', environment: 'staging' }, now),
    ],
    [
      'external certificates of which it is not known what to ask',
      'external_statuses_awaited',
      ({ queries }) => selectUndescribed(queries, ['iss_a', 'iss_b'], now),
    ],
    [
      'statuses that wait for a revoked certificate',
      'external_statuses_awaited',
      ({ queries }) => deleteIdle(queries),
    ],
    [
      'external certificates by ID',
      'certificates_external_id',
      ({ queries }) => selectExternal(queries, 'cert_a'),
    ],
    [
      'valid certificates for signals',
      'certificates_lapsing',
      ({ queries }) => Promise.resolve(selectValid(queries, { after: [now, 'cert_a'], limit: 9 })),
    ],
    [
      'revoked certificates for signals',
      'certificates_revoked_at',
      ({ queries }) => Promise.resolve(selectRevoked(queries, { after: [now, 'cert_a'], limit: 9 })),
    ],
    [
      'old secrets for signals',
      'credential_secrets_age',
      ({ queries }) => Promise.resolve(selectOldSecrets(queries, { after: [1, 'sec_a'], limit: 9 }, now)),
    ],
    ['members', 'members_list', ({ queries }) => selectMemberPage(queries, 'org_acme', { limit: 50 })],
    ['credentials', 'credentials_created', credentials({})],
    ['credentials by name', 'credentials_name', credentials({ name: 'a' })],
    ['activity', 'activity_time', activity({})],
    ['activity of a time', 'activity_time', activity(range)],
    ['activity of an environment', 'activity_place', activity({ environment: 'staging' })],
    ['denied activity', 'activity_denied', activity({ outcome: 'denied' })],
    ['activity of a certificate', 'activity_certificate', activity({ certificateId: 'cert_acme1' })],
    ['activity of a cause', 'activity_denied_cause', activity({ code: 'certificate_revoked' })],
    ['activity of a status', 'activity_status', activity({ status: 403 })],
    ['activity of a trace ID', 'activity_trace', activity({ traceId: '0'.repeat(32) })],
    [
      'planned emails',
      'expiry_plans_next|expiry_plans_organization',
      ({ queries }) => selectPlanned(queries, notices, undefined),
    ],
    ['emails', 'outbox_organization', ({ queries }) => selectEmails(queries, notices, allEmails)],
    [
      'emails that were not sent',
      'outbox_withheld|outbox_organization',
      ({ queries }) => selectEmails(queries, notices, { states: ['failed', 'withheld'], before: 'z' }),
    ],
    [
      'emails about a certificate',
      'outbox_organization|outbox_pkey',
      ({ queries }) => selectEmails(queries, { ...notices, certificateId: 'cert_acme00000001' }, allEmails),
    ],
    ['skipped steps', 'expiry_steps_of', ({ queries }) => selectSkipped(queries, notices, undefined)],
    [
      'planned emails about client certificates of webhooks',
      'webhook_deliveries_presented',
      ({ queries }) => selectPlannedOfWebhooks(queries, notices, [now, 'whc_a'], now),
    ],
    [
      'skipped steps of client certificates of webhooks',
      // SQLite names the index of a unique constraint itself.
      'expiry_steps_once|sqlite_autoindex_expiry_steps_2',
      ({ queries }) => selectSkippedOfWebhooks(queries, notices, 'z'),
    ],
    [
      'certificates whose step is due',
      'expiry_plans_due|expiry_plans_next',
      ({ queries }) => selectDue(queries, now, ['org_globex']),
    ],
    ['steps for operators', 'expiry_steps_operators', ({ queries }) => selectSteps(queries).limit(9)],
    [
      'letters that reached nobody',
      'outbox_withheld_age',
      ({ queries }) => selectUnreached(queries, now).select('organization_id').limit(1),
    ],
    [
      'who has unsubscribed',
      'mail_subscriptions_address',
      ({ queries }) => selectUnsubscribed(queries, 'org_acme'),
    ],
    ['the audit log', 'audit_time', audit({})],
    ['the audit log of a time', 'audit_time', audit(range)],
    ['the audit log of an organization', 'audit_organization', audit({ organization: 'acme' })],
    ['types of the audit log', 'audit_action', audit({ type: ['user.signed_in', 'user.signed_out'] })],
    ['a subject of the audit log', 'audit_about', audit({ subjectId: 's_1' })],
    ['a user of the audit log', 'audit_actor_name', audit({ actor: 'a@x.example' })],
    ['a task of the audit log', 'audit_actor', audit({ actor: 'jobs' })],
  ])('read %s by the index %s', async (_, index, query) => {
    const plan = await explain(await query(store.database))
    expect(plan).toMatch(new RegExp(`\\b(${index})\\b`))
    expect(plan).not.toMatch(
      /SCAN (certificates?|delivery|webhook\w*|credentials|activity|audit|outbox|expiry_\w+|mail_\w+)\b(?! USING)|Seq Scan on (certificates|webhook\w*|activity|audit|credentials|outbox|expiry_\w+|mail_\w+)\b/,
    )
    // Every replacement of an organization for one certificate: as a join that begins with the wrong side.
    expect(plan).not.toContain('certificates_successor (organization_id=?)')
    // All that an organization has used, for one certificate.
    expect(plan).not.toContain('certificates_first_use (organization_id=?')
    // A part of an index in the order of the list is not sorted: only the beginnings of the parts are.
    if (/certificates_by_(created|number|last_use)/.test(index))
      expect(plan).not.toContain('SCAN certificates')
  })
})
