import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { beforeEach, expect, test } from 'vitest'
import { createTestClock } from '../../test/support/certificate-harness.ts'
import { describeWithFreshStores } from '../../test/support/databases.ts'
import { createAccountStore } from '../accounts/account-store.ts'
import { insertUser } from '../accounts/password-store.ts'
import { hashBody } from '../audit/audit-chain.ts'
import { createAuditStore } from '../audit/audit-store.ts'
import { createCheckpointStore } from '../audit/checkpoint-store.ts'
import { recordAudit } from '../audit/record-audit.ts'
import { createRedactionStore } from '../audit/redaction-store.ts'
import { createCheckpointTaker } from '../audit/take-checkpoint.ts'
import { describeChainProblem, verifyAudit } from '../audit/verify-audit.ts'
import type { OperatorRole } from '../contract/roles.ts'
import { AuditProof, checkProof, type ProvenRow, proveRows } from '../evidence/audit-proof.ts'
import { removeMemberships } from '../organizations/membership-store.ts'
import { createOrganizationStore } from '../organizations/organization-store.ts'
import { createEraser } from '../privacy/erase-people.ts'
import { createErasureStore, type ErasureStore } from '../privacy/erasure-store.ts'
import { createSweepStore } from '../privacy/sweep-store.ts'
import { type Actor, systemActor } from '../shapes/actor.ts'
import { toMasterKey } from '../shapes/master-key.ts'
import { listSealedAuditKeys, openAuditKey } from '../signer/audit-key.ts'
import type { Queries } from '../storage/database.ts'

const name = 'Łucja O’Neil-Płatność'
const email = 'lucja@acme.example'
const formerEmail = 'lucja.maiden@acme.example'
const texts = [name, email, formerEmail, 'Lucja Maiden']
const system = systemActor('test')
const tenMinutes = 10 * 60_000

