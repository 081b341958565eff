import { toCertificateNews } from '../certificates/certificate-news.ts'
import type { CertificateStore } from '../certificates/certificate-store.ts'
import type { IssueDependencies } from '../certificates/issuance/issue-certificate.ts'
import { revokeCertificate } from '../certificates/revocation/revoke-certificate.ts'
import type { createEmailWriter } from '../notifications/write-emails-store.ts'
import { createOverlapStore } from '../rotations/overlap-store.ts'
import { createPlanStore, endRotation } from '../rotations/plan-store.ts'
import type { RetireDependencies } from '../rotations/retire-certificate.ts'
import { createRotationEmails } from '../rotations/rotation-emails.ts'
import { createRotationStore } from '../rotations/rotation-store.ts'
import { createTrafficStore } from '../rotations/traffic-store.ts'
import type { GatewayWatchStore } from '../telemetry/gateway-watch-store.ts'
import type { BaseDependencies } from './portal-ground.ts'

interface Parts {
  certificates: CertificateStore
  issue: Pick<IssueDependencies, 'letters' | 'environments'>
  watch: Pick<GatewayWatchStore, 'find'>
  writeEmails: ReturnType<typeof createEmailWriter>
  publishRevocation(list: string): Promise<void>
  onFailure(what: string, error: unknown): void
}

/** What rotations are made of, and what they need of certificates, gateways and notifications. */
export function buildRotations(
  { config, database, clock }: Pick<BaseDependencies, 'config' | 'database' | 'clock'>,
  { certificates, issue, watch, writeEmails, publishRevocation, onFailure }: Parts,
): RetireDependencies {
  const { environments, letters } = issue
  const crl = { publish: publishRevocation, onFailure }
  return {
    rotations: createRotationStore(database),
    traffic: createTrafficStore(database),
    plans: createPlanStore(database, writeEmails),
    overlaps: createOverlapStore(database, writeEmails),
    letters: createRotationEmails(config.portal.url),
    readWatch: watch.find,
    environments,
    clock,
    async revoke(actor, { organization, certificateId }, check) {
      const certificate = await certificates.get(organization.id, certificateId)
      await revokeCertificate(
        { certificates, letters, environments, clock, crl },
        actor,
        { organization, certificateId },
        {
          reason: 'superseded',
          name: certificate.name,
          record: async (tx) => check(await endRotation(tx, certificate, clock.now())),
        },
      )
    },
    async findNews({ organization, certificateId }) {
      const certificate = await certificates.get(organization.id, certificateId)
      return toCertificateNews(certificate, organization.slug, environments)
    },
  }
}
