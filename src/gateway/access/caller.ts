import { PosternError } from '../../errors.ts'
import type { Caller } from '../../shapes/caller.ts'
import type { ClientAccess } from '../decision/access-decision.ts'
import type { Presented } from '../decision/presented.ts'
import { isRepeated } from '../message/is-repeated.ts'
import type { RegisteredCertificate } from '../registry/registered-certificate.ts'
import type { Exchange } from '../request-context/exchange.ts'

/**
 * A client that may go on, as the token code wants it. Throws `certificate_missing` for one without an accepted
 * certificate whose organization needs one by now.
 */
export function callerOf(
  { presented }: Exchange['connection'],
  { certificate, organizationId, plan }: Pick<ClientAccess, 'certificate' | 'organizationId' | 'plan'>,
): Caller {
  const isBindingRequired = plan.mode === 'enforce'
  if (certificate !== undefined && presented !== undefined)
    return { organizationId, isBindingRequired, certificate: toCallerCertificate(certificate, presented) }
  if (isBindingRequired) throw new PosternError('certificate_missing', 'This needs a client certificate.')
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
 * The bearer token of a request (RFC 6750, 2.1); nothing where there is no such header. V8 keeps a header for as long
 * as the token that is a part of it, so that a token behind more than one space is copied. Calls of a connection most often bring the same; the text that was there first is then given again, and does
 * not have to be hashed again.
 */
export function findBearerToken({
  request,
  connection,
}: Pick<Exchange, 'request' | 'connection'>): string | undefined {
  const header = request.headers.authorization
  if (header === undefined) return undefined
  const last = lastOf.get(connection.socket)
  if (last?.header === header) return last.token
  const token = bearerSyntax.exec(header)?.[1]
  if (token === undefined) return undefined
  if (header.charAt(7) === ' ') return Buffer.from(token, 'latin1').toString('latin1')
  if (header.length <= mostKeptCharacters) lastOf.set(connection.socket, { header, token })
  return token
}

/** RFC 6750, 2.1; RFC 9110, 11.1: the name of the scheme has no case. */
const bearerSyntax = /^bearer +([\w.~+/-]+=*)$/i

/**
 * The bearer token of a call, as {@link findBearerToken}. Throws `authorization_malformed` for a header of that scheme
 * with anything else than one token in it, and for more than one Authorization header (RFC 6750, 3.1: a client must
 * not send its token in more than one way).
 */
export function readBearerToken(exchange: Exchange): string | undefined {
  const { request, connection } = exchange
  if (isRepeated(request.rawHeaders, 'authorization')) {
    // Programs differ in which of them they take: what follows on the connection is not read.
    connection.closing = true
    throw new PosternError(
      'authorization_malformed',
      'The header Authorization comes more than once. Send it once, with the access token.',
    )
  }
  const token = findBearerToken(exchange)
  if (token === undefined && /^bearer(?![^\s,;=])/i.test(request.headers.authorization ?? ''))
    throw new PosternError(
      'authorization_malformed',
      'The header Authorization does not hold one access token. Send the word Bearer, a space and the token as it was issued, and nothing else.',
    )
  return token
}
