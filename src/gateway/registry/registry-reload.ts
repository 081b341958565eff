import type { LostRevocation } from '../../contract/lost-revocation.ts'
import type { CertificateTable } from './certificate-table.ts'
import { compareWithStore, getLimits, type Holdings } from './compare-with-store.ts'
import type { RecentRevocations, SeenRevocations } from './recent-revocations.ts'
import type { RegisteredCertificate, StoredCertificate } from './registered-certificate.ts'
import type { RegisteredMigration } from './registered-migration.ts'
import type { RegisteredClient, RegisteredIssuer, RegisteredOrganization } from './registered-parties.ts'
import type { RegisteredPolicy } from './registered-policy.ts'
import type { RegisteredStatus } from './registered-status.ts'

/** Where the store is read into the registry, row by row. */
export interface RegistryTarget {
  setCertificate(certificate: StoredCertificate): unknown
  setOrganization(organization: RegisteredOrganization): void
  setClient(client: RegisteredClient): void
  setPolicy(organizationId: string, environment: string, policy: RegisteredPolicy): void
  setMigration(organizationId: string, environment: string, migration: RegisteredMigration): void
  setExternalStatus(certificateId: string, status: RegisteredStatus): void
  setExternalCheck(checkId: string, confirmedUntil: number | null): void
  setIssuers(all: readonly RegisteredIssuer[]): void
  revokeToken(tokenId: string, expiresAt: number): void
  noteDeleted(organizationId: string, credentialId: string): void
}

/** The complete store, read in parallel to the current state. */
export interface RegistryReload extends RegistryTarget {
  /**
   * Replaces the current state in one step. Of a store that was restored to an older state, nothing is
   * accepted that would reactivate what had ended; returns that, and which certificates have been revoked
   * meanwhile.
   */
  finish(isOlderStore: boolean): { endings: LostRevocation[]; revoked: RegisteredCertificate[] }
}

/** A registry as the reload accesses it. */
interface Target extends Pick<RegistryTarget, 'revokeToken'> {
  setCertificate: CertificateTable['set']
  list(): Holdings & { plans: readonly { policy: RegisteredPolicy }[] }
  replace(stored: Staged): void
}

interface Staged {
  organizations: RegisteredOrganization[]
  clients: RegisteredClient[]
  plans: { organizationId: string; environment: string; policy: RegisteredPolicy }[]
  migrations: { organizationId: string; environment: string; migration: RegisteredMigration }[]
  statuses: { certificateId: string; status: RegisteredStatus }[]
  checks: { checkId: string; confirmedUntil: number | null }[]
  issuers: readonly RegisteredIssuer[]
}

export function createRegistryReload(
  {
    certificates,
    seen,
    held,
  }: { certificates: CertificateTable; seen: SeenRevocations; held: RecentRevocations },
  target: Target,
): RegistryReload {
  const staged: Staged = {
    ...{ organizations: [], clients: [], plans: [], migrations: [] },
    ...{ statuses: [], checks: [], issuers: [] },
  }
  const stillRevoked: RegisteredCertificate[] = []
  const revoked: RegisteredCertificate[] = []
  certificates.beginReload()

  return {
    setCertificate(certificate) {
      const outcome = target.setCertificate(certificate)
      if (outcome === 'now-revoked') revoked.push(certificate)
      if (outcome === 'stays-revoked') stillRevoked.push(certificate)
    },
    setOrganization: (organization) => void staged.organizations.push(organization),
    revokeToken: target.revokeToken,
    noteDeleted: seen.noteDeleted,
    setClient: (client) => void staged.clients.push(client),
    setPolicy: (organizationId, environment, policy) =>
      void staged.plans.push({ organizationId, environment, policy }),
    setMigration: (organizationId, environment, migration) =>
      void staged.migrations.push({ organizationId, environment, migration }),
    setExternalStatus: (certificateId, status) => void staged.statuses.push({ certificateId, status }),
    setExternalCheck: (checkId, confirmedUntil) => void staged.checks.push({ checkId, confirmedUntil }),
    setIssuers(all) {
      staged.issuers = all
    },
    finish(isOlderStore) {
      const gone = certificates.endReload()
      if (!isOlderStore) {
        target.replace(staged)
        return { endings: [], revoked }
      }
      const known = target.list()
      const endings = compareWithStore(known, staged, seen)
      for (const ending of endings) held.hold(ending)
      const enforced = endings.filter(({ kind }) => kind === 'plan_enforced')
      target.replace({
        ...staged,
        clients: keepLimits(known.clients, staged.clients),
        plans: [...staged.plans, ...keepPolicies(enforced, staged.plans)],
        migrations: [
          ...staged.migrations,
          ...known.migrations.filter((one) => !staged.migrations.some((other) => isSamePlace(one, other))),
        ],
      })
      const toRevoked = (certificate: RegisteredCertificate): LostRevocation => {
        const { reason = 'unspecified', at = 0 } = certificates.findRevocation(certificate.fingerprint) ?? {}
        return toEnding('certificate_revoked', certificate, { reason, at })
      }
      const unknown = gone.map((one) =>
        toEnding('certificate_unknown', one, { revoked: one.revoked ? 1 : 0 }),
      )
      return { endings: [...stillRevoked.map(toRevoked), ...endings, ...unknown], revoked }
    },
  }
}

const toEnding = (
  kind: LostRevocation['kind'],
  { id, organizationId, environment, name, fingerprint }: RegisteredCertificate,
  detail: LostRevocation['detail'],
): LostRevocation => ({
  ...{ kind, subjectId: id, organizationId, environment, name },
  detail: { fingerprint, ...detail },
})

/** Restricts credentials to the limits that this process last knew: the store may have wider ones again. */
function keepLimits(
  known: readonly RegisteredClient[],
  stored: readonly RegisteredClient[],
): RegisteredClient[] {
  const byId = new Map(known.map((client) => [client.credentialId, client]))
  return stored.map((client) => {
    const last = byId.get(client.credentialId)
    if (last === undefined || getLimits(last) === getLimits(client)) return client
    return { ...client, scopes: last.scopes, networks: last.networks, certificateIds: last.certificateIds }
  })
}

interface Place {
  organizationId: string
  environment: string
}

const isSamePlace = (one: Place, other: Place): boolean =>
  one.organizationId === other.organizationId && one.environment === other.environment

/** Returns the policies that are kept although the store has no row for them. */
const keepPolicies = (enforced: readonly LostRevocation[], stored: Staged['plans']): Staged['plans'] =>
  enforced
    .filter(
      ({ organizationId, environment }) =>
        !stored.some((row) => row.organizationId === organizationId && row.environment === environment),
    )
    .map(({ organizationId, environment }) => ({
      organizationId: organizationId ?? '',
      environment: environment ?? '',
      policy: { mode: 'enforce', since: 0 },
    }))
