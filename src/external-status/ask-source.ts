import { type IncomingMessage, request as requestPlain } from 'node:http'
import { request as requestTls } from 'node:https'
import { createGuardedLookup, findUrlProblem, type UrlRules } from '../guard-addresses.ts'
import { UnusableStatus } from '../pki/status/unusable-status.ts'
import type { ResolveHost } from '../resolve-host.ts'

/** What is asked of another CA: a CRL, or the answer of a responder to a request. */
export interface SourceRequest {
  url: string
  /** An OCSPRequest; without one, a CRL is fetched. */
  body?: Uint8Array
}

/** The bounds of one request; tests shorten them. */
export interface SourceBounds {
  /** Milliseconds for a CRL and for an answer as a whole. */
  listMs: number
  answerMs: number
  listOctets: number
  answerOctets: number
}

export const usualBounds: SourceBounds = {
  listMs: 60_000,
  answerMs: 10_000,
  // What the reader of DER takes.
  listOctets: 16 * 1024 * 1024 - 1,
  answerOctets: 64 * 1024,
}

const maxRedirects = 3
const redirects = new Set([301, 302, 303, 307, 308])

interface Dependencies {
  rules: UrlRules
  bounds?: SourceBounds | undefined
  resolve?: ResolveHost | undefined
}

/**
 * Creates what asks the servers of other CAs. A URL is judged by the rules, and so is each address that its name resolves
 * to, also behind a redirect; time and octets are bounded. Throws {@link UnusableStatus}, whose message ends a
 * sentence about the source and names no address.
 */
export function createAskSource({ rules, bounds = usualBounds, resolve }: Dependencies) {
  const lookup = createGuardedLookup(rules, resolve)

  const send = (url: URL, body: Uint8Array | undefined, signal: AbortSignal): Promise<IncomingMessage> =>
    new Promise((done, fail) => {
      const request = url.protocol === 'https:' ? requestTls : requestPlain
      const asking = request(url, {
        method: body === undefined ? 'GET' : 'POST',
        lookup,
        headers: {
          'accept-encoding': 'identity',
          'user-agent': 'Postern',
          ...(body && {
            'content-type': 'application/ocsp-request',
            'content-length': String(body.length),
          }),
        },
        // A connection of its own: none is kept that was judged before.
        agent: false,
        signal,
      })
      asking.once('error', fail)
      asking.once('response', done)
      asking.end(body)
    })

  const follow = async (
    { url: first, body }: SourceRequest,
    signal: AbortSignal,
  ): Promise<IncomingMessage> => {
    let url = parse(first)
    for (let redirect = 0; redirect <= maxRedirects; redirect += 1) {
      const problem = findUrlProblem(url, rules)
      if (problem !== undefined) throw new UnusableStatus(`has a URL that ${problem}`)
      if (url.username !== '' || url.password !== '') throw new UnusableStatus('has a URL with a password')
      const answer = await send(url, body, signal)
      const { statusCode: status = 0, headers } = answer
      if (status === 200) return answer
      answer.destroy()
      if (!redirects.has(status) || headers.location === undefined)
        throw new UnusableStatus(`answered with status ${status}`)
      // The body of a request is not sent anywhere else.
      if (body !== undefined) throw new UnusableStatus('answered with a redirect')
      url = parse(headers.location, url)
    }
    throw new UnusableStatus(`answered with more than ${maxRedirects} redirects`)
  }

  return async (asked: SourceRequest, stop: AbortSignal): Promise<Uint8Array> => {
    const isList = asked.body === undefined
    const withinMs = isList ? bounds.listMs : bounds.answerMs
    const most = isList ? bounds.listOctets : bounds.answerOctets
    const time = AbortSignal.timeout(withinMs)
    const signal = AbortSignal.any([stop, time])
    try {
      return await readBounded(await follow(asked, signal), most)
    } catch (error) {
      stop.throwIfAborted()
      if (error instanceof UnusableStatus) throw error
      if (time.aborted) throw new UnusableStatus(`did not answer within ${withinMs / 1000} seconds`)
      throw new UnusableStatus(describeFailure(error))
    }
  }
}

export type AskSource = ReturnType<typeof createAskSource>

function parse(text: string, base?: URL): URL {
  if (!URL.canParse(text, base?.href)) throw new UnusableStatus('has a URL that cannot be read')
  return new URL(text, base)
}

async function readBounded(answer: IncomingMessage, most: number): Promise<Uint8Array> {
  const tooLong = () => new UnusableStatus(`is longer than ${most} octets`)
  try {
    if (Number(answer.headers['content-length'] ?? 0) > most) throw tooLong()
    const parts: Buffer[] = []
    let octets = 0
    for await (const part of answer as AsyncIterable<Buffer>) {
      octets += part.length
      if (octets > most) throw tooLong()
      parts.push(part)
    }
    if (!answer.complete) throw new UnusableStatus('broke its answer off')
    return new Uint8Array(Buffer.concat(parts))
  } finally {
    answer.destroy()
  }
}

const sentences: Readonly<Record<string, string>> = {
  ENOTFOUND: 'has a host name that DNS does not know',
  EAI_FAIL: 'was not asked: Postern reached no DNS server',
  EAI_AGAIN: 'has a host name for which DNS did not answer',
  ECONNREFUSED: 'rejected the connection',
  ECONNRESET: 'closed the connection before it answered',
  ETIMEDOUT: 'did not accept a connection in time',
}

/** The texts of Node.js may name addresses of other machines: they are not told. */
function describeFailure(error: unknown): string {
  const { code, message, errors } = error as NodeJS.ErrnoException & { errors?: unknown[] }
  if (/ has no public address$/.test(message)) return 'has a host name without a public address'
  const known = code === undefined ? undefined : sentences[code]
  if (known !== undefined) return known
  if (errors?.[0] !== undefined) return describeFailure(errors[0])
  return `could not be reached${code === undefined ? '' : ` (${code})`}`
}
