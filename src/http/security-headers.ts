import type { FastifyHelmetOptions } from '@fastify/helmet'

/** The headers of the page: it runs its own scripts alone, and in no frame. */
export function securityHeaders(portalUrl: string): FastifyHelmetOptions {
  const https = portalUrl.startsWith('https:')
  return {
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
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

/** What answers for programs have in place of it: a browser that opens one loads and runs nothing. */
export const answerHeaders = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
} satisfies FastifyHelmetOptions
