import { type EnforcementMode, policySubject, readPolicySubject } from '../../contract/enforcement-policy.ts'
import type { LostRevocation } from '../../contract/lost-revocation.ts'
import { stopsLess } from './organization-status.ts'
import { getKeyName, getSecretName, type SeenRevocations } from './recent-revocations.ts'
import { acceptsMore, limitMigration, type RegisteredMigration } from './registered-migration.ts'
import type { RegisteredClient, RegisteredIssuer, RegisteredOrganization } from './registered-parties.ts'

/** The entries of a registry other than certificates. */
export interface Holdings {
  organizations: readonly RegisteredOrganization[]
  clients: readonly RegisteredClient[]
  plans: readonly { organizationId: string; environment: string; policy: { mode: EnforcementMode } }[]
  migrations: readonly { organizationId: string; environment: string; migration: RegisteredMigration }[]
  issuers: readonly RegisteredIssuer[]
}

/**
 * Finds what `known` has as ended but is active in a store that was restored to an older state; and which
 * credentials that store lacks, or has with wider limits.
 */
export function compareWithStore(known: Holdings, stored: Holdings, seen: SeenRevocations): LostRevocation[] {
  const byId = new Map(known.clients.map((client) => [client.credentialId, client]))
  const storedIds = new Set(stored.clients.map(({ credentialId }) => credentialId))
  return [
    ...stored.clients.flatMap((client) => compareClient(byId.get(client.credentialId), client, seen)),
    ...known.clients
      .filter(({ credentialId }) => !storedIds.has(credentialId))
      .map((client) => ending('credential_unknown', client, client.credentialId)),
    ...compareOrganizations(known, stored),
    ...comparePolicies(known, stored),
    ...compareMigrations(known, stored),
    ...compareIssuers(known, stored),
  ]
}

const ending = (
  kind: LostRevocation['kind'],
  { organizationId, environment, name }: Pick<RegisteredClient, 'organizationId' | 'environment' | 'name'>,
  subjectId: string,
  detail: LostRevocation['detail'] = {},
): LostRevocation => ({ kind, subjectId, organizationId, environment, name, detail })

function compareClient(
  known: RegisteredClient | undefined,
  stored: RegisteredClient,
  seen: SeenRevocations,
): LostRevocation[] {
  const { credentialId } = stored
  if (seen.has(stored, credentialId)) return [ending('credential_deleted', stored, credentialId)]
  const found: LostRevocation[] = []
  for (const secret of stored.secrets) {
    const name = getSecretName(secret)
    const earlier = known?.secrets.find((other) => getSecretName(other) === name)?.expiresAt ?? null
    const isShortened = earlier !== null && earlier < (secret.expiresAt ?? Number.POSITIVE_INFINITY)
    const endsAt = seen.has(stored, name) ? 0 : isShortened ? earlier : undefined
    if (endsAt !== undefined) found.push(ending('secret_ended', stored, name, { credentialId, endsAt }))
  }
  for (const key of stored.keys) {
    const name = getKeyName(credentialId, key)
    if (seen.has(stored, name)) found.push(ending('key_ended', stored, name, { credentialId, kid: key.id }))
  }
  if (known !== undefined && getLimits(known) !== getLimits(stored))
    found.push(ending('credential_limited', stored, credentialId))
  return found
}

/** Formats the limits of credentials as one text. */
export const getLimits = ({ scopes, networks, certificateIds }: RegisteredClient): string =>
  JSON.stringify([scopes, networks?.rules ?? null, certificateIds && [...certificateIds]])

function compareOrganizations(known: Holdings, stored: Holdings): LostRevocation[] {
  const byId = new Map(known.organizations.map((organization) => [organization.id, organization.status]))
  return stored.organizations.flatMap(({ id, slug, status }) => {
    const last = byId.get(id) ?? 'active'
    if (!stopsLess(status, last)) return []
    const named = { organizationId: id, environment: null, name: slug }
    return [{ kind: 'organization_stopped', subjectId: id, ...named, detail: { status: last } }]
  })
}

function comparePolicies(known: Holdings, stored: Holdings): LostRevocation[] {
  const enforcedIn = ({ plans: policies }: Holdings) =>
    policies
      .filter(({ policy }) => policy.mode === 'enforce')
      .map(({ organizationId, environment }) => policySubject(organizationId, environment))
  const still = new Set(enforcedIn(stored))
  return enforcedIn(known)
    .filter((subject) => !still.has(subject))
    .map((subject) => ending('plan_enforced', { ...readPolicySubject(subject), name: subject }, subject))
}

function compareMigrations(known: Holdings, stored: Holdings): LostRevocation[] {
  const subjectOf = ({ organizationId, environment }: Holdings['migrations'][number]) =>
    policySubject(organizationId, environment)
  const bySubject = new Map(stored.migrations.map((one) => [subjectOf(one), one.migration]))
  return known.migrations.flatMap((one) => {
    const name = subjectOf(one)
    const present = bySubject.get(name) ?? { endsAt: null, exceptionUntil: null }
    if (!acceptsMore(present, one.migration)) return []
    return [
      ending('migration_limited', { ...one, name }, name, { ...limitMigration(present, one.migration) }),
    ]
  })
}

function compareIssuers(known: Holdings, stored: Holdings): LostRevocation[] {
  const byId = new Map(known.issuers.map((issuer) => [issuer.id, issuer]))
  return stored.issuers.flatMap(({ id, environment, retiresAt }) => {
    const earlier = byId.get(id)?.retiresAt ?? null
    if (earlier === null || earlier >= (retiresAt ?? Number.POSITIVE_INFINITY)) return []
    const detail = { retiresAt: earlier }
    return [{ kind: 'issuer_retired', subjectId: id, organizationId: null, environment, name: id, detail }]
  })
}
