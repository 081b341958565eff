import type { Clock } from '../clock.ts'
import type { Environment } from '../config/config.ts'
import type { OrganizationLimitsView } from '../contract/organization.ts'
import type { SecurityPolicy, SecurityPolicyChange } from '../contract/second-factor.ts'
import { PosternError } from '../errors.ts'
import type { Handlers } from '../http/handler.ts'
import { assertCertifiable } from '../pki/name/subject.ts'
import type { Act } from '../shapes/act.ts'
import type { Organization } from '../shapes/organization.ts'
import { closeOrganization, setLimits } from './change-organization.ts'
import type { OrganizationChangeStore } from './organization-change-store.ts'
import type { OrganizationListStore } from './organization-list-store.ts'

interface OrganizationDependencies {
  organizations: {
    findBySlug(slug: string): Promise<Organization | undefined>
    readSecurityPolicy(id: string): Promise<SecurityPolicy>
    setSecurityPolicy(id: string, policy: SecurityPolicyChange, act: Act): Promise<void>
  }
  lists: OrganizationListStore
  changes: OrganizationChangeStore
  environments: ReadonlyMap<string, Environment>
  /** The limits of the configuration that are not those of an environment. */
  readDefaults(): Omit<OrganizationLimitsView['defaults'], 'environments'>
  clock: Clock
}

type Ids =
  | 'createOrganization'
  | 'listOrganizations'
  | 'listOrganizationUse'
  | 'getOrganization'
  | 'getOrganizationUse'
  | 'updateOrganization'
  | 'suspendOrganization'
  | 'reactivateOrganization'
  | 'closeOrganization'
  | 'getOrganizationLimits'
  | 'setOrganizationLimits'
  | 'getSecurityPolicy'
  | 'setSecurityPolicy'

/** Returns the handlers for organizations. */
export function organizationRoutes(dependencies: OrganizationDependencies): Pick<Handlers, Ids> {
  const { organizations, lists, changes, clock } = dependencies
  return {
    async createOrganization({ actor, body }) {
      assertCertifiable(body)
      return lists.describe(await changes.insert(body, { actor, now: clock.now() }))
    },
    listOrganizations: ({ query }) => lists.list(query),
    listOrganizationUse: ({ query }) => lists.listUse(query, clock.now()),
    // The answer to a repeated creation is read by ID, and has no organization in its path.
    getOrganization: ({ organization, params }) =>
      lists.describe((organization as Organization | undefined)?.id ?? params.organization),
    getOrganizationUse: ({ organization }) => lists.getUse(organization.id, clock.now()),
    async updateOrganization({ actor, organization, body }) {
      // An older store may have facts that no certificate can name; the others can be changed.
      assertCertifiable({
        legalName: body.legalName === organization.legalName ? undefined : body.legalName,
        country: body.country === organization.country ? undefined : body.country,
        state: body.state === organization.state ? undefined : body.state,
      })
      await changes.update(organization.id, body, { actor, now: clock.now() })
      return lists.describe(organization.id)
    },
    async suspendOrganization({ actor, organization: { id }, body }) {
      await changes.changeStatus(id, 'suspended', body.reason, { actor, now: clock.now() })
      return lists.describe(id)
    },
    async reactivateOrganization({ actor, organization: { id } }) {
      await changes.changeStatus(id, 'active', null, { actor, now: clock.now() })
      return lists.describe(id)
    },
    async closeOrganization({ actor, organization, body }) {
      await closeOrganization(dependencies, actor, organization, body)
      return lists.describe(organization.id)
    },
    getOrganizationLimits: ({ organization }) => readLimits(dependencies, organization.slug),
    async setOrganizationLimits({ actor, organization: { id, slug }, body }) {
      await setLimits(dependencies, actor, id, body)
      return readLimits(dependencies, slug)
    },
    getSecurityPolicy: ({ organization }) => organizations.readSecurityPolicy(organization.id),
    async setSecurityPolicy({ actor, session, organization, body }) {
      // Whoever demands a factor has one, so that an organization does not lose all its admins.
      if (body.requiresSecondFactor && session.secondFactor === null)
        throw new PosternError(
          'second_factor_needed',
          'Only an admin who has signed in with a second factor can demand one. Add one under Sign-in methods.',
        )
      await organizations.setSecurityPolicy(organization.id, body, { actor, now: clock.now() })
      return organizations.readSecurityPolicy(organization.id)
    },
  }
}

async function readLimits(
  { organizations, environments, readDefaults }: OrganizationDependencies,
  slug: string,
): Promise<OrganizationLimitsView> {
  const limits = (await organizations.findBySlug(slug))?.limits
  const own = new Map(limits?.environments.map((one) => [one.environment, one]))
  return {
    maxCredentials: limits?.maxCredentials ?? null,
    emailsPerHour: limits?.emailsPerHour ?? null,
    maxPeople: limits?.maxPeople ?? null,
    environments: [...environments.keys()].map(
      (environment) =>
        own.get(environment) ?? { environment, maxCertificates: null, certificatesPerHour: null },
    ),
    defaults: {
      ...readDefaults(),
      environments: [...environments.values()].map(({ name, maxCertificates, certificatesPerHour }) => ({
        environment: name,
        maxCertificates,
        certificatesPerHour,
      })),
    },
  }
}
