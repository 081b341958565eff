import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTestClock } from '../../test/support/certificate-harness.ts'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { makeAuthority } from '../../test/support/test-authority.ts'
import { systemActor } from '../shapes/actor.ts'
import { type MasterKey, toMasterKey } from '../shapes/master-key.ts'
import { listSealedAuditKeys, openAuditKey } from '../signer/audit-key.ts'
import { certifyAuditKey } from '../signer/certify-audit-key.ts'
import { ensureAuthority } from '../signer/create-authority.ts'
import { createAuditStore } from './audit-store.ts'
import { listCertifiedKeys } from './certified-keys.ts'
import { stateCheckpoint } from './checkpoint.ts'
import { createCheckpointFile, readCheckpointFile } from './checkpoint-file.ts'
import { createCheckpointStore } from './checkpoint-store.ts'
import { recordAudit } from './record-audit.ts'
import { createCheckpointTaker } from './take-checkpoint.ts'
import { describeChainProblem, verifyAudit } from './verify-audit.ts'

const clock = createTestClock()
const entry = (number: number) => ({
  actor: systemActor('test'),
  action: 'thing.changed',
  organizationId: null,
  subjectKind: 'thing',
  subjectId: `thing ${number}`,
})

/** An attacker writes to the store with SQL, has no key of Postern, and knows the format of the log. */
describeOnBothEngines('an audit log forged in the store', (store) => {
  let authorityKey: MasterKey
  let folder: string
  beforeEach(async () => {
    authorityKey = toMasterKey(randomBytes(32))
    folder = mkdtempSync(join(tmpdir(), 'postern-audit-'))
    const { queries } = store.database
    for (const table of [
      'audit_checkpoints',
      'audit_keys',
      'audit',
      'revocation_lists',
      'issuer_keys',
    ] as const)
      await queries.deleteFrom(table).execute()
    await queries.deleteFrom('issuers').where('kind', '=', 'issuing').execute()
    await queries.deleteFrom('issuers').execute()
    const parts = { database: store.database, authorityKey, clock, publicationUrl: 'http://localhost:8080' }
    await ensureAuthority({ ...parts, environments: [{ name: 'production' }] })
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const audit = () => createAuditStore(store.database)
  const checkpoints = () => createCheckpointStore(store.database)
  const write = (number: number) =>
    store.database.transaction((tx) => recordAudit(tx, entry(number), 1000 + number))
  const file = () => createCheckpointFile(join(folder, 'kept', 'checkpoints.jsonl'))
  const openSigner = async () => {
    const key = await openAuditKey(store.database, authorityKey, clock)
    await certifyAuditKey({ database: store.database, authorityKey, clock }, key)
    return key
  }
  /** Starts the log of a portal process. */
  const startPortal = (files = [file()]) =>
    createCheckpointTaker({ audit: audit(), checkpoints: checkpoints(), openSigner, files, clock })
  const verify = async (kept = readCheckpointFile(file().path)?.checkpoints ?? []) => {
    const keys = await listSealedAuditKeys(store.database.queries, authorityKey)
    const parts = { audit: audit(), checkpoints: checkpoints() }
    const { problem } = await verifyAudit(parts, { keys, kept })
    return problem && describeChainProblem(problem)
  }
  const readRoot = async () => {
    const row = await store.database.queries
      .selectFrom('issuers')
      .select('certificate_der')
      .where('kind', '=', 'root')
      .executeTakeFirstOrThrow()
    return new Uint8Array(row.certificate_der)
  }
  /** Writes a history of the attacker, as long as the genuine one. */
  const rewrite = async (most: number) => {
    await store.database.queries.deleteFrom('audit').execute()
    for (let number = 1; number <= most; number += 1) await write(number + 100)
  }
  /** Plants a key of the attacker that is older than the genuine one, with a checkpoint of the last row. */
  const plantKey = async () => {
    const { queries } = store.database
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
    const values = { id: 'key_planted', public_key: spki, sealed_key: new Uint8Array(60), created_at: 1 }
    await queries.insertInto('audit_keys').values(values).execute()
    const end = { ...(await audit().findEnd()), at: clock.now() }
    const signature = new Uint8Array(sign('sha256', stateCheckpoint(end), privateKey))
    await queries.deleteFrom('audit_checkpoints').execute()
    await checkpoints().insert({ ...end, keyId: 'key_planted', signature })
    return spki
  }

  test('is detected after rows were deleted and altered, even if a key older than the genuine one signs it', async () => {
    await startPortal()()
    const { sequence } = await audit().findEnd()
    await rewrite(sequence)
    const planted = await plantKey()
    expect(await verify()).toContain('the log was written anew from here or before')
    // Without external checkpoints only the planted key is left, which is not trusted.
    expect(await verify([])).toContain('are proven by nothing')
    const certified = await listCertifiedKeys(checkpoints(), await readRoot())
    expect(certified).toEqual(await listSealedAuditKeys(store.database.queries, authorityKey))
    expect(certified).not.toContainEqual(planted)
  })

  test('is detected by its planted key even if no row was changed', async () => {
    await startPortal()()
    expect(await verify()).toBeUndefined()
    const spki = new Uint8Array(
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'der' }),
    )
    const [genuine] = await checkpoints().listKeys()
    const values = { id: 'key_planted', public_key: spki, sealed_key: new Uint8Array(60), created_at: 1 }
    const certificate_der = genuine?.certificateDer ?? null
    await store.database.queries
      .insertInto('audit_keys')
      .values({ ...values, certificate_der })
      .execute()
    expect(await verify()).toContain('The store holds the audit key key_planted')
    // The planted key does not keep the genuine key from signing.
    await write(1)
    await startPortal()()
    expect((await checkpoints().findLatest())?.keyId).toBe(genuine?.id)
  })

  test('with the last rows and checkpoints deleted is detected by the checkpoint file, and gets no new checkpoint', async () => {
    const take = startPortal()
    await take()
    const { sequence } = await audit().findEnd()
    for (let number = 1; number <= 3; number += 1) await write(number)
    await take()
    const { queries } = store.database
    await queries.deleteFrom('audit').where('sequence', '>', sequence).execute()
    await queries.deleteFrom('audit_checkpoints').where('sequence', '>', sequence).execute()
    expect(await verify([])).toBeUndefined()
    expect(await verify()).toContain(`Row ${sequence + 1} of the audit log and all after it are missing`)
    await expect(take()).rejects.toMatchObject({ code: 'audit_log_altered' })
    await expect(startPortal()()).rejects.toMatchObject({ code: 'audit_log_altered' })
    // An operator who has restored a backup moves the file away to confirm it.
    rmSync(file().path)
    await startPortal()()
    expect(await verify()).toBeUndefined()
  })

  test.each([
    ['completely rewritten', async () => rewrite((await audit().findEnd()).sequence + 2)],
    [
      'altered after the last checkpoint',
      async () => {
        await write(7)
        const { sequence } = await audit().findEnd()
        const row = store.database.queries.updateTable('audit').where('sequence', '=', sequence)
        await row.set({ actor_name: 'Mallory' }).execute()
      },
    ],
    [
      'deleted in the middle after the last checkpoint',
      async () => {
        const { sequence } = await audit().findEnd()
        await write(7)
        await write(8)
        await store.database.queries
          .deleteFrom('audit')
          .where('sequence', '=', sequence + 1)
          .execute()
      },
    ],
  ])('with a history that was %s gets no signature of the genuine key', async (_, harm) => {
    const take = startPortal([])
    await take()
    const before = await checkpoints().listAfter(0)
    await harm()
    await expect(take()).rejects.toMatchObject({ code: 'audit_log_altered' })
    // Detected by the genuine key's data in the store, even after a restart and without a file.
    await expect(startPortal([])()).rejects.toMatchObject({ code: 'audit_log_altered' })
    expect(await checkpoints().listAfter(0)).toEqual(before)
  })

  test('is not certified by a customer’s certificate, or by a root of the attacker', async () => {
    await openSigner()
    const root = await readRoot()
    expect(await listCertifiedKeys(checkpoints(), root)).toHaveLength(1)
    const { queries } = store.database
    const { certificate_der: issuing } = await queries
      .selectFrom('issuers')
      .select('certificate_der')
      .where('kind', '=', 'issuing')
      .executeTakeFirstOrThrow()
    for (const certificate_der of [new Uint8Array(issuing), root, new Uint8Array([0x30, 0])]) {
      await queries.updateTable('audit_keys').set({ certificate_der }).execute()
      expect(await listCertifiedKeys(checkpoints(), root)).toEqual([])
    }
    await queries.updateTable('audit_keys').set({ certificate_der: null }).execute()
    await openSigner()
    expect(await listCertifiedKeys(checkpoints(), root)).toHaveLength(1)
    expect(await listCertifiedKeys(checkpoints(), (await makeAuthority()).root.der)).toEqual([])
    const rows = await queries.selectFrom('audit').select('action').execute()
    expect(rows.filter(({ action }) => action === 'audit_key.certified')).toHaveLength(2)
  })

  test('is checked against a checkpoint file that is append-only and its owner’s only, and whose incomplete line is reported', async () => {
    const take = startPortal()
    await take()
    const { path } = file()
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, 'kept')).mode & 0o777).toBe(0o700)
    const first = readFileSync(path, 'utf8')
    appendFileSync(path, '{"sequence":')
    await write(1)
    await take()
    expect(readFileSync(path, 'utf8').startsWith(first)).toBe(true)
    expect(readCheckpointFile(path)?.checkpoints).toHaveLength(2)
    expect(readCheckpointFile(path)?.unreadable).toEqual([2])
    await take()
    expect(readCheckpointFile(path)?.checkpoints).toHaveLength(2)
  })

  test('is not confirmed by a checkpoint line of another signer, which is reported', async () => {
    const take = startPortal()
    await take()
    const [kept] = readCheckpointFile(file().path)?.checkpoints ?? []
    if (kept === undefined) throw new Error('nothing was kept')
    const line = JSON.parse(readFileSync(file().path, 'utf8'))
    appendFileSync(file().path, `${JSON.stringify({ ...line, sequence: kept.sequence + 50 })}\n`)
    await write(1)
    await take()
    expect(await verify()).toContain(
      `Row ${kept.sequence + 50} of the audit log has a checkpoint that the key`,
    )
  })

  test('has a checkpoint that cannot be stored externally reported by its code', async () => {
    writeFileSync(join(folder, 'kept'), 'a file where the folder should be')
    await expect(startPortal()()).rejects.toMatchObject({ code: 'audit_file_unwritable' })
    expect(existsSync(file().path)).toBe(false)
  })
})
