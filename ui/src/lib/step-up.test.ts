import { expect, test } from 'vitest'
import type { Operation } from '../../../src/contract/operation.ts'
import { operations } from '../../../src/contract/operations.ts'
import { ApiError } from './api-error.ts'
import { findStepUpQuestion, StepUpCancelled, sendProven } from './step-up.ts'

const operation: Operation = operations.revokeCertificate
const params = { organization: 'acme', certificateId: 'crt_1' }
const act = { operationId: 'revokeCertificate', pathParameters: params }
const refusal = (code: string, more = {}) => new ApiError({ code, status: 403, detail: code, ...more })
const untilAsked = () => expect.poll(findStepUpQuestion).toBeDefined()

/** Returns what answers requests with what `answers` has next. */
function createServer(...answers: unknown[]) {
  const tokens: (string | undefined)[] = []
  const send = async (token?: string) => {
    tokens.push(token)
    const answer = answers.shift()
    if (answer instanceof Error) throw answer
    return answer
  }
  const begin = async () => ({ methods: ['totp' as const, 'password' as const], passkey: null })
  return { tokens, exchange: { send, begin } }
}

test('a request that needs a proof is sent with the token that the user has got', async () => {
  const { tokens, exchange } = createServer('done')
  const reply = sendProven(operation, { params, about: 'acme-0001' }, exchange)
  await untilAsked()
  expect(findStepUpQuestion()).toMatchObject({
    ...{ act, operation, about: 'acme-0001' },
    methods: ['totp', 'password'],
  })
  findStepUpQuestion()?.onProven('token')
  expect(await reply).toBe('done')
  expect([tokens, findStepUpQuestion()]).toEqual([['token'], undefined])
})

test('a request is sent again where the server asks for a proof that the contract does not know of', async () => {
  const { tokens, exchange } = createServer(refusal('step_up_required', { stepUp: act }), 'done')
  const reply = sendProven(operations.cancelCertificate, { params }, exchange)
  await untilAsked()
  findStepUpQuestion()?.onProven('token')
  expect(await reply).toBe('done')
  expect(tokens).toEqual([undefined, 'token'])
})

test('a dry run needs no proof', async () => {
  const { tokens, exchange } = createServer('counted')
  const body = { dryRun: true }
  expect(await sendProven(operations.createBulkRevocation, { body }, exchange)).toBe('counted')
  expect(tokens).toEqual([undefined])
})

test('a request is not sent if the user gives no proof', async () => {
  const { tokens, exchange } = createServer()
  const reply = sendProven(operation, { params }, exchange)
  await untilAsked()
  findStepUpQuestion()?.onCancel()
  await expect(reply).rejects.toThrow(StepUpCancelled)
  expect([tokens, findStepUpQuestion()]).toEqual([[], undefined])
})

test('a proof that was not used up serves the next attempt, and the user is asked again when it is too old', async () => {
  const { tokens, exchange } = createServer(
    refusal('name_does_not_match'),
    refusal('step_up_invalid'),
    'done',
  )
  const first = sendProven(operation, { params }, exchange)
  await untilAsked()
  findStepUpQuestion()?.onProven('one')
  await expect(first).rejects.toMatchObject({ code: 'name_does_not_match' })
  const second = sendProven(operation, { params }, exchange)
  await untilAsked()
  findStepUpQuestion()?.onProven('two')
  expect(await second).toBe('done')
  expect(tokens).toEqual(['one', 'one', 'two'])
})

test('a request is not sent, and the user not asked, where another operator has to confirm it', async () => {
  const { tokens, exchange } = createServer('done')
  const begin = async () => {
    throw refusal('second_person_required')
  }
  await expect(sendProven(operation, { params }, { ...exchange, begin })).rejects.toMatchObject({
    code: 'second_person_required',
  })
  expect([tokens, findStepUpQuestion()]).toEqual([[], undefined])
})
