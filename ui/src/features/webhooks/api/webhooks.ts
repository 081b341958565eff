import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import type { DeliveryStatus, WebhookView } from '../../../../../src/contract/webhook.ts'
import { call } from '../../../lib/call.ts'
import { nameForm } from '../../../lib/kept-input.ts'
import { useEdit } from '../../../lib/use-edit.ts'

/** Names a webhook of an organization, as paths do. */
export interface WebhookKey {
  organization: string
  webhookId: string
}

const refreshMs = 5000
const listKey = (organization: string) => ['webhooks', organization]
const deliveriesKey = ({ organization, webhookId }: WebhookKey) => [
  'webhook-deliveries',
  organization,
  webhookId,
]

/** Queries the webhooks of an organization with their state; there are ten at most. */
export const webhooksQuery = (organization: string) =>
  queryOptions({
    queryKey: listKey(organization),
    queryFn: ({ signal }) => call(operations.listWebhooks, { params: { organization }, query: {}, signal }),
    refetchInterval: refreshMs,
  })

/** Queries one webhook for a form: its answer has an entity tag. */
export const webhookQuery = (params: WebhookKey) =>
  queryOptions({
    queryKey: ['webhook', params.organization, params.webhookId],
    queryFn: ({ signal }) => call(operations.getWebhook, { params, signal }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })

/** Queries the deliveries of a webhook, newest first, page by page. */
export const deliveriesQuery = (params: WebhookKey, status: DeliveryStatus | undefined) =>
  infiniteQueryOptions({
    queryKey: [...deliveriesKey(params), status],
    queryFn: ({ pageParam, signal }) =>
      call(operations.listWebhookDeliveries, {
        params,
        query: { ...(pageParam === null ? {} : { cursor: pageParam }), ...(status && { status }) },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    refetchInterval: refreshMs,
  })

/** Creates a webhook. Only this response has the secret. */
export function useCreateWebhook(organization: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: Sent<typeof operations.createWebhook>['body']) =>
      call(operations.createWebhook, { params: { organization }, body, about: body.name }),
    gcTime: 0,
    onSuccess: () => queries.invalidateQueries({ queryKey: listKey(organization) }),
  })
}

/** Gives a webhook a new secret, which only this response has. */
export function useRotateWebhookSecret(params: WebhookKey, name: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: Sent<typeof operations.rotateWebhookSecret>['body']) =>
      call(operations.rotateWebhookSecret, { params, body, about: name }),
    gcTime: 0,
    onSuccess: () => queries.invalidateQueries({ queryKey: listKey(params.organization) }),
  })
}

type Change = Sent<typeof operations.updateWebhook>['body']

/** Changes a webhook from a form. */
export function useWebhookEdit(
  start: WebhookView,
  params: WebhookKey,
  toFields: (view: WebhookView) => object,
) {
  const queries = useQueryClient()
  const edit = useEdit({
    start,
    toFields,
    read: () => call(operations.getWebhook, { params }),
    async send(body: Change, edited) {
      const webhook = await call(operations.updateWebhook, { params, body, edited, about: start.name })
      void queries.invalidateQueries({ queryKey: listKey(params.organization) })
      return webhook
    },
  })
  return { ...edit, form: nameForm(operations.updateWebhook, params) }
}

/** Enables or disables a webhook. */
export function useSetWebhookEnabled(params: WebhookKey, name: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (enabled: boolean) =>
      call(operations.updateWebhook, { params, body: { enabled }, form: false, about: name }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: deliveriesKey(params) })
      await queries.invalidateQueries({ queryKey: listKey(params.organization) })
    },
  })
}

/** Deletes a webhook and its deliveries. */
export function useDeleteWebhook(params: WebhookKey) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: () => call(operations.deleteWebhook, { params }),
    onSuccess: () => queries.invalidateQueries({ queryKey: listKey(params.organization) }),
  })
}

/** Sends a test event, with the live client certificate or another one, and returns what the endpoint answered. */
export function useTestWebhook(params: WebhookKey) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (clientCertificateId: string | undefined) =>
      call(operations.testWebhook, {
        params,
        query: clientCertificateId === undefined ? {} : { clientCertificateId },
      }),
    onSuccess: () => queries.invalidateQueries({ queryKey: deliveriesKey(params) }),
  })
}

/** Sends an event again. */
export function useReplayDelivery(params: WebhookKey, deliveryId: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: () => call(operations.replayWebhookDelivery, { params: { ...params, deliveryId } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: deliveriesKey(params) }),
  })
}

/** The changes of the client certificates of a webhook. */
export function useClientCertificates(params: WebhookKey, about: string) {
  const queries = useQueryClient()
  const onSuccess = () => queries.invalidateQueries({ queryKey: listKey(params.organization) })
  const toPath = (clientCertificateId: string) => ({ ...params, clientCertificateId })
  return {
    add: useMutation({
      mutationFn: (body: Sent<typeof operations.addWebhookClientCertificate>['body']) =>
        call(operations.addWebhookClientCertificate, { params, body, about }),
      onSuccess,
    }),
    install: useMutation({
      mutationFn: ({ id, chain }: { id: string; chain: string }) =>
        call(operations.installWebhookClientCertificate, { params: toPath(id), body: { chain }, about }),
      onSuccess,
    }),
    activate: useMutation({
      mutationFn: (id: string) =>
        call(operations.activateWebhookClientCertificate, { params: toPath(id), form: false, about }),
      onSuccess,
    }),
    retire: useMutation({
      mutationFn: (id: string) =>
        call(operations.retireWebhookClientCertificate, { params: toPath(id), form: false, about }),
      onSuccess,
    }),
  }
}
