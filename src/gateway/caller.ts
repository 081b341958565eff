import { PosternError } from '../errors.ts'
import type { Exchange } from './exchange.ts'
import type { Presented } from './presented.ts'
import type { RegisteredCertificate } from './registered-certificate.ts'
import type { Caller } from './token-parts.ts'

/**
 * The caller of an exchange that has been let in, as the token code wants it. Throws `certificate_missing` for
 * one that has not.
 */
export function callerOf({ certificate, connection, organizationId, plan }: Exchange): Caller {
  const { presented } = connection
  const isBindingRequired = plan?.mode !== 'observe' && plan?.mode !== 'off'
  if (certificate !== undefined && presented !== undefined) {
    const { organizationId } = certificate
    return { organizationId, isBindingRequired, certificate: toCallerCertificate(certificate, presented) }
  }
  if (isBindingRequired || organizationId === null)
    throw new PosternError('certificate_missing', 'This needs a client certificate.')
  return { organizationId, isBindingRequired, certificate: undefined }
}
const toCallerCertificate = (
  { id, name }: RegisteredCertificate,
  { thumbprint, parsed }: Presented,
): Caller['certificate'] =>
  parsed && { id, name, thumbprint, subject: parsed.subject, subjectAltNames: parsed.subjectAltNames }

/** Longer headers are read anew each time, so that what connections keep is bounded: no token is as long. */
const mostKeptCharacters = 4104
/** The last bearer token of a connection, and the header that it came in. */
const lastOf = new WeakMap<object, { header: string; token: string }>()

/**
 * The bearer token of a request (RFC 6750, 2.1); nothing where there is no such header. One space stands before it
 * and nothing after: V8 keeps a header for as long as the token that is a part of it, so that spaces would be kept
 * too. Calls of a connection most often bring the same; the text that was there first is then given again, and does
 * not have to be hashed again.
 */
export function findBearerToken({ request, connection }: Exchange): string | undefined {
  const header = request.headers.authorization
  if (header === undefined) return undefined
  const last = lastOf.get(connection.socket)
  if (last?.header === header) return last.token
  const token = /^bearer ([\w.~+/-]+=*)$/i.exec(header)?.[1]
  if (token !== undefined && header.length <= mostKeptCharacters)
    lastOf.set(connection.socket, { header, token })
  return token
}
