import type { LostEnding } from '../../contract/lost-ending.ts'
import type { CertificateTable } from './certificate-table.ts'
import { compareWithStore, type Holdings, limitsOf } from './compare-with-store.ts'
import type { HeldEndings, SeenEndings } from './held-endings.ts'
import type { RegisteredCertificate, StoredCertificate } from './registered-certificate.ts'
import type { RegisteredClient, RegisteredIssuer, RegisteredOrganization } from './registered-parties.ts'
import type { RegisteredPlan } from './registered-plan.ts'

/** Where the store is read into the registry, row by row. */
export interface RegistryTarget {
  setCertificate(certificate: StoredCertificate): unknown
  setOrganization(organization: RegisteredOrganization): void
  setClient(client: RegisteredClient): void
  setPlan(organizationId: string, environment: string, plan: RegisteredPlan): void
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
  finish(isOlderStore: boolean): { endings: LostEnding[]; revoked: RegisteredCertificate[] }
}

/** A registry as the reload accesses it. */
interface Target extends Pick<RegistryTarget, 'setOrganization' | 'revokeToken'> {
  setCertificate: CertificateTable['set']
  list(): Holdings & { plans: readonly { plan: RegisteredPlan }[] }
  replace(stored: Staged): void
}

interface Staged {
  clients: RegisteredClient[]
  plans: { organizationId: string; environment: string; plan: RegisteredPlan }[]
  issuers: readonly RegisteredIssuer[]
}

export function createRegistryReload(
  { certificates, seen, held }: { certificates: CertificateTable; seen: SeenEndings; held: HeldEndings },
  target: Target,
): RegistryReload {
  const staged: Staged = { clients: [], plans: [], issuers: [] }
  const stillRevoked: RegisteredCertificate[] = []
  const revoked: RegisteredCertificate[] = []
  certificates.beginReload()

  return {
    setCertificate(certificate) {
      const outcome = target.setCertificate(certificate)
      if (outcome === 'now-revoked') revoked.push(certificate)
      if (outcome === 'stays-revoked') stillRevoked.push(certificate)
    },
    setOrganization: target.setOrganization,
    revokeToken: target.revokeToken,
    noteDeleted: seen.noteDeleted,
    setClient: (client) => void staged.clients.push(client),
    setPlan: (organizationId, environment, plan) =>
      void staged.plans.push({ organizationId, environment, plan }),
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
        plans: [...staged.plans, ...keepPlans(enforced, staged.plans)],
      })
      const toRevoked = (certificate: RegisteredCertificate): LostEnding => {
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
  kind: LostEnding['kind'],
  { id, organizationId, environment, name, fingerprint }: RegisteredCertificate,
  detail: LostEnding['detail'],
): LostEnding => ({
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
    if (last === undefined || limitsOf(last) === limitsOf(client)) return client
    return { ...client, scopes: last.scopes, networks: last.networks, certificateIds: last.certificateIds }
  })
}

/** Returns the policies that are kept although the store has no row for them. */
const keepPlans = (enforced: readonly LostEnding[], stored: Staged['plans']): Staged['plans'] =>
  enforced
    .filter(
      ({ organizationId, environment }) =>
        !stored.some((row) => row.organizationId === organizationId && row.environment === environment),
    )
    .map(({ organizationId, environment }) => ({
      organizationId: organizationId ?? '',
      environment: environment ?? '',
      plan: { mode: 'enforce', since: 0 },
    }))
