import type { Clock } from '../clock.ts'
import type { SessionView } from '../contract/session.ts'
import type { Handlers, Session } from '../http/handler.ts'
import type { Identity, Person } from './identity-store.ts'
import type { OrganizationStore } from './organization-store.ts'

interface Parts {
  identity: Identity
  organizations: OrganizationStore
  clock: Clock
  /** Called once a person has chosen a password of their own. */
  onPasswordChosen(email: string): void
}

/** Sign-in, session and password; the operators' list of organizations. */
export function sessionRoutes(
  parts: Parts,
): Pick<Handlers, 'signIn' | 'getSession' | 'signOut' | 'changePassword' | 'listOrganizations'> {
  const { identity, organizations, clock } = parts
  const record = (action: string, actor: Parameters<OrganizationStore['recordPersonAct']>[0]['actor']) =>
    organizations.recordPersonAct(
      { actor, action, organizationId: null, subjectKind: 'person', subjectId: actor.id },
      clock.now(),
    )

  return {
    async signIn({ actor, body, headers }) {
      const { person, cookies } = await identity.signIn(body.email, body.password, headers)
      await record('person.signed_in', { ...actor, id: person.userId, name: person.email })
      return { cookies, body: await presentSession(organizations, person) }
    },
    getSession: async ({ session }) => presentSession(organizations, session),
    async signOut({ actor, headers }) {
      const cookies = await identity.signOut(headers)
      await record('person.signed_out', actor)
      return { cookies, body: undefined }
    },
    async changePassword({ actor, session, body, headers }) {
      const cookies = await identity.changePassword(headers, body)
      await record('person.password_changed', actor)
      parts.onPasswordChosen(session.email)
      return { cookies, body: await presentSession(organizations, { ...session, mustChangePassword: false }) }
    },
    listOrganizations: ({ query }) => organizations.list(query),
  }
}

async function presentSession(
  organizations: OrganizationStore,
  person: Person | Session,
): Promise<SessionView> {
  return {
    email: person.email,
    name: person.name,
    operator: person.operator,
    mustChangePassword: person.mustChangePassword,
    organizations: person.mustChangePassword ? [] : await organizations.listMemberships(person.userId),
  }
}
