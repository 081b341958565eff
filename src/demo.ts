import { randomInt } from 'node:crypto'
import { systemActor } from './audit/record-audit.ts'
import type { Clock } from './clock.ts'
import type { MemberRole } from './contract/roles.ts'
import type { FirstPerson } from './first-run.ts'
import type { Identity } from './organizations/identity-store.ts'
import type { OrganizationStore } from './organizations/organization-store.ts'

const organizations = [
  { slug: 'acme', legalName: 'Acme Payments Ltd', country: 'GB', state: 'Greater London' },
  { slug: 'globex', legalName: 'Globex Zahlungen GmbH', country: 'DE', state: 'Berlin' },
]

interface DemoParts {
  identity: Identity
  organizations: OrganizationStore
  clock: Clock
}

/**
 * Makes two organizations with an admin each, and an operator, where the store has none. Gives
 * the people with their one-time passwords; nobody where there was something already.
 */
export async function ensureDemo(parts: DemoParts): Promise<FirstPerson[]> {
  if (!(await parts.organizations.isEmpty())) return []
  const actor = systemActor('demo')
  const people: FirstPerson[] = [await createFirstPerson(parts, 'operator@postern.example', 'Operator', null)]
  for (const organization of organizations) {
    const id = await parts.organizations.insert(organization, { actor }, parts.clock.now())
    const email = `admin@${organization.slug}.example`
    const person = await createFirstPerson(parts, email, 'Admin', {
      id,
      slug: organization.slug,
      role: 'admin',
      actor,
    })
    people.push(person)
  }
  return people
}

async function createFirstPerson(
  { identity, organizations: store, clock }: DemoParts,
  email: string,
  name: string,
  member: { id: string; slug: string; role: MemberRole; actor: ReturnType<typeof systemActor> } | null,
): Promise<FirstPerson> {
  const oneTimePassword = createOneTimePassword()
  const userId = await identity.createPerson({
    email,
    name,
    password: oneTimePassword,
    operator: member === null,
    mustChangePassword: true,
  })
  if (member !== null)
    await store.insertMember(member.id, userId, member.role, { actor: member.actor }, clock.now())
  return { email, oneTimePassword, role: member?.role ?? 'operator', organization: member?.slug ?? null }
}

/** Four groups of five letters and digits that cannot be mistaken for one another: 98 random bits. */
function createOneTimePassword(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789'
  const group = () => Array.from({ length: 5 }, () => letters[randomInt(letters.length)]).join('')
  return [group(), group(), group(), group()].join('-')
}
