import type {
  PasskeyAssertion,
  PasskeyAttestation,
  PasskeyCreationOptions,
  PasskeyRequestOptions,
} from '../../../../src/contract/passkey.ts'
import { ApiError } from '../../lib/api-error.ts'

/** Loaded with the first passkey, not with the sign-in page. */
const load = () => import('@simplewebauthn/browser')

/** Lets the browser create a passkey. Throws an {@link ApiError} if the user or the device does not. */
export const createPasskey = (options: PasskeyCreationOptions): Promise<PasskeyAttestation> =>
  ask(async () => {
    const { startRegistration } = await load()
    return (await startRegistration({ optionsJSON: options as never })) as unknown as PasskeyAttestation
  })

/** Lets the browser sign with a passkey. Throws an {@link ApiError} if the user or the device does not. */
export const askForPasskey = (options: PasskeyRequestOptions): Promise<PasskeyAssertion> =>
  ask(async () => {
    const { startAuthentication } = await load()
    return (await startAuthentication({ optionsJSON: options as never })) as unknown as PasskeyAssertion
  })

async function ask<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const isKnown = (error as { name?: string }).name === 'InvalidStateError'
    throw new ApiError({
      code: isKnown ? 'passkey_already_registered' : 'passkey_cancelled',
      status: 0,
      detail: isKnown
        ? 'This device already has a passkey for your account. Use it to sign in.'
        : 'The browser gave no passkey: the dialog was closed, it took too long, or this device has none for the portal. Try again, or use another method.',
    })
  }
}
