import { afterAll, beforeAll, expect, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import { type ApiClient, signInFirst } from '../support/api.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'

let postern: LocalPostern
let operator: ApiClient

beforeAll(async () => {
  postern = await openPostern()
  operator = await signInFirst(postern, 'operator@postern.example')
})
afterAll(() => postern?.stop())

const read = () => operator.call(operations.getPlatformState)

test('a portal without a gateway says so, and how its store, emails and CRLs are', async () => {
  const state = await read()
  expect(state.requiredActions).toEqual([{ kind: 'gateway_missing', count: 1, since: null }])
  expect(state.store).toEqual({ engine: 'sqlite', restoredAt: null })
  expect(state.mail.delivery).toBe('mailbox')
  expect(state.gateways).toEqual({ running: 0, notReporting: 0, unconfirmedChanges: 0 })
  expect(state.revocationLists.map(({ environment, late }) => [environment, late])).toEqual([
    [null, false],
    ['production', false],
    ['staging', false],
  ])
})

test('what fails and what waits is counted, with the time of the first', async () => {
  const { queries } = postern.database
  // What is older than the store keeps would be deleted meanwhile.
  const hourAgo = Date.now() - 3_600_000
  const at = (seconds: number) => hourAgo + 1000 * seconds
  const job = { key: 'x', kind: 'send-mail', run_at: Number.MAX_SAFE_INTEGER }
  await queries
    .insertInto('jobs')
    .values([
      { ...job, id: 'job_a', key: 'a', created_at: at(1), last_error: 'refused' },
      { ...job, id: 'job_b', key: 'b', created_at: at(2) },
      { ...job, id: 'job_c', key: 'c', kind: 'issue', created_at: at(3), given_up_at: at(4) },
    ])
    .execute()
  const { items } = await operator.call(operations.listCertificateAuthorities)
  const id = items.find(({ environment }) => environment === 'staging')?.id ?? ''
  const lists = queries.updateTable('revocation_lists').where('issuer_id', '=', id)
  await lists.set({ this_update: Date.now() - 86_340_000, next_update: Date.now() + 60_000 }).execute()

  const state = await read()
  expect(state.mail).toMatchObject({ waiting: 2, failing: 1, oldestWaitingAt: new Date(at(1)).toISOString() })
  expect(state.revocationLists.filter(({ late }) => late).map(({ issuerId }) => issuerId)).toEqual([id])
  expect(state.requiredActions).toEqual([
    { kind: 'gateway_missing', count: 1, since: null },
    { kind: 'revocation_list_late', count: 1, since: null },
    { kind: 'email_failing', count: 1, since: new Date(at(1)).toISOString() },
    { kind: 'task_given_up', count: 1, since: new Date(at(4)).toISOString() },
  ])
})
