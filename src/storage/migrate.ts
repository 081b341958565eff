import { setTimeout as wait } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { PosternError } from '../errors.ts'
import { clearIncompleteStore, isOfIncompleteStore } from './clear-incomplete-store.ts'
import type { Database } from './database.ts'
import { isPostgres, isStoreUnavailable } from './engine.ts'
import { up as foundation } from './migrations/0001-foundation.ts'
import { up as gatewayStatus } from './migrations/0002-gateway-standing.ts'
import { up as partitionedLists } from './migrations/0003-partitioned-revocation-lists.ts'
import { up as keyLocations } from './migrations/0004-issuer-key-locations.ts'
import { up as usageByStatus } from './migrations/0005-usage-by-status.ts'
import { up as issuerRetirement } from './migrations/0006-issuer-retirement.ts'
import { up as openCertificates } from './migrations/0007-open-certificates.ts'
import { up as externalCertificates } from './migrations/0008-foreign-certificates.ts'
import { up as keyRenewals } from './migrations/0009-key-renewals.ts'
import { up as enforcementPlans } from './migrations/0010-enforcement-plans.ts'
import { up as rejectionsByCause } from './migrations/0011-refusals-by-cause.ts'
import { up as provenRecords } from './migrations/0012-proven-records.ts'
import { up as recordedPaths } from './migrations/0013-recorded-paths.ts'
import { up as fairJobs } from './migrations/0014-fair-jobs.ts'
import { up as restrictions } from './migrations/0016-restrictions.ts'
import { up as sealedRecords } from './migrations/0017-sealed-records.ts'
import { up as hashedSessions } from './migrations/0019-hashed-sessions.ts'
import { up as clientKeys } from './migrations/0020-client-keys.ts'
import { up as storeEpochs } from './migrations/0021-store-epochs.ts'
import { up as keptLeases } from './migrations/0023-kept-leases.ts'
import { up as recordedActors } from './migrations/0024-recorded-actors.ts'
import { up as listIndexes } from './migrations/0025-list-indexes.ts'
import { up as idempotencyKeys } from './migrations/0026-idempotency-keys.ts'
import { up as bulkRevocations } from './migrations/0027-bulk-revocations.ts'
import { up as draftEnds } from './migrations/0028-draft-ends.ts'
import { up as certificateLists } from './migrations/0029-certificate-lists.ts'
import { up as organizationUsage } from './migrations/0031-organization-usage.ts'
import { up as ownEmails } from './migrations/0033-own-emails.ts'
import { up as people } from './migrations/0034-people.ts'
import { up as organizationStates } from './migrations/0035-organizations.ts'
import { up as invitations } from './migrations/0036-invitations.ts'
import { up as accounts } from './migrations/0037-accounts.ts'
import { up as stepUpProofs } from './migrations/0039-step-up-proofs.ts'
import { up as confirmations } from './migrations/0042-confirmations.ts'
import { up as secondFactors } from './migrations/0043-second-factors.ts'
import { up as apiKeys } from './migrations/0044-api-keys.ts'
import { up as singleSignOn } from './migrations/0045-single-sign-on.ts'
import { up as erasures } from './migrations/0047-erasures.ts'
import { up as backups } from './migrations/0049-backups.ts'
import { up as members } from './migrations/0052-members.ts'
import { up as scimUsers } from './migrations/0053-scim-users.ts'
import { up as responsibleUsers } from './migrations/0054-responsible-users.ts'
import { up as providerSessions } from './migrations/0055-provider-sessions.ts'
import { up as auditExports } from './migrations/0057-audit-exports.ts'
import { up as manyMachines } from './migrations/0058-many-machines.ts'
import { up as olderReleases } from './migrations/0059-older-releases.ts'
import { up as rotations } from './migrations/0060-rotations.ts'
import { up as expiryPlans } from './migrations/0061-expiry-plans.ts'
import { up as calendarFeeds } from './migrations/0062-calendar-feeds.ts'
import { up as webhooks } from './migrations/0063-webhooks.ts'
import { up as publicationKeys } from './migrations/0064-publication-keys.ts'
import { up as migrationPlans } from './migrations/0065-migration-plans.ts'
import { up as replacedCertificates } from './migrations/0066-replaced-certificates.ts'
import { up as signals } from './migrations/0067-signals.ts'
import { up as mailSubscriptions } from './migrations/0068-mail-subscriptions.ts'
import { up as externalStatus } from './migrations/0069-external-status.ts'
import { up as webhookClientCertificates } from './migrations/0070-webhook-client-certificates.ts'
import { up as overlaps } from './migrations/0071-overlaps.ts'
import { up as timeZoneAnswers } from './migrations/0073-time-zone-answers.ts'
import { up as rejectedClientCertificates } from './migrations/0074-rejected-client-certificates.ts'
import { up as awaitedStatuses } from './migrations/0075-awaited-statuses.ts'
import { up as registeredCertificates } from './migrations/0078-registered-certificates.ts'
import type { Schema } from './schema.ts'

