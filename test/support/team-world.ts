import { createIdentity } from '../../src/accounts/identity-store.ts'
import { createTurns } from '../../src/accounts/take-turns.ts'
import type { MemberRole, OperatorRole } from '../../src/contract/roles.ts'
import { createInvitationMail } from '../../src/notifications/invitation-email-store.ts'
import { createMembershipMail } from '../../src/notifications/membership-email-store.ts'
import { createEmailWriter } from '../../src/notifications/write-emails-store.ts'
import { createAcceptanceStore } from '../../src/organizations/acceptance-store.ts'
import { createInvitationStore } from '../../src/organizations/invitation-store.ts'
import { createMemberStore } from '../../src/organizations/member-store.ts'
import { createOrganizationStore } from '../../src/organizations/organization-store.ts'
import { type Actor, systemActor } from '../../src/shapes/actor.ts'
import type { Database } from '../../src/storage/database.ts'
import { newId } from '../../src/storage/id.ts'
import { createTestClock } from './certificate-harness.ts'

const system = systemActor('test')
const portalUrl = 'https://portal.example'
const many = 1000
const limits = {
  perHour: many,
  externalPerHour: many,
  perRecipientPerDay: many,
  externalPerRecipientPerDay: many,
}

/** Members and invitations of organizations on a store, as the portal composes them. */
export function createTeamWorld(database: Database, emailLimits = limits) {
  const { queries } = database
  const clock = createTestClock()
  const organizations = createOrganizationStore(database)
  const mail = createInvitationMail(createEmailWriter(emailLimits, portalUrl), portalUrl)
  const invitations = createInvitationStore(database, mail, { maxPeople: 500 })
  const identity = createIdentity(database, 'a session key for tests, long enough', { url: portalUrl }, clock)
  const turns = createTurns({ atOnce: 1, maxWaiting: 64 }, () => new Error('busy'))
  const act = (actor: Actor) => ({ actor, now: clock.now() })
  return {
    ...{ queries, clock, organizations, invitations, identity, act, inTurn: turns.run },
    members: createMemberStore(
      database,
      createMembershipMail(createEmailWriter(emailLimits, portalUrl), portalUrl),
    ),
    acceptances: createAcceptanceStore(database),

    async addOrganization(slug: string, legalName = slug) {
      const id = await organizations.insert({ slug, legalName, country: 'PL', state: '' }, act(system))
      return { id, slug, legalName }
    },

    /** Creates a user without a password, and returns them as an actor. */
    async addUser(email: string, operatorRole: OperatorRole | null = null): Promise<Actor> {
      const id = newId('user', clock.now())
      await queries
        .insertInto('users')
        .values({
          ...{ id, email, name: email, image: null, email_verified: 1, operator_role: operatorRole },
          ...{ must_change_password: 0, created_at: '', updated_at: '' },
        })
        .execute()
      const kind = operatorRole === null ? 'person' : 'operator'
      return { kind, id, name: email, origin: '192.0.2.1' }
    },

    /** Makes a user a member; returns the ID of the membership. */
    async join(organization: { id: string }, user: Actor, role: MemberRole): Promise<string> {
      await organizations.insertMember(organization.id, user.id, role, act(system))
      const { id } = await queries
        .selectFrom('members')
        .select('id')
        .where('organization_id', '=', organization.id)
        .where('user_id', '=', user.id)
        .executeTakeFirstOrThrow()
      return id
    },

    /** Sends an invitation; returns it with the token of its email. */
    async invite(
      organization: { id: string; legalName: string },
      by: Actor,
      email: string,
      role: MemberRole = 'developer',
    ): Promise<{ id: string; token: string; body: string }> {
      const id = await invitations.create(organization, { email, role }, act(by))
      const { body } = await queries
        .selectFrom('outbox')
        .select('body')
        .where('key', '=', `invitation:${id}`)
        .executeTakeFirstOrThrow()
      return { id, body, token: /#token=([\w-]+)/.exec(body)?.[1] ?? '' }
    },

    /** Returns the audited actions about a subject with what they record. */
    async readAudit(subjectId: string) {
      const rows = await queries
        .selectFrom('audit')
        .select(['action', 'actor_name', 'before', 'after'])
        .where('subject_id', '=', subjectId)
        .orderBy('sequence')
        .execute()
      return rows.map(({ action, actor_name, before, after }) => [
        action,
        actor_name,
        JSON.parse(before ?? 'null'),
        JSON.parse(after ?? 'null'),
      ])
    },
  }
}

export type TeamWorld = ReturnType<typeof createTeamWorld>
