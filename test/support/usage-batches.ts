import type { ActivityRecord, GatewayStatus, UsageBatch } from '../../src/contract/usage-batch.ts'
import type { Queries } from '../../src/storage/database.ts'

/** Returns an event of a gateway for a request with the certificate `cert_1` of `org_1`. */
export const activityRecord = (id: string, changes: Partial<ActivityRecord> = {}): ActivityRecord => ({
  id,
  at: 1000,
  kind: 'call',
  outcome: 'ok',
  code: null,
  wouldBeCode: null,
  explanation: null,
  environment: 'production',
  organizationId: 'org_1',
  proven: true,
  certificateId: 'cert_1',
  credentialId: null,
  clientId: null,
  method: 'GET',
  path: '/payments',
  status: 200,
  tlsVersion: 'TLSv1.3',
  cipher: 'TLS_AES_128_GCM_SHA256',
  resumed: false,
  clientAddress: '192.0.2.1',
  serverName: null,
  presented: { subject: 'CN=a', issuer: 'CN=b', serialNumber: '01', fingerprintSha256: 'ff' },
  traceId: 't',
  ...changes,
})

/** A gateway process as it reports its own state. */
export const gatewayStatus: GatewayStatus = {
  id: 'gw_1',
  processId: 1,
  host: 'edge-1',
  release: '1.2.3',
  startedAt: 1,
  seenAt: 2,
  confirmedVersion: 3,
  epoch: '',
  connections: 0,
  handshakes: 0,
  answers: 0,
  lagMilliseconds: 0,
  waitingRecords: 0,
  droppedRecords: 0,
  rejectedRows: 0,
}

/** Returns a batch with only a number. */
export const emptyBatch = (number: number, changes: Partial<UsageBatch> = {}): UsageBatch => ({
  number,
  gateway: gatewayStatus,
  records: [],
  certificates: [],
  organizations: [],
  facets: [],
  credentials: [],
  refusals: [],
  readiness: [],
  enforcements: [],
  provenKeys: [],
  ...changes,
})

/** Creates an organization with certificates of these IDs in an empty store. */
export async function insertOwner(queries: Queries, slug: string, certificates: string[]): Promise<void> {
  await queries
    .insertInto('organizations')
    .values({ id: `org_${slug}`, slug, legal_name: slug, country: 'GB', state: '', created_at: 1 })
    .execute()
  const empty = { description: '', owner: '', related_service: '', rotation_policy: '', contacts: '[]' }
  const subject = {
    certified_subject: '{}',
    organization_name: 'A',
    country: 'GB',
    state: '',
    search_text: '',
  }
  for (const [index, id] of certificates.entries())
    await queries
      .insertInto('certificates')
      .values({
        ...{ ...empty, ...subject, id, organization_id: `org_${slug}`, environment: 'production' },
        ...{ number: index + 1, name: `${slug}-${index + 1}`, key_kind: 'ec-p256', status: 'issued' },
        ...{ source: 'postern', created_at: 1, created_by: 'test' },
      })
      .execute()
}
