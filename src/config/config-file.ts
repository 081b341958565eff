import { z } from 'zod'
import { EnvironmentName, OrganizationSlug } from '../contract/common.ts'
import { defaultEmailLimits } from '../contract/email-limits.ts'
import { enforcementModes } from '../contract/enforcement-policy.ts'
import {
  externalCertificatePolicies,
  issuanceModes,
  keyKinds,
  profiles,
  tokenAlgorithms,
} from '../contract/environment.ts'
import { line } from '../contract/text.ts'
import {
  baseUrl,
  host,
  mailAddress,
  originUrl,
  publicHost,
  secureOriginUrl,
  serverUrl,
} from './check-address.ts'

const Port = z.number().int().min(1).max(65_535)
const Most = z.number().int().min(0).max(1_000_000)
const Seconds = z.number().int().min(1).max(3600)
const Limit = z.number().int().min(0)

const ProxyAddresses = z.array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])).default([])

/** The limits of the portal's listener, or of the publication listener, for client connections. */
const Connections = z
  .strictObject({
    total: z
      .number()
      .int()
      .min(16)
      .max(100_000)
      .optional()
      .describe('Connections open at once; a share of what the process may open where not given.'),
    perAddress: z
      .number()
      .int()
      .min(0)
      .default(256)
      .describe('Those of one address, or of one IPv6 network of 64 bits; 0 means no limit of their own.'),
    requestSeconds: Seconds.default(30).describe('How long a request may take to arrive.'),
    idleSeconds: Seconds.default(72).describe('How long a connection stays open between two requests.'),
  })
  .prefault({})

/** One environment as the file describes it. */
export const EnvironmentSettings = z.strictObject({
  label: line(40)
    .refine((label) => label !== '', 'must not be empty')
    .optional()
    .describe('What people read; the name where not given.'),
  live: z.boolean().default(false).describe('Whether real money moves here.'),
  host: publicHost().default('localhost').describe('The name that clients connect to.'),
  port: Port.describe('The TLS port of its gateway.'),
  url: secureOriginUrl()
    .optional()
    .describe('The public address where a balancer stands in front; https://host:port where not given.'),
  certificate: z
    .string()
    .optional()
    .describe('PEM file of a server certificate of its own; gateway.certificate where not given.'),
  key: z.string().optional().describe('PEM file of its key.'),
  upstream: serverUrl().optional().describe('Where calls that pass are sent.'),
  upstreamTls: z
    .strictObject({
      ca: z.string().optional().describe('PEM file of the CAs to trust in place of those of the system.'),
      certificate: z.string().optional().describe('PEM file of the certificate that the upstream is shown.'),
      key: z.string().optional().describe('PEM file of its key.'),
    })
    .prefault({}),
  upstreamTimeouts: z
    .strictObject({
      connectSeconds: Seconds.default(5),
      answerSeconds: Seconds.default(30).describe(
        'From the last byte of the request to the first of the answer.',
      ),
      idleSeconds: Seconds.default(60).describe('Silence in the middle of a body or of a WebSocket.'),
    })
    .prefault({}),
  limits: z
    .strictObject({
      upstreamConnections: z.number().int().min(1).max(65_535).default(1024),
      callsPerOrganization: Limit.default(512).describe('Requests of one organization under way at once.'),
      callsPerCertificate: Limit.default(256).describe('The same of one certificate.'),
      callsPerSecond: Limit.default(0).describe('Requests of one organization in a second, over a while.'),
      callsPerSecondByOrganization: z
        .record(OrganizationSlug, Limit)
        .default({})
        .describe('The same for organizations that have a limit of their own.'),
      burstSeconds: z
        .number()
        .int()
        .min(1)
        .max(60)
        .default(5)
        .describe('For how many seconds an organization may save up requests that it has not sent.'),
      leastBytesPerSecond: Limit.default(500).describe(
        'What a client has to send of a body, and to take of an answer that waits for it.',
      ),
      leastBytesSeconds: z.number().int().min(1).max(600).default(20).describe('Over how long.'),
    })
    .prefault({})
    .describe('Limits for each gateway process; 0 means none.'),
  assertion: z
    .boolean()
    .default(true)
    .describe('Whether the upstream gets a signed statement about each call.'),
  assertionPerCall: z
    .boolean()
    .default(false)
    .describe('Whether no two calls share an assertion, also where they are the same and change nothing.'),
  assertionBodyDigest: z
    .boolean()
    .default(false)
    .describe(
      'Whether the assertion has a digest of the body, which is then read whole before it is sent on.',
    ),
  assertionBodyKilobytes: z
    .number()
    .int()
    .min(1)
    .max(8192)
    .default(1024)
    .describe('The longest body of a call where assertionBodyDigest is on.'),
  issuance: z.enum(issuanceModes).default('automatic'),
  validityDays: z.number().int().min(1).max(825).default(365),
  allowedKeys: z
    .array(z.enum(keyKinds))
    .min(1)
    .default(['ec-p256', 'ec-p384', 'rsa-2048', 'rsa-3072', 'rsa-4096', 'ed25519']),
  foreignCertificates: z
    .enum(externalCertificatePolicies)
    .default('off')
    .describe(
      'Whether certificates of other authorities may be registered: none, those of issuers that operators trust, or any one by itself.',
    ),
  sameKeyRenewal: z
    .boolean()
    .default(false)
    .describe('Whether the successor of a certificate may have the same key.'),
  maxCertificates: z
    .number()
    .int()
    .min(1)
    .default(100)
    .describe('Certificates that are not finished, per organization.'),
  certificatesPerHour: z
    .number()
    .int()
    .min(1)
    .optional()
    .describe(
      'Certificates that an organization may begin in an hour, and CSRs that it may submit; as many as maxCertificates where not given.',
    ),
  refusals: z.enum(['explain', 'drop']).default('explain'),
  recordedPaths: z
    .enum(['template', 'full', 'none'])
    .default('template')
    .describe(
      'What the activity has of the path of a call: the path of the route that fits, the path as it was sent without its query, or nothing.',
    ),
  enforcement: z
    .enum(enforcementModes)
    .default('enforce')
    .describe(
      'Whether callers of an organization that has no plan of its own need a certificate: not at all, not yet but it is recorded who would be refused, or yes.',
    ),
  enforcementHoldHours: z
    .number()
    .positive()
    .max(8760)
    .default(24)
    .describe(
      'Certificates are required of an organization only when for so many hours none of its calls would have been refused.',
    ),
  certificateStatusHeader: z
    .boolean()
    .default(false)
    .describe('Whether each answer says how the certificate of the caller stands, and how long it holds.'),
  profile: z
    .enum(profiles)
    .default('oauth2')
    .describe(
      'Which rules API clients follow: OAuth 2.0 with mutual TLS, or the FAPI 2.0 Security Profile, which accepts no client secrets.',
    ),
  tokenSeconds: z.number().int().min(60).max(86_400).default(900),
  tokenAlgorithm: z.enum(tokenAlgorithms).default('ES256'),
  scopes: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[\x21\x23-\x5B\x5D-\x7E]{1,100}$/),
        description: line(200).default(''),
      }),
    )
    .default([]),
  routes: z
    .array(
      z.strictObject({
        path: z.string().regex(/^\//).describe('A path and everything below it.'),
        methods: z
          .array(z.string().regex(/^[A-Z]+$/))
          .min(1, 'must not be empty; leave it out for all methods')
          .optional()
          .describe('All where not given.'),
        scope: z.string().describe('The scope that a token needs.'),
      }),
    )
    .min(1, 'must not be empty; leave it out, or write null, where any token may call any path')
    .nullable()
    .default(null)
    .describe('Which scope a call needs. Not given or null: any token may call any path.'),
})
export type EnvironmentSettings = z.output<typeof EnvironmentSettings>

