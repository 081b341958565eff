import { z } from 'zod'
import { count, defineChanges, nothing, text, textOrNull, texts } from './change-type.ts'

const Terms = z.object({
  name: text,
  origin: text.meta({ description: 'Scheme, host and port of the URL; its path may hold a secret.' }),
  urlSha256: text.meta({ description: 'SHA-256 of the whole URL: it tells whether the path changed.' }),
  environment: textOrNull,
  eventTypes: texts.nullable(),
  enabled: z.boolean(),
  serverCaSha256: textOrNull.optional().meta({
    description:
      'SHA-256 of the CAs of the endpoint; null for the public ones. Older releases did not record it.',
  }),
})

/** The changes of the webhooks of an organization. */
export const webhookChanges = defineChanges({
  'webhook.created': {
    description: 'A webhook was created.',
    recordedAs: 'webhook.created',
    before: nothing,
    after: Terms,
  },
  'webhook.updated': {
    description: 'A webhook was changed, enabled or disabled; both sides have the changed members.',
    recordedAs: 'webhook.updated',
    before: Terms.partial(),
    after: Terms.partial(),
  },
  'webhook.secret_added': {
    description: 'A webhook got another secret; the ones in use stay valid for the overlap period.',
    recordedAs: 'webhook.secret_added',
    before: nothing,
    after: z.object({ othersEndAt: text }),
  },
  'webhook.disabled': {
    description:
      'Postern disabled a webhook: its deliveries failed for 5 days, it answered 410 Gone, or it has no valid secret.',
    recordedAs: 'webhook.disabled',
    before: nothing,
    after: z.object({ reason: text }),
  },
  'webhook.queue_full': {
    description: 'A webhook had too many deliveries waiting, and further events were not queued.',
    recordedAs: 'webhook.queue_full',
    before: nothing,
    after: z.object({ waiting: count }),
  },
  'webhook.client_certificate_requested': {
    description: 'A key and a CSR were made for a client certificate of a webhook.',
    recordedAs: 'webhook.client_certificate_requested',
    before: nothing,
    after: z.object({ clientCertificateId: text, issuer: text }),
  },
  'webhook.client_certificate_installed': {
    description:
      'A webhook got a client certificate: from the CA of the organization, or from the one of Postern, also when Postern renews it.',
    recordedAs: 'webhook.client_certificate_installed',
    before: nothing,
    after: z.object({ clientCertificateId: text, issuer: text, fingerprintSha256: text, notAfter: text }),
  },
  'webhook.client_certificate_activated': {
    description: 'Deliveries of a webhook present another client certificate from now on.',
    recordedAs: 'webhook.client_certificate_activated',
    before: nothing,
    after: z.object({ clientCertificateId: text }),
  },
  'webhook.client_certificate_retired': {
    description: 'A client certificate of a webhook and its key were deleted.',
    recordedAs: 'webhook.client_certificate_retired',
    before: z.object({ clientCertificateId: text, issuer: text, state: text }),
    after: nothing,
  },
  'webhook.deleted': {
    description: 'A webhook was deleted with its deliveries.',
    recordedAs: 'webhook.deleted',
    before: z.object({ name: text, origin: text }),
    after: nothing,
  },
})