describeWithFreshStores('the erasure of a person', (store) => {
  const authorityKey = toMasterKey(randomBytes(32))
  const clock = createTestClock()
  let erasures: ErasureStore
  let erase: () => Promise<void>
  let operator: Actor

  const openSigner = () => openAuditKey(store.database, authorityKey, clock)
  const checkpoint = () =>
    createCheckpointTaker({
      audit: createAuditStore(store.database),
      checkpoints: createCheckpointStore(store.database),
      openSigner,
      files: [],
      clock,
    })()
  const verify = async () => {
    const parts = {
      audit: createAuditStore(store.database),
      checkpoints: createCheckpointStore(store.database),
    }
    const keys = await listSealedAuditKeys(store.database.queries, authorityKey)
    const { problem } = await verifyAudit(parts, { keys })
    return problem && describeChainProblem(problem)
  }
  /** A process of a portal. */
  const startEraser = () => {
    const { database } = store
    const redactions = createRedactionStore(database, openSigner)
    erasures = createErasureStore({ database, redactions, removeMemberships })
    return createEraser({ erasures, sweep: createSweepStore(database), clock })
  }
  const finish = async (eraser = erase) => {
    await eraser()
    clock.advance(tenMinutes)
    await eraser()
  }
  beforeEach(async () => {
    erase = startEraser()
    operator = await addPerson('op@provider.example', 'Operator', 'operator')
  })

  async function addPerson(address: string, called: string, operatorRole: OperatorRole | null = null) {
    const user = { email: address, name: called, operatorRole, mustChangePassword: false }
    const id = await store.database.transaction((tx) => insertUser(tx, user, undefined, clock.now()))
    return { kind: 'person', id, name: address, origin: '192.0.2.1' } as const
  }
  async function addOrganization(slug = 'acme') {
    const organizations = createOrganizationStore(store.database)
    const given = { slug, legalName: 'Acme', country: 'GB', state: '' }
    await organizations.insert(given, { actor: system, now: clock.now() })
    const { id } = (await organizations.findBySlug(slug)) as { id: string }
    const join = (who: Actor, role: 'admin' | 'viewer') =>
      organizations.insertMember(id, who.id, role, { actor: system, now: clock.now() })
    return { id, join }
  }
  const record = (actor: Actor, subjectId: string, after: Record<string, unknown> = {}) =>
    store.database.transaction((tx) =>
      recordAudit(
        tx,
        { actor, action: 'thing.changed', organizationId: null, subjectKind: 'thing', subjectId, after },
        clock.now(),
      ),
    )
  /** A person with a past: other names, other addresses, and rows in all tables that name people. */
  async function addLucja() {
    const { database } = store
    const lucja = await addPerson(formerEmail, 'Lucja Maiden')
    const boss = await addPerson('boss@acme.example', 'Boss')
    const { id, join } = await addOrganization()
    await join(boss, 'admin')
    await join(lucja, 'admin')
    const accounts = createAccountStore({
      ...{ database, portalUrl: 'https://p.example' },
      writeEmails: async () => {},
    })
    await accounts.update(lucja.id, { name }, { actor: lucja, now: clock.now() })
    await record(lucja, 'first')
    await database.queries.updateTable('users').set({ email }).where('id', '=', lucja.id).execute()
    const changed = { before: { email: formerEmail }, after: { email } }
    await database.transaction((tx) =>
      recordAudit(
        tx,
        {
          ...{ actor: { ...lucja, name: formerEmail }, action: 'person.email_changed' },
          ...{ organizationId: null, subjectKind: 'person', subjectId: lucja.id, ...changed },
        },
        clock.now(),
      ),
    )
    await record(boss, 'invitation', { email: email.toUpperCase(), role: 'admin' })
    await nameEverywhere(database.queries, lucja, id, clock.now())
    return { lucja: { ...lucja, name: email }, boss, organizationId: id }
  }
  /** Returns the tables in which one of the texts stands, as text, whatever the column. */
  async function findTables(sought: readonly string[] = texts) {
    const tables = await store.database.queries.introspection.getTables()
    const found: string[] = []
    for (const { name: table } of tables.filter(({ name }) => !/trigrams/.test(name))) {
      const { rows } = await sql`select * from ${sql.table(table)}`.execute(store.database.queries)
      const text = rows.map(toSearched).join('\n').toLowerCase()
      if (sought.some((one) => text.includes(one.toLowerCase()))) found.push(table)
    }
    return found.toSorted()
  }
  const readAudit = () => store.database.queries.selectFrom('audit').selectAll().orderBy('sequence').execute()

  test('leaves no row of any table with the address or the name, and an intact audit log', async () => {
    const { lucja, boss } = await addLucja()
    await checkpoint()
    const before = await findTables()
    expect(before).toEqual(
      expect.arrayContaining([
        ...['audit', 'api_keys', 'certificates', 'certificate_search', 'confirmations', 'outbox', 'budgets'],
        ...[
          'credentials',
          'invitations',
          'mailbox',
          'passkeys',
          'registrations',
          'users',
          'bulk_revocations',
        ],
        ...['enforcement_plans', 'one_time_links'],
      ]),
    )
    const links = (await readAudit()).map(({ hash }) => hash)
    expect(await erasures.begin(lucja.id, { actor: operator, now: clock.now() }, 'operator')).toMatchObject({
      status: 'running',
    })
    await finish()
    expect(await erasures.get(lucja.id)).toMatchObject({ status: 'finished' })
    expect(await findTables()).toEqual([])
    await checkpoint()
    expect(await verify()).toBeUndefined()
    const rows = await readAudit()
    expect(rows.slice(0, links.length).map(({ hash }) => hash)).toEqual(links)
    expect(rows.find(({ subject_id }) => subject_id === 'first')).toMatchObject({
      ...{ actor_id: lucja.id, actor_name: `Erased user ${lucja.id}` },
    })
    // What names somebody else is as it was.
    expect(rows.filter(({ actor_name }) => actor_name === boss.name).length).toBeGreaterThan(0)
    const [certificate] = await store.database.queries.selectFrom('certificates').selectAll().execute()
    expect(certificate).toMatchObject({
      ...{ created_by: `Erased user ${lucja.id}`, contacts: '["team@acme.example"]' },
    })
  })

  test('is found where anybody changes a redacted row, puts the old text back, or redacts without the key', async () => {
    const { lucja } = await addLucja()
    const old = (await readAudit()).find(({ subject_id }) => subject_id === 'first')
    await erasures.begin(lucja.id, { actor: operator, now: clock.now() }, 'operator')
    await finish()
    await checkpoint()
    const { queries } = store.database
    const rows = await readAudit()
    const row = rows.find(({ subject_id }) => subject_id === 'first')
    const other = rows.find(({ subject_id }) => subject_id === 'invitation')
    if (row === undefined || old === undefined || other === undefined) throw new Error('no row')
    const set = (sequence: number, values: object) =>
      queries.updateTable('audit').set(values).where('sequence', '=', sequence).execute()
    const { sequence } = row
    const altered = `Row ${sequence} of the audit log was altered after it had been written.`
    for (const values of [
      { actor_name: 'Eve' },
      { origin: '198.51.100.1' },
      { after: null },
      { salt: 'aa' },
    ]) {
      await set(sequence, values)
      expect(await verify()).toBe(altered)
      await set(sequence, row)
    }
    await set(sequence, old)
    expect(await verify()).toBe(altered)
    await set(sequence, row)
    // A row that was never redacted cannot be passed off as one.
    const untouched = rows.find(({ written_sha256: written }) => written === null) ?? row
    await set(untouched.sequence, { origin: 'nowhere', written_sha256: hashBody(untouched) })
    expect(await verify()).toBe(
      `Row ${untouched.sequence} of the audit log was altered after it had been written.`,
    )
    await set(untouched.sequence, untouched)
    expect(await verify()).toBeUndefined()
    // A redaction that somebody else signed is none.
    const forged = { rows: [{ sequence: 1, written: 'a'.repeat(64), redacted: 'b'.repeat(64) }], keyId: 'x' }
    await store.database.transaction((tx) =>
      recordAudit(
        tx,
        {
          ...{ actor: system, action: 'audit.redacted', organizationId: null, subjectKind: 'person' },
          ...{ subjectId: lucja.id, after: { ...forged, signature: randomBytes(70).toString('base64') } },
        },
        clock.now(),
      ),
    )
    expect(await verify()).toContain('the key of the audit log did not sign that')
    await expect(checkpoint()).rejects.toMatchObject({ code: 'audit_log_altered' })
  })

  test('leaves evidence provable: a pack has the redaction of its rows, and nothing else passes', async () => {
    const { lucja, organizationId } = await addLucja()
    await store.database.transaction((tx) =>
      recordAudit(
        tx,
        {
          actor: lucja,
          action: 'thing.done',
          organizationId,
          subjectKind: 'certificate',
          subjectId: 'cert_1',
        },
        clock.now(),
      ),
    )
    await checkpoint()
    await erasures.begin(lucja.id, { actor: operator, now: clock.now() }, 'operator')
    await finish()
    await checkpoint()
    const parts = {
      audit: createAuditStore(store.database),
      checkpoints: createCheckpointStore(store.database),
    }
    const { publicKey } = await openSigner()
    const proof = await proveRows(parts, organizationId, 'cert_1')
    const check = (change: (row: ProvenRow) => ProvenRow | string = (row) => row) => {
      const copy = structuredClone(proof)
      for (const segment of copy.segments)
        segment.rows = segment.rows.map((row) => (typeof row === 'string' ? row : change(row)))
      return checkProof(AuditProof.parse(JSON.parse(JSON.stringify(copy))), publicKey)
    }
    expect(check()).toEqual([
      expect.objectContaining({ action: 'thing.done', actor_name: `Erased user ${lucja.id}` }),
      expect.objectContaining({ action: 'audit.redacted' }),
    ])
    const isDone = ({ action }: ProvenRow) => action === 'thing.done'
    expect(check((row) => (isDone(row) ? { ...row, actor_name: 'Eve' } : row))).toContain('is not as it was')
    expect(check((row) => (isDone(row) ? row : hashBody(row)))).toContain('is not as it was')
  })

  test('goes on after a kill, in another process, and is the same when asked twice or at once', async () => {
    const { lucja } = await addLucja()
    for (let number = 0; number < 130; number += 1) await record(lucja, `thing ${number}`)
    const act = { actor: operator, now: clock.now() }
    const views = await Promise.all([1, 2, 3].map(() => erasures.begin(lucja.id, act, 'operator')))
    expect(new Set(views.map((view) => JSON.stringify(view))).size).toBe(1)
    // A process that dies in the middle has done whole steps.
    let steps = 0
    const dying = createEraser({
      sweep: createSweepStore(store.database),
      clock,
      erasures: {
        ...erasures,
        redactOn: (...given) =>
          ++steps > 1 ? Promise.reject(new Error('killed')) : erasures.redactOn(...given),
      },
    })
    await expect(dying()).rejects.toThrow('erasures failed')
    // One that failed waits, so that it does not hold up the others.
    clock.advance(tenMinutes)
    const counts = async () => (await readAudit()).filter(({ written_sha256: one }) => one !== null).length
    expect(await counts()).toBe(50)
    expect(await verify()).not.toContain('altered')
    await Promise.all([startEraser()(), startEraser()()])
    clock.advance(tenMinutes)
    await Promise.all([startEraser()(), startEraser()()])
    clock.advance(tenMinutes)
    await finish()
    expect(await findTables()).toEqual([])
    await checkpoint()
    expect(await verify()).toBeUndefined()
    const rows = await readAudit()
    const about = (action: string) => rows.filter((row) => row.action === action).length
    expect([about('person.erased'), about('person.erasure_finished')]).toEqual([1, 1])
    expect(await erasures.begin(lucja.id, act, 'operator')).toMatchObject({ status: 'finished' })
    expect(await readAudit()).toHaveLength(rows.length)
  })

  test('finds what was under way when it began, in the log at once and elsewhere with the second sweep', async () => {
    const { lucja } = await addLucja()
    await erasures.begin(lucja.id, { actor: operator, now: clock.now() }, 'operator')
    await erase()
    await record(lucja, 'late', { note: `by ${email}` })
    const late = (await readAudit()).at(-1)
    expect(late?.actor_name).toBe(`Erased user ${lucja.id}`)
    await store.database.queries
      .updateTable('credentials')
      .set({ created_by: email })
      .where('id', '=', 'cred_1')
      .execute()
    expect(await findTables()).toEqual(['audit', 'credentials', 'erasures'])
    clock.advance(tenMinutes)
    await erase()
    expect(await findTables()).toEqual([])
  })

  test('a row that names two people is redacted for each of them', async () => {
    const { lucja, boss } = await addLucja()
    const other = await addPerson('other@acme.example', 'Other')
    await record(lucja, 'both', { note: `${boss.name} and ${other.name}` })
    for (const one of [lucja, other]) {
      await erasures.begin(one.id, { actor: operator, now: clock.now() }, 'operator')
      await finish()
      await checkpoint()
      expect(await verify()).toBeUndefined()
    }
    expect((await readAudit()).find(({ subject_id }) => subject_id === 'both')).toMatchObject({
      actor_name: `Erased user ${lucja.id}`,
      after: JSON.stringify({ note: `${boss.name} and Erased user ${other.id}` }),
    })
    expect(await findTables(['other@acme.example'])).toEqual([])
  })

  test.each([
    ['keeps its name', email],
    ['keeps its reason', 'another@provider.example'],
  ])('a decision that is sealed %s until the certificate is issued, and the erasure waits', async (_, by) => {
    const { lucja } = await addLucja()
    const certificates = store.database.queries.updateTable('certificates')
    await certificates.set({ status: 'pending', decided_by: by, approved: 1 }).execute()
    await erasures.begin(lucja.id, { actor: operator, now: clock.now() }, 'operator')
    await finish()
    expect(await findTables()).toEqual(['certificates', 'erasures'])
    await certificates.set({ status: 'issued' }).execute()
    clock.advance(tenMinutes)
    await erase()
    expect(await findTables()).toEqual([])
    expect(await erasures.get(lucja.id)).toMatchObject({ status: 'finished' })
  })

  test('takes nothing from another user whose address the person has asked for', async () => {
    const { lucja, boss } = await addLucja()
    const asked = { action: 'person.email_change_requested', after: { email: boss.name } }
    await store.database.transaction((tx) =>
      recordAudit(
        tx,
        { actor: lucja, organizationId: null, subjectKind: 'person', subjectId: lucja.id, ...asked },
        clock.now(),
      ),
    )
    await record(boss, 'of the boss')
    await erasures.begin(lucja.id, { actor: operator, now: clock.now() }, 'operator')
    await finish()
    const rows = await readAudit()
    expect(rows.find(({ subject_id }) => subject_id === 'of the boss')?.actor_name).toBe(boss.name)
    expect(rows.find(({ action }) => action === asked.action)?.after).not.toContain(boss.name)
  })

  test('is denied for the last admin, the last operator, oneself as an operator, and nobody', async () => {
    const admin = await addPerson(email, name)
    const { join, id } = await addOrganization()
    await join(admin, 'admin')
    const act = { actor: operator, now: clock.now() }
    const begin = (who: Actor, as: 'self' | 'operator' = 'operator', actor = operator) =>
      erasures.begin(who.id, { ...act, actor }, as)
    await expect(begin(admin)).rejects.toMatchObject({ code: 'last_admin' })
    await expect(begin(admin, 'self', admin)).rejects.toMatchObject({ code: 'last_admin' })
    await expect(begin(operator)).rejects.toMatchObject({ code: 'conflict' })
    await expect(begin(operator, 'self')).rejects.toMatchObject({ code: 'conflict' })
    await expect(begin(operator, 'operator', admin)).rejects.toMatchObject({ code: 'conflict' })
    await expect(begin({ ...admin, id: 'usr_nobody' })).rejects.toMatchObject({ code: 'not_found' })
    expect(await store.database.queries.selectFrom('erasures').selectAll().execute()).toEqual([])
    // Nobody needs an admin of an organization that is closed.
    await store.database.queries
      .updateTable('organizations')
      .set({ status: 'closed' })
      .where('id', '=', id)
      .execute()
    await begin(admin, 'self', admin)
    // Of two operators who erase each other, one stays.
    const second = await addPerson('second@provider.example', 'Second', 'operator')
    const both = await Promise.allSettled([begin(second), begin(operator, 'operator', second)])
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  })
})

