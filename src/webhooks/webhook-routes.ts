import type { Clock } from '../clock.ts'
import { testEventType } from '../contract/events/announced-types.ts'
import type { WebhookClientCertificate, WebhookDeliveryView } from '../contract/webhook.ts'
import { PosternError } from '../errors.ts'
import { findUrlProblem, type UrlRules } from '../guard-addresses.ts'
import type { Handlers } from '../http/handler.ts'
import { toText } from '../shapes/moment.ts'
import type { Organization } from '../shapes/organization.ts'
import { checkServerCa } from './check-server-ca.ts'
import type { ClientCertificateStore } from './client-certificate-store.ts'
import { toEventId, type WebhookEvent } from './delivery-rows-store.ts'
import type { DeliveryStore } from './delivery-store.ts'
import type { Attempt, SendMessage } from './send-message.ts'
import { createWebhookSecret, formatWebhookSecret, signMessage } from './sign-message.ts'
import type { Target } from './webhook-secret-store.ts'
import type { WebhookStore } from './webhook-store.ts'

/** The dependencies of these routes. */
export interface WebhookDependencies {
  webhooks: {
    store: WebhookStore
    deliveries: DeliveryStore
    /** Where deliveries go, whether the webhook is enabled or not. */
    openTarget(place: TargetPlace, now: number): Promise<Target>
    clientCertificates: ClientCertificateStore
    send: SendMessage
    urlRules: UrlRules
  }
  environments: ReadonlyMap<string, unknown>
  clock: Clock
}

/** Whose deliveries, and with which client certificate if not with the live one. */
export interface TargetPlace {
  webhookId: string
  url: string
  serverCa: string | null
  only?: string | undefined
}

type Ids =
  | `${'create' | 'get' | 'update' | 'delete' | 'test'}Webhook`
  | 'listWebhooks'
  | 'rotateWebhookSecret'
  | 'listWebhookDeliveries'
  | 'replayWebhookDelivery'
  | `${'add' | 'install' | 'activate' | 'retire'}WebhookClientCertificate`

/** Returns the handlers for webhooks of an organization. */
export function webhookRoutes(dependencies: WebhookDependencies): Pick<Handlers, Ids> {
  const { webhooks, environments, clock } = dependencies
  const { store, deliveries, urlRules } = webhooks
  /** Returns the terms as they are stored. */
  const checkTerms = <Terms extends GivenTerms>(terms: Terms): Terms => {
    const { url, environment, serverCa } = terms
    if (url !== undefined) assertUrl(url, urlRules)
    if (typeof environment === 'string' && !environments.has(environment))
      throw new PosternError('not_found', `There is no environment ${environment} here.`)
    return typeof serverCa === 'string' ? { ...terms, serverCa: checkServerCa(serverCa, clock.now()) } : terms
  }

  return {
    async createWebhook({ actor, organization, body, keepSecrets }) {
      const draft = checkTerms(body)
      const secret = createWebhookSecret()
      const text = formatWebhookSecret(secret)
      keepSecrets?.({ secret: text })
      const made = await store.insert(organization.id, { draft, secret }, { actor, now: clock.now() })
      return { ...made, secret: text }
    },
    listWebhooks: ({ organization, query }) => store.list(organization.id, query, clock.now()),
    getWebhook: ({ organization, params }) => store.get(organization.id, params.webhookId, clock.now()),
    async updateWebhook({ actor, organization, params, body }) {
      const act = { actor, now: clock.now() }
      return store.update(organization.id, params.webhookId, checkTerms(body), act)
    },
    async rotateWebhookSecret({ actor, organization, params, body, keepSecrets }) {
      const secret = createWebhookSecret()
      const text = formatWebhookSecret(secret)
      keepSecrets?.({ secret: text })
      const change = { secret, overlapMs: body.overlapSeconds * 1000 }
      const rotated = await store.rotate(organization.id, params.webhookId, change, {
        actor,
        now: clock.now(),
      })
      return { ...rotated, secret: text }
    },
    async deleteWebhook({ actor, organization, params }) {
      await store.delete(organization.id, params.webhookId, { actor, now: clock.now() })
      return undefined
    },
    testWebhook: ({ organization, params, query }) =>
      testWebhook(dependencies, organization, { ...params, ...query }),
    listWebhookDeliveries: ({ organization, params, query }) =>
      deliveries.list({ organizationId: organization.id, webhookId: params.webhookId }, query),
    replayWebhookDelivery({ organization, params }) {
      const own = { organizationId: organization.id, webhookId: params.webhookId }
      return deliveries.replay(own, params.deliveryId, clock.now())
    },
    ...clientCertificateHandlers(webhooks, clock),
  }
}

