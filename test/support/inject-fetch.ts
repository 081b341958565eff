import { Readable } from 'node:stream'
import type { FastifyInstance, InjectOptions } from 'fastify'

/** Asks as `fetch` does. */
export type Fetch = (url: string, options?: RequestInit) => Promise<Response>

type Server = Pick<FastifyInstance, 'inject'>

/** What `fetch` of Node sends beside what it is told. */
const ownHeaders = {
  connection: 'keep-alive',
  accept: '*/*',
  'accept-language': '*',
  'sec-fetch-mode': 'cors',
  'user-agent': 'node',
  'accept-encoding': 'gzip, deflate',
}

/**
 * `fetch` without a socket: each server is found by the origin of its address, and sees what a client at 127.0.0.1
 * would send. What the bytes on a socket decide is not seen: limits of headers and connections, framing, time.
 */
export function createInjectFetch(servers: Readonly<Record<string, Server>>): Fetch {
  return async (url, options) => {
    const request = new Request(url, options)
    const server = servers[new URL(url).origin]
    if (server === undefined) throw new TypeError(`Nothing answers at ${url}.`)
    const payload = Buffer.from(await request.arrayBuffer())
    const hasLength = payload.length > 0 || ['POST', 'PUT'].includes(request.method)
    const answer = await server.inject({
      method: request.method as InjectOptions['method'] & string,
      url,
      headers: {
        ...ownHeaders,
        ...Object.fromEntries(request.headers),
        ...(hasLength && { 'content-length': String(payload.length) }),
      },
      payload,
      payloadAsStream: true,
      ...(options?.signal && { signal: options.signal }),
    })
    return toResponse(answer.statusCode, answer.headers, answer.stream())
  }
}

const hasNoBody = new Set([204, 304])

function toResponse(status: number, given: object, stream: Readable): Response {
  const headers = new Headers()
  for (const [name, value] of Object.entries(given))
    for (const one of [value].flat()) if (one !== undefined) headers.append(name, String(one))
  // A truncated response is an error for its reader; without a reader there is no one to notify.
  stream.on('error', () => {})
  const body = hasNoBody.has(status) ? null : (Readable.toWeb(stream) as ReadableStream)
  return new Response(body, { status, headers })
}
