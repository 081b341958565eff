import type { GivenClientKeys } from '../../../../../src/contract/client-key.ts'
import type { TlsClientAuth } from '../../../../../src/contract/credential.ts'
import { PosternError } from '../../../../../src/errors.ts'
import { parseClientKeyText } from '../../../../../src/pki/key/parse-client-key-text.ts'
import { findClientNameProblem } from '../../../../../src/pki/name/find-client-name-problem.ts'

/** How a new client authenticates, as the user has entered it. */
export interface AuthenticationInput {
  method: 'secret' | 'keys' | 'certificate'
  /** A JWK Set, a JWK or PEM. */
  keys: string
  kind: TlsClientAuth['kind']
  value: string
}

/** The field of each part of a body that says how a client authenticates. */
export const authenticationFields = {
  jwks: 'keys',
  tlsClientAuth: 'value',
  'tlsClientAuth.kind': 'kind',
}

/** What no schema says of it, as a sentence beside its field. */
export function checkAuthentication({ method, keys, kind, value }: AuthenticationInput) {
  if (method === 'keys') return checkKeys({ keys })
  if (method === 'certificate' && value !== '') return { value: findClientNameProblem(kind, value) }
  return {}
}

/** Returns the problem of the public keys, shown next to the field. */
export const checkKeys = ({ keys }: { keys: string }) => {
  const { problem } = readKeys(keys)
  return problem === undefined ? {} : { keys: problem }
}

/** Returns the part of the request that says how the client authenticates. */
export const toAuthentication = ({ method, keys, kind, value }: AuthenticationInput) => ({
  tlsClientAuth: method === 'certificate' ? { kind, value } : null,
  jwks: method === 'keys' ? (readKeys(keys).jwks ?? null) : null,
})

/** The keys in a text, or what is wrong with it. */
export function readKeys(text: string): { jwks?: GivenClientKeys; problem?: string } {
  try {
    return { jwks: parseClientKeyText(text) }
  } catch (error) {
    if (error instanceof PosternError) return { problem: error.message }
    throw error
  }
}
