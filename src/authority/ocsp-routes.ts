import type { Publication } from '../http/publication-server.ts'
import { fromBase64 } from '../pki/der/fingerprint.ts'
import { mostOcspRequestOctets } from '../pki/status/ocsp-request.ts'
import type { SharedAnswer } from './answer-cache.ts'
import { createOcspAnswerer, type OcspAnswer, type OcspParts } from './answer-ocsp.ts'

/** How long a cache may give an answer that a revocation would change. */
const cachedSeconds = 10
const mediaType = 'application/ocsp-response'

/** OCSP over HTTP (RFC 6960, A): POST, and GET with the request in base64 behind the address. */
export function ocspRoutes(parts: OcspParts): Publication[] {
  const answer = createOcspAnswerer(parts)
  return [
    {
      method: 'POST',
      path: '/ocsp/:issuerId',
      accepts: { mediaType: 'application/ocsp-request', mostOctets: mostOcspRequestOctets },
      handler: async ({ params, body }) =>
        toReply(await answer(params.issuerId ?? '', body), parts.clock.now()),
    },
    {
      path: '/ocsp/:issuerId/*',
      handler: async ({ params }) =>
        toReply(await answer(params.issuerId ?? '', decodeRequest(params['*'] ?? '')), parts.clock.now()),
    },
  ]
}

/** Text that is no base64 becomes a request that is none. */
function decodeRequest(text: string): Uint8Array {
  try {
    return fromBase64(text)
  } catch {
    return new Uint8Array()
  }
}

function toReply({ der, shared }: OcspAnswer, now: number) {
  const caching = shared === undefined ? { 'cache-control': 'no-store' } : toCacheHeaders(shared, now)
  const headers: Record<string, string> = { 'content-type': mediaType, ...caching }
  return { status: 200, headers, body: der }
}

/**
 * RFC 5019, 6.2 and RFC 9111, but for Expires: it says what max-age says, and not nextUpdate, since a cache
 * of HTTP/1.0 would go by it and hide a revocation.
 */
function toCacheHeaders({ sha256, thisUpdate, nextUpdate, isFinal }: SharedAnswer, now: number) {
  const left = Math.max(0, Math.floor((nextUpdate - now) / 1000))
  const seconds = isFinal ? left : Math.min(left, cachedSeconds)
  return {
    etag: `"${sha256}"`,
    'cache-control': `public, max-age=${seconds}, no-transform, must-revalidate`,
    'last-modified': new Date(thisUpdate).toUTCString(),
    expires: new Date(now + seconds * 1000).toUTCString(),
  }
}
