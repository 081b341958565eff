import { randomBytes } from 'node:crypto'
import { recordAudit } from '../../audit/record-audit.ts'
import type { NewSingleSignOn, SingleSignOnDomain } from '../../contract/single-sign-on.ts'
import { PosternError } from '../../errors.ts'
import type { Act } from '../../shapes/act.ts'
import type { MasterKey } from '../../shapes/master-key.ts'
import { toText } from '../../shapes/moment.ts'
import type { Database, Queries, Tx } from '../../storage/database.ts'
import { seal, unseal } from '../../storage/seal.ts'
import { toSealedValues } from '../../storage/sealed-column-store.ts'
import { listPasswordAdmins } from './must-use-provider-store.ts'
import { providerOf } from './provider-id.ts'

/** The settings of an organization as they are stored, without the secret. */
export type Settings = Omit<NewSingleSignOn, 'clientSecret' | 'domains'> & {
  organizationId: string
  updatedAt: number
}

/** Settings and domains, as an admin reads them. */
type FoundSettings = Settings & { domains: SingleSignOnDomain[] }

/** What a sign-in through the provider needs. */
export interface Provider {
  settings: Settings
  slug: string
  clientSecret: string
}

/** Creates the store of the single sign-on of organizations; client secrets are sealed under `authorityKey`. */
export function createSingleSignOnStore(database: Database, authorityKey: MasterKey) {
  const { queries } = database

  const find = async (from: Queries, organizationId: string) => {
    const row = await selectSettings(from).where('organization_id', '=', organizationId).executeTakeFirst()
    return row && { row, settings: toSettings(row) }
  }
  /** Returns the provider of an organization, of whatever status: {@link createProviderEntry} asks for that. */
  const findProvider = async (organizationId: string): Promise<Provider | undefined> => {
    const row = await selectSettings(queries)
      .innerJoin('organizations', 'organizations.id', 'single_sign_on.organization_id')
      .select('organizations.slug')
      .where('organization_id', '=', organizationId)
      .executeTakeFirst()
    if (row === undefined) return undefined
    const secret = unseal(authorityKey, new Uint8Array(row.sealed_secret), contextOf(organizationId))
    return { settings: toSettings(row), slug: row.slug, clientSecret: Buffer.from(secret).toString() }
  }

  return {
    findProvider,

    /** Returns settings and domains; undefined for an organization without single sign-on. */
    async find(organizationId: string): Promise<FoundSettings | undefined> {
      const found = await find(queries, organizationId)
      return found && { ...found.settings, domains: await listDomains(queries, organizationId) }
    },

    /** Returns the active organization that has proven a domain, and whether its provider is the only way. */
    async findByDomain(domain: string): Promise<{ organizationId: string; required: boolean } | undefined> {
      const row = await queries
        .selectFrom('single_sign_on_domains')
        .innerJoin(
          'single_sign_on',
          'single_sign_on.organization_id',
          'single_sign_on_domains.organization_id',
        )
        .innerJoin('organizations', 'organizations.id', 'single_sign_on.organization_id')
        .select(['organizations.id', 'is_required'])
        .where('domain', '=', domain)
        .where('proven_at', 'is not', null)
        .where('organizations.status', '=', 'active')
        .executeTakeFirst()
      return row && { organizationId: row.id, required: Boolean(row.is_required) }
    },

    /**
     * Sets the settings of an organization. Throws `single_sign_on_secret_missing` without a secret for a new issuer or
     * client ID, since the present one would be sent to another server, and `password_admin_missing`.
     */
    async set(organizationId: string, input: NewSingleSignOn, { actor, now }: Act): Promise<void> {
      const { clientSecret, domains, ...settings } = input
      await database.transaction(async (tx) => {
        const before = await find(tx, organizationId)
        const isSame =
          before?.settings.issuer === settings.issuer && before.settings.clientId === settings.clientId
        if (clientSecret === undefined && !isSame) throw secretMissing()
        await assertPasswordAdmins(tx, organizationId, input)
        const provenBefore = await listDomains(tx, organizationId)
        const sealed =
          clientSecret === undefined
            ? before?.row.sealed_secret
            : seal(authorityKey, Buffer.from(clientSecret), contextOf(organizationId))
        if (before !== undefined && before.settings.issuer !== settings.issuer)
          await deleteLinks(tx, organizationId, before.settings.issuer)
        await tx.deleteFrom('single_sign_on').where('organization_id', '=', organizationId).execute()
        await tx
          .insertInto('single_sign_on')
          .values({
            organization_id: organizationId,
            issuer: settings.issuer,
            client_id: settings.clientId,
            sealed_secret: sealed as Uint8Array,
            role_claim: settings.roleClaim,
            roles: JSON.stringify(settings.roles),
            default_role: settings.defaultRole,
            is_required: Number(settings.required),
            password_admins: JSON.stringify(settings.passwordAdmins),
            second_factor_values: JSON.stringify(settings.secondFactorValues),
            // It tells settings apart, also two of the same millisecond.
            updated_at: Math.max(now, (before?.settings.updatedAt ?? 0) + 1),
          })
          .execute()
        await setDomains(tx, organizationId, domains)
        const audited = (each: object, names: string[]) => ({
          ...withoutStored(each),
          domains: names.toSorted(),
        })
        await recordAudit(
          tx,
          {
            ...subjectOf(organizationId),
            actor,
            action: 'single_sign_on.set',
            ...(before && {
              before: audited(
                before.settings,
                provenBefore.map(({ domain }) => domain),
              ),
            }),
            after: { ...audited(settings, domains), clientSecretChanged: clientSecret !== undefined },
          },
          now,
        )
      })
    },

    /** Deletes settings, domains and the links of users. Throws `not_found`. */
    async delete(organizationId: string, { actor, now }: Act): Promise<void> {
      await database.transaction(async (tx) => {
        const found = await find(tx, organizationId)
        if (found === undefined) throw notFound()
        const domains = await listDomains(tx, organizationId)
        await deleteLinks(tx, organizationId, found.settings.issuer)
        await tx.deleteFrom('single_sign_on_domains').where('organization_id', '=', organizationId).execute()
        await tx.deleteFrom('single_sign_on').where('organization_id', '=', organizationId).execute()
        const before = {
          ...withoutStored(found.settings),
          domains: domains.map(({ domain }) => domain),
        }
        await recordAudit(
          tx,
          { ...subjectOf(organizationId), actor, action: 'single_sign_on.deleted', before },
          now,
        )
      })
    },

    /**
     * Records that the TXT record of a domain with `challenge` was found. Throws `domain_taken` if another organization
     * has proven it, and `not_found` if the organization does not name it with this challenge any more.
     */
    async proveDomain(
      organizationId: string,
      { domain, challenge }: { domain: string; challenge: string },
      { actor, now }: Act,
    ): Promise<void> {
      await database.transaction(async (tx) => {
        const owner = await tx
          .selectFrom('single_sign_on_domains')
          .select('organization_id')
          .where('domain', '=', domain)
          .where('proven_at', 'is not', null)
          .executeTakeFirst()
        if (owner?.organization_id === organizationId) return
        if (owner !== undefined) throw domainTaken()
        const proven = await tx
          .updateTable('single_sign_on_domains')
          .set({ proven_at: now })
          .where('organization_id', '=', organizationId)
          .where('domain', '=', domain)
          .where('challenge', '=', challenge)
          .executeTakeFirst()
        if (proven.numUpdatedRows === 0n) throw notFound()
        const entry = { ...subjectOf(organizationId), actor, action: 'single_sign_on.domain_proven' }
        await recordAudit(tx, { ...entry, after: { domain } }, now)
      })
    },
  }
}

