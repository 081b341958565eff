import { expect, test } from 'vitest'
import { z } from 'zod'
import type { Operation } from './operation.ts'
import { operations } from './operations.ts'
import { findChanged, isTagged } from './resources.ts'

const all = Object.values<Operation>(operations)

/** Operations that change nothing that two clients could overwrite for each other. */
const withoutResource = [
  // The session is that of the request, and a new password needs the present one.
  'signIn',
  'signOut',
  'changePassword',
  'answerTimeZone',
  // A proof is for one request of its session.
  'beginStepUp',
  'proveStepUp',
  // The file is on the machine.
  'reloadConfiguration',
  // The membership is that of the user.
  'leaveOrganization',
  // The token is spent once.
  'acceptInvitation',
  'previewInvitation',
  // A link works once, and what is sent on request changes nothing.
  'confirmContact',
  'confirmEmailChange',
  'inspectLink',
  'requestPasswordReset',
  'resetPassword',
  // The same wish twice is one, and everybody has an own one.
  'inspectSubscription',
  'changeSubscription',
  'setOwnSubscription',
  // What ends cannot be overwritten.
  'endSession',
  'endOtherSessions',
  'removeOperator',
  'eraseOwnAccount',
  'erasePerson',
  'removeSecondFactors',
  // What they need works once, and they add to or replace what is the user’s own.
  'completeSignIn',
  'beginPasskeySignIn',
  'signInWithPasskey',
  'beginPasskeyRegistration',
  'beginTotpSetUp',
  'confirmTotp',
  'deleteTotp',
  'createRecoveryCodes',
  'startSingleSignOn',
  'completeSingleSignOn',
  // Its answer shows live traffic, which each call changes; the verdict decides.
  'retireCertificate',
  // What is sent changes nothing of the webhook; a delivery has no address of its own.
  'testWebhook',
  'replayWebhookDelivery',
  // A signal is dismissed or not, whatever its calls are by then.
  'dismissSignal',
  'undismissSignal',
  // It reads the audit log again.
  'verifyAudit',
]

test('each operation that changes something names the resource whose entity tag If-Match has', () => {
  const without = all
    .filter(({ method, creates, changes }) => method !== 'GET' && !creates && !changes)
    .map(({ id }) => id)
  expect(without.toSorted()).toEqual(withoutResource.toSorted())
})

test('what an operation changes is read by a GET at its own address or above it', () => {
  for (const operation of all.filter(({ changes }) => changes !== undefined)) {
    const resource = findChanged(operation)
    expect([operation.id, resource && isTagged(resource)]).toEqual([operation.id, true])
    expect([operation.id, operation.path.startsWith(resource?.path ?? '-')]).toEqual([operation.id, true])
  }
})

test('no resource with an entity tag has a member that use changes', () => {
  const changing = all.filter(isTagged).flatMap(({ id, reply }) =>
    namesOf(z.toJSONSchema(reply as z.ZodType, { io: 'output', unrepresentable: 'any' }))
      .filter((name) => /(?:Calls|callsByHour|UsedAt|SeenAt)$/.test(name))
      .map((name) => `${id}: ${name}`),
  )
  expect(changing).toEqual([])
})

/** Returns the name of each member at any depth of a JSON schema. */
function namesOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  const { properties } = schema as { properties?: object }
  return [...Object.keys(properties ?? {}), ...Object.values(schema).flatMap(namesOf)]
}
