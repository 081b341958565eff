import { getClientNetwork, getClientSource } from '../client-source.ts'
import type { ActivityRecord } from '../contract/usage-batch.ts'
import { keepFairShares, type Shares } from '../keep-fair-shares.ts'
import type { Queries, Tx } from '../storage/database.ts'
import { prepareQuery } from '../storage/prepare-query.ts'

const rowsPerStatement = 200
/**
 * Number of rows kept for each certificate, and for clients of an organization that have only an access
 * token.
 */
const keptPerCertificate = 200
/** Postern's serial numbers have 64 random bits and more; a short number matches by chance. */
const minSerialDigits = 16

interface Seen {
  sequence: number
  environment: string
  source: string
}

const network = ({ source }: Seen) => getClientNetwork(source)
const source = ({ source }: Seen) => source

/** Limits of events that only claim an organization: few per environment, and fewer per source. */
const ofClaims: Shares<Seen> = { most: 50, maxOfOne: 10, levels: [network, source] }
/** Limits of unattributed events. */
const ofUnattributed: Shares<Seen> = {
  most: 1000,
  maxOfOne: 50,
  levels: [({ environment }) => environment, network, source],
}
const ofTokens: Shares<Seen> = { most: keptPerCertificate, maxOfOne: keptPerCertificate, levels: [] }

/** Writes records, the oldest first. */
export async function insertRecords(tx: Tx, given: readonly ActivityRecord[]): Promise<void> {
  const records = await nameOwners(tx, given)
  for (let start = 0; start < records.length; start += rowsPerStatement)
    await tx
      .insertInto('activity')
      .values(records.slice(start, start + rowsPerStatement).map(toRow))
      .execute()
  await prune(tx, records)
}

/**
 * Adds the organization whose certificate has the serial number of an unregistered certificate: a claim, so
 * it adds the organization and never the certificate, and stays unproven.
 */
async function nameOwners(tx: Tx, records: readonly ActivityRecord[]): Promise<readonly ActivityRecord[]> {
  const serialNumberOf = ({ organizationId, presented }: ActivityRecord) =>
    organizationId === null && (presented?.serialNumber.length ?? 0) >= minSerialDigits
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
    return organizationId === undefined ? record : { ...record, organizationId, proven: false }
  })
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
  proven: record.proven ? 1 : 0,
  source: getClientSource(record.clientAddress),
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

/** Deletes old rows. Proven and claimed rows have separate limits, so that neither displaces the other. */
async function prune(tx: Tx, records: readonly ActivityRecord[]): Promise<void> {
  const byCertificate = new Set<string>()
  const others = new Map<string, ActivityRecord>()
  for (const record of records)
    if (record.certificateId !== null) byCertificate.add(record.certificateId)
    else
      others.set(
        record.organizationId === null
          ? ''
          : `${record.organizationId} ${record.environment} ${record.proven}`,
        record,
      )
  for (const certificateId of byCertificate) {
    const [oldest] = await selectOldest(tx, { certificateId })
    if (oldest !== undefined) await deleteUntil(tx, { certificateId, sequence: oldest.sequence })
  }
  for (const { organizationId, environment, proven } of others.values())
    if (organizationId === null) await keepShares(tx, await selectUnattributed(tx, {}), ofUnattributed)
    else {
      const rows = await selectOfOrganization(tx, { organizationId, environment, proven: proven ? 1 : 0 })
      await keepShares(tx, rows, proven ? ofTokens : ofClaims)
    }
}

async function keepShares(tx: Tx, rows: readonly Seen[], shares: Shares<Seen>): Promise<void> {
  const kept = new Set(keepFairShares(rows, shares))
  const gone = rows.filter((row) => !kept.has(row)).map(({ sequence }) => sequence)
  for (let start = 0; start < gone.length; start += rowsPerStatement)
    await tx
      .deleteFrom('activity')
      .where('sequence', 'in', gone.slice(start, start + rowsPerStatement))
      .execute()
}

const withoutCertificate = (queries: Queries) =>
  queries
    .selectFrom('activity')
    .select(['sequence', 'environment', 'source'])
    .where('certificate_id', 'is', null)
    .orderBy('sequence')

const selectUnattributed = prepareQuery((queries) =>
  withoutCertificate(queries).where('organization_id', 'is', null),
)
const selectOfOrganization = prepareQuery(
  (queries, values: { organizationId: string; environment: string; proven: number }) =>
    withoutCertificate(queries)
      .where('organization_id', '=', values.organizationId)
      .where('environment', '=', values.environment)
      .where('proven', '=', values.proven),
)
const selectOldest = prepareQuery((queries, values: { certificateId: string }) =>
  queries
    .selectFrom('activity')
    .select('sequence')
    .where('certificate_id', '=', values.certificateId)
    .orderBy('sequence', 'desc')
    .limit(1)
    .offset(keptPerCertificate),
)
const deleteUntil = prepareQuery((queries, values: { certificateId: string; sequence: number }) =>
  queries
    .deleteFrom('activity')
    .where('certificate_id', '=', values.certificateId)
    .where('sequence', '<=', values.sequence),
)