/** How long a migration waits for a table that others use, and how often; together about ten minutes. */
const lockMs = 2000
const betweenAttemptsMs = 1000
const maxAttempts = 200

/** A step of the tables. */
interface StoreMigration {
  up(db: Kysely<Schema>): Promise<void>
  /**
   * The newest migration that a release has to know to run on the store after this one: set for one that only
   * adds what older releases can leave alone. Without, older releases misread the store.
   */
  needs?: string
}

const migrations: Record<string, StoreMigration> = {
  '0001-foundation': { up: foundation },
  '0002-gateway-standing': { up: gatewayStatus },
  '0003-partitioned-revocation-lists': { up: partitionedLists },
  '0004-issuer-key-locations': { up: keyLocations },
  '0005-usage-by-status': { up: usageByStatus },
  '0006-issuer-retirement': { up: issuerRetirement },
  '0007-open-certificates': { up: openCertificates },
  '0008-foreign-certificates': { up: externalCertificates },
  '0009-key-renewals': { up: keyRenewals },
  '0010-enforcement-plans': { up: enforcementPlans },
  '0011-refusals-by-cause': { up: rejectionsByCause },
  '0012-proven-records': { up: provenRecords },
  '0013-recorded-paths': { up: recordedPaths },
  '0014-fair-jobs': { up: fairJobs },
  '0016-restrictions': { up: restrictions },
  '0017-sealed-records': { up: sealedRecords },
  '0019-hashed-sessions': { up: hashedSessions },
  '0020-client-keys': { up: clientKeys },
  '0021-store-epochs': { up: storeEpochs },
  '0023-kept-leases': { up: keptLeases },
  '0024-recorded-actors': { up: recordedActors },
  '0025-list-indexes': { up: listIndexes },
  '0026-idempotency-keys': { up: idempotencyKeys },
  '0027-bulk-revocations': { up: bulkRevocations },
  '0028-draft-ends': { up: draftEnds },
  '0029-certificate-lists': { up: certificateLists },
  '0031-organization-usage': { up: organizationUsage },
  '0033-own-emails': { up: ownEmails },
  '0034-people': { up: people },
  '0035-organizations': { up: organizationStates },
  '0036-invitations': { up: invitations },
  '0037-accounts': { up: accounts },
  '0039-step-up-proofs': { up: stepUpProofs },
  '0042-confirmations': { up: confirmations },
  '0043-second-factors': { up: secondFactors },
  '0044-api-keys': { up: apiKeys },
  '0045-single-sign-on': { up: singleSignOn },
  '0047-erasures': { up: erasures },
  '0049-backups': { up: backups },
  '0052-members': { up: members },
  '0053-scim-users': { up: scimUsers },
  '0054-responsible-users': { up: responsibleUsers },
  '0055-provider-sessions': { up: providerSessions },
  '0057-audit-exports': { up: auditExports },
  '0058-many-machines': { up: manyMachines },
  '0059-older-releases': { up: olderReleases },
  '0060-rotations': { up: rotations, needs: '0059-older-releases' },
  '0061-expiry-plans': { up: expiryPlans, needs: '0059-older-releases' },
  '0062-calendar-feeds': { up: calendarFeeds, needs: '0059-older-releases' },
  '0063-webhooks': { up: webhooks, needs: '0059-older-releases' },
  '0064-publication-keys': { up: publicationKeys, needs: '0059-older-releases' },
  '0065-migration-plans': { up: migrationPlans, needs: '0059-older-releases' },
  '0066-replaced-certificates': { up: replacedCertificates, needs: '0059-older-releases' },
  '0067-signals': { up: signals, needs: '0059-older-releases' },
  '0068-mail-subscriptions': { up: mailSubscriptions, needs: '0059-older-releases' },
  '0069-external-status': { up: externalStatus, needs: '0059-older-releases' },
  '0070-webhook-client-certificates': { up: webhookClientCertificates, needs: '0059-older-releases' },
  '0071-overlaps': { up: overlaps, needs: '0059-older-releases' },
  '0073-time-zone-answers': { up: timeZoneAnswers, needs: '0059-older-releases' },
  '0074-rejected-client-certificates': { up: rejectedClientCertificates, needs: '0059-older-releases' },
  '0075-awaited-statuses': { up: awaitedStatuses, needs: '0059-older-releases' },
  '0078-registered-certificates': { up: registeredCertificates, needs: '0059-older-releases' },
}

