import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { describeOnBothEngines } from '../../../test/support/databases.ts'
import { recordAudit } from '../../audit/record-audit.ts'
import { systemActor } from '../../shapes/actor.ts'
import { createAuditHeadStore } from './audit-head-store.ts'
import { watchAuditHead } from './watch-audit-head.ts'

const entry = { actor: systemActor('test'), action: 'thing.changed', organizationId: null }
const subject = { subjectKind: 'thing', subjectId: 'thing' }

describeOnBothEngines('a gateway remembers the end of the audit log', (store) => {
  let told: string[]
  let stop: () => void
  beforeEach(async () => {
    const { queries } = store.database
    await queries.deleteFrom('audit').execute()
    await queries.deleteFrom('audit_checkpoints').execute()
    await queries.deleteFrom('audit_keys').execute()
    const key = { public_key: new Uint8Array(1), sealed_key: new Uint8Array(1), created_at: 1 }
    await queries
      .insertInto('audit_keys')
      .values({ id: 'key_1', ...key })
      .execute()
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    told = []
    await write(1)
    await checkpoint()
    stop = watchAuditHead(createAuditHeadStore(store.database), {
      onProblem: (sentence) => void told.push(sentence),
      onFailed: (error) => void told.push(String(error)),
    })
    await settle()
  })
  afterEach(() => {
    stop()
    vi.useRealTimers()
  })

  const settle = () => new Promise((resolve) => setTimeout(resolve, 300))
  const look = async () => {
    await vi.advanceTimersByTimeAsync(30_000)
    await settle()
  }
  const write = (at: number) =>
    store.database.transaction((tx) => recordAudit(tx, { ...entry, ...subject }, at))
  const checkpoint = async () => {
    const { queries } = store.database
    const { sequence, hash } = await queries
      .selectFrom('audit')
      .select(['sequence', 'hash'])
      .orderBy('sequence', 'desc')
      .executeTakeFirstOrThrow()
    const values = { sequence, hash, at: 1, key_id: 'key_1', signature: new Uint8Array(1) }
    await queries.insertInto('audit_checkpoints').values(values).execute()
  }

  test('while the log continues, it logs nothing', async () => {
    await look()
    await write(2)
    await checkpoint()
    await look()
    await look()
    expect(told).toEqual([])
  })

  test.each([
    ['truncated together with its checkpoints', 'the audit log ends before it', false],
    ['rewritten with its own checkpoints', 'another row stands in its place', true],
  ])('if the log is %s, the gateway logs that once', async (_, sentence, isWritten) => {
    const { queries } = store.database
    await queries.deleteFrom('audit').execute()
    await queries.deleteFrom('audit_checkpoints').execute()
    if (isWritten) {
      await write(99)
      await checkpoint()
    }
    await look()
    await look()
    expect(told).toEqual([expect.stringContaining(sentence)])
  })

  test('if only a checkpoint is deleted, the gateway logs that', async () => {
    await store.database.queries.deleteFrom('audit_checkpoints').execute()
    await look()
    expect(told).toEqual([expect.stringContaining('its checkpoint was deleted')])
  })
})
