import { proveJob } from '../contract/registration.ts'
import type { ActivityRecord, ProvenKey, TokenRevocation, UsageBatch } from '../contract/usage-batch.ts'
import { enqueueJob } from '../jobs/job-store.ts'
import { recordChange } from '../storage/change-log.ts'
import { openDatabase, type Queries, type StorageLocation, type Tx } from '../storage/database.ts'
import { locks, takeLock } from '../storage/engine.ts'
import { prepareQuery } from '../storage/prepare-query.ts'
import { countReadiness } from './count-readiness-store.ts'
import { countRefusals } from './count-refusals-store.ts'
import { countUses } from './count-uses-store.ts'

const rowsPerStatement = 200
const queryTimeoutSeconds = 60
/** How many rows of each certificate are kept; of callers who cannot be tied to one, together, five times as many. */
const keptPerCertificate = 200
const keptOfStrangers = 1000
/** Ours have 64 random bits and more; a short number is the same by chance. */
const leastSerialDigits = 16

/** Opens the store for what gateways write. */
export async function openUsageStore(location: StorageLocation) {
  const database = await openDatabase(location, { poolSize: 2, queryTimeoutSeconds })
  return {
    /** Writes a batch in one transaction. A batch that was written already changes nothing. */
    async write(batch: UsageBatch): Promise<void> {
      await database.transaction(async (tx) => {
        // Readers follow `sequence`: on PostgreSQL numbers become visible in their order only under a lock.
        await takeLock(tx, locks.activity)
        if (await isWritten(tx, batch)) return
        await saveGateway(tx, batch)
        await insertRecords(tx, await nameOwners(tx, batch.records))
        await countUses(tx, batch)
        await countRefusals(tx, batch.refusals)
        await countReadiness(tx, batch.readiness)
        for (const use of batch.credentials) await keepLastUse(tx, use)
        await prune(tx, batch.records)
        await insertEnforcements(tx, batch)
        await keepProofs(tx, batch.provenKeys)
      })
    },

    /** Revokes a token for every gateway. */
    async revokeToken({ tokenId, environment, expiresAt, revokedAt }: TokenRevocation): Promise<void> {
      await database.transaction(async (tx) => {
        await tx
          .insertInto('revoked_tokens')
          .values({ id: tokenId, environment, expires_at: expiresAt, revoked_at: revokedAt })
          .onConflict((conflict) => conflict.column('id').doNothing())
          .execute()
        await tx.deleteFrom('revoked_tokens').where('expires_at', '<', revokedAt).execute()
        await recordChange(tx, 'token', tokenId, revokedAt)
      })
    },

    /** Notes that a gateway has ended in order. */
    async stopGateway({ id, at }: { id: string; at: number }): Promise<void> {
      await database.queries.updateTable('gateways').set({ stopped_at: at }).where('id', '=', id).execute()
    },

    close: () => database.close(),
  }
}

export type UsageStore = Awaited<ReturnType<typeof openUsageStore>>

/** What proves nothing that is waited for leaves no trace: strangers send it too. */
async function keepProofs(tx: Tx, proofs: readonly ProvenKey[]): Promise<void> {
  for (const { registrationId, challenge, fingerprintSha256, environment, clientAddress, at } of proofs) {
    const kept = await tx
      .updateTable('registrations')
      .set({ handshake: JSON.stringify({ clientAddress, at }) })
      .where('id', '=', registrationId)
      .where('challenge', '=', challenge)
      .where('fingerprint_sha256', '=', fingerprintSha256)
      .where('environment', '=', environment)
      .where('certificate_id', 'is', null)
      .where('expires_at', '>', at)
      .returning('id')
      .executeTakeFirst()
    if (kept !== undefined) await enqueueJob(tx, { kind: proveJob, key: registrationId }, at, at)
  }
}

const keepLastUse = prepareQuery((queries, values: { credentialId: string; lastUsedAt: number }) =>
  queries
    .updateTable('credentials')
    .set({ last_used_at: values.lastUsedAt })
    .where('id', '=', values.credentialId)
    .where((e) => e.or([e('last_used_at', 'is', null), e('last_used_at', '<', values.lastUsedAt)])),
)

async function isWritten(tx: Tx, { gateway, number }: UsageBatch): Promise<boolean> {
  const [row] = await selectLastBatch(tx, { gatewayId: gateway.id })
  return row !== undefined && row.last_batch >= number
}

const selectLastBatch = prepareQuery((queries, values: { gatewayId: string }) =>
  queries.selectFrom('gateways').select('last_batch').where('id', '=', values.gatewayId),
)