/** Returns the name of every migration, in order, and what a release has to know to run on the store after it. */
export const listMigrations = (): { name: string; needs: string | undefined }[] =>
  Object.entries(migrations).map(([name, { needs }]) => ({ name, needs }))

/**
 * Migrates the tables of the store to this release, completely or not at all, even if it is interrupted. Safe
 * to call from several processes concurrently. Throws `storage_unavailable` with the obstacle, and the
 * store's error while it is unavailable.
 */
export async function migrate(database: Database): Promise<void> {
  // A store of a newer release that this one can run on is left as it is.
  if (await isMigrated(database)) return
  const failure = await migrateWhenFree(database)
  if (failure === undefined) return
  if (await clearIncompleteStore(database, failure.error)) {
    const again = await tryToMigrate(database)
    if (again === undefined) return
    throw describeFailure(database, again)
  }
  throw describeFailure(database, failure)
}

/**
 * Brings the tables of a store to what they were after the migrations `names`, for rows of that time. Throws
 * `storage_unavailable` if this release does not know one of them.
 */
export async function migrateTo(database: Database, names: readonly string[]): Promise<void> {
  rejectForeignStore(names, new Map())
  const failure = await tryToMigrate(database, names)
  if (failure !== undefined) throw describeFailure(database, failure)
}

/**
 * Returns whether every migration of this release has run; gateways wait for it. Throws `storage_unavailable`
 * for the store of a newer release that this one cannot run on, or of another product, and the store's error while it is unavailable.
 */
export async function isMigrated({ queries }: Database): Promise<boolean> {
  await assertSchemaIsOpen(queries)
  const { executed, needs } = await listExecuted(queries)
  rejectForeignStore(executed, needs)
  return Object.keys(migrations).every((name) => executed.includes(name))
}

interface Failure {
  error: unknown
  /** The failed migration, if one failed. */
  name: string | undefined
}

/**
 * Waits for others in short pieces: a change of a table waits for the transactions that use it, and all later
 * ones wait for the change.
 */
async function migrateWhenFree(database: Database): Promise<Failure | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    const failure = await tryToMigrate(database)
    if (failure === undefined || attempt >= maxAttempts || !isLocked(failure.error)) return failure
    await wait(betweenAttemptsMs * (0.5 + Math.random()))
  }
}

/** The code of PostgreSQL for a lock that was not free within `lock_timeout`. */
const isLocked = (error: unknown): boolean => (error as { code?: unknown }).code === '55P03'

async function tryToMigrate(database: Database, names?: readonly string[]): Promise<Failure | undefined> {
  const { error, results } = await withoutForeignKeys(database, () =>
    createMigrator(database, database.patient, names).migrateToLatest(),
  )
  if (error === undefined) return undefined
  return { error, name: results?.find((result) => result.status === 'Error')?.migrationName }
}

/**
 * Runs work without foreign key checks: SQLite rebuilds a table to change it, which references to it forbid.
 * The checks can be disabled outside of a transaction only; each migration checks the references at its end.
 */
async function withoutForeignKeys<T>({ engine, queries }: Database, work: () => Promise<T>): Promise<T> {
  if (engine === 'postgres') return work()
  await sql`pragma foreign_keys = off`.execute(queries)
  try {
    return await work()
  } finally {
    await sql`pragma foreign_keys = on`.execute(queries)
  }
}

