import { z } from 'zod'
import { OrganizationSlug } from '../contract/common.ts'
import { enforcementModes } from '../contract/enforcement-policy.ts'
import {
  externalCertificatePolicies,
  issuanceModes,
  keyKinds,
  profiles,
  tokenAlgorithms,
} from '../contract/environment.ts'
import { line } from '../contract/text.ts'
import { publicHost, secureOriginUrl, serverUrl } from './check-address.ts'
import { ExternalStatusTerms } from './external-status-settings.ts'
import { Limit, Port, Seconds } from './setting-types.ts'

const SignalDays = z.number().int().min(1).max(3650)

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
  ca: z
    .string()
    .optional()
    .describe('PEM file of the private CA of that certificate, which the portal gives to clients.'),
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
      responseSeconds: Seconds.default(30).describe(
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
      minBytesPerSecond: Limit.default(500).describe(
        'What a client has to send of a body, and to take of an answer that waits for it.',
      ),
      minBytesWindowSeconds: z.number().int().min(1).max(600).default(20).describe('Over how long.'),
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
  allowedKeysUntil: z
    .partialRecord(z.enum(keyKinds), z.iso.date())
    .default({})
    .describe(
      'The last day (UTC) on which a CSR may have such a key, for kinds of allowedKeys that end, such as rsa-2048: 2027-06-30.',
    ),
  signals: z
    .strictObject({
      unusedDays: SignalDays.default(60).describe(
        'A certificate that no call was accepted with for so long.',
      ),
      replacementDays: SignalDays.default(14).describe(
        'A replacement that was issued so long ago, and that no call was accepted with.',
      ),
      secretDays: SignalDays.default(365).describe('A client secret that is so old.'),
      keyKindDays: SignalDays.default(90).describe('So long before the last day of a kind of key.'),
    })
    .prefault({})
    .describe('After how many days organizations are told that something may be forgotten.'),
  externalCertificates: z
    .enum(externalCertificatePolicies)
    .default('off')
    .describe(
      'Whether certificates of other authorities may be registered: none, those of issuers that operators trust, or any one by itself.',
    ),
  lastRenewals: z
    .array(
      z.strictObject({
        issuer: line(1000).describe('The issuer as the page Migrations shows it (RFC 4514).'),
        on: z.iso.date().describe('Such as 2027-03-14.'),
      }),
    )
    .max(100)
    .default([])
    .describe('The last day on which other CAs renew client certificates; shown to operators.'),
  externalStatus: ExternalStatusTerms,
  sameKeyRenewal: z
    .boolean()
    .default(false)
    .describe('Whether the replacement of a certificate may have the same key.'),
  maxCertificates: z
    .number()
    .int()
    .min(1)
    .default(100)
    .describe(
      'Pending and valid certificates per organization. The limit of drafts is the same number, but at least 100.',
    ),
  certificatesPerHour: z
    .number()
    .int()
    .min(1)
    .optional()
    .describe(
      'Certificates that an organization may begin in an hour, and CSRs that it may submit; as many as maxCertificates where not given.',
    ),
  denials: z.enum(['explain', 'drop']).default('explain'),
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
      'Whether clients of an organization that has no policy of its own need a certificate: no; not yet, but calls that would be denied are counted; or yes.',
    ),
  enforcementWindowHours: z
    .number()
    .positive()
    .max(8760)
    .default(24)
    .describe(
      'Certificates are required of an organization only when for so many hours none of its calls would have been denied.',
    ),
  retirementSilenceHours: z
    .number()
    .positive()
    .max(8760)
    .default(24)
    .describe(
      'A replaced certificate is safe to retire only after so many hours without a use, while gateways reported without a gap and its replacement was accepted at least every quarter of that time.',
    ),
  rotationOverlapDays: z
    .number()
    .positive()
    .max(3650)
    .nullable()
    .default(null)
    .describe(
      'For so many days a certificate is accepted beside its replacement, from the first call that was accepted with it: then it is retired as soon as that is safe. Not given or null: until it expires, or somebody retires it.',
    ),
  certificateStatusHeader: z
    .boolean()
    .default(false)
    .describe(
      'Whether each response says what the state of the client certificate is, and how long it is valid.',
    ),
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
