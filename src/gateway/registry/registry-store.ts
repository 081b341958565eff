import { readPolicySubject } from '../../contract/enforcement-policy.ts'
import type { LostRevocation } from '../../contract/lost-revocation.ts'
import { changesPerRead, findChanges, type LogPosition, latestPosition } from '../../storage/change-log.ts'
import type { Database, Queries } from '../../storage/database.ts'
import { isReplaced } from '../../storage/is-replaced.ts'
import { prepareQuery } from '../../storage/prepare-query.ts'
import { findEpoch, listEpochs } from '../../storage/store-epoch.ts'
import type { StoredCertificate } from './registered-certificate.ts'
import type { RegisteredClient, RegisteredIssuer, RegisteredOrganization } from './registered-parties.ts'
import type { RegisteredStatus } from './registered-status.ts'
import type { RegistryTarget } from './registry-reload.ts'
import {
  isRegistered,
  type StoredMigration,
  type StoredPolicy,
  toCertificate,
  toClient,
  toIssuer,
  toMigration,
  toOrganization,
  toPolicy,
  toStatus,
} from './registry-rows.ts'

const rowsPerPage = 10_000
const day = 86_400_000
/** An older state of a store that is restored is rarely older than this. */
const deletionsMs = 30 * day

/** Reads what a gateway keeps in memory: everything once, then single rows. It never writes. */
export function createRegistryStore({ queries, watch }: Database) {
  /** Reads page by page: a million rows in one result would take several times the registry's memory. */
  const loadCertificates = async (registry: Pick<RegistryTarget, 'setCertificate'>): Promise<void> => {
    for (let last: string | undefined = ''; last !== undefined; ) {
      const rows = await selectCertificatePage(queries, last).limit(rowsPerPage).execute()
      for (const row of rows) if (isRegistered(row)) registry.setCertificate(toCertificate(row))
      last = rows.length < rowsPerPage ? undefined : rows.at(-1)?.id
    }
  }
  const selectCredentials = () =>
    queries.selectFrom('credentials').selectAll().where('deleted_at', 'is', null)
  const selectSecrets = () =>
    queries.selectFrom('credential_secrets').select(['credential_id', 'secret_sha256', 'expires_at'])
  const selectPolicies = () =>
    queries.selectFrom('enforcement_plans').select(['organization_id', 'environment', 'mode', 'since'])
  const selectMigrations = () =>
    queries
      .selectFrom('migration_plans')
      .select(['organization_id', 'environment', 'ends_at', 'exception_until'])
  const selectStatuses = () =>
    queries
      .selectFrom('external_statuses')
      .innerJoin('certificates', 'certificates.id', 'external_statuses.certificate_id')
      .select(['certificate_id', 'described_at', 'expected_links', 'is_askable'])
      .select(['external_statuses.revoked_at', 'external_statuses.revoked_by', 'revoked_subject'])
      .select(['certificates.status', 'not_after'])
      .where((e) =>
        e.or([e('certificates.status', '=', 'issued'), e('external_statuses.revoked_at', 'is not', null)]),
      )
  const selectLinks = () =>
    queries.selectFrom('external_links').select(['certificate_id', 'check_id', 'depth', 'looked_at'])
  const selectChecks = () => queries.selectFrom('external_checks').select(['id', 'confirmed_until'])
  const selectOrganizations = () =>
    queries.selectFrom('organizations').select(['id', 'slug', 'legal_name', 'status'])

  const store = {
    watch,
    latestPosition: () => latestPosition(queries),
    changesPerRead,
    /** Returns the next changes, or why they are unavailable. */
    findChanges: (position: LogPosition) => findChanges(queries, position),
    /** Lists the epochs of the store, the current one first. */
    listEpochs: async () => (await listEpochs(queries)).map(({ id }) => id),
    findEpoch: async () => (await findEpoch(queries))?.id,
    /** Lists what gateways saw end in a lost epoch and what has not been ended again. */
    async listLostEndings(): Promise<Pick<LostRevocation, 'kind' | 'subjectId' | 'detail'>[]> {
      const rows = await queries
        .selectFrom('lost_endings')
        .select(['kind', 'subject_id', 'detail'])
        .where((e) => e.or([e('outcome', 'is', null), e('outcome', '=', 'refused')]))
        .execute()
      return rows.map((row) => ({
        kind: row.kind,
        subjectId: row.subject_id,
        detail: JSON.parse(row.detail),
      }))
    },

    /** Finds an issued or revoked certificate with its organization; undefined for any other. */
    async findCertificate(
      id: string,
    ): Promise<
      | { certificate: StoredCertificate; organization: RegisteredOrganization; replacesId: string | null }
      | undefined
    > {
      const [row] = await selectCertificate(queries, { id })
      if (row === undefined || !isRegistered(row)) return undefined
      const { organization_id, slug, legal_name, organization_status: status } = row
      const organization = toOrganization({ id: organization_id, slug, legal_name, status })
      return { certificate: toCertificate(row), organization, replacesId: row.replaces_id }
    },

    async findOrganization(id: string): Promise<RegisteredOrganization | undefined> {
      const row = await selectOrganizations().where('id', '=', id).executeTakeFirst()
      return row && toOrganization(row)
    },

    /** Finds credentials with their secrets; undefined if they are deleted. */
    async findClient(credentialId: string): Promise<RegisteredClient | undefined> {
      const row = await selectCredentials().where('id', '=', credentialId).executeTakeFirst()
      if (row === undefined) return undefined
      return toClient(row, await selectSecrets().where('credential_id', '=', credentialId).execute())
    },

    async listIssuers(): Promise<RegisteredIssuer[]> {
      const rows = await queries
        .selectFrom('issuers')
        .select(['id', 'kind', 'environment', 'retires_at', 'certificate_der'])
        .orderBy('created_at')
        .execute()
      return rows.map((row) => toIssuer(row))
    },

    /** Returns when a revoked token would have expired; undefined for one that is not revoked. */
    async findRevokedToken(tokenId: string): Promise<number | undefined> {
      const row = await queries
        .selectFrom('revoked_tokens')
        .select('expires_at')
        .where('id', '=', tokenId)
        .executeTakeFirst()
      return row?.expires_at
    },

    /** Finds the policy of an organization in an environment, by its name in the change log. */
    async findPolicy(subjectId: string): Promise<StoredPolicy | undefined> {
      const { organizationId, environment } = readPolicySubject(subjectId)
      const row = await selectPolicies()
        .where('organization_id', '=', organizationId)
        .where('environment', '=', environment)
        .executeTakeFirst()
      return row && toPolicy(row)
    },

    /** Finds when the externally issued certificates of an organization end, by its name in the change log. */
    async findMigration(subjectId: string): Promise<StoredMigration | undefined> {
      const { organizationId, environment } = readPolicySubject(subjectId)
      const row = await selectMigrations()
        .where('organization_id', '=', organizationId)
        .where('environment', '=', environment)
        .executeTakeFirst()
      return row && toMigration(row)
    },

    /** Finds what the CA of an externally issued certificate says; undefined before it is known what to ask. */
    async findExternalStatus(certificateId: string): Promise<RegisteredStatus | undefined> {
      const row = await selectStatuses().where('certificate_id', '=', certificateId).executeTakeFirst()
      if (row === undefined) return undefined
      return toStatus(row, await selectLinks().where('certificate_id', '=', certificateId).execute())
    },

    /** Returns until when the last answer holds, null without one; undefined for what is no longer asked for. */
    async findExternalCheck(id: string): Promise<number | null | undefined> {
      const row = await selectChecks().where('id', '=', id).executeTakeFirst()
      return row?.confirmed_until
    },

    /** Reads everything into `registry`. */
    async loadInto(registry: RegistryTarget, now: number): Promise<void> {
      registry.setIssuers(await store.listIssuers())
      for (const row of await selectOrganizations().execute()) registry.setOrganization(toOrganization(row))
      for (const row of await selectPolicies().execute()) {
        const { organizationId, environment, policy } = toPolicy(row)
        registry.setPolicy(organizationId, environment, policy)
      }
      for (const row of await selectMigrations().execute()) {
        const { organizationId, environment, migration } = toMigration(row)
        registry.setMigration(organizationId, environment, migration)
      }
      const links = Map.groupBy(await selectLinks().execute(), (row) => row.certificate_id)
      for (const row of await selectStatuses().execute())
        registry.setExternalStatus(row.certificate_id, toStatus(row, links.get(row.certificate_id) ?? []))
      for (const row of await selectChecks().execute()) registry.setExternalCheck(row.id, row.confirmed_until)
      await loadCertificates(registry)
      const secrets = Map.groupBy(await selectSecrets().execute(), (row) => row.credential_id)
      const credentials = await selectCredentials().execute()
      for (const row of credentials) registry.setClient(toClient(row, secrets.get(row.id) ?? []))
      const deleted = queries.selectFrom('credentials').select(['id', 'organization_id'])
      for (const row of await deleted.where('deleted_at', '>', now - deletionsMs).execute())
        registry.noteDeleted(row.organization_id, row.id)
      // A day longer than they are valid: the clock may be set back.
      const revoked = queries.selectFrom('revoked_tokens').select(['id', 'expires_at'])
      for (const row of await revoked.where('expires_at', '>', now - day).execute())
        registry.revokeToken(row.id, row.expires_at)
    },
  }
  return store
}

