import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import { type ApiClient, createApiClient, signInFirst, toUrl } from '../support/api.ts'
import { until } from '../support/certificates.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'
import { readInvitationToken } from '../support/read-invitation.ts'
import { setUpTotp } from '../support/second-factors.ts'
import { addOrganization, addPlatformUser, addUser, signIn, testPassword } from '../support/users.ts'

const { createInvitation, acceptInvitation, previewInvitation, listInvitations } = operations
const { listMembers, updateMember, removeMember, getSession, leaveOrganization } = operations

let postern: LocalPostern
let admin: ApiClient
let operator: ApiClient
const params = { organization: 'lodz' }

beforeAll(async () => {
  postern = await openPostern()
  operator = await signInFirst(postern, 'operator@postern.example')
  admin = await addOrganization(postern, { slug: 'lodz', legalName: 'Łódź Płatności S.A.' })
})
afterAll(() => postern?.stop())

const invite = async (email: string) => {
  await admin.call(createInvitation, { params, body: { email, role: 'developer' } })
  return readInvitationToken(postern.database, email)
}
const findMember = async (email: string) => {
  const { items } = await admin.call(listMembers, { params })
  return items.find((member) => member.email === email)?.id ?? ''
}

test('a program that opens links accepts nothing, and the token is in no log', async () => {
  const email = 'scanned@lodz.example'
  const token = await invite(email)
  for (const method of ['GET', 'HEAD']) {
    const opened = await postern.fetch(`${postern.portalUrl}/invitation`, { method })
    expect(opened.status).toBe(200)
    for (const operation of [acceptInvitation, previewInvitation])
      expect((await postern.fetch(toUrl(postern.portalUrl, operation, {}), { method })).status).toBe(405)
  }
  const stranger = createApiClient(postern)
  expect(await stranger.call(previewInvitation, { body: { token } })).toMatchObject({
    ...{ organization: { slug: 'lodz', legalName: 'Łódź Płatności S.A.' }, email, role: 'developer' },
    ...{ invitedBy: admin.email, hasAccount: false },
  })
  const { items } = await admin.call(listInvitations, { params })
  expect(items.map((item) => [item.email, item.status])).toContainEqual([email, 'open'])
  await stranger.send(acceptInvitation, { body: { token, name: 'Zoë', password: 'short' } })
  expect(postern.output()).not.toContain(token)
})

test('a new user is signed in by the answer, and the text of the email is gone once it is sent', async () => {
  const email = 'new@lodz.example'
  const token = await invite(email)
  const user = createApiClient(postern)
  const accepted = await user.call(acceptInvitation, {
    body: { token, name: 'Łucja  O’Neil', password: testPassword },
  })
  expect(accepted).toMatchObject({
    ...{ email, name: 'Łucja O’Neil', mustChangePassword: false, operatorRole: null },
    organizations: [{ slug: 'lodz', role: 'developer' }],
  })
  expect(await user.call(getSession, {})).toEqual(accepted)
  const again = await createApiClient(postern).send(acceptInvitation, {
    body: { token, name: 'Eve', password: testPassword },
  })
  expect([again.status, again.body.code]).toEqual([404, 'invitation_invalid'])
  const sent = await until(
    () => postern.database.queries.selectFrom('outbox').selectAll().where('recipient', '=', email).execute(),
    (rows) => rows.every(({ sent_at }) => sent_at !== null),
    30,
  )
  expect(sent.value.map(({ body }) => body)).toEqual([''])
})

test('an invitation that is sent twice with one key is one invitation', async () => {
  const body = { email: 'once@lodz.example', role: 'viewer' as const }
  const headers = { 'idempotency-key': `"${randomUUID()}"` }
  const answers = [
    await admin.send(createInvitation, { params, body, headers }),
    await admin.send(createInvitation, { params, body, headers }),
  ]
  expect(answers.map((answer) => [answer.status, answer.body.id])).toEqual([
    [201, answers[0]?.body.id],
    [201, answers[0]?.body.id],
  ])
  expect(answers[0]?.headers.get('location')).toBe(
    `/api/v1/organizations/lodz/invitations/${answers[0]?.body.id}`,
  )
  const emails = await postern.database.queries
    .selectFrom('outbox')
    .select('id')
    .where('recipient', '=', body.email)
    .execute()
  expect(emails).toHaveLength(1)
})

test('a removed member is denied at the next request, and open streams end', async () => {
  const member = await addUser(postern, 'removed@lodz.example', 'developer', 'lodz')
  const place = { ...params, environment: 'production' }
  const stream = await postern.fetch(
    toUrl(postern.portalUrl, operations.streamOrganizationChanges, { params: place }),
    { headers: { cookie: member.cookie() } },
  )
  const reader = stream.body?.getReader()
  expect((await reader?.read())?.done).toBe(false)
  const memberId = await findMember(member.email)
  await admin.call(removeMember, { params: { ...params, memberId } })
  expect((await member.send(listMembers, { params })).status).toBe(401)
  // The server ends a stream by closing the connection, which a reader may notice as an error.
  const read = () => reader?.read().catch(() => ({ done: true }))
  let part = await read()
  while (part?.done === false) part = await read()
  expect(part?.done).toBe(true)
})

