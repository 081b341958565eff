import { createHash, randomBytes } from 'node:crypto'
import type { TlsClientAuth } from '../contract/credential.ts'
import { PosternError } from '../errors.ts'
import { findClientNameProblem } from '../pki/name/find-client-name-problem.ts'

/** A new secret and its stored hash. */
export interface NewSecret {
  /** 43 characters of base64url with a prefix: 256 random bits, safe in every shell. */
  text: string
  sha256: string
  hint: string
}

const hintLength = 4

/** Creates a client secret. The text is for one response only; the hash is stored. */
export function createClientSecret(): NewSecret {
  // No leading or trailing dash, which a shell or a user could take for an option.
  const text = `pos_${randomBytes(32).toString('base64url').replaceAll('-', '_')}`
  return { text, sha256: createHash('sha256').update(text).digest('hex'), hint: text.slice(-hintLength) }
}

/** Creates a client ID: 20 letters and digits after the slug of the organization. */
export function createClientId(slug: string): string {
  const emails = '0123456789abcdefghjkmnpqrstvwxyz'
  return `${slug}-${Array.from(randomBytes(20), (byte) => emails[byte & 31]).join('')}`
}

/**
 * Throws `client_name_invalid` for a value that no certificate can have, which would make the credentials
 * unusable.
 */
export function assertClientName({ kind, value }: TlsClientAuth): void {
  const problem = findClientNameProblem(kind, value)
  if (problem !== undefined) throw new PosternError('client_name_invalid', problem)
}
