import { beforeAll, expect, test } from 'vitest'
import { createTestClock } from '../../test/support/certificate-harness.ts'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { recordAudit } from '../audit/record-audit.ts'
import { PosternError } from '../errors.ts'
import type { Accept } from './factors/factors-store.ts'
import { createIdentity } from './identity-store.ts'
import { createStepUpStore, type GivenProof, type ProofOwner, type StepUpStore } from './step-up-store.ts'

describeOnBothEngines('step-up proofs', (store) => {
  const clock = createTestClock()
  let proofs: StepUpStore
  let owner: ProofOwner
  let other: string
  beforeAll(async () => {
    const identity = createIdentity(store.database, 'a session key', { url: 'http://localhost:3000' }, clock)
    const create = (email: string) =>
      identity.createUser({
        ...{ email, name: 'Ann', password: 'a long test password' },
        ...{ operatorRole: null, mustChangePassword: false },
      })
    other = await create('ben@acme.example')
    const userId = await create('ann@acme.example')
    owner = { userId, session: 'one', operationId: 'revokeCertificate', object: '[]' }
    proofs = createStepUpStore(store.database, clock)
  })
  const entryOf = ({ userId, operationId }: ProofOwner, action: string) => ({
    actor: { kind: 'person' as const, id: userId, name: 'ann@acme.example', origin: '192.0.2.1' },
    ...{ action, organizationId: null, subjectKind: 'person', subjectId: userId },
    after: { operationId, pathParameters: {}, method: 'password' },
  })
  const issue = async (of: Partial<ProofOwner> = {}, accept: Accept = async () => undefined) => {
    const whole = { ...owner, ...of }
    const { token } = await proofs.issue(whole, entryOf(whole, 'person.step_up_proven'), accept)
    return { ...whole, token } satisfies GivenProof
  }
  /** Makes a change with a proof. */
  const spend = (proof: GivenProof) =>
    store.database.transaction(async (tx) => {
      await recordAudit(tx, entryOf(proof, 'person.password_changed'), clock.now())
      if (!(await proofs.spend(tx, proof))) throw new PosternError('step_up_invalid', 'used')
    })
  const countChanges = async () => {
    const rows = store.database.queries.selectFrom('audit').select('sequence')
    return (await rows.where('action', '=', 'person.password_changed').execute()).length
  }

  test('are good for their user, session, operation and object alone', async () => {
    const proof = await issue()
    for (const wrong of [
      { userId: other },
      { session: 'two' },
      { operationId: 'rotateCredentialSecret' },
      { object: '[["certificateId","crt_2"]]' },
      { token: `${proof.token}x` },
      { token: '' },
    ]) {
      expect(await proofs.isValid({ ...proof, ...wrong })).toBe(false)
      await expect(spend({ ...proof, ...wrong })).rejects.toThrow('used')
    }
    expect(await proofs.isValid(proof)).toBe(true)
    await spend(proof)
    expect(await proofs.isValid(proof)).toBe(false)
    await expect(spend(proof)).rejects.toThrow('used')
  })

  test('serve one of several changes at once', async () => {
    const proof = await issue()
    const before = await countChanges()
    const all = await Promise.allSettled(Array.from({ length: 5 }, () => spend(proof)))
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await countChanges()).toBe(before + 1)
  })

  test('are not given where what the user gave is not accepted', async () => {
    const rows = () => store.database.queries.selectFrom('step_up_proofs').select('object').execute()
    const before = await rows()
    const wrong = async () => new PosternError('second_factor_failed', 'wrong')
    await expect(issue({ object: '[["certificateId","crt_9"]]' }, wrong)).rejects.toThrow('wrong')
    expect(await rows()).toEqual(before)
  })

  test('are kept where their change is not made', async () => {
    const proof = await issue()
    const failed = store.database.transaction(async (tx) => {
      await recordAudit(tx, entryOf(proof, 'person.password_changed'), clock.now())
      await proofs.spend(tx, proof)
      throw new Error('stop')
    })
    await expect(failed).rejects.toThrow('stop')
    expect(await proofs.isValid(proof)).toBe(true)
  })

  test('expire after five minutes, and are not valid longer when the clock was set back', async () => {
    const proof = await issue()
    clock.advance(5 * 60_000 - 1)
    expect(await proofs.isValid(proof)).toBe(true)
    clock.advance(1)
    expect(await proofs.isValid(proof)).toBe(false)
    clock.advance(-3_600_000)
    expect(await proofs.isValid(proof)).toBe(false)
    clock.advance(3_600_000)
  })

  test('pile up neither for one act nor after their end, and the store has no usable one', async () => {
    const rows = async () =>
      store.database.queries
        .selectFrom('step_up_proofs')
        .selectAll()
        .where('user_id', '=', owner.userId)
        .execute()
    for (let n = 0; n < 3; n++) await issue()
    expect(await rows()).toHaveLength(1)
    await issue({ object: '[["certificateId","crt_2"]]' })
    expect(await rows()).toHaveLength(2)
    clock.advance(5 * 60_000)
    const { token } = await issue({ object: '[["certificateId","crt_3"]]' })
    expect(await rows()).toHaveLength(1)
    expect(JSON.stringify(await rows())).not.toContain(token)
    expect(
      JSON.stringify(await store.database.queries.selectFrom('audit').selectAll().execute()),
    ).not.toContain(token)
  })
})
