import { PosternError } from '../../errors.ts'
import type { Peer } from '../../shapes/peer.ts'
import type { ClientAccess } from '../decision/access-decision.ts'
import type { PresentedCertificate } from '../decision/presented-certificate.ts'
import { isRepeated } from '../message/is-repeated.ts'
import type { RegisteredCertificate } from '../registry/registered-certificate.ts'
import type { RequestContext } from '../request-context/request-context.ts'

/**
 * A client that may go on, as the token code wants it. Throws `certificate_missing` for one without an accepted
 * certificate whose organization needs one by now.
 */
export function getPeer(
  { presented }: RequestContext['connection'],
  { certificate, organizationId, policy }: Pick<ClientAccess, 'certificate' | 'organizationId' | 'policy'>,
): Peer {
  const isBindingRequired = policy.mode === 'enforce'
  if (certificate !== undefined && presented !== undefined)
    return { organizationId, isBindingRequired, certificate: toPeerCertificate(certificate, presented) }
  if (isBindingRequired)
    throw new PosternError('certificate_missing', 'This request requires a client certificate.')
  return { organizationId, isBindingRequired, certificate: undefined }
}

const toPeerCertificate = (
  { id, name }: RegisteredCertificate,
  { thumbprint, parsed }: PresentedCertificate,
): Peer['certificate'] =>
  parsed && { id, name, thumbprint, subject: parsed.subject, subjectAltNames: parsed.subjectAltNames }

/** Longer headers are parsed every time, which bounds the memory of a connection: no token is that long. */
const maxKeptCharacters = 4104
/** The last bearer token of a connection, and its header. */
const lastOf = new WeakMap<object, { header: string; token: string }>()

/**
 * Returns the bearer token of a request (RFC 6750, section 2.1); undefined without such a header. V8 keeps a
 * header in memory as long as a token sliced from it, so a token after more than one space is copied.
 * Requests of a connection usually have the same token; the first string is then returned again and need not
 * be hashed again.
 */
export function findBearerToken({
  request,
  connection,
}: Pick<RequestContext, 'request' | 'connection'>): string | undefined {
  const header = request.headers.authorization
  if (header === undefined) return undefined
  const last = lastOf.get(connection.socket)
  if (last?.header === header) return last.token
  const token = bearerSyntax.exec(header)?.[1]
  if (token === undefined) return undefined
  if (header.charAt(7) === ' ') return Buffer.from(token, 'latin1').toString('latin1')
  if (header.length <= maxKeptCharacters) lastOf.set(connection.socket, { header, token })
  return token
}

/** RFC 6750, section 2.1; RFC 9110, section 11.1: the name of the scheme is case-insensitive. */
const bearerSyntax = /^bearer +([\w.~+/-]+=*)$/i

/**
 * Returns the bearer token of a request as {@link findBearerToken}. Throws `authorization_malformed` for a
 * header of that scheme without exactly one token, and for more than one Authorization header (RFC 6750,
 * section 3.1: a client must not send its token in more than one way).
 */
export function readBearerToken(context: RequestContext): string | undefined {
  const { request, connection } = context
  if (isRepeated(request.rawHeaders, 'authorization')) {
    // Programs differ in which one they read: the connection is read no further.
    connection.closing = true
    throw new PosternError(
      'authorization_malformed',
      'The header Authorization was sent more than once. Send it once, with the access token.',
    )
  }
  const token = findBearerToken(context)
  if (token === undefined && /^bearer(?![^\s,;=])/i.test(request.headers.authorization ?? ''))
    throw new PosternError(
      'authorization_malformed',
      'The header Authorization does not contain exactly one access token. Send the word Bearer, a space and the token as it was issued.',
    )
  return token
}
