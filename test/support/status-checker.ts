import { createCertificateStore } from '../../src/certificates/certificate-store.ts'
import { revokeByIssuer } from '../../src/certificates/revocation/revoke-by-issuer.ts'
import { createAskSource, usualBounds } from '../../src/external-status/ask-source.ts'
import { createExternalCheckStore } from '../../src/external-status/external-check-store.ts'
import { createExternalStatusStore } from '../../src/external-status/external-status-store.ts'
import { createStatusChecker } from '../../src/external-status/status-checker.ts'
import { writeFinding } from '../../src/external-status/write-finding.ts'
import { createCertificateEmails } from '../../src/notifications/certificate-emails.ts'
import { writeEmails } from '../../src/notifications/write-emails-store.ts'
import type { ExternalStatusTerms } from '../../src/shapes/external-status-terms.ts'
import type { Database } from '../../src/storage/database.ts'
import { resolveHere } from './status-server.ts'

interface CheckerOptions {
  now(): number
  /** What holds in production. */
  terms: ExternalStatusTerms
  allowedNetworks?: string[]
  listOctets?: number
  listMs?: number
  pause?(): Promise<void>
}

/** Creates what asks other CAs, as a portal does, with every name on this machine. */
export function createTestChecker(
  database: Database,
  { now, terms, allowedNetworks = ['127.0.0.1/32'], pause, ...bounds }: CheckerOptions,
) {
  const status = createExternalStatusStore(database)
  const certificates = createCertificateStore(database, writeEmails)
  const letters = createCertificateEmails('http://portal.test')
  const clock = { now }
  const failures: unknown[] = []
  /** Certificates that cannot be revoked here. */
  const failing = new Set<string>()
  const checker = createStatusChecker({
    store: status,
    checks: createExternalCheckStore(database),
    ask: createAskSource({
      rules: { allowPrivate: false, allowPlain: 'everywhere', allowedNetworks },
      bounds: { ...usualBounds, ...bounds },
      resolve: resolveHere,
    }),
    async revoke(link, finding) {
      if (failing.has(link.certificateId)) throw new Error('the store is away')
      await revokeByIssuer(
        { certificates, letters, environments: new Map(), clock },
        { organization: { id: link.organizationId, slug: 'acme' }, certificateId: link.certificateId },
        {
          reason: finding.reason,
          finding: writeFinding(finding),
          record: (tx) => status.noteRevoked(tx, link.certificateId, finding, now()),
        },
      )
    },
    listTerms: () => new Map([['production', terms]]),
    clock,
    onFailure: (_, error) => void failures.push(error),
    random: () => 0,
    ...(pause && { pause }),
  })
  return { ...checker, failures, failing }
}
