import { createIdentity } from '../../src/accounts/identity-store.ts'
import { systemClock } from '../../src/clock.ts'
import { operations } from '../../src/contract/operations.ts'
import type { MemberRole, OperatorRole } from '../../src/contract/roles.ts'
import { createOrganizationStore } from '../../src/organizations/organization-store.ts'
import { systemActor } from '../../src/shapes/actor.ts'
import { type Database, openDatabase } from '../../src/storage/database.ts'
import { type ApiClient, createApiClient, type PortalAddress } from './api.ts'
import type { PosternPlace } from './postern.ts'

/** The password of every user that a test creates. */
export const testPassword = 'a long test password'

const actor = systemActor('test')

/** Where a store is, and the store itself where this process has it open. */
interface StoreAddress extends Pick<PosternPlace, 'storage'> {
  database?: Database
}

/** A portal with its store. */
type PosternAddress = PortalAddress & StoreAddress

/**
 * Works on the store of a Postern: of another process beside it, as an operator's own tool would, and of this one on
 * what is open, since two that write from one thread would wait for each other.
 */
export async function withStore<T>(
  postern: StoreAddress,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  if (postern.database !== undefined) return work(postern.database)
  const database = await openDatabase(postern.storage)
  try {
    return await work(database)
  } finally {
    await database.close()
  }
}

/** Creates a user with a role in an organization, and signs in. */
export async function addUser(
  postern: PosternAddress,
  email: string,
  role: MemberRole,
  slug: string,
): Promise<ApiClient> {
  await withStore(postern, async (database) => {
    const identity = createIdentity(
      database,
      'not the session key: nobody signs in here',
      { url: postern.portalUrl },
      systemClock,
    )
    const organizations = createOrganizationStore(database)
    const organization = await organizations.findBySlug(slug)
    const userId = await identity.createUser({
      email,
      name: role,
      password: testPassword,
      operatorRole: null,
      mustChangePassword: false,
    })
    await organizations.insertMember(organization?.id ?? '', userId, role, { actor, now: Date.now() })
  })
  return signIn(postern, email)
}

/** Creates a user who works for the provider, and signs in. */
export async function addPlatformUser(
  postern: PosternAddress,
  email: string,
  operatorRole: OperatorRole,
): Promise<ApiClient> {
  await withStore(postern, async (database) => {
    await createIdentity(
      database,
      'not the session key: nobody signs in here',
      { url: postern.portalUrl },
      systemClock,
    ).createUser({
      ...{ email, name: operatorRole, password: testPassword },
      ...{ operatorRole, mustChangePassword: false },
    })
  })
  return signIn(postern, email)
}

/** Creates an organization with an admin, and signs the admin in. */
export async function addOrganization(
  postern: PosternAddress,
  organization: { slug: string; legalName: string; country?: string; state?: string },
): Promise<ApiClient> {
  await withStore(postern, (database) =>
    createOrganizationStore(database).insert(
      { country: 'GB', state: '', ...organization },
      { actor, now: Date.now() },
    ),
  )
  return addUser(postern, `admin@${organization.slug}.test`, 'admin', organization.slug)
}

/** Returns a signed-in client with a new session. */
export async function signIn(
  postern: PosternAddress,
  email: string,
  password = testPassword,
): Promise<ApiClient> {
  const client = createApiClient(postern, email)
  await client.call(operations.signIn, { body: { email, password } })
  client.password = password
  return client
}
