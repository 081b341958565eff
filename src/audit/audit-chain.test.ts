import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { describeWithFreshStores, type TestStore } from '../../test/support/databases.ts'
import { systemActor } from '../shapes/actor.ts'
import { toMasterKey } from '../shapes/master-key.ts'
import { listSealedAuditKeys, openAuditKey } from '../signer/audit-key.ts'
import type { Tx } from '../storage/database.ts'
import { createAuditStore } from './audit-store.ts'
import { type Checkpoint, stateCheckpoint } from './checkpoint.ts'
import { createCheckpointStore } from './checkpoint-store.ts'
import { recordAudit } from './record-audit.ts'
import { createCheckpointTaker } from './take-checkpoint.ts'
import { describeChainProblem, verifyAudit } from './verify-audit.ts'

const authorityKey = toMasterKey(randomBytes(32))
const clock = { now: () => Date.UTC(2026, 0, 1) }
const entry = (number: number) => ({
  actor: systemActor('test'),
  action: 'thing.changed',
  organizationId: null,
  subjectKind: 'thing',
  subjectId: `Łódź ${number}`,
  after: { number },
})

/** Returns actions on a store that an attacker can write to. */
function open({ database }: TestStore) {
  const audit = createAuditStore(database)
  const checkpoints = createCheckpointStore(database)
  const parts = { audit, checkpoints }
  return {
    ...parts,
    write: (number: number) => database.transaction((tx) => recordAudit(tx, entry(number), 1000 + number)),
    checkpoint: createCheckpointTaker({
      ...parts,
      openSigner: () => openAuditKey(database, authorityKey, clock),
      files: [],
      clock,
    }),
    verify: async (kept: Checkpoint[] = []) =>
      verifyAudit(parts, { keys: await listSealedAuditKeys(database.queries, authorityKey), kept }),
    /** Runs `harm`, verifies, and reverts the change. */
    async harmed(harm: (tx: Tx) => Promise<unknown>) {
      const undone = new Error('undone')
      let found: Awaited<ReturnType<typeof verifyAudit>> | undefined
      await database
        .transaction(async (tx) => {
          await harm(tx)
          const inside = { ...database, queries: tx } as never
          const [audit, checkpoints] = [createAuditStore(inside), createCheckpointStore(inside)]
          const keys = await listSealedAuditKeys(tx, authorityKey)
          found = await verifyAudit({ audit, checkpoints }, { keys })
          throw undone
        })
        .catch((error) => {
          if (error !== undone) throw error
        })
      return found?.problem && describeChainProblem(found.problem)
    },
  }
}

describeWithFreshStores('the audit chain', (store) => {
  let log: ReturnType<typeof open>
  beforeEach(async () => {
    log = open(store)
    for (let number = 1; number <= 5; number++) await log.write(number)
    await log.checkpoint()
    for (let number = 6; number <= 8; number++) await log.write(number)
  })

  test('is intact after it was written', async () => {
    expect(await log.verify()).toMatchObject({
      end: { sequence: 8 },
      checkpoints: 1,
      problem: undefined,
    })
  })

  const row = (tx: Tx, sequence: number) => tx.updateTable('audit').where('sequence', '=', sequence)
  test.each([
    [
      'a changed word',
      (tx: Tx) => row(tx, 3).set({ actor_name: 'Mallory' }).execute(),
      'Row 3 of the audit log was altered',
    ],
    ['a changed time', (tx: Tx) => row(tx, 7).set({ at: 1 }).execute(), 'Row 7 of the audit log was altered'],
    [
      'a changed detail',
      (tx: Tx) => row(tx, 1).set({ after: null }).execute(),
      'Row 1 of the audit log was altered',
    ],
    [
      'a deleted row',
      (tx: Tx) => tx.deleteFrom('audit').where('sequence', '=', 4).execute(),
      'Row 4 of the audit log is missing',
    ],
    [
      'a deleted first row',
      (tx: Tx) => tx.deleteFrom('audit').where('sequence', '<', 3).execute(),
      'Row 1 of the audit log is missing',
    ],
    [
      'rows cut off after the checkpoint',
      (tx: Tx) => tx.deleteFrom('audit').where('sequence', '>', 3).execute(),
      'Row 4 of the audit log and all after it are missing',
    ],
  ] as const)('verification reports %s', async (_, harm, sentence) => {
    expect(await log.harmed(harm)).toContain(sentence)
  })

  test('verification reports two exchanged rows', async () => {
    const sentence = await log.harmed(async (tx) => {
      await row(tx, 6).set({ sequence: 100 }).execute()
      await row(tx, 7).set({ sequence: 6 }).execute()
      await row(tx, 100).set({ sequence: 7 }).execute()
    })
    expect(sentence).toContain('Row 6 of the audit log')
  })

  test('verification reports a log rewritten from a row on, by the checkpoint', async () => {
    const sentence = await log.harmed(async (tx) => {
      await tx.deleteFrom('audit').where('sequence', '>=', 4).execute()
      for (let number = 4; number <= 8; number++) await recordAudit(tx, entry(number + 100), number)
    })
    expect(sentence).toContain('Row 5 of the audit log is not the one that a signed checkpoint names')
  })

  test("verification with an external checkpoint detects deleted last rows, even if the checkpoint's own row is deleted", async () => {
    const kept = (await log.checkpoints.findLatest()) as NonNullable<
      Awaited<ReturnType<typeof log.checkpoints.findLatest>>
    >
    const key = await openAuditKey(store.database, authorityKey, clock)
    const end = { sequence: 9, hash: kept.hash, at: kept.at }
    const longer = { ...kept, ...end, signature: await key.sign(stateCheckpoint(end)) }
    expect((await log.verify([longer])).problem).toEqual({ sequence: 9, kind: 'cut-off' })
    expect((await log.verify([kept])).problem).toBeUndefined()
    const forged = { ...kept, at: kept.at + 1 }
    expect((await log.verify([forged])).problem).toEqual({ sequence: 5, kind: 'forged' })
  })

  test('has one checkpoint for the same last row, and openssl verifies its signature', async () => {
    await log.checkpoint()
    await log.checkpoint()
    const all = await log.checkpoints.listAfter(0)
    expect(all.map(({ sequence }) => sequence)).toEqual([5, 8])
    const folder = mkdtempSync(join(tmpdir(), 'postern-checkpoint-'))
    const [first] = all
    const [key] = await log.checkpoints.listKeys()
    writeFileSync(join(folder, 'key.der'), key?.publicKey ?? '')
    writeFileSync(join(folder, 'statement'), stateCheckpoint(first as NonNullable<typeof first>))
    writeFileSync(join(folder, 'signature'), first?.signature ?? '')
    const verify = ['dgst', '-sha256', '-verify', 'key.der', '-keyform', 'DER', '-signature', 'signature']
    const said = execFileSync('openssl', [...verify, 'statement'], { cwd: folder, encoding: 'utf8' })
    expect(said).toContain('Verified OK')
  })

  test('has no gaps after twenty concurrent changes', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, index) => log.write(1000 + index)))
    expect(await log.verify()).toMatchObject({ end: { sequence: 28 }, problem: undefined })
  })

  test('is unchanged with a different master key, which is reported', async () => {
    await expect(openAuditKey(store.database, toMasterKey(randomBytes(32)), clock)).rejects.toMatchObject({
      code: 'master_key_wrong',
    })
  })
})
