import { type Migration, Migrator } from 'kysely/migration'
import { PosternError } from '../errors.ts'
import type { Database } from './database.ts'
import { up as foundation } from './migrations/0001-foundation.ts'
import { up as gatewayStanding } from './migrations/0002-gateway-standing.ts'
import { up as partitionedLists } from './migrations/0003-partitioned-revocation-lists.ts'
import { up as keyLocations } from './migrations/0004-issuer-key-locations.ts'
import { up as usageByStatus } from './migrations/0005-usage-by-status.ts'
import { up as issuerRetirement } from './migrations/0006-issuer-retirement.ts'
import { up as openCertificates } from './migrations/0007-open-certificates.ts'
import { up as foreignCertificates } from './migrations/0008-foreign-certificates.ts'
import { up as keyRenewals } from './migrations/0009-key-renewals.ts'
import { up as enforcementPlans } from './migrations/0010-enforcement-plans.ts'
import { up as refusalsByCause } from './migrations/0011-refusals-by-cause.ts'
import { up as provenRecords } from './migrations/0012-proven-records.ts'
import { up as recordedPaths } from './migrations/0013-recorded-paths.ts'
import { up as fairJobs } from './migrations/0014-fair-jobs.ts'
import { up as restrictions } from './migrations/0016-restrictions.ts'
import { up as sealedRecords } from './migrations/0017-sealed-records.ts'
import { up as hashedSessions } from './migrations/0019-hashed-sessions.ts'
import { up as clientKeys } from './migrations/0020-client-keys.ts'

const migrations: Record<string, Migration> = {
  '0001-foundation': { up: foundation },
  '0002-gateway-standing': { up: gatewayStanding },
  '0003-partitioned-revocation-lists': { up: partitionedLists },
  '0004-issuer-key-locations': { up: keyLocations },
  '0005-usage-by-status': { up: usageByStatus },
  '0006-issuer-retirement': { up: issuerRetirement },
  '0007-open-certificates': { up: openCertificates },
  '0008-foreign-certificates': { up: foreignCertificates },
  '0009-key-renewals': { up: keyRenewals },
  '0010-enforcement-plans': { up: enforcementPlans },
  '0011-refusals-by-cause': { up: refusalsByCause },
  '0012-proven-records': { up: provenRecords },
  '0013-recorded-paths': { up: recordedPaths },
  '0014-fair-jobs': { up: fairJobs },
  '0016-restrictions': { up: restrictions },
  '0017-sealed-records': { up: sealedRecords },
  '0019-hashed-sessions': { up: hashedSessions },
  '0020-client-keys': { up: clientKeys },
}

/** Brings the tables of the store up to this release. Safe to call from several processes at once. */
export async function migrate(database: Database): Promise<void> {
  const { error, results } = await createMigrator(database).migrateToLatest()
  if (error === undefined) return
  const failed = results?.find((result) => result.status === 'Error')?.migrationName
  throw new PosternError('storage_unavailable', 'The store could not be brought up to this release.', {
    detail: failed,
    cause: error,
  })
}

/** Whether every migration of this release has run; gateways wait for it. */
export async function isMigrated(database: Database): Promise<boolean> {
  try {
    const known = await createMigrator(database).getMigrations()
    return known.every((migration) => migration.executedAt !== undefined)
  } catch {
    return false
  }
}

function createMigrator({ queries }: Database): Migrator {
  return new Migrator({ db: queries, provider: { getMigrations: async () => migrations } })
}
