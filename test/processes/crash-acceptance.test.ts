import { randomBytes, randomInt } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, inject, onTestFinished, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import type { MemberRole } from '../../src/contract/roles.ts'
import { hashInvitationToken } from '../../src/organizations/invitation.ts'
import type { Database } from '../../src/storage/database.ts'
import { newId } from '../../src/storage/id.ts'
import { type ApiClient, createApiClient, signInFirst } from '../support/api.ts'
import { until } from '../support/certificates.ts'
import { type PosternPlace, preparePostern, type RunningPostern } from '../support/postern.ts'
import { createPostgresDatabase } from '../support/postgres.ts'
import { clearPlace } from '../support/processes.ts'
import { addUser, testPassword, withStore } from '../support/users.ts'

/** How often the portal is killed while it accepts invitations, and again while it changes a role. */
const kills = Number(process.env.POSTERN_KILLS ?? 3)
const perKill = 24
const admin = 'admin@acme.example'
const day = 86_400_000

/** One invitation to an organization of its own, whose token a test holds. */
interface Invited {
  id: string
  organizationId: string
  email: string
  role: MemberRole
  token: string
}

type Store = Pick<RunningPostern, 'storage'>

/** Invites each address to a new organization, as an operator does. */
const inviteAll = (store: Store, emails: readonly string[]): Promise<Invited[]> =>
  withStore(store, async ({ queries }) => {
    const now = Date.now()
    const operator = await queries
      .selectFrom('users')
      .select(['id', 'email'])
      .where('operator_role', '=', 'operator')
      .executeTakeFirstOrThrow()
    const invited = emails.map((email, index) => ({
      ...{ id: newId('invitation', now), organizationId: newId('organization', now), email },
      role: (['viewer', 'developer', 'admin'] as const)[index % 3] as MemberRole,
      token: randomBytes(32).toString('base64url'),
    }))
    await queries
      .insertInto('organizations')
      .values(
        invited.map(({ organizationId }, index) => ({
          ...{ id: organizationId, slug: `invites-${index}`, legal_name: "O'Neil & Co / Ltd" },
          ...{ country: 'GB', state: '', created_at: now },
        })),
      )
      .execute()
    await queries
      .insertInto('invitations')
      .values(
        invited.map(({ id, organizationId, email, role, token }) => ({
          ...{ id, organization_id: organizationId, email, role, token_sha256: hashInvitationToken(token) },
          ...{ invited_by: operator.id, invited_as: 'operator' as const, inviter_email: operator.email },
          ...{ created_at: now, expires_at: now + day },
        })),
      )
      .execute()
    return invited
  })

