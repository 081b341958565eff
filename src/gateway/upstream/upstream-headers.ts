import { createKeptBack, rememberByName, singleFields } from '../../shapes/identity-headers.ts'
import { toTraceparent } from '../../trace-id.ts'
import { ambiguous } from '../message/assert-framing.ts'
import { readNominated } from '../message/read-fields.ts'
import { interactionField } from '../request-context/interaction-id.ts'
import type { RequestContext } from '../request-context/request-context.ts'

/** What is written for the upstream in addition to the client's headers. */
export interface UpstreamDetails {
  /** The value of `Host`. */
  host: string
  /** Whether the certificate of the client is accepted. */
  isAccepted: boolean
  /** The issuers of the certificate as Postern knows them, not as the peer sent them. */
  chain: readonly Uint8Array[]
  /** The signed assertion about the request, if the environment has enabled it. */
  assertion?: string | undefined
  /** Of the span of the call, where its trace is recorded. */
  traceparent?: string | undefined
  /** The name under which a client's field is forwarded. */
  sentName: SentName
  /** The body if it was buffered; otherwise it is streamed. */
  body?: Uint8Array | undefined
}

/**
 * Creates the function that returns the name under which a client's field is forwarded; empty if it is not.
 */
export type SentName = (raw: string) => string

/** Caches the names that it has seen. `added` are the patterns of an operator in addition to the table. */
export function createSentName(added: readonly string[] = []): SentName {
  const isKeptBack = createKeptBack(added)
  return rememberByName((raw) => (isKeptBack(raw) ? '' : raw.toLowerCase()))
}

/** Fields of which the upstream gets one line that is written here. */
const written: ReadonlySet<string> = new Set(['host', 'cookie', 'via', 'traceparent'])

/**
 * Returns the headers of an upstream request as alternating names and values: the client's, without
 * hop-by-hop headers and every identity header; then the route (RFC 9110, section 7.6.3), the identity (RFC
 * 9440) and the address of the client. Throws `bad_request` if a singleton field is repeated.
 */
export function toUpstreamHeaders(
  context: RequestContext,
  { host, isAccepted, chain, assertion, traceparent, sentName }: UpstreamDetails,
): string[] {
  const { request, connection, trace, interactionId } = context
  const nominated = readNominated(request.headers.connection)
  const headers: string[] = ['host', host]
  const raw = request.rawHeaders
  const seen = new Set<string>()
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = sentName(raw[i] as string)
    if (singleFields.has(name)) {
      if (seen.has(name)) throw ambiguous(context, `The header ${name} comes more than once. Send it once.`)
      seen.add(name)
    }
    if (name === '' || written.has(name) || nominated?.has(name)) continue
    if (interactionId !== undefined && name === interactionField) continue
    // W3C Trace Context, section 3.3.1: without a valid traceparent it is not sent on.
    if (name === 'tracestate' && !trace.isOfClient) continue
    headers.push(name, raw[i + 1] as string)
  }
  // RFC 9113, section 8.2.3: HTTP/2 may send cookies one by one, HTTP/1.1 requires them in one header.
  const { cookie, via } = request.headers
  if (cookie !== undefined && !nominated?.has('cookie')) headers.push('cookie', cookie)
  const hop = `${request.httpVersion} postern`
  headers.push('via', via === undefined || nominated?.has('via') ? hop : `${via}, ${hop}`)
  const { presented, clientAddress } = connection
  // A certificate that is not accepted is not an identity.
  if (presented !== undefined && isAccepted) {
    headers.push('client-cert', toStructuredBytes(presented.der))
    if (chain.length > 0) headers.push('client-cert-chain', chain.map(toStructuredBytes).join(', '))
  }
  headers.push('x-forwarded-for', clientAddress, 'x-forwarded-proto', 'https')
  const originalRequest = request.headers[':authority'] ?? request.headers.host
  if (typeof originalRequest === 'string') headers.push('x-forwarded-host', originalRequest)
  if (assertion !== undefined) headers.push('postern-assertion', assertion)
  headers.push('postern-trace-id', trace.id, 'traceparent', traceparent ?? toTraceparent(trace))
  if (interactionId !== undefined) headers.push(interactionField, interactionId)
  return headers
}

const structured = new WeakMap<Uint8Array, string>()

/** Formats `der` as a byte sequence of structured fields (RFC 8941, section 3.3.5). */
export function toStructuredBytes(der: Uint8Array): string {
  const known = structured.get(der)
  if (known !== undefined) return known
  const text = `:${Buffer.from(der).toString('base64')}:`
  structured.set(der, text)
  return text
}
