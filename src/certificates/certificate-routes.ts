import { type AuditRecord, toChangeEvent } from '../audit/to-change-event.ts'
import type { Clock } from '../clock.ts'
import { revocationReasonNames } from '../contract/enum-names.ts'
import type { Handlers } from '../http/handler.ts'
import { toText } from '../shapes/moment.ts'
import { approvalRoutes } from './approval-routes.ts'
import { type Certificate, statusAt } from './certificate.ts'
import type { CertificateListStore } from './certificate-list-store.ts'
import { noCalls } from './certificate-list-store.ts'
import type { CertificateStore } from './certificate-store.ts'
import { downloadCertificate } from './download-certificate.ts'
import { createCertificate } from './issuance/create-certificate.ts'
import type { DraftStore } from './issuance/draft-store.ts'
import type { IssueDependencies } from './issuance/issue-certificate.ts'
import { rotateCertificate } from './issuance/rotate-certificate.ts'
import { type KeyChecks, submitRequest } from './issuance/submit-request.ts'
import { updateCertificate } from './issuance/update-certificate.ts'
import type { BulkRevocationStore } from './revocation/bulk-revocation-store.ts'
import { cancelCertificate } from './revocation/cancel-certificate.ts'
import { revokeCertificate } from './revocation/revoke-certificate.ts'
import { createBulkRevocation } from './revocation/run-bulk-revocation.ts'
import { summarize, toCertificateView } from './to-certificate-view.ts'

/** The dependencies of the operations on certificates. */
export interface CertificateDependencies {
  certificates: CertificateStore
  drafts: DraftStore
  lists: CertificateListStore
  bulk: BulkRevocationStore
  issue: IssueDependencies
  keys: KeyChecks
  history: {
    listAbout(
      organizationId: string,
      subjectId: string,
      page: { cursor?: string | undefined; limit: number },
    ): Promise<{ items: AuditRecord[]; nextCursor: string | null }>
  }
  readServerCa(environment: string): string | null
  publishRevocationList(name: string): Promise<void>
  /** Receives failures after the change was committed; a job retries the work. */
  onFailure(what: string, error: unknown): void
}

type MemberIds =
  | 'createCertificate'
  | 'listCertificates'
  | 'listCertificateUse'
  | 'getCertificate'
  | 'updateCertificate'
  | 'submitCsr'
  | 'downloadCertificate'
  | 'cancelCertificate'
  | 'revokeCertificate'
  | 'rotateCertificate'
  | 'listCertificateHistory'
type OperatorIds =
  | 'listApprovals'
  | 'getApproval'
  | 'decideApproval'
  | 'createBulkRevocation'
  | 'listBulkRevocations'
  | 'getBulkRevocation'
  | 'listBulkRevocationCertificates'

/** Returns the handlers for certificates of an organization and for the operators' approvals. */
export function certificateRoutes(given: CertificateDependencies): Pick<Handlers, MemberIds | OperatorIds> {
  const { issue, onFailure, publishRevocationList } = given
  const { issuers, letters: emails, environments, clock } = issue
  const parts = { ...given, issuers, letters: emails, environments, clock }
  const crl = { publish: publishRevocationList, onFailure }
  const show = async (certificate: Certificate | Promise<Certificate>) =>
    toCertificateView(parts, await certificate)
  const placeOf = (organization: { id: string }, { certificateId }: { certificateId: string }) => ({
    organizationId: organization.id,
    certificateId,
  })

  return {
    createCertificate: ({ actor, organization, environment, body }) =>
      show(createCertificate(parts, actor, { organization, environment }, body)),
    async listCertificates({ organization, query }) {
      const now = clock.now()
      const page = await given.lists.list(organization.id, query, now)
      const responsible = page.items.map(({ responsibleUserId }) => responsibleUserId)
      const gone = await given.certificates.findGone(organization.id, responsible)
      return { ...page, items: page.items.map((item) => summarize(item, now, gone)) }
    },
    async listCertificateUse({ organization, query }) {
      const now = clock.now()
      const page = await given.lists.list(organization.id, query, now)
      const calls = await given.lists.readCallsByHour(
        page.items.map(({ id }) => id),
        now,
      )
      const items = page.items.map(({ id, firstUsedAt, lastUsedAt, lastDeniedAt }) => ({
        certificateId: id,
        firstUsedAt: toText(firstUsedAt),
        lastUsedAt: toText(lastUsedAt),
        lastDeniedAt: toText(lastDeniedAt),
        callsByHour: calls.get(id) ?? noCalls(),
      }))
      return { ...page, items }
    },
    getCertificate: ({ organization, params }) =>
      show(given.certificates.get(organization.id, params.certificateId)),
    updateCertificate: ({ actor, organization, params, body }) =>
      show(updateCertificate(parts, actor, placeOf(organization, params), body)),
    submitCsr: ({ actor, organization, params, body }) =>
      show(submitRequest(parts, actor, { organization, certificateId: params.certificateId }, body.csr)),
    async downloadCertificate({ organization, params }) {
      const certificate = await given.certificates.get(organization.id, params.certificateId)
      return downloadCertificate(parts, certificate, params.form)
    },
    cancelCertificate: ({ actor, organization, params }) =>
      show(cancelCertificate(parts, actor, placeOf(organization, params))),
    revokeCertificate: ({ actor, organization, params, body }) =>
      show(
        revokeCertificate(
          { ...parts, crl },
          actor,
          { organization, certificateId: params.certificateId },
          { ...body, reason: revocationReasonNames.toStored(body.reason) },
        ),
      ),
    rotateCertificate: ({ actor, organization, params }) =>
      show(rotateCertificate(parts, actor, organization, params.certificateId)),
    async listCertificateHistory({ organization, params, query }) {
      const { id } = await given.certificates.get(organization.id, params.certificateId)
      const page = await given.history.listAbout(organization.id, id, query)
      return { ...page, items: page.items.map(toChangeEvent) }
    },
    createBulkRevocation: ({ actor, body }) => createBulkRevocation(parts, actor, body),
    listBulkRevocations: ({ query }) => given.bulk.list(query),
    getBulkRevocation: ({ params }) => given.bulk.get(params.bulkRevocationId),
    listBulkRevocationCertificates: ({ params, query }) =>
      given.bulk.listCertificates(params.bulkRevocationId, query),
    ...approvalRoutes({ issue, onFailure, show }),
  }
}

/** Creates a reader of a certificate's state for the live stream. Throws `not_found`. */
export function createCertificateStateReader({
  certificates,
  clock,
}: {
  certificates: CertificateStore
  clock: Clock
}) {
  return async (organizationId: string, certificateId: string) => {
    const certificate = await certificates.get(organizationId, certificateId)
    const { name, environment, firstUsedAt, lastUsedAt, lastDeniedAt } = certificate
    return {
      name,
      environment,
      status: statusAt(certificate, clock.now()),
      firstUsedAt: toText(firstUsedAt),
      lastUsedAt: toText(lastUsedAt),
      lastDeniedAt: toText(lastDeniedAt),
    }
  }
}
