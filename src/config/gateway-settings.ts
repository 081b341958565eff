import { z } from 'zod'
import { host } from './check-address.ts'
import { Port, ProxyAddresses, Seconds } from './setting-types.ts'

/** The gateway as the file describes it. */
export const GatewaySettings = z
  .strictObject({
    host: host().default('127.0.0.1'),
    processes: z.number().int().min(1).max(256).optional().describe('One per core where not given.'),
    certificate: z.string().optional().describe('PEM file of the server certificate and its chain.'),
    ca: z
      .string()
      .optional()
      .describe('PEM file of the private CA of that certificate, which the portal gives to clients.'),
    key: z.string().optional().describe('PEM file of its key.'),
    drainSeconds: Seconds.default(25).describe('How long calls under way may go on when a gateway stops.'),
    whenStale: z
      .enum(['continue', 'deny'])
      .default('continue')
      .describe('What a gateway does with calls when the store has been away for staleSeconds.'),
    unauthenticatedLimits: z
      .strictObject({
        openConnections: z
          .number()
          .int()
          .min(0)
          .default(200)
          .describe('Connections without an accepted certificate that one address may have open.'),
        connectionsPerSecond: z
          .number()
          .int()
          .min(0)
          .default(20)
          .describe('New ones of one address in a second, over a while.'),
        totalConnectionsPerSecond: z
          .number()
          .int()
          .min(0)
          .default(300)
          .describe(
            'New ones in a second of all addresses that have shown no accepted certificate within a day.',
          ),
      })
      .prefault({})
      .describe('Limits for clients without an accepted certificate, in each gateway process; 0 means none.'),
    proxyProtocolFrom: ProxyAddresses.describe(
      'Addresses and networks of load balancers that start each connection with a header of the PROXY protocol, version 1 or 2. Nothing else is accepted from them.',
    ),
    staleSeconds: z.number().int().min(5).max(604_800).default(900),
    accessLog: z
      .string()
      .min(1)
      .optional()
      .describe('A file with one JSON object for each event of the activity; none where not given.'),
    reservedHeaders: z
      .array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{1,98}\*?$/))
      .default([])
      .describe(
        'Headers by which something in front of the APIs tells who calls: a client may not send them. A star at the end stands for whatever follows.',
      ),
  })
  .prefault({})

/** The external authorization service as the file describes it. */
export const AuthorizerSettings = z
  .strictObject({
    host: host().default('127.0.0.1'),
    port: Port.optional(),
    socketPath: z
      .string()
      .optional()
      .describe('A socket in the file system, in place of host and port, for edges on the same machine.'),
    socketMode: z.enum(['0600', '0660']).default('0660').describe('Whether its group may connect to it too.'),
    certificate: z.string().optional().describe('PEM file of the server certificate that edges see.'),
    key: z.string().optional().describe('PEM file of its key.'),
    clientCa: z.string().optional().describe('PEM file of the CA that the certificates of edges come from.'),
  })
  .optional()
  .describe(
    'Where nginx, HAProxy, Caddy, Envoy or Traefik ask whether a call may pass. The secret that they send comes from POSTERN_AUTHORIZER_SECRET or POSTERN_AUTHORIZER_SECRET_FILE.',
  )
