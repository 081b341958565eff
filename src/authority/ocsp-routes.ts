import type { RevocationEndpoint } from '../http/revocation-endpoints.ts'
import { fromBase64 } from '../pki/der/fingerprint.ts'
import { maxOcspRequestOctets } from '../pki/status/ocsp-request.ts'
import type { SharedAnswer } from './answer-cache.ts'
import { createOcspAnswerer, type OcspAnswer, type OcspDependencies } from './answer-ocsp.ts'

/** How long a cache may serve a response that a revocation would change. */
const cachedSeconds = 10
const mediaType = 'application/ocsp-response'

/**
 * Returns the routes of OCSP over HTTP (RFC 6960, appendix A): POST, and GET with the request in base64 as
 * the last part of the path.
 */
export function ocspRoutes(dependencies: OcspDependencies): RevocationEndpoint[] {
  const answer = createOcspAnswerer(dependencies)
  return [
    {
      method: 'POST',
      path: '/ocsp/:issuerId',
      accepts: { mediaType: 'application/ocsp-request', maxOctets: maxOcspRequestOctets },
      handler: async ({ params, body }) =>
        toReply(await answer(params.issuerId ?? '', body), dependencies.clock.now()),
    },
    {
      path: '/ocsp/:issuerId/*',
      handler: async ({ params }) =>
        toReply(
          await answer(params.issuerId ?? '', decodeRequest(params['*'] ?? '')),
          dependencies.clock.now(),
        ),
    },
  ]
}

/** Decodes a request; text that is not base64 becomes an invalid request. */
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
 * Returns cache headers by RFC 5019, section 6.2, and RFC 9111, except for Expires: it repeats max-age and
 * not nextUpdate, since an HTTP/1.0 cache would follow it and hide a revocation.
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
