import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { FastifyHelmetOptions } from '@fastify/helmet'

const nonces = new WeakMap<ServerResponse, string>()

/** What the style elements of the page in this answer carry (CSP 3, 2.3.1): of use once, and never to be guessed. */
export function nonceOf(response: ServerResponse): string {
  const nonce = nonces.get(response) ?? randomBytes(16).toString('base64')
  nonces.set(response, nonce)
  return nonce
}

/** The headers of the page: it runs its own scripts alone, and in no frame. */
export function securityHeaders(portalUrl: string): FastifyHelmetOptions {
  const https = portalUrl.startsWith('https:')
  return {
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'self'"],
        styleSrc: ["'self'", (_, response) => `'nonce-${nonceOf(response)}'`],
        imgSrc: ["'self'", 'data:'],
        frameAncestors: ["'none'"],
        formAction: ["'self'"],
        upgradeInsecureRequests: https ? [] : null,
      },
    },
    strictTransportSecurity: https,
    referrerPolicy: { policy: 'same-origin' },
  }
}

/** What no page of Postern needs, and nothing that got into one gets (W3C Permissions Policy). */
export const permissionsPolicy = [
  ...['accelerometer', 'camera', 'display-capture', 'encrypted-media', 'geolocation', 'gyroscope', 'hid'],
  ...['magnetometer', 'microphone', 'midi', 'payment', 'picture-in-picture', 'serial', 'usb'],
  ...['browsing-topics', 'screen-wake-lock', 'xr-spatial-tracking'],
]
  .map((feature) => `${feature}=()`)
  .join(', ')

/** What answers for programs have in place of it: a browser that opens one loads and runs nothing. */
export const answerHeaders = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
} satisfies FastifyHelmetOptions
