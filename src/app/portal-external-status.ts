import type { CertificateEmails, Environments } from '../certificates/certificate-dependencies.ts'
import type { createCertificateStore } from '../certificates/certificate-store.ts'
import { revokeByIssuer } from '../certificates/revocation/revoke-by-issuer.ts'
import { createAskSource } from '../external-status/ask-source.ts'
import { findCertificateStatus } from '../external-status/certificate-status-store.ts'
import { createExternalCheckStore } from '../external-status/external-check-store.ts'
import { createExternalStatusStore } from '../external-status/external-status-store.ts'
import { createSourceListStore } from '../external-status/source-list-store.ts'
import { createStatusChecker } from '../external-status/status-checker.ts'
import { writeFinding } from '../external-status/write-finding.ts'
import type { BaseDependencies, PortalReplacements } from './portal-ground.ts'
import type { ScheduledTask } from './scheduled-tasks.ts'

/** Builds what asks other CAs about the certificates that they issued. The portal with the lease of the scheduled tasks asks. */
export function buildExternalStatus(
  { config, database, clock }: BaseDependencies,
  parts: {
    certificates: ReturnType<typeof createCertificateStore>
    letters: CertificateEmails
    environments: Environments
    findSlug(organizationId: string): Promise<string>
    onFailure(what: string, error: unknown): void
  },
  replace: PortalReplacements,
) {
  const store = createExternalStatusStore(database)
  const rules = {
    allowPrivate: false,
    allowPlain: 'everywhere' as const,
    get allowedNetworks() {
      return config.externalStatus.allowedNetworks
    },
  }
  const listTerms = () =>
    new Map(config.environments.map(({ name, externalStatus }) => [name, externalStatus]))
  const checker = createStatusChecker({
    store,
    checks: createExternalCheckStore(database),
    ask: createAskSource({ rules, resolve: replace.resolveEndpoint }),
    listTerms,
    async revoke({ certificateId, organizationId }, finding) {
      const organization = { id: organizationId, slug: await parts.findSlug(organizationId) }
      await revokeByIssuer(
        { ...parts, clock },
        { organization, certificateId },
        {
          reason: finding.reason,
          finding: writeFinding(finding),
          record: (tx) => store.noteRevoked(tx, certificateId, finding, clock.now()),
        },
      )
    },
    clock,
    onFailure: parts.onFailure,
  })
  return {
    store,
    sources: createSourceListStore(database),
    checker,
    listTerms,
    clock,
    findStatus: (organizationId: string, certificateId: string, now: number) =>
      findCertificateStatus(database.queries, organizationId, certificateId, now),
    tasks: [
      { name: 'ask-external-issuers', everyMs: 5000, work: checker.begin },
      { name: 'forget-external-checks', everyMs: 60 * 60_000, work: checker.forget },
    ] satisfies ScheduledTask[],
  }
}