function createMigrator(
  { engine }: Database,
  queries: Database['queries'],
  names: readonly string[] = Object.keys(migrations),
): Migrator {
  const wanted = Object.entries(migrations).filter(([name]) => names.includes(name))
  const checked = wanted.map(([name, { up, needs }]): [string, Migration] => [
    name,
    {
      async up(tx) {
        // Until the end of the transaction, which all migrations share.
        if (engine === 'postgres') await sql`set local lock_timeout = ${sql.lit(lockMs)}`.execute(tx)
        await up(tx)
        if (needs !== undefined)
          await (tx as Kysely<Schema>).insertInto('migration_needs').values({ name, needs }).execute()
        if (engine === 'sqlite') await assertReferences(tx)
      },
    },
  ])
  const provider = { getMigrations: async () => Object.fromEntries(checked) }
  return new Migrator({ db: queries, provider })
}

async function assertReferences(tx: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<{ table: string; parent: string }>`pragma foreign_key_check`.execute(tx)
  const [broken] = rows
  if (broken !== undefined)
    throw new Error(`rows of ${broken.table} refer to rows of ${broken.parent} that are not there`)
}

/** `needs` has what a release must know to run on the store, of each migration that says so. */
function rejectForeignStore(executed: readonly string[], needs: ReadonlyMap<string, string>): void {
  const newest = Object.keys(migrations).toSorted().at(-1) ?? ''
  const isHarmless = (name: string) => (needs.get(name) ?? name) <= newest
  const unknown = executed.filter((name) => !(name in migrations) && !isHarmless(name))
  if (unknown.length === 0) return
  throw new PosternError(
    'storage_unavailable',
    unknown.length === executed.length
      ? `The store belongs to another program (${unknown[0]}). Give Postern a database of its own.`
      : `The store was written by a newer release of Postern (${unknown[0]}), and this one would misread it: a downgrade is rejected. Run that release, or restore the store from before the upgrade.`,
  )
}

/** Throws a clear error, since without usage of its schema PostgreSQL reports every table as missing. */
async function assertSchemaIsOpen(queries: Database['queries']): Promise<void> {
  if (!isPostgres(queries)) return
  const { rows } = await sql<{ schema: string | null }>`select current_schema() as schema`.execute(queries)
  if (rows[0]?.schema === null)
    throw Object.assign(new Error('no schema of the search_path may be used'), { code: '3F000' })
}

async function listExecuted(
  queries: Database['queries'],
): Promise<{ executed: string[]; needs: ReadonlyMap<string, string> }> {
  const tables = await queries.introspection.getTables({ withInternalKyselyTables: true })
  const isThere = (wanted: string) => tables.some(({ name }) => name === wanted)
  if (!isThere('kysely_migration')) return { executed: [], needs: new Map() }
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(queries)
  const executed = rows.map(({ name }) => name)
  const isKnown = executed.every((name) => name in migrations)
  if (isKnown || !isThere('migration_needs')) return { executed, needs: new Map() }
  const needs = await queries.selectFrom('migration_needs').selectAll().execute()
  return { executed, needs: new Map(needs.map((row) => [row.name, row.needs])) }
}

function describeFailure({ engine }: Database, { error, name }: Failure): unknown {
  if (isLocked(error))
    return new PosternError(
      'storage_unavailable',
      'The tables of the store could not be changed: another program has held one for ten minutes (pg_stat_activity shows it). End its transaction, then start Postern again. Nothing was changed.',
      { cause: error },
    )
  if (isStoreUnavailable(error)) return error
  const cause = error instanceof Error ? error.message : String(error)
  const where = name === undefined ? '' : `${name}: `
  // PostgreSQL never leaves a table incomplete: there the table belongs to another program.
  const isHalfDone = engine === 'sqlite' && isOfIncompleteStore(error)
  const isForeign = engine === 'postgres' && isOfIncompleteStore(error)
  const sentence = isForeign
    ? `The database has tables of another program (${where}${cause}). Give Postern a database of its own. Nothing was changed.`
    : isHalfDone
      ? `An older release of Postern was cut off while it changed the tables of the store (${where}${cause}). Restore the store from before that upgrade, and start this release on it.`
      : `The store could not be brought up to this release (${where}${cause}). Nothing was changed.`
  return new PosternError('storage_unavailable', sentence, { cause: error })
}