export type SingleSignOnStore = ReturnType<typeof createSingleSignOnStore>

const contextOf = (organizationId: string) => `single sign-on of ${organizationId}`

/** The client secrets of all identity providers, under the authority key. */
export const sealedClientSecrets = toSealedValues({
  name: 'client secrets of single sign-on',
  ...{ table: 'single_sign_on', id: 'organization_id', column: 'sealed_secret', contextOf },
})

const subjectOf = (organizationId: string) => ({
  organizationId,
  subjectKind: 'organization',
  subjectId: organizationId,
})

const selectSettings = (queries: Queries) => queries.selectFrom('single_sign_on').selectAll('single_sign_on')

type Row = Awaited<ReturnType<ReturnType<typeof selectSettings>['executeTakeFirstOrThrow']>>

const toSettings = (row: Row): Settings => ({
  organizationId: row.organization_id,
  issuer: row.issuer,
  clientId: row.client_id,
  roleClaim: row.role_claim,
  roles: JSON.parse(row.roles),
  defaultRole: row.default_role,
  required: Boolean(row.is_required),
  passwordAdmins: JSON.parse(row.password_admins),
  secondFactorValues: JSON.parse(row.second_factor_values),
  updatedAt: Number(row.updated_at),
})

function withoutStored(settings: object): Record<string, unknown> {
  const { organizationId: _, updatedAt: __, ...rest } = settings as Settings
  return rest
}

async function listDomains(queries: Queries, organizationId: string): Promise<SingleSignOnDomain[]> {
  const rows = await queries
    .selectFrom('single_sign_on_domains')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .orderBy('domain')
    .execute()
  return rows.map(({ domain, challenge, proven_at: provenAt }) => ({
    domain,
    recordName: `_postern-challenge.${domain}`,
    recordValue: challenge,
    provenAt: toText(provenAt),
  }))
}

/** A domain that stays keeps its challenge and its proof. */
async function setDomains(tx: Tx, organizationId: string, domains: readonly string[]): Promise<void> {
  await tx
    .deleteFrom('single_sign_on_domains')
    .where('organization_id', '=', organizationId)
    .where('domain', 'not in', domains)
    .execute()
  await tx
    .insertInto('single_sign_on_domains')
    .values(
      [...new Set(domains)].map((domain) => ({
        organization_id: organizationId,
        domain,
        challenge: `postern-domain=${randomBytes(24).toString('base64url')}`,
        proven_at: null,
      })),
    )
    .onConflict((conflict) => conflict.columns(['organization_id', 'domain']).doNothing())
    .execute()
}

const deleteLinks = (tx: Tx, organizationId: string, issuer: string) =>
  tx.deleteFrom('accounts').where('provider_id', '=', providerOf(organizationId, issuer)).execute()

/** Throws `password_admin_missing` unless each is an admin with a password, and there is one if it is needed. */
async function assertPasswordAdmins(
  tx: Tx,
  organizationId: string,
  { required, passwordAdmins }: NewSingleSignOn,
): Promise<void> {
  if (required && passwordAdmins.length === 0) throw adminMissing()
  const found = await listPasswordAdmins(tx, organizationId, passwordAdmins)
  if (found.length < new Set(passwordAdmins).size) throw adminMissing()
}

const notFound = () => new PosternError('not_found', 'There is nothing here, or nothing that you may see.')
const secretMissing = () =>
  new PosternError(
    'single_sign_on_secret_missing',
    'A new issuer or client ID needs its client secret. Send clientSecret too.',
  )
const adminMissing = () =>
  new PosternError(
    'password_admin_missing',
    'Each address in passwordAdmins must be an admin of the organization who has a password. If single sign-on is required, name at least one.',
  )
const domainTaken = () =>
  new PosternError(
    'domain_taken',
    'Another organization has proven this domain. Ask your API provider if it should be yours.',
  )
