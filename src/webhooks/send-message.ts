import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { cleanText } from '../clean-text.ts'
import { createGuardedLookup, findUrlProblem, type UrlRules } from '../guard-addresses.ts'
import type { ResolveHost } from '../resolve-host.ts'
import type { ClientIdentity, PresentedIdentity } from './client-certificate-rows-store.ts'

/** Milliseconds; tests shorten them. */
export interface SendTimes {
  /** One try as a whole. */
  whole: number
  /** Reading of a body, once the status is there. */
  body: number
}

const usualTimes: SendTimes = { whole: 15_000, body: 2000 }
const maxBodyOctets = 1024

/** What came of one try. */
export interface Attempt {
  responseStatus: number | null
  responseBody: string | null
  durationMilliseconds: number
  /** Why it failed, as a sentence; null if it succeeded. */
  error: string | null
  /** Whether it failed for want of something here, before the endpoint could: it says nothing about the endpoint. */
  isOurs: boolean
  /** The Retry-After field of the answer, as it came. */
  retryAfter?: string | undefined
  /** The client certificate that the endpoint could ask for. */
  clientCertificateId?: string | undefined
  /** The live one that the endpoint rejected, so that the former one was presented. */
  rejectedClientCertificateId?: string | undefined
}

/** One message to an endpoint. */
export interface Message {
  url: string
  headers: Readonly<Record<string, string>>
  body: string
  /** PEM of the CAs that the endpoint's certificate has to come from, in place of all others. */
  serverCa?: string | null
  identity?: PresentedIdentity
}

/** The dependencies of sending. */
interface SendDependencies {
  rules: UrlRules
  /** The CAs that the certificate of an endpoint may come from; those of Node.js where undefined. */
  ca?: readonly string[] | undefined
  times?: SendTimes
  resolve?: ResolveHost | undefined
}

/**
 * Creates a function that sends a message to an endpoint and never throws: an endpoint is a stranger. The address is
 * judged and then connected to, for each try anew; redirects are not followed; time and the octets that are read of the
 * answer are bounded.
 */
export function createSendMessage({ rules, ca, times = usualTimes, resolve }: SendDependencies) {
  const lookup = createGuardedLookup(rules, resolve)

  const post = (
    { url: address, headers, body, serverCa, identity }: Message,
    { signal, onLookup }: { signal: AbortSignal; onLookup(isOpen: boolean): void },
  ): Promise<Answer> => {
    const url = new URL(address)
    const problem = findUrlProblem(url, rules)
    if (problem !== undefined) throw new Refused(`The URL ${problem}.`)
    // Without it an endpoint that only asks for one would get what it is to refuse.
    if (identity === 'expired') throw new Refused(expiredIdentity)
    return new Promise((done, fail) => {
      const asking = request(url, {
        method: 'POST',
        lookup(host, options, found) {
          onLookup(true)
          lookup(host, options, (...outcome) => {
            onLookup(false)
            found(...outcome)
          })
        },
        ...(serverCa == null ? ca && { ca: [...ca] } : { ca: serverCa }),
        ...(typeof identity === 'object' && { key: identity.key, cert: identity.chain }),
        headers: {
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(body)),
          'user-agent': 'Postern',
          ...headers,
        },
        // A connection of its own: none is kept that was judged before.
        agent: false,
        signal,
      })
      asking.once('error', fail)
      asking.once('response', (answer) => {
        const status = answer.statusCode ?? 0
        const retryAfter = answer.headers['retry-after']
        readBeginning(answer, times.body).then((text) => {
          asking.destroy()
          done({ status, text, retryAfter })
        }, fail)
      })
      asking.end(body)
    })
  }

  return async (message: Message, stop?: AbortSignal): Promise<Attempt> => {
    const began = performance.now()
    const time = AbortSignal.timeout(times.whole)
    const end = (rest: Omit<Attempt, 'durationMilliseconds'>): Attempt => ({
      ...rest,
      durationMilliseconds: Math.round(performance.now() - began),
      clientCertificateId: rejected?.former?.id ?? live?.id,
      rejectedClientCertificateId: rejected?.id,
    })
    const live = typeof message.identity === 'object' ? message.identity : undefined
    let rejected: ClientIdentity | undefined
    let isLookingUp = false
    const signal = stop ? AbortSignal.any([stop, time]) : time
    try {
      const options = { signal, onLookup: (isOpen: boolean) => (isLookingUp = isOpen) }
      const { status, text, retryAfter } = await post(message, options).catch((error) => {
        if (live?.former === undefined || findClientAlert(error) === undefined) throw error
        // Within the time of the same try: an endpoint that rejects both costs one more handshake.
        rejected = live
        return post({ ...message, identity: live.former }, options)
      })
      return end({
        responseStatus: status,
        responseBody: text,
        error: findAnswerProblem(status),
        isOurs: false,
        retryAfter,
      })
    } catch (error) {
      stop?.throwIfAborted()
      const seconds = times.whole / 1000
      const failure = time.aborted
        ? isLookingUp
          ? { error: `The host name was not looked up within ${seconds} seconds.`, isOurs: true }
          : { error: `The endpoint did not answer within ${seconds} seconds.`, isOurs: false }
        : rejected !== undefined && findClientAlert(error) !== undefined
          ? { error: neitherAccepted, isOurs: false }
          : { error: describeFailure(error), isOurs: isOurFailure(error) }
      return end({ responseStatus: null, responseBody: null, ...failure })
    }
  }
}