const isUp = ({ portalUrl }: RunningPostern) =>
  fetch(`${portalUrl}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  )

/** Kills the portal, and waits until the one after it answers. */
async function killPortal(postern: RunningPostern): Promise<void> {
  const [pid] = postern.findProcesses('portal-process')
  process.kill(pid as number, 'SIGKILL')
  await until(() => isUp(postern), Boolean, 30)
  expect(postern.findProcesses('portal-process')).not.toContain(pid)
}

/** Sends requests one after the other until it is stopped; returns those that were sent, with their statuses. */
function keepSending<T>(
  postern: RunningPostern,
  next: () => T | undefined,
  send: (one: T) => Promise<{ status: number }>,
) {
  const sent: { one: T; status: number | undefined }[] = []
  let isStopped = false
  const loop = async () => {
    for (let one = next(); one !== undefined && !isStopped; one = next()) {
      const status = await send(one).then(
        (answer) => answer.status,
        () => undefined,
      )
      sent.push({ one, status })
      while (status === undefined && !(await isUp(postern))) await wait(20)
    }
  }
  const ended = loop()
  return {
    sent,
    stop: () => {
      isStopped = true
      return ended
    },
  }
}

type Sender = Pick<ReturnType<typeof keepSending>, 'sent'>

const countAnswers = (senders: readonly Sender[]): number =>
  senders.reduce((sum, { sent }) => sum + sent.filter(({ status }) => status === 200).length, 0)

/** Waits until so many more requests of these senders are answered. */
async function untilAnswered(senders: readonly Sender[], more: number): Promise<void> {
  const goal = countAnswers(senders) + more
  await until(
    async () => countAnswers(senders),
    (answers) => answers >= goal,
    30,
  )
}

/** What the store has of the acceptance of an invitation and its user, and what none and all of it would be. */
async function readTraces({ queries }: Database, { id, organizationId, email, role }: Invited) {
  const members = await queries
    .selectFrom('members')
    .innerJoin('users', 'users.id', 'members.user_id')
    .select(['email', 'role'])
    .where('organization_id', '=', organizationId)
    .execute()
  const audit = await queries
    .selectFrom('audit')
    .select('action')
    .where('organization_id', '=', organizationId)
    .orderBy('action')
    .execute()
  const { ended_as } = await queries
    .selectFrom('invitations')
    .select('ended_as')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  const facts = { members, audit: audit.map(({ action }) => action), ended_as }
  const none = { members: [], audit: [], ended_as: null }
  const all = {
    members: [{ email, role }],
    audit: ['invitation.accepted', 'member.added'],
    ended_as: 'accepted',
  }
  if (email === admin) return { found: facts, none, all }
  const users = await queries.selectFrom('users').select('id').where('email', '=', email).execute()
  const sessions = await queries
    .selectFrom('sessions')
    .select('sessions.id')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .where('email', '=', email)
    .execute()
  return {
    found: { ...facts, users: users.length, sessions: sessions.length },
    none: { ...none, users: 0, sessions: 0 },
    all: { ...all, users: 1, sessions: 1 },
  }
}

/** The role of a member, and the changes of roles in the audit log. */
const readRoleChanges = (store: Store, memberId: string) =>
  withStore(store, async ({ queries }) => {
    const member = await queries
      .selectFrom('members')
      .select(['user_id', 'role'])
      .where('id', '=', memberId)
      .executeTakeFirstOrThrow()
    const rows = await queries
      .selectFrom('audit')
      .select(['before', 'after'])
      .where('action', '=', 'member.role_changed')
      .where('subject_id', '=', member.user_id)
      .orderBy('sequence')
      .execute()
    const roleOf = (text: string | null) => JSON.parse(text ?? '{}').role as MemberRole
    return {
      role: member.role,
      steps: rows.map(({ before, after }) => ({ before: roleOf(before), after: roleOf(after) })),
    }
  })

async function prepare(engine: 'sqlite' | 'postgres'): Promise<PosternPlace> {
  const url = engine === 'postgres' ? await createPostgresDatabase(inject('postgresUrl')) : undefined
  const place = await preparePostern({
    only: 'portal',
    ...(url && { config: { storage: { engine } }, environment: { POSTERN_DATABASE_URL: url } }),
  })
  onTestFinished(() => clearPlace(place))
  return place
}

const accept = (client: ApiClient, body: { token: string; name?: string; password?: string }) =>
  client.send(operations.acceptInvitation, { body })

test.each(['sqlite', 'postgres'] as const)(
  'a portal that is killed leaves none or all of each acceptance and change of a role (%s)',
  { timeout: 300_000 },
  async (engine) => {
    const place = await prepare(engine)
    const postern = await place.start()
    const client = await signInFirst(postern, admin)
    const { email: memberEmail } = await addUser(postern, 'member@acme.example', 'viewer', 'acme')
    const { items } = await client.call(operations.listMembers, {
      ...{ params: { organization: 'acme' }, query: { limit: 50 } },
    })
    const memberId = items.find(({ email }) => email === memberEmail)?.id ?? ''
    const invited = await inviteAll(postern, [
      ...Array.from({ length: kills * perKill }, () => admin),
      ...Array.from({ length: kills * 4 }, (_, index) => `new-${index}@x.test`),
    ])
    const [known, fresh] = [true, false].map((isKnown) =>
      invited.filter(({ email }) => (email === admin) === isKnown),
    ) as [Invited[], Invited[]]

    // A user who exists accepts within milliseconds, so that kills meet transactions and not the hash of a password.
    const acceptors = [client, client, client].map((one) =>
      keepSending(
        postern,
        () => known.pop(),
        ({ token }) => accept(one, { token }),
      ),
    )
    acceptors.push(
      keepSending(
        postern,
        () => fresh.pop(),
        ({ token }) => accept(createApiClient(postern), { token, name: 'Zoë Łódź', password: testPassword }),
      ),
    )
    for (let kill = 0; kill < kills; kill++) {
      await untilAnswered(acceptors, randomInt(1, 8))
      await wait(randomInt(0, 12))
      await killPortal(postern)
    }
    await Promise.all(acceptors.map((one) => one.stop()))

    const sent = acceptors.flatMap((one) => one.sent)
    const answered = new Set(sent.filter(({ status }) => status === 200).map(({ one }) => one.id))
    const cut = sent.filter(({ status }) => status === undefined)
    // A portal that has just begun may not reach its store in time, and says so: that acknowledges nothing.
    const expected = [200, 503, undefined]
    expect(sent.filter(({ status }) => !expected.includes(status))).toEqual([])
    expect(cut.length).toBeGreaterThanOrEqual(kills)
    const tried = new Set(sent.map(({ one }) => one.id))
    let whole = 0
    await withStore(postern, async (database) => {
      for (const one of invited) {
        const { found, none, all } = await readTraces(database, one)
        if (answered.has(one.id)) expect(found).toEqual(all)
        else if (!tried.has(one.id)) expect(found).toEqual(none)
        else expect([none, all]).toContainEqual(found)
        if (!answered.has(one.id) && found.ended_as !== null) whole++
      }
    })
    console.info(
      `${kills} kills on ${engine}: ${answered.size} acceptances acknowledged, ${cut.length} without an answer, ${whole} of them whole`,
    )

    // Each change of a role waits for the hash of a password: one is awaited before each kill, or none would be answered.
    const params = { organization: 'acme', memberId }
    const changer = keepSending(
      postern,
      () => 'the other role',
      async () => {
        const { role } = await client.call(operations.getMember, { params })
        return client.send(operations.updateMember, {
          ...{ params, body: { role: role === 'viewer' ? 'developer' : 'viewer' } },
        })
      },
    )
    for (let kill = 0; kill < kills; kill++) {
      await untilAnswered([changer], 1)
      await wait(randomInt(0, 200))
      await killPortal(postern)
    }
    await changer.stop()

    const { role, steps } = await readRoleChanges(postern, memberId)
    const acknowledged = countAnswers([changer])
    expect(acknowledged).toBeGreaterThanOrEqual(kills)
    expect(steps.length).toBeGreaterThanOrEqual(acknowledged)
    expect(steps.length).toBeLessThanOrEqual(changer.sent.length)
    // A change without its row of the audit log, or a row without its change, would break the chain.
    expect(steps.map(({ before }) => before)).toEqual(
      ['viewer', ...steps.map(({ after }) => after)].slice(0, -1),
    )
    expect(role).toBe(steps.at(-1)?.after)
    const audited = place.run('audit', 'verify')
    expect(await audited.exitCode, audited.output()).toBe(0)
    await postern.stop()
  },
)
