import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { FastifyHelmetOptions } from '@fastify/helmet'

const nonces = new WeakMap<ServerResponse, string>()

/**
 * Returns the nonce for the style elements of the page in this answer (CSP 3, section 2.3.1), random and used
 * once.
 */
export function getNonce(response: ServerResponse): string {
  const nonce = nonces.get(response) ?? randomBytes(16).toString('base64')
  nonces.set(response, nonce)
  return nonce
}

/** Returns the headers of the page: it runs only its own scripts and cannot be framed. */
export function securityHeaders(portalUrl: string): FastifyHelmetOptions {
  const https = portalUrl.startsWith('https:')
  return {
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'self'"],
        styleSrc: ["'self'", (_, response) => `'nonce-${getNonce(response)}'`],
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

/**
 * Browser features that no page of Postern needs; injected code cannot use them either (W3C Permissions
 * Policy).
 */
export const permissionsPolicy = [
  ...['accelerometer', 'camera', 'display-capture', 'encrypted-media', 'geolocation', 'gyroscope', 'hid'],
  ...['magnetometer', 'microphone', 'midi', 'payment', 'picture-in-picture', 'serial', 'usb'],
  ...['browsing-topics', 'screen-wake-lock', 'xr-spatial-tracking'],
]
  .map((feature) => `${feature}=()`)
  .join(', ')

/** The headers of API answers: a browser that opens one loads and runs nothing. */
export const answerHeaders = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
} satisfies FastifyHelmetOptions