const toSearched = (row: unknown): string =>
  Object.values(row as object)
    .map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value)))
    .join(' ')

/** Writes a row with the name or the address into each table that can hold one. */
async function nameEverywhere(
  queries: Queries,
  { id: userId }: Actor,
  organizationId: string,
  now: number,
): Promise<void> {
  const actor = JSON.stringify({ kind: 'person', id: userId, name: email, origin: '192.0.2.1' })
  const insert = (table: string, row: Record<string, unknown>) =>
    sql`insert into ${sql.table(table)} (${sql.join(Object.keys(row).map((column) => sql.ref(column)))})
      values (${sql.join(Object.values(row))})`.execute(queries)
  const own = { organization_id: organizationId, environment: 'production' }
  await insert('certificates', {
    ...{ ...own, id: 'cert_1', number: 1, name: 'acme-0001', status: 'issued', created_at: now },
    ...{ description: `ask ${email}`, owner: email, related_service: '', rotation_policy: '' },
    ...{ contacts: JSON.stringify([email, 'team@acme.example']), certified_subject: '{}' },
    ...{ organization_name: 'Acme', country: 'GB', state: '', key_kind: 'ecdsa-p256' },
    ...{ created_by: email, submitted_by: email, decided_by: email, revoked_by: formerEmail },
    ...{ decision_reason: `as ${email} asked`, search_text: `acme-0001 ask ${email}`, source: 'postern' },
  })
  await insert('credentials', {
    ...{ ...own, id: 'cred_1', name: 'one', description: `of ${email}`, client_id: 'c_1' },
    ...{ scopes: 'null', networks: 'null', certificate_ids: 'null', created_at: now, created_by: email },
  })
  const key = { role: 'viewer', scopes: 'null', networks: 'null', expires_at: now + 1e9, created_at: now }
  const by = { created_by: email, created_by_ref: `person:${userId}` }
  await insert('api_keys', { ...key, ...by, id: 'key_1', user_id: userId, name })
  await insert('api_keys', { ...key, ...by, id: 'key_2', organization_id: organizationId, name: 'CI' })
  await insert('api_key_secrets', {
    ...{ sha256: 'a', api_key_id: 'key_1', prefix: 'pst_', created_at: now, expires_at: now + 1e9 },
  })
  await insert('registrations', {
    ...{ ...own, id: 'reg_1', details: JSON.stringify({ owner: email, contacts: [email] }) },
    ...{ certificate_der: new Uint8Array(1), fingerprint_sha256: 'f', foreign_chain: '', source: 'pinned' },
    ...{ not_after: now, challenge: 'c', registered_by: actor, created_at: now, expires_at: now },
  })
  await insert('bulk_revocations', {
    ...{ id: 'blk_1', state: 'done', selection: '{}', reason: 'superseded', matching: 0 },
    ...{ created_at: now, created_by: actor },
  })
  await insert('enforcement_plans', {
    ...{ ...own, mode: 'observe', since: now, updated_at: now, updated_by: email },
  })
  const invitation = {
    organization_id: organizationId,
    role: 'viewer',
    created_at: now,
    expires_at: now + 1e9,
  }
  await insert('invitations', {
    ...{ ...invitation, id: 'inv_1', email, token_sha256: 'a', invited_by: 'usr_x', invited_as: 'person' },
    inviter_email: 'boss@acme.example',
  })
  await insert('invitations', {
    ...{ ...invitation, id: 'inv_2', email: 'new@acme.example', token_sha256: 'b', invited_by: userId },
    ...{ invited_as: 'person', inviter_email: email },
  })
  await insert('confirmations', {
    ...{ id: 'cnf_1', status: 'waiting', operation_id: 'x', path_parameters: '{}', body: `{"a":"${email}"}` },
    ...{ requested_by_id: userId, requested_by_name: email, requested_from: '192.0.2.1' },
    ...{ requested_at: now, expires_at: now + 1e9, decided_by_name: email },
  })
  const letter = { subject: 'Hello', created_at: now }
  await insert('outbox', { ...letter, id: 'out_1', key: `ready:${email}`, recipient: email, body: 'Hello' })
  await insert('outbox', {
    ...{ ...letter, id: 'out_2', key: 'invitation:inv_2', recipient: 'new@acme.example' },
    ...{ body: `${email} invites you.`, last_error: `550 unknown sender <${email}>` },
  })
  await insert('mailbox', {
    ...{ id: 'mail_1', recipient: email, sender: 'p@p.example', subject: 'Hello', body: 'Hello' },
    received_at: now,
  })
  await insert('budgets', { subject: `invitations-to:${email}`, start: 1, spent: 1 })
  await insert('one_time_links', {
    ...{ token_sha256: 'l', purpose: 'confirm_new_email', user_id: userId, email: formerEmail },
    ...{ created_at: now, expires_at: now + 1e9 },
  })
  await insert('passkeys', {
    ...{ id: 'pk_1', user_id: userId, credential_id: 'c', public_key: new Uint8Array(1), counter: 0 },
    ...{ transports: '[]', is_synced: 0, name, created_at: now },
  })
  await insert('recovery_codes', { code_sha256: 'r', user_id: userId, created_at: now })
  await insert('idempotency_keys', {
    ...{ id: 'i', principal: userId, fingerprint: 'f', created_at: now, claimed_at: now, octets: 0 },
  })
}