/** The configuration file. Everything in it is optional in the development profile. */
export const ConfigFile = z.strictObject({
  profile: z.enum(['development', 'production']).default('development'),
  data: z.string().default('./data').describe('The folder that holds everything that Postern writes.'),
  portal: z
    .strictObject({
      host: host().default('127.0.0.1'),
      port: Port.default(3000),
      url: originUrl().optional().describe('The address that people open.'),
      trustedProxies: ProxyAddresses.describe(
        'Addresses or networks of the proxies in front, whose X-Forwarded-For is believed.',
      ),
      connections: Connections,
    })
    .prefault({}),
  publication: z
    .strictObject({
      host: host().default('127.0.0.1'),
      port: Port.default(8080),
      url: baseUrl().optional().describe('The address that stands in every certificate, for its whole life.'),
      trustedProxies: ProxyAddresses.describe(
        'Addresses or networks of the caches in front; connections.perAddress is not for them.',
      ),
      connections: Connections,
    })
    .prefault({}),
  gateway: z
    .strictObject({
      host: host().default('127.0.0.1'),
      processes: z.number().int().min(1).max(256).optional().describe('One per core where not given.'),
      certificate: z.string().optional().describe('PEM file of the server certificate and its chain.'),
      key: z.string().optional().describe('PEM file of its key.'),
      drainSeconds: Seconds.default(25).describe('How long calls under way may go on when a gateway stops.'),
      whenStale: z
        .enum(['go-on', 'refuse'])
        .default('go-on')
        .describe('What a gateway does with callers when the store has been away for staleSeconds.'),
      strangers: z
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
          connectionsPerSecondInAll: z
            .number()
            .int()
            .min(0)
            .default(300)
            .describe(
              'New ones in a second of all addresses that have shown no accepted certificate within a day.',
            ),
        })
        .prefault({})
        .describe(
          'Limits for clients without an accepted certificate, in each gateway process; 0 means none.',
        ),
      staleSeconds: z.number().int().min(5).max(604_800).default(900),
      reservedHeaders: z
        .array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{1,98}\*?$/))
        .default([])
        .describe(
          'Headers by which something in front of the APIs tells who calls: a client may not send them. A star at the end stands for whatever follows.',
        ),
    })
    .prefault({}),
  authority: z
    .strictObject({
      keys: z
        .enum(['store', 'pkcs11'])
        .default('store')
        .describe('Where the keys of new issuers are made; those that are there stay where they are.'),
      algorithm: z.enum(['ecdsa', 'rsa']).default('ecdsa').describe('Of the keys of new issuers.'),
      pkcs11: z
        .strictObject({
          module: z.string().describe('Path of the PKCS#11 library of the HSM.'),
          token: z.string().min(1).max(32).optional().describe('The label of the token.'),
          slot: z.number().int().min(0).optional().describe('Its slot, in place of the label.'),
        })
        .optional()
        .describe('The PIN comes from POSTERN_PKCS11_PIN or POSTERN_PKCS11_PIN_FILE.'),
      offlineListDays: z
        .number()
        .int()
        .min(1)
        .max(365)
        .default(365)
        .describe('How long the revocation list holds that an offline root leaves.'),
    })
    .prefault({}),
  audit: z
    .strictObject({
      checkpointFiles: z
        .array(z.string().min(1))
        .max(8)
        .optional()
        .describe(
          'Where checkpoints of the audit log are kept outside the store; audit-checkpoints.jsonl of the data folder where not given.',
        ),
      syslog: z
        .strictObject({ host: host(), port: Port.default(514) })
        .optional()
        .describe('A syslog server that gets each checkpoint over UDP (RFC 5424, RFC 5426).'),
    })
    .prefault({}),
  telemetry: z
    .strictObject({
      minuteHours: z.number().int().min(1).max(720).default(48).describe('How long use by minute is kept.'),
      hourDays: z.number().int().min(1).max(3660).default(90).describe('The same by hour, and addresses.'),
      dayDays: z.number().int().min(30).max(3660).default(800).describe('The same by day.'),
    })
    .prefault({}),
  authorizer: z
    .strictObject({
      host: host().default('127.0.0.1'),
      port: Port.optional(),
      socketPath: z
        .string()
        .optional()
        .describe('A socket in the file system, in place of host and port, for edges on the same machine.'),
      socketMode: z
        .enum(['0600', '0660'])
        .default('0660')
        .describe('Whether its group may connect to it too.'),
      certificate: z.string().optional().describe('PEM file of the server certificate that edges see.'),
      key: z.string().optional().describe('PEM file of its key.'),
      clientCa: z
        .string()
        .optional()
        .describe('PEM file of the CA that the certificates of edges come from.'),
    })
    .optional()
    .describe(
      'Where nginx, HAProxy, Caddy, Envoy or Traefik ask whether a call may pass. The secret that they send comes from POSTERN_AUTHORIZER_SECRET or POSTERN_AUTHORIZER_SECRET_FILE.',
    ),
  storage: z
    .strictObject({ engine: z.enum(['sqlite', 'postgres']).default('sqlite') })
    .prefault({})
    .describe('PostgreSQL takes its URL from POSTERN_DATABASE_URL or POSTERN_DATABASE_URL_FILE.'),
  mail: z
    .strictObject({
      from: mailAddress().default('Postern <postern@localhost>'),
      smtp: z
        .strictObject({
          host: host(),
          port: Port.default(587),
          secure: z
            .boolean()
            .default(false)
            .describe('TLS from the first byte; else STARTTLS, which the server must offer.'),
          unencrypted: z
            .boolean()
            .default(false)
            .describe(
              'Send without TLS, for a server on this machine. In production not together with a user.',
            ),
          ca: z
            .string()
            .optional()
            .describe('PEM file of the CAs that the certificate of the server may come from.'),
          user: z
            .string()
            .optional()
            .describe('The password comes from POSTERN_SMTP_PASSWORD or POSTERN_SMTP_PASSWORD_FILE.'),
        })
        .optional(),
      limits: z
        .strictObject({
          perHour: Most.default(defaultEmailLimits.perHour).describe(
            'To members of the organization and to operators.',
          ),
          outsidePerHour: Most.default(defaultEmailLimits.outsidePerHour).describe(
            'To contacts who are not members.',
          ),
          perRecipientAndDay: Most.default(defaultEmailLimits.perRecipientAndDay).describe(
            'To one member or operator.',
          ),
          outsidePerRecipientAndDay: Most.default(defaultEmailLimits.outsidePerRecipientAndDay).describe(
            'To one contact who is not a member.',
          ),
        })
        .prefault({})
        .describe('How many letters each organization may cause.'),
    })
    .prefault({}),
  environments: z.record(EnvironmentName, EnvironmentSettings).optional(),
})
export type ConfigFile = z.output<typeof ConfigFile>
