import { z } from 'zod'
import { EnvironmentName } from '../contract/common.ts'
import { secondPersonAreas } from '../contract/confirmation.ts'
import { AuditSettings } from './audit-settings.ts'
import { baseUrl, host, originUrl } from './check-address.ts'
import { EnvironmentSettings } from './environment-settings.ts'
import { ExternalStatusSettings } from './external-status-settings.ts'
import { AuthorizerSettings, GatewaySettings } from './gateway-settings.ts'
import { MailSettings } from './mail-settings.ts'
import { OperationsSettings } from './operations-settings.ts'
import { Connections, Count, Port, ProxyAddresses } from './setting-types.ts'
import { TraceSettings } from './trace-settings.ts'
import { WebhookSettings } from './webhook-settings.ts'

/** The configuration file. Everything in it is optional in the development profile. */
export const ConfigFile = z.strictObject({
  profile: z.enum(['development', 'production']).default('development'),
  data: z.string().default('./data').describe('The folder that holds everything that Postern writes.'),
  log: z
    .strictObject({
      level: z
        .enum(['error', 'warn', 'info', 'debug'])
        .optional()
        .describe('What is logged at least; info in production and warn in development where not given.'),
    })
    .prefault({}),
  portal: z
    .strictObject({
      host: host().default('127.0.0.1'),
      port: Port.default(3000),
      url: originUrl().optional().describe('The address that people open.'),
      trustedProxies: ProxyAddresses.describe(
        'Addresses or networks of the proxies in front, whose X-Forwarded-For is believed.',
      ),
      organizationWord: z
        .strictObject({
          singular: z.string().min(1).max(30).default('organization'),
          plural: z.string().min(1).max(30).default('organizations'),
        })
        .prefault({})
        .describe('What the page calls an organization, in lower case as inside a sentence.'),
      operatorsNeedSecondFactor: z
        .boolean()
        .default(false)
        .describe('Whether operators and auditors need a passkey or a second factor.'),
      connections: Connections,
      sessions: z
        .strictObject({
          idleMinutes: z
            .number()
            .int()
            .min(5)
            .max(1440)
            .default(120)
            .describe('How long a session lasts without use.'),
          maxHours: z
            .number()
            .int()
            .min(1)
            .max(168)
            .default(12)
            .describe('How long a session lasts after the sign-in, with any use.'),
        })
        .prefault({}),
      singleSignOn: z
        .strictObject({
          allowPrivateIssuers: z
            .boolean()
            .default(false)
            .describe(
              'Whether the OpenID provider of a customer may have a private, loopback or link-local address.',
            ),
        })
        .prefault({}),
    })
    .prefault({}),
  organizations: z
    .strictObject({
      maxCredentials: Count.default(1000).describe('API credentials of one organization.'),
      maxPeople: Count.default(500).describe('Members and open invitations of one organization.'),
    })
    .prefault({})
    .describe('Limits of each organization for which operators set none of its own.'),
  publication: z
    .strictObject({
      host: host().default('127.0.0.1'),
      port: Port.default(8080),
      url: baseUrl().optional().describe('The address that stands in every certificate, for its whole life.'),
      servedBy: z
        .enum(['portal', 'publication', 'both'])
        .default('portal')
        .describe(
          'Which processes serve CRLs, OCSP and issuer certificates: the portal, postern serve --publication, or both.',
        ),
      trustedProxies: ProxyAddresses.describe(
        'Addresses or networks of the caches in front; connections.perAddress is not for them.',
      ),
      connections: Connections,
    })
    .prefault({}),
  gateway: GatewaySettings,
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
      offlineCrlDays: z
        .number()
        .int()
        .min(1)
        .max(365)
        .default(365)
        .describe('How long the revocation list holds that an offline root leaves.'),
    })
    .prefault({}),
  audit: AuditSettings,
  backup: z
    .strictObject({
      recipient: z
        .string()
        .regex(/^age1[0-9a-z]+$/, 'must be a public key of age, which begins with age1')
        .max(4096)
        .optional()
        .describe('The public key that backups are encrypted to.'),
      maxAgeHours: z
        .number()
        .int()
        .min(1)
        .max(8760)
        .default(36)
        .describe('After how long without a verified backup operators are told.'),
      drillDays: z
        .number()
        .int()
        .min(1)
        .max(3660)
        .default(100)
        .describe('The same without a drill of a restore.'),
      journalFolders: z
        .array(z.string().min(1))
        .min(1)
        .max(4)
        .optional()
        .describe(
          'Where changes are written that a restore must not take back; the folder journal of the data folder where not given.',
        ),
    })
    .prefault({}),
  telemetry: z
    .strictObject({
      minuteRetentionHours: z
        .number()
        .int()
        .min(1)
        .max(720)
        .default(48)
        .describe('How long use by minute is kept.'),
      hourRetentionDays: z
        .number()
        .int()
        .min(1)
        .max(3660)
        .default(90)
        .describe('The same by hour, and addresses.'),
      dayRetentionDays: z.number().int().min(30).max(3660).default(800).describe('The same by day.'),
      traces: TraceSettings,
    })
    .prefault({}),
  authorizer: AuthorizerSettings,
  operations: OperationsSettings,
  storage: z
    .strictObject({ engine: z.enum(['sqlite', 'postgres']).default('sqlite') })
    .prefault({})
    .describe('PostgreSQL takes its URL from POSTERN_DATABASE_URL or POSTERN_DATABASE_URL_FILE.'),
  operators: z
    .strictObject({
      secondPerson: z
        .array(z.enum(secondPersonAreas))
        .default([])
        .describe('What a second operator has to confirm; nothing where not given.'),
    })
    .prefault({}),
  mail: MailSettings,
  webhooks: WebhookSettings,
  externalStatus: ExternalStatusSettings,
  environments: z.record(EnvironmentName, EnvironmentSettings).optional(),
})
export type ConfigFile = z.output<typeof ConfigFile>
