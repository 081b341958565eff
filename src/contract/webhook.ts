import { z } from 'zod'
import { ActorView } from './actor.ts'
import { EnvironmentName, OrganizationParams, PageQuery, Timestamp } from './common.ts'
import { announcedTypes } from './events/announced-types.ts'
import { changeTypeNames } from './events/change-event.ts'
import { emptiness } from './field-error-codes.ts'
import { SecretId, WebhookClientCertificateId, WebhookDeliveryId, WebhookId } from './ids.ts'
import { signalKinds } from './signal.ts'
import { line } from './text.ts'

/** The families of changes that concern an organization; those of the platform and of single users are not among them. */
const families = [
  'certificate',
  'registration',
  'credential',
  'enforcement_policy',
  'organization',
  'member',
  'invitation',
  'single_sign_on',
  'scim',
  'api_key',
  'webhook',
  'signal',
] as const

const isTold = (name: string): boolean => (families as readonly string[]).includes(name.split('.')[0] ?? '')

/** The types of events that a webhook can be told. */
export const webhookEventTypes = [
  ...changeTypeNames.filter(isTold),
  ...Object.keys(announcedTypes),
  ...signalKinds.map((kind) => `signal.${kind}`),
].sort() as [string, ...string[]]

/** A few certificates, with room for what is printed around them. */
const maxChainLength = 16_000
const maxServerCaLength = 8000

/** What is longer is no address of an endpoint. */
const maxUrlLength = 2000
const maxWebhookName = 100

export const WebhookParams = OrganizationParams.extend({ webhookId: WebhookId })
export const WebhookClientCertificateParams = WebhookParams.extend({
  clientCertificateId: WebhookClientCertificateId,
})
export const WebhookDeliveryParams = WebhookParams.extend({ deliveryId: WebhookDeliveryId })

const EventTypes = z
  .array(z.enum(webhookEventTypes))
  .max(webhookEventTypes.length)
  .refine((list) => list.length > 0, emptiness('send null for all types'))
  .meta({ minItems: 1 })
  .nullable()
  .meta({ description: 'The types of events that are sent; null means all, also those that are new.' })

const terms = {
  name: line(maxWebhookName).refine((name) => name.length > 0, emptiness()),
  url: z
    .string()
    .trim()
    .max(maxUrlLength)
    .refine((url) => url.length > 0, emptiness())
    .meta({
      description: 'Where events are sent: https, with a public address. Redirects are not followed.',
      example: 'https://hooks.acme.example/postern',
    }),
  environment: EnvironmentName.nullable().meta({
    description:
      'Only events of this environment; null means those of all environments, and those that concern none.',
  }),
  eventTypes: EventTypes,
  enabled: z.boolean(),
  serverCa: z.string().max(maxServerCaLength).nullable().meta({
    description:
      'PEM of the CAs, at most 3, that the certificate of the endpoint has to come from; null means the public ones. Given, it takes the place of those.',
  }),
}

export const NewWebhook = z
  .object({
    ...terms,
    environment: terms.environment.default(null),
    eventTypes: terms.eventTypes.default(null),
    enabled: terms.enabled.default(true),
    serverCa: terms.serverCa.default(null),
  })
  .meta({ id: 'NewWebhook' })
export type NewWebhook = z.output<typeof NewWebhook>

/** A change of a webhook. Absent fields stay unchanged. */
export const WebhookChange = z.object(terms).partial().meta({ id: 'WebhookChange' })
export type WebhookChange = z.output<typeof WebhookChange>

export const WebhookSecretRotation = z
  .object({
    overlapSeconds: z
      .number()
      .int()
      .min(0)
      .max(7 * 86_400)
      .meta({
        description:
          'How long events are signed with the secret in use beside the new one: 0 to 604800 (7 days). With 0 every other secret ends.',
      }),
  })
  .meta({ id: 'WebhookSecretRotation' })

/** Why a webhook is disabled. */
const disabledReasons = ['user', 'failing', 'gone', 'no_secret'] as const

/** Who issues the client certificates that deliveries present. */
export const clientCertificateIssuers = ['postern', 'own_ca'] as const
export type ClientCertificateIssuer = (typeof clientCertificateIssuers)[number]

/** The states of a client certificate. */
const clientCertificateStates = ['requested', 'next', 'live', 'former', 'expired'] as const
export type ClientCertificateState = (typeof clientCertificateStates)[number]

export const NewWebhookClientCertificate = z
  .object({
    issuer: z.enum(clientCertificateIssuers).meta({
      description:
        '`postern` for a certificate of the CA that Postern has for outgoing requests, renewed by itself; `own_ca` for a CSR that your CA signs.',
    }),
  })
  .meta({ id: 'NewWebhookClientCertificate' })

export const WebhookClientCertificateChain = z
  .object({
    chain: z
      .string()
      .max(maxChainLength)
      .refine((text) => text.trim().length > 0, emptiness())
      .meta({ description: 'PEM of the certificate and of the CAs above it, at most 4 together.' }),
  })
  .meta({ id: 'WebhookClientCertificateChain' })

export const WebhookClientCertificate = z
  .object({
    id: WebhookClientCertificateId,
    issuer: z.enum(clientCertificateIssuers),
    state: z.enum(clientCertificateStates).meta({
      description:
        '`requested` while your CA has to sign the CSR, `next` until it is presented, `live` while deliveries present it, `former` while it is valid and another one is live, `expired` afterwards.',
    }),
    certificateRequest: z.string().nullable().meta({
      description: 'PEM of the CSR (PKCS#10); null once there is a certificate, or if Postern issues it.',
    }),
    caCertificate: z.string().nullable().meta({
      description: "PEM of Postern's CA, which your endpoint has to trust; null for one of your CA.",
    }),
    subject: z.string().nullable(),
    issuedBy: z.string().nullable(),
    fingerprintSha256: z.string().nullable(),
    notBefore: Timestamp.nullable(),
    notAfter: Timestamp.nullable().meta({ description: 'When the first certificate of the chain ends.' }),
    liveFrom: Timestamp.nullable().meta({
      description: 'Since when, or from when on, deliveries present it; null until that is decided.',
    }),
    createdAt: Timestamp,
    createdBy: ActorView,
  })
  .meta({ id: 'WebhookClientCertificate' })
