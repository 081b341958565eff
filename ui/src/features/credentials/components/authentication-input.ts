import type { TlsClientAuth } from '../../../../../src/contract/credential.ts'
import { PosternError } from '../../../../../src/errors.ts'
import { parseClientKeyText } from '../../../../../src/pki/key/parse-client-key-text.ts'
import { findClientNameProblem } from '../../../../../src/pki/name/find-client-name-problem.ts'

/** How a new client authenticates, as a person has filled it in. */
export interface AuthenticationInput {
  method: 'secret' | 'keys' | 'certificate'
  /** A JWK Set, a JWK or PEM. */
  keys: string
  kind: TlsClientAuth['kind']
  value: string
}

/** What is wrong with it, in a sentence; nothing where it can be sent, and nothing yet for a field that is empty. */
export function findAuthenticationProblem(input: AuthenticationInput): string | undefined {
  if (input.method === 'certificate')
    return input.value === '' ? undefined : findClientNameProblem(input.kind, input.value)
  return input.method === 'keys' && input.keys !== '' ? findKeysProblem(input.keys) : undefined
}

/** What is wrong with a text of public keys; nothing where they can be read. */
export function findKeysProblem(text: string): string | undefined {
  try {
    parseClientKeyText(text)
    return undefined
  } catch (error) {
    if (error instanceof PosternError) return error.message
    throw error
  }
}

/** Whether nothing is missing in it or wrong with it. */
export const isAuthenticationReady = (input: AuthenticationInput): boolean => {
  const text = { secret: 'none is needed', keys: input.keys, certificate: input.value }[input.method]
  return text.trim() !== '' && findAuthenticationProblem(input) === undefined
}

/** The part of the request that says how the client authenticates. */
export const toAuthentication = ({ method, keys, kind, value }: AuthenticationInput) => ({
  tlsClientAuth: method === 'certificate' ? { kind, value } : null,
  jwks: method === 'keys' ? parseClientKeyText(keys) : null,
})
