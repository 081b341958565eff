import { beforeAll, expect, test } from 'vitest'
import { createTestClock } from '../../test/support/certificate-harness.ts'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { recordAudit } from '../audit/record-audit.ts'
import type { Actor } from '../shapes/actor.ts'
import { type ConfirmationStore, createConfirmationStore } from './confirmation-store.ts'

const minute = 60_000
const operator = (name: string): Actor => ({
  ...{ kind: 'operator', id: `usr_${name}`, name: `${name}@postern.example`, origin: '192.0.2.1' },
})

describeOnBothEngines('confirmed acts', (store) => {
  const clock = createTestClock()
  let confirmations: ConfirmationStore
  beforeAll(() => {
    confirmations = createConfirmationStore(store.database, clock)
  })

  const confirm = async (environment: string) => {
    const act = { operationId: 'rotateCertificateAuthority', pathParameters: { environment } }
    const { id } = await confirmations.request(act, operator('first'))
    return confirmations.confirm(id, operator('second'))
  }
  /** The change of an act: what the audit log records of it. */
  const change = (environment: string, more: () => Promise<void> = async () => {}) =>
    store.database.transaction(async (tx) => {
      await recordAudit(
        tx,
        {
          ...{ actor: operator('first'), action: 'certificate_authority.created', organizationId: null },
          ...{ subjectKind: 'certificate_authority', subjectId: environment },
        },
        clock.now(),
      )
      await more()
    })
  const countChanges = async (environment: string) => {
    const rows = store.database.queries.selectFrom('audit').select('sequence')
    return (await rows.where('subject_id', '=', environment).execute()).length
  }

  test('are done with their change, and not without it', async () => {
    const act = await confirm('staging')
    const failing = confirmations.run(act, () =>
      change('staging', async () => {
        throw new Error('power cut')
      }),
    )
    await expect(failing).rejects.toThrow('power cut')
    expect([(await confirmations.get(act.id)).status, await countChanges('staging')]).toEqual(['running', 0])
    await confirmations.run(act, () => change('staging'))
    // The portal may be killed here: nothing more is needed.
    expect([(await confirmations.get(act.id)).status, await countChanges('staging')]).toEqual(['done', 1])
  })

  test('that nothing has finished in time were not done, and are not done later', async () => {
    const act = await confirm('careful')
    clock.advance(10 * minute)
    expect((await confirmations.get(act.id)).status).toBe('running')
    await expect(confirmations.run(act, () => change('careful'))).rejects.toThrow('took too long')
    clock.advance(minute)
    expect(await confirmations.get(act.id)).toMatchObject({
      status: 'failed',
      problem: { code: 'internal_error', detail: expect.stringContaining('Nothing was done') },
    })
    await expect(confirmations.run(act, () => change('careful'))).rejects.toThrow('took too long')
    expect(await countChanges('careful')).toBe(0)
  })
})