export type WebhookClientCertificate = z.output<typeof WebhookClientCertificate>

export const WebhookView = z
  .object({
    id: WebhookId,
    name: z.string(),
    url: z.string(),
    environment: EnvironmentName.nullable(),
    eventTypes: z.array(z.string()).nullable().meta({ description: 'Null means all.' }),
    enabled: z.boolean(),
    disabledReason: z.enum(disabledReasons).nullable().meta({
      description:
        '`user` if a user disabled it, `failing` if nothing reached it for 5 days, `gone` if it answered 410, `no_secret` if no secret was left to sign with; null while it is enabled.',
    }),
    secrets: z
      .array(z.object({ id: SecretId, createdAt: Timestamp, expiresAt: Timestamp.nullable() }))
      .meta({ description: 'Newest first: one, or two while the secret is rotated.' }),
    serverCa: z.string().nullable().meta({ description: 'PEM; null means the public CAs.' }),
    clientCertificates: z.array(WebhookClientCertificate).meta({
      description:
        'Newest first. Without any, deliveries present none. If all have expired, nothing is sent.',
    }),
    createdAt: Timestamp,
    createdBy: ActorView,
  })
  .meta({ id: 'Webhook' })
export type WebhookView = z.output<typeof WebhookView>

export const WebhookWithSecret = WebhookView.extend({
  secret: z.string().meta({
    description: 'Shown in this answer only: `whsec_` and 32 bytes in Base64 (Standard Webhooks).',
  }),
}).meta({ id: 'WebhookWithSecret' })
export type WebhookWithSecret = z.output<typeof WebhookWithSecret>

/** What was tried with a client certificate in the last 24 hours. */
const ClientCertificateUse = z.object({
  id: WebhookClientCertificateId,
  deliveries: z.number().int().meta({ description: 'Deliveries whose latest try had it.' }),
  answered: z.number().int().meta({ description: 'Those among them that the endpoint answered.' }),
  rejected: z.number().int().meta({
    description: 'Deliveries whose latest try had the former one, because the endpoint rejected this one.',
  }),
  lastUsedAt: Timestamp.nullable(),
})
export type ClientCertificateUse = z.output<typeof ClientCertificateUse>

/** A webhook as lists show it: its use changes with every delivery, the webhook itself holds still. */
export const UsedWebhook = WebhookView.extend({
  waiting: z.number().int().meta({ description: 'Deliveries that wait for their next try.' }),
  failingSince: Timestamp.nullable().meta({
    description: 'Since when no delivery succeeded; null while one does.',
  }),
  lastDeliveredAt: Timestamp.nullable(),
  droppedEvents: z.number().int().meta({
    description: 'Events that were not queued, because too many deliveries waited.',
  }),
  droppedAt: Timestamp.nullable().meta({ description: 'When that happened last.' }),
  clientCertificateUse: z.array(ClientCertificateUse).meta({
    description: 'What was tried with each client certificate in the last 24 hours.',
  }),
  pausedUntil: Timestamp.nullable().meta({
    description:
      'Until when nothing is sent because the endpoint answered 429 or 503 with `Retry-After`; null, or in the past, while nothing is held back.',
  }),
}).meta({ id: 'UsedWebhook' })
export type UsedWebhook = z.output<typeof UsedWebhook>

/** The states of a delivery. */
export const deliveryStatuses = ['pending', 'delivered', 'failed'] as const
export type DeliveryStatus = (typeof deliveryStatuses)[number]

export const WebhookDeliveryView = z
  .object({
    id: WebhookDeliveryId,
    eventId: z.string().meta({ description: 'The `webhook-id` of each try, and the `id` of the event.' }),
    eventType: z.string(),
    eventAt: Timestamp,
    status: z.enum(deliveryStatuses),
    attempts: z.number().int(),
    createdAt: Timestamp,
    lastAttemptAt: Timestamp.nullable(),
    nextAttemptAt: Timestamp.nullable(),
    responseStatus: z.number().int().nullable().meta({ description: 'The HTTP status of the latest try.' }),
    responseBody: z.string().nullable().meta({ description: 'At most 1 KB of its body.' }),
    durationMilliseconds: z.number().int().nullable().meta({ description: 'How long the latest try took.' }),
    error: z.string().nullable().meta({ description: 'Why the latest try failed.' }),
    clientCertificateId: z.string().nullable().meta({
      description: 'The client certificate that the latest try had; null if it had none.',
    }),
    rejectedClientCertificateId: z.string().nullable().meta({
      description:
        'The live client certificate, if the endpoint rejected it in the latest try, so that the former one was tried.',
    }),
  })
  .meta({ id: 'WebhookDelivery' })
export type WebhookDeliveryView = z.output<typeof WebhookDeliveryView>

export const WebhookDeliveryQuery = PageQuery.extend({
  status: z.enum(deliveryStatuses).optional().meta({ description: 'Only deliveries in this state.' }),
})

export const WebhookTestQuery = z.object({
  clientCertificateId: WebhookClientCertificateId.optional().meta({
    description: 'The client certificate to present in place of the live one, to try the next one.',
  }),
})
