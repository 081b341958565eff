import { z } from 'zod'
import { ActivityView } from './activity.ts'
import { CertificateParams } from './certificate.ts'
import { createListSchema, createPageSchema, EnvironmentParams, PageQuery } from './common.ts'
import {
  CountQuery,
  DenialCountView,
  DenialQuery,
  DenialView,
  OrganizationDenialQuery,
  RangeQuery,
} from './denial.ts'
import { outcomeNames } from './enum-names.ts'
import { StreamEvent } from './events/stream-event.ts'
import { GatewayList, RevocationReachView } from './gateway.ts'
import { operation } from './operation.ts'
import { certificatePath, environmentPath } from './paths.ts'
import { OrganizationUsageView, UsageQuery, UsageView } from './usage.ts'

/** Operations on gateway events and gateway status. */
export const telemetryOperations = {
  getCertificateRevocation: operation({
    id: 'getCertificateRevocation',
    summary: 'Get how far the revocation of a certificate has reached: per gateway, and how long it took',
    method: 'GET',
    path: `${certificatePath}/revocation`,
    access: 'viewer',
    operatorToo: true,
    params: CertificateParams,
    reply: RevocationReachView,
    errors: ['certificate_wrong_state'],
  }),
  listCertificateActivity: operation({
    id: 'listCertificateActivity',
    summary: 'What the gateway saw of a certificate, newest first',
    method: 'GET',
    path: `${certificatePath}/activity`,
    access: 'viewer',
    operatorToo: true,
    params: CertificateParams,
    query: PageQuery,
    reply: createPageSchema(ActivityView),
  }),
  streamCertificateActivity: operation({
    id: 'streamCertificateActivity',
    summary: 'The same, live, as server-sent events',
    method: 'GET',
    path: `${certificatePath}/activity/stream`,
    access: 'viewer',
    operatorToo: true,
    params: CertificateParams,
    reply: { mediaTypes: ['text/event-stream'], events: StreamEvent },
  }),
  listActivity: operation({
    id: 'listActivity',
    summary: 'What the gateway saw of an organization, newest first',
    method: 'GET',
    path: `${environmentPath}/activity`,
    access: 'viewer',
    operatorToo: true,
    params: EnvironmentParams,
    query: PageQuery.extend({
      outcome: z.enum(outcomeNames.names).optional().meta({ description: 'Only events of this outcome.' }),
    }),
    reply: createPageSchema(ActivityView),
  }),
  getCertificateUsage: operation({
    id: 'getCertificateUsage',
    summary: 'How a certificate was used: by minute, hour or day, by status, TLS version and address',
    method: 'GET',
    path: `${certificatePath}/usage`,
    access: 'viewer',
    operatorToo: true,
    params: CertificateParams,
    query: UsageQuery,
    reply: UsageView,
  }),
  getUsage: operation({
    id: 'getUsage',
    summary: 'How the certificates of an organization were used together, by status',
    method: 'GET',
    path: `${environmentPath}/usage`,
    access: 'viewer',
    operatorToo: true,
    params: EnvironmentParams,
    query: UsageQuery,
    reply: OrganizationUsageView,
  }),
  listOrganizationDenials: operation({
    id: 'listOrganizationDenials',
    summary: 'List denied requests of an organization, newest first',
    method: 'GET',
    path: `${environmentPath}/denials`,
    access: 'viewer',
    operatorToo: true,
    params: EnvironmentParams,
    query: OrganizationDenialQuery,
    reply: createPageSchema(DenialView),
  }),
  countOrganizationDenials: operation({
    id: 'countOrganizationDenials',
    summary: 'Count denied requests of an organization by cause',
    method: 'GET',
    path: `${environmentPath}/denials/counts`,
    access: 'viewer',
    operatorToo: true,
    params: EnvironmentParams,
    query: RangeQuery,
    reply: createListSchema(DenialCountView),
  }),
  countDenials: operation({
    id: 'countDenials',
    summary: 'Count denied requests of all organizations and of unidentified clients by cause',
    method: 'GET',
    path: '/denials/counts',
    access: 'operator',
    query: CountQuery,
    reply: createListSchema(DenialCountView),
  }),
  listDenials: operation({
    id: 'listDenials',
    summary: 'List denied requests of all organizations and of unidentified clients, newest first',
    method: 'GET',
    path: '/denials',
    access: 'operator',
    query: DenialQuery,
    reply: createPageSchema(DenialView),
  }),
  listGateways: operation({
    id: 'listGateways',
    summary: 'The gateway processes, and when the store was put back to an older state',
    method: 'GET',
    path: '/gateways',
    access: 'operator',
    reply: GatewayList,
  }),
}
