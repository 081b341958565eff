import { randomInt } from 'node:crypto'
import type { Identity } from '../accounts/identity-store.ts'
import type { Clock } from '../clock.ts'
import type { MemberRole } from '../contract/roles.ts'
import type { OrganizationStore } from '../organizations/organization-store.ts'
import { systemActor } from '../shapes/actor.ts'
import { type FirstRun, type FirstUser, findFirstRun, writeFirstRun } from './first-run.ts'

const organizations = [
  { slug: 'acme', legalName: 'Acme Payments Ltd', country: 'GB', state: 'Greater London' },
  { slug: 'globex', legalName: 'Globex Zahlungen GmbH', country: 'DE', state: 'Berlin' },
]

const firstUsers: Omit<FirstUser, 'oneTimePassword'>[] = [
  { email: 'operator@postern.example', role: 'operator', organization: null },
  ...organizations.map(({ slug }) => ({ email: `admin@${slug}.example`, role: 'admin', organization: slug })),
]

interface DemoDependencies {
  identity: Pick<Identity, 'createUser' | 'findUserId'>
  organizations: OrganizationStore
  clock: Clock
}

/**
 * Creates the demo in an empty store: two organizations with an admin each, and an operator. Their one-time
 * passwords are written to `first-run.json` before any user is created, and an interrupted start is
 * continued.
 */
export async function ensureDemo(
  dependencies: DemoDependencies,
  dataFolder: string,
  addresses: Omit<FirstRun, 'people'>,
): Promise<void> {
  const isNew = await dependencies.organizations.isEmpty()
  const waiting = findFirstRun(dataFolder)?.people ?? []
  if (isNew && waiting.length < firstUsers.length) {
    const users = firstUsers.map((user) => ({ ...user, oneTimePassword: createOneTimePassword() }))
    writeFirstRun(dataFolder, { ...addresses, people: users })
    await makeDemo(dependencies, users)
  } else if (waiting.length > 0) await makeDemo(dependencies, waiting)
}

const actor = systemActor('demo')

/** Creates the missing parts of the demo. */
async function makeDemo(
  { identity, organizations: store, clock }: DemoDependencies,
  users: readonly FirstUser[],
): Promise<void> {
  for (const organization of organizations) {
    if ((await store.findBySlug(organization.slug)) !== undefined) continue
    await store.insert(organization, { actor, now: clock.now() })
  }
  for (const { email, oneTimePassword, role, organization: slug } of users) {
    const operator = slug === null
    const userId =
      (await identity.findUserId(email)) ??
      (await identity.createUser({
        email,
        name: operator ? 'Operator' : 'Admin',
        password: oneTimePassword,
        operatorRole: operator ? 'operator' : null,
        mustChangePassword: true,
      }))
    const organization = operator ? undefined : await store.findBySlug(slug)
    if (organization === undefined || (await store.findRole(organization.id, userId)) !== undefined) continue
    await store.insertMember(organization.id, userId, role as MemberRole, { actor, now: clock.now() })
  }
}

/** Returns four groups of five unambiguous letters and digits: 98 random bits. */
function createOneTimePassword(): string {
  const emails = 'abcdefghjkmnpqrstuvwxyz23456789'
  const group = () => Array.from({ length: 5 }, () => emails[randomInt(emails.length)]).join('')
  return [group(), group(), group(), group()].join('-')
}