/**
 * The records with the organization whose certificate has the serial number that a stranger presented, one
 * of ours with other bytes: a claim, so it names the organization and never the certificate.
 */
async function nameOwners(tx: Tx, records: readonly ActivityRecord[]): Promise<readonly ActivityRecord[]> {
  const serialNumberOf = ({ organizationId, presented }: ActivityRecord) =>
    organizationId === null && (presented?.serialNumber.length ?? 0) >= leastSerialDigits
      ? presented?.serialNumber
      : undefined
  const claimed = [...new Set(records.map(serialNumberOf))].filter((serial) => serial !== undefined)
  const owners = new Map<string, string>()
  for (let start = 0; start < claimed.length; start += rowsPerStatement) {
    const rows = await tx
      .selectFrom('certificates')
      .innerJoin('issuers', 'issuers.id', 'certificates.issuer_id')
      .select(['certificates.serial_number', 'certificates.organization_id'])
      .where('certificates.serial_number', 'in', claimed.slice(start, start + rowsPerStatement))
      .execute()
    for (const row of rows) owners.set(row.serial_number ?? '', row.organization_id)
  }
  if (owners.size === 0) return records
  return records.map((record) => {
    const organizationId = owners.get(serialNumberOf(record) ?? '')
    return organizationId === undefined ? record : { ...record, organizationId }
  })
}

async function insertRecords(tx: Tx, records: readonly ActivityRecord[]): Promise<void> {
  for (let start = 0; start < records.length; start += rowsPerStatement)
    await tx
      .insertInto('activity')
      .values(records.slice(start, start + rowsPerStatement).map(toRow))
      .execute()
}

const toRow = (record: ActivityRecord) => ({
  id: record.id,
  at: record.at,
  kind: record.kind,
  outcome: record.outcome,
  code: record.code,
  would_be_code: record.wouldBeCode,
  explanation: record.explanation,
  environment: record.environment,
  organization_id: record.organizationId,
  certificate_id: record.certificateId,
  credential_id: record.credentialId,
  client_id: record.clientId,
  method: record.method,
  path: record.path,
  status: record.status,
  tls_version: record.tlsVersion,
  cipher: record.cipher,
  resumed: record.resumed ? 1 : 0,
  client_address: record.clientAddress,
  server_name: record.serverName,
  presented: record.presented === null ? null : JSON.stringify(record.presented),
  trace_id: record.traceId,
})

async function prune(tx: Tx, records: readonly ActivityRecord[]): Promise<void> {
  for (const certificateId of new Set(records.map((record) => record.certificateId))) {
    const [oldest] =
      certificateId === null
        ? await selectOldestOfStrangers(tx, {})
        : await selectOldest(tx, { certificateId })
    if (oldest === undefined) continue
    const { sequence } = oldest
    await (certificateId === null
      ? deleteOfStrangers(tx, { sequence })
      : deleteUntil(tx, { certificateId, sequence }))
  }
}

const newestFirst = (queries: Queries) =>
  queries.selectFrom('activity').select('sequence').orderBy('sequence', 'desc').limit(1)

const selectOldest = prepareQuery((queries, values: { certificateId: string }) =>
  newestFirst(queries).where('certificate_id', '=', values.certificateId).offset(keptPerCertificate),
)
const selectOldestOfStrangers = prepareQuery((queries) =>
  newestFirst(queries).where('certificate_id', 'is', null).offset(keptOfStrangers),
)
const deleteUntil = prepareQuery((queries, values: { certificateId: string; sequence: number }) =>
  queries
    .deleteFrom('activity')
    .where('certificate_id', '=', values.certificateId)
    .where('sequence', '<=', values.sequence),
)
const deleteOfStrangers = prepareQuery((queries, values: { sequence: number }) =>
  queries.deleteFrom('activity').where('certificate_id', 'is', null).where('sequence', '<=', values.sequence),
)

async function saveGateway(tx: Tx, { gateway, number }: UsageBatch): Promise<void> {
  const { connections, handshakes, answers } = gateway
  const counts = { connections, handshakes, answers, last_batch: number }
  const seen = { seen_at: gateway.seenAt, confirmed_version: gateway.confirmedVersion, ...counts }
  const { id, host, release, processId: process_id, startedAt: started_at } = gateway
  await tx
    .insertInto('gateways')
    .values({ id, host, release, process_id, started_at, ...seen })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(seen))
    .execute()
}

async function insertEnforcements(tx: Tx, { gateway, enforcements }: UsageBatch): Promise<void> {
  for (const { certificateId, at, connections } of enforcements)
    await tx
      .insertInto('enforcements')
      .values({ certificate_id: certificateId, gateway_id: gateway.id, at, connections })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
}
