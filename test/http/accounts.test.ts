import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { sendResetJob } from '../../src/accounts/reset-store.ts'
import { operations } from '../../src/contract/operations.ts'
import { createApiClient, toUrl } from '../support/api.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'
import { addOrganization, addUser, signIn, testPassword } from '../support/users.ts'

let postern: LocalPostern
beforeAll(async () => {
  postern = await openPostern()
})
afterAll(() => postern?.stop())

const listLinks = async (recipient: string) => {
  const rows = await postern.database.queries
    .selectFrom('outbox')
    .select(['body', 'recipient'])
    .where('recipient', '=', recipient)
    .execute()
  const kept = rows.flatMap(({ body }) => /^http\S+#token=\S+$/m.exec(body) ?? [])
  if (kept.length === rows.length) return kept
  // A sent email has no text: the built-in mailbox has received it.
  const mails = await postern.database.queries
    .selectFrom('mailbox')
    .select('body')
    .where('recipient', '=', recipient)
    .execute()
  return [...kept, ...mails.flatMap(({ body }) => /^http\S+#token=\S+$/m.exec(body) ?? [])]
}
const findLink = (recipient: string): Promise<string> =>
  vi.waitFor(
    async () => {
      const [link] = await listLinks(recipient)
      if (link === undefined) throw new Error(`no link to ${recipient} yet`)
      return link
    },
    { timeout: 20_000 },
  )
const tokenOf = (link: string) => new URL(link).hash.slice('#token='.length)
const ask = (email: string) =>
  createApiClient(postern).send(operations.requestPasswordReset, { body: { email } })

test('a forgotten password is replaced by the link of an email, which no log has and opening does not use', {
  timeout: 60_000,
}, async () => {
  const user = await addUser(postern, "o'neil@acme.example", 'developer', 'acme')
  const unknown = await ask('nobody@acme.example')
  const known = await ask("O'Neil@ACME.example")
  expect([known.status, known.body, unknown.status, unknown.body]).toEqual([204, '', 204, ''])
  const link = await findLink("o'neil@acme.example")
  expect(link.startsWith(`${postern.portalUrl}/set-password#token=`)).toBe(true)
  for (const method of ['GET', 'HEAD']) await postern.fetch(link.replace(/#.*/, ''), { method })
  const client = createApiClient(postern)
  const body = { token: tokenOf(link), newPassword: 'a password of their own' }
  expect((await client.send(operations.inspectLink, { body: { token: body.token } })).body.email).toBe(
    "o'neil@acme.example",
  )
  const weak = await client.send(operations.resetPassword, { body: { ...body, newPassword: 'password1234' } })
  expect([weak.status, (weak.body as unknown as { code: string }).code]).toEqual([400, 'password_unsuitable'])
  const session = await client.call(operations.resetPassword, { body })
  expect([session.email, session.organizations.map(({ slug }) => slug)]).toEqual([
    "o'neil@acme.example",
    ['acme'],
  ])
  expect((await client.send(operations.getSession)).status).toBe(200)
  expect((await user.send(operations.getSession)).status).toBe(401)
  const again = await client.send(operations.resetPassword, { body })
  expect([again.status, (again.body as unknown as { code: string }).code]).toEqual([400, 'link_invalid'])
  expect(postern.output()).not.toContain(body.token)
  expect(await listLinks('nobody@acme.example')).toEqual([])
})

test('an answered request is in the store, and one for an address without an account leaves nothing', async () => {
  const email = 'durable@acme.example'
  await addUser(postern, email, 'viewer', 'acme')
  const { queries } = postern.database
  expect([(await ask('nowhere@acme.example')).status, (await ask(email)).status]).toEqual([204, 204])
  const requests = await queries.selectFrom('jobs').select('id').where('kind', '=', sendResetJob).execute()
  // Where the job is gone, it has written the email.
  expect(requests.length + (await listLinks(email)).length).toBeGreaterThanOrEqual(1)
  await findLink(email)
  await vi.waitFor(async () =>
    expect(await queries.selectFrom('jobs').select('id').where('kind', '=', sendResetJob).execute()).toEqual(
      [],
    ),
  )
})

test('a link signs in no member of a suspended organization, and stays usable', {
  timeout: 60_000,
}, async () => {
  const email = 'suspended@paused.example'
  await addOrganization(postern, { slug: 'paused', legalName: 'Łódź Płatności S.A.' })
  const user = await addUser(postern, email, 'developer', 'paused')
  await ask(email)
  const body = { token: tokenOf(await findLink(email)), newPassword: 'a password of their own' }
  const setStatus = (status: 'active' | 'suspended' | 'closed') =>
    postern.database.queries
      .updateTable('organizations')
      .set({ status })
      .where('slug', '=', 'paused')
      .execute()
  for (const status of ['suspended', 'closed'] as const) {
    await setStatus(status)
    const signedIn = await createApiClient(postern).send(operations.signIn, {
      body: { email, password: testPassword },
    })
    const reset = await createApiClient(postern).send(operations.resetPassword, { body })
    expect([signedIn.status, signedIn.body.code]).toEqual([403, `organization_${status}`])
    expect([reset.status, reset.body.code]).toEqual([403, `organization_${status}`])
    expect(reset.headers.getSetCookie()).toEqual([])
  }
  await setStatus('active')
  expect((await user.send(operations.getSession)).status).toBe(200)
  expect((await createApiClient(postern).send(operations.resetPassword, { body })).status).toBe(200)
})

test('requests for emails are slowed down alike for addresses with and without an account', async () => {
  await addUser(postern, 'asked@acme.example', 'viewer', 'acme')
  for (const email of ['asked@acme.example', 'missing@acme.example']) {
    const statuses = []
    for (let n = 0; n < 7; n += 1) statuses.push((await ask(email)).status)
    expect(statuses).toEqual([...Array(5).fill(204), 429, 429])
  }
})

test('an ended session is dead at its next request, its streams end, and others stay', {
  timeout: 60_000,
}, async () => {
  const own = await addUser(postern, 'streams@acme.example', 'viewer', 'acme')
  const other = await signIn(postern, 'streams@acme.example')
  const stream = await postern.fetch(
    toUrl(postern.portalUrl, operations.streamOrganizationChanges, { params: { organization: 'acme' } }),
    { headers: { cookie: other.cookie() } },
  )
  const ended = (async () => {
    for await (const _ of stream.body ?? []);
    return 'ended'
  })().catch(() => 'ended')
  const { items } = await own.call(operations.listSessions, { query: {} })
  expect(items.map(({ isCurrent }) => isCurrent).toSorted()).toEqual([false, true])
  const sessionId = items.find(({ isCurrent }) => !isCurrent)?.id ?? ''
  const stranger = await addUser(postern, 'thief@acme.example', 'admin', 'acme')
  expect((await stranger.send(operations.endSession, { params: { sessionId } })).status).toBe(404)
  expect((await own.send(operations.endSession, { params: { sessionId } })).status).toBe(204)
  expect((await other.send(operations.getSession)).status).toBe(401)
  expect(await ended).toBe('ended')
  expect((await own.send(operations.getSession)).status).toBe(200)
})

test('a name is changed once, and not over the change of another tab', async () => {
  const user = await addUser(postern, 'name@acme.example', 'viewer', 'acme')
  const { headers } = await user.send(operations.getAccount)
  const change = (name: string, tag?: string | null) =>
    user.send(operations.updateAccount, {
      body: { name },
      ...(tag && { headers: { 'if-match': tag } }),
    } as never)
  const first = await change('Łucja O’Neil', headers.get('etag'))
  expect([first.status, (first.body as { name: string }).name]).toEqual([200, 'Łucja O’Neil'])
  expect((await change('Other', headers.get('etag'))).status).toBe(412)
  expect((await change('\u202e')).status).toBe(400)
  expect((await user.call(operations.getSession)).name).toBe('Łucja O’Neil')
})

test('a user is asked for a time zone once, and answers with one, with UTC or with none', async () => {
  const user = await addUser(postern, 'zone@acme.example', 'viewer', 'acme')
  const isAsked = async (client = user) => (await client.call(operations.getSession)).isAskedTimeZone
  const answer = (timeZone: string, client = user) =>
    client.send(operations.answerTimeZone, { body: { timeZone } })
  for (const timeZone of ['Mars/Olympus', '+02:00', '', 'x'.repeat(65)]) {
    const { status, body } = await answer(timeZone)
    expect([status, (body as unknown as { code: string }).code]).toEqual([400, 'bad_request'])
  }
  expect(await isAsked()).toBe(true)
  const both = await Promise.all([answer('Europe/Warsaw'), answer('Europe/Warsaw')])
  expect(both.map(({ status, body }) => [status, body.timeZone])).toEqual([
    [200, 'Europe/Warsaw'],
    [200, 'Europe/Warsaw'],
  ])
  expect(await isAsked()).toBe(false)
  expect((await answer('Asia/Tokyo')).body.timeZone).toBe('Europe/Warsaw')
  const audit = await postern.database.queries
    .selectFrom('audit')
    .select(['action', 'after'])
    .where('subject_id', '=', (await user.call(operations.getAccount)).id)
    .where('action', '=', 'person.updated')
    .execute()
  expect(audit.map(({ after }) => after)).toEqual([JSON.stringify({ timeZone: 'Europe/Warsaw' })])

  // Whoever takes the time zone back has answered too, and so has who says none at first.
  await user.call(operations.updateAccount, { body: { timeZone: null } })
  expect(await isAsked()).toBe(false)
  const none = await addUser(postern, 'no-zone@acme.example', 'viewer', 'acme')
  await none.call(operations.updateAccount, { body: { name: 'No Zone' } })
  expect(await isAsked(none)).toBe(true)
  await none.call(operations.updateAccount, { body: { timeZone: null } })
  expect(await isAsked(none)).toBe(false)
  const utc = await addUser(postern, 'utc@acme.example', 'viewer', 'acme')
  expect((await answer('UTC', utc)).body.timeZone).toBe('UTC')
})

test('a deactivated user is signed out and cannot sign in', async () => {
  const user = await addUser(postern, 'gone@acme.example', 'admin', 'acme')
  await postern.database.queries
    .updateTable('users')
    .set({ deactivated_at: Date.now() })
    .where('email', '=', 'gone@acme.example')
    .execute()
  expect((await user.send(operations.getSession)).status).toBe(401)
  const body = { email: 'gone@acme.example', password: testPassword }
  const answer = await createApiClient(postern).send(operations.signIn, { body })
  expect([answer.status, (answer.body as unknown as { code: string }).code]).toEqual([401, 'sign_in_failed'])
})
