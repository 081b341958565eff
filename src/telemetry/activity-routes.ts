import type { ActivityView } from '../contract/activity.ts'
import type { Received } from '../contract/operation.ts'
import type { operations } from '../contract/operations.ts'
import type { Handlers } from '../http/handler.ts'
import type { LiveActivity } from './live-activity.ts'
import { type CertificateState, streamCertificate } from './stream-certificate.ts'
import { streamOrganization } from './stream-organization.ts'

interface Page {
  items: ActivityView[]
  nextCursor: string | null
}
interface PageRequest {
  cursor?: string | undefined
  limit: number
}

interface OneCertificate {
  organizationId: string
  certificateId: string
}

type ActivityListQuery = Received<(typeof operations)['listActivity']>['query']

/** The dependencies of these routes. */
export interface ActivityDependencies {
  activity: {
    listByCertificate(organizationId: string, certificateId: string, page: PageRequest): Promise<Page>
    listByOrganization(organizationId: string, query: ActivityListQuery): Promise<Page>
    findPosition(
      certificate: OneCertificate,
      id?: string,
    ): Promise<{ id: string; sequence: number } | undefined>
    readCertificateAfter(
      certificate: OneCertificate,
      sequence: number,
    ): Promise<{ sequence: number; activity: ActivityView }[]>
  }
  live: LiveActivity
  /** Returns another value after each recorded change of the organization. */
  readLatestChange(organizationId: string): Promise<string>
  /** Throws `not_found` for a certificate of another organization. */
  readCertificateState(organizationId: string, certificateId: string): Promise<CertificateState>
  /** Throws if the session has ended or may no longer see the organization. */
  assertStillAdmitted(headers: Headers, organization: { slug: string }): Promise<void>
}

type Ids =
  | 'listCertificateActivity'
  | 'streamCertificateActivity'
  | 'streamOrganizationChanges'
  | 'listActivity'

/** Returns the handlers for gateway events, as lists and live. */
export function activityRoutes({
  activity,
  live,
  readCertificateState,
  readLatestChange,
  assertStillAdmitted,
}: ActivityDependencies): Pick<Handlers, Ids> {
  return {
    async listCertificateActivity({ organization, params, query }) {
      await readCertificateState(organization.id, params.certificateId)
      return activity.listByCertificate(organization.id, params.certificateId, query)
    },
    async streamCertificateActivity({ organization, params, headers, signal }) {
      const readState = async () => {
        await assertStillAdmitted(headers, organization)
        return readCertificateState(organization.id, params.certificateId)
      }
      await readState()
      const followed = { organization: organization.slug, certificateId: params.certificateId }
      const certificate = { organizationId: organization.id, certificateId: params.certificateId }
      const stored = {
        findPosition: (id?: string) => activity.findPosition(certificate, id),
        readAfter: (sequence: number) => activity.readCertificateAfter(certificate, sequence),
      }
      const lastEventId = headers.get('last-event-id') ?? undefined
      return { events: streamCertificate({ live, stored, readState, lastEventId, signal }, followed) }
    },
    async streamOrganizationChanges({ organization, environment, headers, signal }) {
      const readMark = async () => {
        await assertStillAdmitted(headers, organization)
        return readLatestChange(organization.id)
      }
      const followed = {
        organizationId: organization.id,
        organization: organization.slug,
        environment: environment.name,
      }
      return { events: streamOrganization({ live, readMark, signal }, followed) }
    },
    listActivity: ({ organization, query }) => activity.listByOrganization(organization.id, query),
  }
}
