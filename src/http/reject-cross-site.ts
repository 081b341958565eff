import type { FastifyRequest } from 'fastify'
import { PosternError } from '../errors.ts'
import { findBearer } from './authenticate.ts'

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Rejects a cross-site request. Browsers send the origin with every request that can change state; other
 * clients send none and hold no cookie by accident. An API key is sent on purpose alone. Throws `cross_site_request`.
 */
export function rejectCrossSite(request: FastifyRequest, portalUrl: string): void {
  if (safeMethods.has(request.method) || findBearer(request.headers.authorization) !== undefined) return
  const { origin, host } = request.headers
  const site = request.headers['sec-fetch-site']
  const isOtherSite = site !== undefined && site !== 'same-origin' && site !== 'none'
  const isOtherOrigin =
    origin !== undefined && origin !== new URL(portalUrl).origin && origin !== `http://${host}`
  if (!isOtherSite && !isOtherOrigin) return
  throw new PosternError(
    'cross_site_request',
    `This came from another site. Open Postern at ${portalUrl} and try there.`,
  )
}
