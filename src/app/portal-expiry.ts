import { createBackupStore } from '../backup/backup-store.ts'
import { toServerCaFiles } from '../config/tls-settings.ts'
import { PosternError } from '../errors.ts'
import { createExpiryStore } from '../expiry/expiry-store.ts'
import type { ExpiryDependencies } from '../expiry/letter-store.ts'
import { createOperatorExpiryStore } from '../expiry/operator-expiry-store.ts'
import { listStoredSubjects, type OperatorSubject } from '../expiry/operator-subject-store.ts'
import type { FindRecipients } from '../expiry/recipient-store.ts'
import type { TellDependencies } from '../expiry/tell-of-expiry.ts'
import { readCertificates } from '../tls-files/read-certificates.ts'
import type { BaseDependencies } from './portal-ground.ts'

/** What tells customers and operators of what expires. */
export function buildExpiry(
  { config, database, clock }: Pick<BaseDependencies, 'config' | 'database' | 'clock'>,
  {
    writeEmails,
    announce,
    findRecipients,
  }: Pick<ExpiryDependencies, 'writeEmails' | 'announce'> & { findRecipients: FindRecipients },
): TellDependencies {
  const labels = new Map(config.environments.map(({ name, label }) => [name, label]))
  const common = {
    ...{ database, writeEmails, portalUrl: config.portal.url },
    label: (environment: string) => labels.get(environment) ?? environment,
  }
  const operatorExpiry = createOperatorExpiryStore(common)
  const backups = createBackupStore(database)
  return {
    expiry: createExpiryStore({ ...common, announce, findRecipients }),
    operatorExpiry,
    clock,
    listSubjects: async () => [
      ...(await listStoredSubjects(database, clock.now())),
      ...listServerCertificates(config),
      ...(await listBackups(config, backups)),
    ],
  }
}

/** Those that can be read here: a gateway may run on another machine. */
const listServerCertificates = (config: BaseDependencies['config']): OperatorSubject[] => {
  const files = config.environments.map((environment) => toServerCaFiles(config, environment))
  return [...new Map(files.map((each) => [each.certificateFile, each])).values()].flatMap(
    ({ setting, certificateFile }) => {
      try {
        const chain = readCertificates({ setting: `${setting}.certificate`, path: certificateFile })
        const first = chain.reduce((a, b) => (b.validToDate < a.validToDate ? b : a))
        return [
          {
            ...{ kind: 'server_certificate' as const, id: certificateFile, name: certificateFile },
            ...{ beganAt: first.validFromDate.getTime(), notAfter: first.validToDate.getTime() },
          },
        ]
      } catch (error) {
        if (error instanceof PosternError) return []
        throw error
      }
    },
  )
}

/** A backup and a drill are late after the ages of the configuration. */
async function listBackups(
  { backup: { ages } }: BaseDependencies['config'],
  backups: ReturnType<typeof createBackupStore>,
): Promise<OperatorSubject[]> {
  if (ages === null) return []
  const { last, firstUsedAt } = await backups.findState()
  const kinds = [
    { kind: 'backup' as const, name: 'of the store', age: ages.maxAgeMs },
    { kind: 'drill' as const, name: 'of a backup', age: ages.drillMs },
  ]
  return kinds.flatMap(({ kind, name, age }) => {
    const beganAt = last[kind] ?? firstUsedAt
    return beganAt === undefined ? [] : [{ kind, id: 'store', name, beganAt, notAfter: beganAt + age }]
  })
}
