import { readFileSync } from 'node:fs'
import { getCACertificates } from 'node:tls'
import type { AuditStore } from '../audit/audit-store.ts'
import { PosternError } from '../errors.ts'
import { createWebhookCertificateExpiry } from '../expiry/webhook-certificate-store.ts'
import type { createEmailWriter } from '../notifications/write-emails-store.ts'
import { createOutgoingCa } from '../signer/outgoing-ca.ts'
import { createClientCertificateStore } from '../webhooks/client-certificate-store.ts'
import { createDeliveryStore } from '../webhooks/delivery-store.ts'
import { createOutbox } from '../webhooks/outbox-store.ts'
import { announce, createDeliveryPlanner } from '../webhooks/plan-deliveries-store.ts'
import { renewClientCertificates } from '../webhooks/renew-client-certificates-store.ts'
import { createSendMessage } from '../webhooks/send-message.ts'
import { createUseWatch } from '../webhooks/watch-use-store.ts'
import type { TargetPlace } from '../webhooks/webhook-routes.ts'
import { openWebhookTarget } from '../webhooks/webhook-secret-store.ts'
import { createWebhookSender, planAndSend } from '../webhooks/webhook-sender.ts'
import { createWebhookStore } from '../webhooks/webhook-store.ts'
import type { BaseDependencies, PortalReplacements } from './portal-ground.ts'
import type { ScheduledTask } from './scheduled-tasks.ts'

const everyMs = 1000
const minute = 60_000

/** Builds the webhooks of organizations. The portal with the lease of the scheduled tasks plans and sends. */
export function buildWebhooks(
  base: BaseDependencies,
  parts: {
    audit: AuditStore
    writeEmails: ReturnType<typeof createEmailWriter>
    onFailure(what: string, error: unknown): void
  },
  replace: PortalReplacements,
) {
  const { config, keys, database, clock } = base
  const { authorityKey } = keys
  const urlRules = {
    allowPrivate: false,
    allowPlain: false,
    get allowedNetworks() {
      return config.webhooks.allowedNetworks
    },
  }
  const ca = readCertificates(config.webhooks.caFile)
  const send = createSendMessage({ rules: urlRules, ca, resolve: replace.resolveEndpoint })
  const planner = createDeliveryPlanner(database, parts.audit)
  const pages = { portalUrl: config.portal.url, firstEnvironment: config.environments[0]?.name ?? '' }
  const { writeEmails } = parts
  const outbox = createOutbox({ database, authorityKey, ...pages, writeEmails })
  const expiry = createWebhookCertificateExpiry({ database, ...pages, writeEmails })
  const sender = createWebhookSender({ outbox, send, clock, onFailure: parts.onFailure })
  const watch = createUseWatch({ database, announce })
  const outgoing = createOutgoingCa(database, authorityKey)
  const clientCertificates = createClientCertificateStore({ database, authorityKey, outgoing })
  return {
    store: createWebhookStore(database, authorityKey),
    deliveries: createDeliveryStore(database),
    clientCertificates,
    openTarget: ({ only, ...place }: TargetPlace, now: number) =>
      openWebhookTarget(database.queries, place, { authorityKey, now, only }),
    send,
    urlRules,
    sender,
    tasks: [
      {
        name: 'send-webhooks',
        everyMs,
        work: () => planAndSend(planner, sender, clock.now()),
      },
      { name: 'report-dropped-events', everyMs: minute, work: () => outbox.reportDropped(clock.now()) },
      {
        name: 'renew-client-certificates',
        everyMs: minute,
        work: () => renewClientCertificates({ database, authorityKey, outgoing }, clock.now()),
      },
      {
        name: 'tell-of-client-certificates',
        everyMs: minute,
        work: () => expiry.tell(clock.now()),
      },
      { name: 'announce-use', everyMs: minute, work: () => watch.look(clock.now()) },
    ] satisfies ScheduledTask[],
  }
}

/** Returns the public CAs with those of a file; undefined without one. Throws `config_invalid`. */
function readCertificates(file: string | null): readonly string[] | undefined {
  if (file === null) return undefined
  try {
    return [...getCACertificates('default'), readFileSync(file, 'utf8')]
  } catch (cause) {
    throw new PosternError('config_invalid', `webhooks.ca cannot be read: ${file}. Name a PEM file.`, {
      cause,
    })
  }
}