export type RegistryStore = ReturnType<typeof createRegistryStore>

const selectCertificates = (queries: Queries) =>
  queries
    .selectFrom('certificates')
    .select([
      'certificates.id',
      'certificates.name',
      'certificates.organization_id',
      'certificates.environment',
      'certificates.issuer_id',
      'certificates.status',
      'certificates.fingerprint_sha256',
      'certificates.spki_sha256',
      'certificates.not_before',
      'certificates.not_after',
      'certificates.revoked_at',
      'certificates.revocation_reason',
      'certificates.external_purpose',
      isReplaced().as('is_replaced'),
    ])

const selectCertificate = prepareQuery(
  (queries, { id }: { id: string }) =>
    selectCertificates(queries)
      .innerJoin('organizations', 'organizations.id', 'certificates.organization_id')
      .select([
        'certificates.replaces_id',
        'slug',
        'legal_name',
        'organizations.status as organization_status',
      ])
      .where('certificates.id', '=', id),
  { keepsPlan: true },
)

/**
 * Selects the certificates after this ID that can be presented. The index `certificates_registered` has all of their
 * columns: the rows themselves are ten times as wide, and would be most of what is read at a start.
 */
export const selectCertificatePage = (queries: Queries, after: string) =>
  selectCertificates(queries)
    .where('fingerprint_sha256', 'is not', null)
    .where('id', '>', after)
    .orderBy('id')