export type SendMessage = ReturnType<typeof createSendMessage>

interface Answer {
  status: number
  text: string
  retryAfter: string | undefined
}

/** An endpoint that is not asked. */
class Refused extends Error {}

const expiredIdentity =
  'Nothing was sent: every client certificate of the webhook has expired. Add a new one, or retire them to send without.'

const neitherAccepted =
  'The endpoint accepted neither the live client certificate nor the former one. It has to trust the CA of one of them.'

/** Reads the first octets of a body; what is longer, or takes longer, is cut off. */
async function readBeginning(answer: IncomingMessage, withinMs: number): Promise<string> {
  const parts: Buffer[] = []
  let octets = 0
  const timer = setTimeout(() => answer.destroy(), withinMs)
  try {
    for await (const part of answer as AsyncIterable<Buffer>) {
      parts.push(part)
      octets += part.length
      if (octets >= maxBodyOctets) break
    }
  } catch {
    // The status is known, and it decides.
  } finally {
    clearTimeout(timer)
    answer.destroy()
  }
  return cleanText(Buffer.concat(parts).subarray(0, maxBodyOctets).toString('utf8'), maxBodyOctets)
}

function findAnswerProblem(status: number): string | null {
  if (status >= 200 && status < 300) return null
  if (status >= 300 && status < 400)
    return `The endpoint answered ${status}. Redirects are not followed: enter the final URL.`
  if (status === 410) return 'The endpoint answered 410: it wants no more events.'
  return `The endpoint answered ${status}. A status from 200 to 299 means that the event was received.`
}

const sentences: Readonly<Record<string, string>> = {
  ENOTFOUND: 'The host name was not found in DNS.',
  EAI_FAIL: 'Postern reached no DNS server.',
  EAI_AGAIN: 'DNS did not answer for the host name.',
  ECONNREFUSED: 'The endpoint rejected the connection.',
  ECONNRESET: 'The endpoint closed the connection before it answered.',
  EHOSTUNREACH: 'There is no route to the endpoint.',
  ENETUNREACH: 'There is no route to the endpoint.',
  ETIMEDOUT: 'The endpoint did not accept a connection in time.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'The server certificate of the endpoint is for another host name.',
  CERT_HAS_EXPIRED: 'The server certificate of the endpoint has expired.',
}

/** No DNS server, descriptor, port or memory left here. */
const ourCodes = new Set(['EAI_FAIL', 'EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM'])

function isOurFailure(error: unknown): boolean {
  const { code, errors = [] } = error as NodeJS.ErrnoException & { errors?: unknown[] }
  return (code !== undefined && ourCodes.has(code)) || (errors.length > 0 && errors.every(isOurFailure))
}

/** Returns why nothing was answered. The texts of Node.js may name addresses of other machines: they are not told. */
function describeFailure(error: unknown): string {
  const { code, message, errors } = error as NodeJS.ErrnoException & { errors?: unknown[] }
  if (error instanceof Refused) return message
  if (/ has no public address$/.test(message))
    return 'The host name has no public address. Only public endpoints are called.'
  const known = code === undefined ? undefined : sentences[code]
  if (known !== undefined) return known
  if (errors?.[0] !== undefined) return describeFailure(errors[0])
  const alert = findClientAlert(error)
  if (alert !== undefined)
    return `The endpoint did not accept the client certificate (${alert}). It has to trust the CA of the certificate, and demand none that the webhook does not have.`
  if (code !== undefined && /CERT|SIGN|VERIFY/.test(code))
    return `The server certificate of the endpoint is not trusted (${code}). It has to come from a public CA, or from the CA that the webhook names, with its chain.`
  return `The connection failed${code === undefined ? '' : ` (${code})`}.`
}

/** bad_certificate to certificate_unknown, unknown_ca, access_denied and certificate_required (RFC 8446, section 6). */
const clientAlerts = new Set([42, 43, 44, 45, 46, 48, 49, 116])

/**
 * Returns what the endpoint said about the certificate of its client, in an alert (RFC 8446, section 6.2); undefined if it
 * said nothing of it. An alert of TLS 1.2 comes within the handshake, which Node.js tells as EPROTO with its number.
 */
function findClientAlert(error: unknown): string | undefined {
  const { code, message } = error as NodeJS.ErrnoException
  if (code !== undefined && /ALERT_.*(CERT|CA$|ACCESS_DENIED)/.test(code)) return code
  if (code !== 'EPROTO') return undefined
  const number = Number(/SSL alert number (\d+)/.exec(message)?.[1])
  return clientAlerts.has(number) ? `TLS alert ${number}` : undefined
}
