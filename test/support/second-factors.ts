import { Secret, TOTP } from 'otpauth'
import { operations } from '../../src/contract/operations.ts'
import { type StepUpAct, type StepUpMethod, stepUpHeader } from '../../src/contract/step-up.ts'
import type { ApiClient } from './api.ts'
import { createSoftwareAuthenticator } from './software-authenticator.ts'

/** Returns the code of an authenticator app, `steps` from now. */
export const codeOf = (secret: string, steps = 0, now = Date.now()): string =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: now + steps * 30_000 })

/** Sets an authenticator app up for a signed-in user, and returns its secret. */
export async function setUpTotp(client: ApiClient): Promise<string> {
  const { secret } = await client.call(operations.beginTotpSetUp, {})
  await client.call(operations.confirmTotp, { body: { code: codeOf(secret) } })
  return secret
}

/** Adds a passkey to a signed-in user. */
export async function addPasskey({ portalUrl }: { portalUrl: string }, client: ApiClient, name = 'Laptop') {
  const authenticator = createSoftwareAuthenticator(portalUrl)
  const options = await client.call(operations.beginPasskeyRegistration, {})
  const body = { name, response: authenticator.create(options) }
  return { authenticator, passkey: await client.call(operations.registerPasskey, { body }) }
}

/** Returns the header with a step-up proof of a signed-in user. */
export async function proveBy(client: ApiClient, act: StepUpAct, proof: StepUpMethod) {
  const { token } = await client.call(operations.proveStepUp, { body: { ...act, proof } })
  return { [stepUpHeader]: token }
}

/** Returns what a passkey says to the challenge of an act. */
export async function answerStepUp(
  client: ApiClient,
  act: StepUpAct,
  { get }: Pick<ReturnType<typeof createSoftwareAuthenticator>, 'get'>,
): Promise<StepUpMethod & { method: 'passkey' }> {
  const { passkey } = await client.call(operations.beginStepUp, { body: act })
  if (passkey === null) throw new Error(`${client.email} has no passkey`)
  return { method: 'passkey', response: get(passkey) }
}
