import { type IncomingMessage, request as requestPlain } from 'node:http'
import { request as requestTls } from 'node:https'
import { createGuardedLookup, findUrlProblem, type UrlRules } from '../../guard-addresses.ts'
import type { ResolveHost } from '../../resolve-host.ts'

/** The longest time of a request to a provider, and the largest answer. */
const maxWaitMs = 5000
const maxOctets = 512 * 1024

interface GuardedRequest {
  method?: string
  headers?: Record<string, string>
  body?: unknown
  signal?: AbortSignal
}

/**
 * Creates a `fetch` for addresses that customers name: it asks what `findUrlProblem` allows, connects to an address only
 * after it has judged it, follows no redirect, and bounds time and size.
 */
export function createGuardedFetch(rules: UrlRules, resolve?: ResolveHost) {
  const lookup = createGuardedLookup(rules, resolve)
  return async (address: string, { method = 'GET', headers = {}, body, signal }: GuardedRequest = {}) => {
    const url = new URL(address)
    const problem = findUrlProblem(url, rules)
    if (problem !== undefined) throw new Error(`${url.origin} ${problem}`)
    const request = url.protocol === 'https:' ? requestTls : requestPlain
    const time = AbortSignal.timeout(maxWaitMs)
    const payload = body === undefined || body === null ? undefined : String(body)
    const sent = payload === undefined ? {} : { 'content-length': String(Buffer.byteLength(payload)) }
    return new Promise<Response>((done, fail) => {
      const asking = request(url, {
        method,
        lookup,
        headers: { ...headers, ...sent },
        // A connection of its own: none is kept that was judged by other rules.
        agent: false,
        signal: signal ? AbortSignal.any([signal, time]) : time,
      })
      asking.once('error', fail)
      asking.once('response', (answer) => readAnswer(answer).then(done, fail))
      asking.end(payload)
    })
  }
}

async function readAnswer(answer: IncomingMessage): Promise<Response> {
  const parts: Buffer[] = []
  let octets = 0
  for await (const part of answer as AsyncIterable<Buffer>) {
    octets += part.length
    if (octets > maxOctets) {
      answer.destroy()
      throw new Error(`the answer has more than ${maxOctets} octets`)
    }
    parts.push(part)
  }
  const headers = new Headers()
  for (const [name, value] of Object.entries(answer.headers))
    if (value !== undefined) headers.set(name, [value].flat().join(', '))
  const status = answer.statusCode ?? 502
  const hasBody = status >= 200 && status !== 204 && status !== 304
  return new Response(hasBody ? Buffer.concat(parts) : null, { status, headers })
}
