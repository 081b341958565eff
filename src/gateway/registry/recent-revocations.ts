import { createHash } from 'node:crypto'
import type { LostRevocation } from '../../contract/lost-revocation.ts'
import type { OrganizationStatus } from '../../contract/organization.ts'
import { stopsLess } from './organization-status.ts'
import { acceptsMore, limitMigration, type RegisteredMigration } from './registered-migration.ts'
import type { RegisteredClient, RegisteredIssuer, RegisteredOrganization } from './registered-parties.ts'
import type { RegisteredPolicy } from './registered-policy.ts'

/** The maximum per organization; beyond it the organization's oldest entry is deleted. */
const maxOfOne = 1000

type Secret = RegisteredClient['secrets'][number]
type Key = RegisteredClient['keys'][number]

/** Returns the identifier of a secret: its SHA-256, hex. */
export const getSecretName = ({ sha256 }: Secret): string => Buffer.from(sha256).toString('hex')

/** Returns the identifier of a public key of credentials: its `kid`, and the SHA-256 of the key. */
export function getKeyName(credentialId: string, { id, publicKey }: Key): string {
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  return `${credentialId} ${createHash('sha256').update(spki).digest('hex')} ${id}`
}

/**
 * Creates the record of what this process has seen end: credentials, their secrets and their keys. The store
 * has no rows of most of it, so restoring an older state would bring it back.
 */
export function createSeenRevocations() {
  const byOrganization = new Map<string, Set<string>>()

  const note = (organizationId: string, name: string): void => {
    const own = byOrganization.get(organizationId) ?? new Set()
    byOrganization.set(organizationId, own.add(name))
    if (own.size > maxOfOne) own.delete(own.values().next().value as string)
  }
  const namesOf = (client: RegisteredClient) => [
    ...client.secrets.map(getSecretName),
    ...client.keys.map((key) => getKeyName(client.credentialId, key)),
  ]
  return {
    noteDeleted: note,
    /** Records what `after` no longer has. */
    noteChange(before: RegisteredClient, after: RegisteredClient): void {
      const kept = new Set(namesOf(after))
      for (const name of kept) byOrganization.get(after.organizationId)?.delete(name)
      for (const name of namesOf(before)) if (!kept.has(name)) note(before.organizationId, name)
    },
    has: ({ organizationId }: { organizationId: string }, name: string): boolean =>
      byOrganization.get(organizationId)?.has(name) === true,
  }
}

export type SeenRevocations = ReturnType<typeof createSeenRevocations>

/**
 * Creates the list of what remains ended although the store, restored to an older state, has it as active.
 * Each entry is deleted once the store has it as ended, too.
 */
export function createRecentRevocations() {
  const credentials = new Set<string>()
  const keys = new Set<string>()
  /** When each secret ends; 0 if it was removed. */
  const secrets = new Map<string, number>()
  const policies = new Set<string>()
  const migrations = new Map<string, RegisteredMigration>()
  const retirements = new Map<string, number>()
  const stopped = new Map<string, OrganizationStatus>()

  const limitSecret = (secret: Secret): Secret[] => {
    const name = getSecretName(secret)
    const end = secrets.get(name)
    if (end === undefined) return [secret]
    if (end === 0) return []
    if (secret.expiresAt !== null && secret.expiresAt <= end) secrets.delete(name)
    return [{ ...secret, expiresAt: Math.min(end, secret.expiresAt ?? end) }]
  }
  return {
    hold({ kind, subjectId, detail }: Pick<LostRevocation, 'kind' | 'subjectId' | 'detail'>): void {
      if (kind === 'credential_deleted') credentials.add(subjectId)
      if (kind === 'secret_ended') secrets.set(subjectId, Number(detail.endsAt))
      if (kind === 'key_ended') keys.add(subjectId)
      if (kind === 'plan_enforced') policies.add(subjectId)
      if (kind === 'migration_limited')
        migrations.set(subjectId, {
          endsAt: toMoment(detail.endsAt),
          exceptionUntil: toMoment(detail.exceptionUntil),
        })
      if (kind === 'organization_stopped') stopped.set(subjectId, detail.status as OrganizationStatus)
      if (kind === 'issuer_retired') retirements.set(subjectId, Number(detail.retiresAt))
    },
    /** Returns the remaining limits of credentials; undefined if they were deleted. */
    limitClient(client: RegisteredClient): RegisteredClient | undefined {
      if (credentials.has(client.credentialId)) return undefined
      if (secrets.size === 0 && keys.size === 0) return client
      return {
        ...client,
        secrets: client.secrets.flatMap(limitSecret),
        keys: client.keys.filter((key) => !keys.has(getKeyName(client.credentialId, key))),
      }
    },
    limitPolicy(subject: string, policy: RegisteredPolicy): RegisteredPolicy {
      if (policy.mode !== 'enforce') return policies.has(subject) ? { ...policy, mode: 'enforce' } : policy
      policies.delete(subject)
      return policy
    },
    limitMigration(subject: string, migration: RegisteredMigration): RegisteredMigration {
      const last = migrations.get(subject)
      if (last === undefined) return migration
      if (!acceptsMore(migration, last)) migrations.delete(subject)
      return limitMigration(migration, last)
    },
    limitOrganization(organization: RegisteredOrganization): RegisteredOrganization {
      const last = stopped.get(organization.id)
      if (last === undefined) return organization
      if (stopsLess(organization.status, last)) return { ...organization, status: last }
      stopped.delete(organization.id)
      return organization
    },
    limitIssuer(issuer: RegisteredIssuer): RegisteredIssuer {
      const end = retirements.get(issuer.id)
      if (end === undefined) return issuer
      if (issuer.retiresAt !== null && issuer.retiresAt <= end) retirements.delete(issuer.id)
      return { ...issuer, retiresAt: Math.min(end, issuer.retiresAt ?? end) }
    },
  }
}

const toMoment = (value: string | number | null | undefined): number | null =>
  value == null ? null : Number(value)

export type RecentRevocations = ReturnType<typeof createRecentRevocations>