/** The members of a webhook that are checked here. */
interface GivenTerms {
  url?: string | undefined
  environment?: string | null | undefined
  serverCa?: string | null | undefined
}

/** Returns the handlers for client certificates; each answers with the webhook as it is then. */
function clientCertificateHandlers(
  { store, clientCertificates }: WebhookDependencies['webhooks'],
  clock: Clock,
): Pick<Handlers, Extract<Ids, `${string}ClientCertificate`>> {
  const name = (organization: Organization, params: { webhookId: string; clientCertificateId: string }) => ({
    ...{ organizationId: organization.id, webhookId: params.webhookId, id: params.clientCertificateId },
  })
  return {
    async addWebhookClientCertificate({ actor, organization, params: { webhookId }, body }) {
      const own = { organizationId: organization.id, webhookId }
      await clientCertificates.add(own, body.issuer, { actor, now: clock.now() })
      return store.get(organization.id, webhookId, clock.now())
    },
    async installWebhookClientCertificate({ actor, organization, params, body }) {
      const act = { actor, now: clock.now() }
      await clientCertificates.install(name(organization, params), body.chain, act)
      return store.get(organization.id, params.webhookId, clock.now())
    },
    async activateWebhookClientCertificate({ actor, organization, params }) {
      await clientCertificates.activate(name(organization, params), { actor, now: clock.now() })
      return store.get(organization.id, params.webhookId, clock.now())
    },
    async retireWebhookClientCertificate({ actor, organization, params }) {
      await clientCertificates.retire(name(organization, params), { actor, now: clock.now() })
      return undefined
    },
  }
}

/** Throws `webhook_url_not_allowed`. */
function assertUrl(text: string, rules: UrlRules): void {
  const problem = findProblem(text, rules)
  if (problem === undefined) return
  throw new PosternError(
    'webhook_url_not_allowed',
    `The URL ${problem}. Enter the URL of a public endpoint with https.`,
  )
}

function findProblem(text: string, rules: UrlRules): string | undefined {
  const url = URL.parse(text)
  if (url === null) return 'cannot be read'
  if (url.username !== '' || url.password !== '')
    return 'must not hold a user or a password: check the signature instead'
  if (url.hash !== '') return 'must not have a fragment, which never reaches a server'
  return findUrlProblem(url, rules)
}

const unsigned: Attempt = {
  responseStatus: null,
  responseBody: null,
  durationMilliseconds: 0,
  error: 'Nothing was sent: the webhook has no valid secret. Rotate its secret, then test again.',
  isOurs: true,
}

/** Sends a test event, also to a webhook that is disabled. It is in the list of deliveries, and not tried again. */
async function testWebhook(
  { webhooks: { store, deliveries, openTarget, send }, clock }: WebhookDependencies,
  { id: organizationId, slug }: Organization,
  { webhookId, clientCertificateId: only }: { webhookId: string; clientCertificateId?: string | undefined },
): Promise<WebhookDeliveryView> {
  const now = clock.now()
  const { url, name, environment, serverCa, clientCertificates } = await store.get(
    organizationId,
    webhookId,
    now,
  )
  if (only !== undefined) assertTestable(clientCertificates.find(({ id }) => id === only))
  const own = { organizationId, webhookId }
  const event: WebhookEvent = {
    id: toEventId(`${webhookId} ${crypto.randomUUID()}`),
    type: testEventType,
    time: toText(now),
    organization: slug,
    environment,
    subject: { kind: 'webhook', id: webhookId, name },
    data: {},
  }
  const deliveryId = await deliveries.beginTest(own, event, now)
  const { secrets, identity } = await openTarget({ webhookId, url, serverCa, only }, now)
  if (secrets.length === 0) return deliveries.endTest(own, deliveryId, unsigned, clock.now())
  const body = JSON.stringify(event)
  const headers = signMessage(secrets, { id: event.id, timestamp: Math.floor(now / 1000), body })
  return deliveries.endTest(
    own,
    deliveryId,
    await send({ url, headers, body, serverCa, identity }),
    clock.now(),
  )
}

/** Throws `not_found` and `webhook_client_certificate_not_ready`. */
function assertTestable(certificate: WebhookClientCertificate | undefined): void {
  if (certificate === undefined)
    throw new PosternError('not_found', 'There is no such client certificate of this webhook.')
  if (!['requested', 'expired'].includes(certificate.state)) return
  throw new PosternError(
    'webhook_client_certificate_not_ready',
    certificate.state === 'requested'
      ? 'This client certificate has no chain yet. Enter what your CA has issued first.'
      : 'This client certificate has expired. Add another one, and test that.',
  )
}
