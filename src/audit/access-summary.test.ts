import { beforeEach, expect, test } from 'vitest'
import { createTestClock } from '../../test/support/certificate-harness.ts'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import type { AccessEvent } from '../shapes/access.ts'
import type { Database } from '../storage/database.ts'
import { type AccessSummary, createAccessSummary } from './access-summary.ts'

describeOnBothEngines('audited access without a change', (store) => {
  const clock = createTestClock()
  let summary: AccessSummary
  beforeEach(async () => {
    await store.database.queries.deleteFrom('audit').execute()
    summary = createAccessSummary({ database: store.database, clock })
  })
  const failed = (number: number | undefined, origin = '192.0.2.1'): AccessEvent => ({
    kind: 'sign_in_failed',
    account: number === undefined ? undefined : { id: `usr_${number}`, name: `${number}@acme.example` },
    origin,
    operation: 'signIn',
  })
  const readRows = async () => {
    const rows = await store.database.queries.selectFrom('audit').selectAll().orderBy('sequence').execute()
    return rows.map(({ action, actor_name, subject_id, after }) => ({
      action,
      actor: actor_name,
      subject: subject_id,
      ...JSON.parse(after ?? '{}'),
    }))
  }

  test('is one row per account, whatever the number of attempts', async () => {
    for (let tried = 0; tried < 10_000; tried += 1) summary.note(failed(1, `198.51.100.${tried % 7}`))
    summary.note({ ...failed(2), kind: 'downloaded', operation: 'downloadEvidence', certificateId: 'cert_1' })
    await summary.flush()
    const rows = await readRows()
    expect(rows).toEqual([
      expect.objectContaining({
        action: 'person.sign_in_failed',
        actor: '1@acme.example',
        subject: 'usr_1',
        count: 10_000,
        operations: { signIn: 10_000 },
      }),
      expect.objectContaining({ action: 'person.downloaded', subject: 'usr_2', certificates: ['cert_1'] }),
    ])
    expect(rows[0]).toMatchObject({ addresses: expect.any(Array), fromOtherAddresses: expect.any(Number) })
    expect(rows[0].addresses).toHaveLength(5)
    await summary.flush()
    expect(await readRows()).toHaveLength(2)
  })

  test('is one row for all unknown accounts, and one more for very many accounts', async () => {
    for (let number = 0; number < 3; number += 1) summary.note(failed(undefined, `192.0.2.${number}`))
    for (let number = 0; number < 5000; number += 1) summary.note(failed(number))
    // An account with a row keeps it.
    summary.note(failed(5))
    await summary.flush()
    const rows = await readRows()
    expect(rows).toHaveLength(101)
    const of = (subject: string) => rows.find((row) => row.subject === subject)
    expect(of('unknown-account')).toMatchObject({ actor: 'Postern', count: 3 })
    expect(of('usr_5')).toMatchObject({ count: 2 })
    expect(of('other-accounts')).toMatchObject({ actor: 'Postern', count: 5000 - 99 })
  })

  test('is not lost while the store is unavailable', async () => {
    let isAway = true
    const database = {
      ...store.database,
      transaction: ((work) =>
        isAway
          ? Promise.reject(new Error('away'))
          : store.database.transaction(work)) as Database['transaction'],
    }
    const waiting = createAccessSummary({ database, clock })
    waiting.note(failed(1))
    await expect(waiting.flush()).rejects.toThrow('away')
    waiting.note(failed(1))
    waiting.note(failed(2))
    isAway = false
    await waiting.flush()
    expect((await readRows()).map(({ subject, count }) => [subject, count])).toEqual([
      ['usr_1', 2],
      ['usr_2', 1],
    ])
  })
})
