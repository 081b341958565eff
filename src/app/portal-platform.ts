import { createBackupStore } from '../backup/backup-store.ts'
import { findLateBackups } from '../backup/find-late-backups.ts'
import { toServerCaFiles } from '../config/tls-settings.ts'
import { createJobStore } from '../jobs/job-store.ts'
import { sendMailJob } from '../notifications/outbox-store.ts'
import { parseCertificate } from '../pki/certificate/certificate.ts'
import type { PlatformDependencies } from '../platform/platform-routes.ts'
import { gatewayStateAt } from '../telemetry/describe-reach.ts'
import { listExpiries } from '../tls-files/list-expiries.ts'
import type { Dependencies } from './portal-dependencies.ts'
import type { BaseDependencies } from './portal-ground.ts'

const day = 86_400_000

/** What the parts of a portal say of themselves, for the first page of operators. */
export function buildPlatform(
  { config, database, clock }: Pick<BaseDependencies, 'config' | 'database' | 'clock'>,
  { issue, publish, authorities, gateways, endings, confirmations }: Dependencies,
): PlatformDependencies {
  const jobs = createJobStore(database)
  const backups = createBackupStore(database)
  const { issuers, lists } = publish
  return {
    clock,
    engine: database.engine,
    readDelivery: () => (config.mail.smtp === null ? 'mailbox' : 'smtp'),
    async countApprovals(limit) {
      const { items } = await issue.issuance.listWaiting({ limit })
      return { count: items.length, since: items[0]?.certificate.request?.submittedAt ?? null }
    },
    countConfirmations: confirmations.countWaiting,
    countGivenUpTasks: (limit) => jobs.countWaiting('given up', limit),
    countWaitingEmails: (limit) => jobs.countWaiting({ kind: sendMailJob }, limit),
    async listAuthorities() {
      const own = await Promise.all((await authorities.authorities.listIds()).map(issuers.find))
      return Promise.all(
        own
          .filter((issuer) => issuer !== undefined)
          .map(async ({ id, kind, environment, certificateDer }) => ({
            ...{ id, environment },
            signs: kind === 'root' || (await issuers.getSigning(environment ?? '')).id === id,
            notAfter: parseCertificate(new Uint8Array(certificateDer)).notAfter,
            list: await lists.find({ issuerId: id, partition: null }),
          })),
      )
    },
    listServerExpiries: () =>
      listExpiries(config.environments.map((environment) => toServerCaFiles(config, environment))),
    async findLateBackups() {
      const { ages } = config.backup
      return ages === null ? [] : findLateBackups(await backups.findState(), ages, clock.now())
    },
    isHeld: backups.isHeld,
    async listGateways() {
      const now = clock.now()
      const [records, latest] = await Promise.all([gateways.list(now - day), gateways.latestVersion()])
      return records.map((record) => ({
        state: gatewayStateAt(record, now),
        seenAt: record.seenAt,
        unconfirmedChanges: Math.max(0, latest - record.confirmedVersion),
      }))
    },
    async listRestores(since) {
      const restores = await endings.listReturns(since)
      return restores.map(({ beganAt, endings: lost }) => ({
        noticedAt: beganAt,
        refused: lost.filter(({ outcome }) => outcome === 'refused').length,
      }))
    },
  }
}
