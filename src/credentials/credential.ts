import { createHash, randomBytes } from 'node:crypto'
import { BlockList, isIP } from 'node:net'
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

/** Throws `network_invalid` unless `range` is an IPv4 or IPv6 range such as `203.0.113.0/24`. */
export function assertNetwork(range: string): void {
  const [address = '', bits, ...rest] = range.split('/')
  const family = isIP(address)
  const most = family === 4 ? 32 : 128
  const valid =
    family !== 0 && rest.length === 0 && bits !== undefined && /^\d{1,3}$/.test(bits) && Number(bits) <= most
  if (valid) {
    new BlockList().addSubnet(address, Number(bits), family === 4 ? 'ipv4' : 'ipv6')
    return
  }
  throw new PosternError(
    'network_invalid',
    'A network must be written as an address and a length, for example 203.0.113.0/24 or 2001:db8::/32.',
  )
}