test('a demoted admin is an admin for no further request, and the last admin stays', async () => {
  const other = await addUser(postern, 'demoted@lodz.example', 'admin', 'lodz')
  const memberId = await findMember(other.email)
  const body = { role: 'viewer' as const }
  await admin.call(updateMember, { params: { ...params, memberId }, body })
  const invited = await other.send(createInvitation, {
    params,
    body: { email: 'more@lodz.example', role: 'admin' },
  })
  expect([invited.status, invited.body.code]).toEqual([403, 'forbidden'])
  const left = await admin.send(leaveOrganization, { params })
  expect([left.status, left.body]).toMatchObject([409, { code: 'last_admin' }])
  await other.call(leaveOrganization, { params })
  expect((await other.call(getSession, {})).organizations).toEqual([])
})

test('a change of a member that another admin has changed meanwhile is not made', async () => {
  const { email } = await addUser(postern, 'tagged@lodz.example', 'viewer', 'lodz')
  const key = { ...params, memberId: await findMember(email) }
  const tag = (await admin.send(operations.getMember, { params: key })).headers.get('etag') ?? ''
  await admin.call(updateMember, { params: key, body: { role: 'developer' } })
  const late = await admin.send(updateMember, {
    params: key,
    body: { role: 'admin' },
    headers: { 'if-match': tag },
  })
  expect([late.status, late.body.code]).toEqual([412, 'precondition_failed'])
})

test('a user of another organization joins while signed in', async () => {
  const user = await addUser(postern, 'acme-user@acme.example', 'viewer', 'acme')
  const token = await invite(user.email)
  const stranger = createApiClient(postern)
  const body = { token, name: 'Eve', password: testPassword }
  const refused = await stranger.send(acceptInvitation, { body })
  expect([refused.status, refused.body.code]).toEqual([403, 'invitation_needs_sign_in'])
  expect((await stranger.call(previewInvitation, { body: { token } })).hasAccount).toBe(true)
  const joined = await user.call(acceptInvitation, { body: { token } })
  expect(joined.organizations.map(({ slug, role }) => [slug, role])).toEqual([
    ['acme', 'viewer'],
    ['lodz', 'developer'],
  ])
})

test('an operator lets a member in who has lost every second factor, and the member is told', async () => {
  const member = await addUser(postern, 'locked-out@lodz.example', 'developer', 'lodz')
  const memberId = await findMember(member.email)
  const remove = (as: ApiClient, of: { organization: string; memberId: string }) =>
    as.send(operations.removeSecondFactors, { params: of })
  const nothing = await remove(operator, { ...params, memberId })
  expect([nothing.status, nothing.body]).toMatchObject([404, { code: 'not_found' }])
  await setUpTotp(member)
  await addOrganization(postern, { slug: 'oneil', legalName: "O'Neil & Co / Ltd" })
  expect((await remove(operator, { organization: 'oneil', memberId })).status).toBe(404)
  expect((await remove(admin, { ...params, memberId })).status).toBe(403)
  const refused = await createApiClient(postern).send(operations.signIn, {
    body: { email: member.email, password: testPassword },
  })
  expect(refused.body.code).toBe('second_factor_required')

  // Each session has its own proof; the later of two of one session replaces the other.
  const sessions = [operator, await signIn(postern, operator.email)]
  const both = await Promise.all(sessions.map((each) => remove(each, { ...params, memberId })))
  expect(both.map(({ status }) => status).toSorted()).toEqual([204, 404])
  expect((await member.send(getSession, {})).status).toBe(401)
  expect((await (await signIn(postern, member.email)).call(getSession, {})).hasSecondFactor).toBe(false)
  const emails = await postern.database.queries
    .selectFrom('outbox')
    .select(['subject', 'recipient'])
    .where('recipient', '=', member.email)
    .execute()
  expect(emails.map(({ subject }) => subject)).toEqual(['Your second factors were removed'])
})

test('the second factors of who works for the provider are not removed in the portal', async () => {
  const auditor = await addPlatformUser(postern, 'auditor-member@lodz.example', 'auditor')
  await setUpTotp(auditor)
  const { queries } = postern.database
  const find = (email: string) =>
    queries.selectFrom('users').select('id').where('email', '=', email).executeTakeFirstOrThrow()
  const lodz = await queries
    .selectFrom('organizations')
    .select('id')
    .where('slug', '=', 'lodz')
    .executeTakeFirstOrThrow()
  const { id: userId } = await find(auditor.email)
  const member = { id: 'mem_01k8z3v9qd4n7xw2r5tf000099', user_id: userId, organization_id: lodz.id }
  await queries
    .insertInto('members')
    .values({ ...member, role: 'viewer', created_at: 1 })
    .execute()
  const refused = await operator.send(operations.removeSecondFactors, {
    params: { ...params, memberId: member.id },
  })
  expect([refused.status, refused.body]).toMatchObject([409, { code: 'conflict' }])
  expect((await auditor.send(getSession, {})).status).toBe(200)
})
