import { Readable } from 'node:stream'
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { PosternError } from '../errors.ts'
import {
  createListener,
  type ListenerLimits,
  readMethods,
  rejectOddTargets,
  rejectOtherMethods,
} from './create-listener.ts'

/** A request to the public listener. */
interface PublicRequest {
  params: Record<string, string>
  headers: Record<string, string | string[] | undefined>
  /** Empty except for POST. */
  body: Uint8Array
}

interface PublicReply {
  status: number
  headers: Record<string, string>
  /** Large bodies come in chunks, each read after the previous one has been sent. */
  body: Uint8Array | string | AsyncIterable<Uint8Array>
}

/** A public resource over plain HTTP: a CRL, an issuer's certificate, an OCSP response. */
export type RevocationEndpoint = {
  path: string
  handler(request: PublicRequest): Promise<PublicReply>
} & ({ method?: 'GET' } | { method: 'POST'; accepts: { mediaType: string; maxOctets: number } })

/** The path of a GET may contain a whole OCSP request. */
const maxPathOctets = 8192
/** The limit of a publication that sets none. */
const maxBodyOctets = 1024
const rules = { slashesInSegments: true }

/** Told of each request that was answered: the path of its resource, and how long it took, seconds. */
export type CountPublished = (path: string, status: number, seconds: number) => void

/**
 * Creates the public listener. It has no sessions, and reads a body only for publications that accept one.
 */
export function createRevocationServer(
  publications: RevocationEndpoint[],
  {
    log,
    limits,
    portalUrl,
    count,
  }: {
    log: FastifyBaseLogger
    limits: ListenerLimits
    portalUrl: string
    count?: CountPublished | undefined
  },
): FastifyInstance {
  const server = createListener({
    ...rules,
    ...{ log, limits, portalUrl, trustProxy: false, bodyLimit: maxBodyOctets, maxParamLength: maxPathOctets },
  })
  if (count !== undefined)
    server.addHook('onResponse', async ({ routeOptions }, reply) =>
      count(routeOptions.url ?? '', reply.statusCode, reply.elapsedTime / 1000),
    )
  server.removeAllContentTypeParsers()
  rejectOddTargets(server, rules)
  for (const publication of publications) addRevocationEndpoint(server, publication)
  server.get('/healthz', async () => ({ status: 'ok' }))
  rejectOtherMethods(
    server,
    new Map([
      ['/healthz', readMethods],
      ...publications.map(({ path, method }) => [path, method === 'POST' ? ['POST'] : readMethods] as const),
    ]),
  )
  server.setNotFoundHandler(() => {
    throw new PosternError('not_found', 'Nothing is published at this address.')
  })
  return server
}

function addRevocationEndpoint(server: FastifyInstance, publication: RevocationEndpoint): void {
  const handler = async (request: FastifyRequest, reply: FastifyReply) => {
    const answer = await publication.handler({
      params: request.params as Record<string, string>,
      headers: request.headers,
      body: request.body instanceof Uint8Array ? request.body : new Uint8Array(),
    })
    const isRead = publication.method !== 'POST'
    if (isRead && answer.status === 200 && isKnown(request.headers['if-none-match'], answer.headers.etag)) {
      const { 'content-type': _, 'content-length': __, ...lasting } = answer.headers
      return reply.status(304).headers(lasting).send()
    }
    return reply.status(answer.status).headers(answer.headers).send(toPayload(answer.body))
  }
  if (publication.method !== 'POST') {
    server.get(publication.path, handler)
    return
  }
  const { mediaType, maxOctets } = publication.accepts
  if (!server.hasContentTypeParser(mediaType))
    server.addContentTypeParser(
      mediaType,
      { parseAs: 'buffer' },
      async (_: FastifyRequest, body: Buffer) => body,
    )
  server.post(publication.path, { bodyLimit: maxOctets }, handler)
}

const tag = /(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")/g

/**
 * Returns whether If-None-Match matches (RFC 9110, section 13.1.2): any of several tags, weak or not, or `*`
 * for any. False for POST (section 13.2.1).
 */
function isKnown(header: string | undefined, etag: string | undefined): boolean {
  if (header === undefined || etag === undefined) return false
  return header.trim() === '*' || [...header.matchAll(tag)].some(([, opaque]) => opaque === etag)
}

function toPayload(body: PublicReply['body']): string | Buffer | Readable {
  if (typeof body === 'string') return body
  if (!(body instanceof Uint8Array)) return Readable.from(body)
  // A view of the same octets, not a copy.
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength)
}
