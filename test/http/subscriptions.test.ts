import { afterAll, beforeAll, expect, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import { type ApiClient, createApiClient, signInFirst, withApiKey } from '../support/api.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'
import { createTestSubscriptions } from '../support/subscriptions.ts'
import { addOrganization, addUser } from '../support/users.ts'

let postern: LocalPostern
let admin: ApiClient
const params = { organization: 'acme' }
const oneClick = 'List-Unsubscribe=One-Click'

beforeAll(async () => {
  postern = await openPostern()
  admin = await signInFirst(postern, 'admin@acme.example')
})
afterAll(() => postern?.stop())

const findOrganization = () =>
  postern.database.queries
    .selectFrom('organizations')
    .select('id')
    .where('slug', '=', 'acme')
    .executeTakeFirstOrThrow()
const open = async (email: string) =>
  createTestSubscriptions(postern.database).open((await findOrganization()).id, email, Date.now())
const post = (token: string, body: string, type = 'application/x-www-form-urlencoded', headers = {}) =>
  postern.fetch(`${postern.portalUrl}/unsubscribe/${token}`, {
    ...{ method: 'POST', body, headers: { 'content-type': type, ...headers } },
  })
const readState = async (token: string) =>
  (await createApiClient(postern).call(operations.inspectSubscription, { body: { token } })).isUnsubscribed

test('a mail program unsubscribes with one POST, and a program that only looks does not', async () => {
  const token = await open('ops@partner.example')
  const look = await postern.fetch(`${postern.portalUrl}/unsubscribe/${token}`, { redirect: 'manual' })
  expect(look.status).toBe(303)
  expect(look.headers.get('location')).toBe(`/unsubscribe#token=${token}`)
  expect(look.headers.get('referrer-policy')).toBe('no-referrer')
  expect(look.headers.get('cache-control')).toBe('no-store')
  const wrong = [
    await post(token, 'List-Unsubscribe=Two-Click'),
    await post(token, ''),
    await post(token, 'x'.repeat(5000)),
    // As a page of another site would.
    await post(token, oneClick, 'text/plain', { origin: 'https://attacker.example' }),
    await postern.fetch(`${postern.portalUrl}/unsubscribe/${token}`, { method: 'PUT', body: oneClick }),
  ]
  expect(wrong.map(({ status }) => status)).toEqual([400, 400, 413, 403, 405])
  expect(await readState(token)).toBe(false)
  const gone = await post('no-such-token', oneClick)
  expect([gone.status, ((await gone.json()) as { code: string }).code]).toEqual([400, 'link_invalid'])

  const done = await post(token, oneClick)
  expect([done.status, done.headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8'])
  expect(await done.text()).toContain('ops@partner.example gets no more emails')
  expect((await post(token, oneClick)).status).toBe(200)
  const form = '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
  const other = await open('other@partner.example')
  expect((await post(other, form, 'multipart/form-data; boundary=x')).status).toBe(200)
  expect([await readState(token), await readState(other)]).toEqual([true, true])

  const settings = await admin.call(operations.getNotificationSettings, { params })
  expect(settings.unsubscribed.map(({ email }) => email)).toEqual([
    'ops@partner.example',
    'other@partner.example',
  ])
  await createApiClient(postern).call(operations.changeSubscription, {
    body: { token: other, isUnsubscribed: false },
  })
  expect(await readState(other)).toBe(false)
  const audit = await postern.database.queries.selectFrom('audit').selectAll().execute()
  const changes = audit.filter(({ action }) => action.startsWith('contact.'))
  expect(changes.map(({ action }) => action)).toEqual([
    ...['contact.unsubscribed', 'contact.unsubscribed', 'contact.resubscribed'],
  ])
  const stored = await postern.database.queries.selectFrom('mail_subscriptions').selectAll().execute()
  for (const secret of [token, other])
    expect(JSON.stringify([audit, stored, postern.output()])).not.toContain(secret)
})

test('members unsubscribe themselves, never an API key, and settings are for admins and operators', async () => {
  const viewer = await addUser(postern, 'viewer@acme.example', 'viewer', 'acme')
  const own = { params, body: { isUnsubscribed: true } }
  expect(await viewer.call(operations.setOwnSubscription, own)).toEqual({
    ...{ email: 'viewer@acme.example', legalName: 'Acme Payments Ltd', isUnsubscribed: true },
  })
  const { secret } = await admin.call(operations.createApiKey, {
    params,
    body: { name: 'k', role: 'admin' },
  })
  const key = withApiKey(postern, secret)
  expect((await key.send(operations.setOwnSubscription, own)).status).toBe(403)
  const body = { teamAddress: 'Team@Acme.example', timeZone: 'Europe/Warsaw' }
  expect((await viewer.send(operations.setNotificationSettings, { params, body })).status).toBe(403)
  expect(await key.call(operations.setNotificationSettings, { params, body })).toMatchObject({
    ...{ teamAddress: 'team@acme.example', teamAddressState: 'waiting', timeZone: 'Europe/Warsaw' },
    unsubscribed: expect.arrayContaining([expect.objectContaining({ email: 'viewer@acme.example' })]),
  })
  for (const timeZone of ['Mars/Olympus', '+02:00', "Europe/Warsaw'", 'x'.repeat(65)]) {
    const refused = await key.send(operations.setNotificationSettings, {
      params,
      body: { ...body, timeZone },
    })
    expect(refused.status).toBe(400)
    const account = await admin.send(operations.updateAccount, { body: { timeZone } })
    expect(account.status).toBe(400)
  }
  const account = await admin.call(operations.updateAccount, { body: { timeZone: 'America/New_York' } })
  expect([account.timeZone, account.name]).toEqual(['America/New_York', 'Admin'])
  // As the page does, which saves only what nobody else has changed.
  const { headers } = await admin.send(operations.getNotificationSettings, { params })
  const change = { params, body: { ...body, timeZone: null } }
  const etag = headers.get('etag') ?? ''
  const saves = [etag, etag].map((tag) =>
    admin.send(operations.setNotificationSettings, { ...change, headers: { 'if-match': tag } }),
  )
  expect((await Promise.all(saves)).map(({ status }) => status).toSorted()).toEqual([200, 412])
  const initech = await addOrganization(postern, { slug: 'initech', legalName: 'Initech Ltd' })
  expect((await initech.send(operations.getNotificationSettings, { params })).status).toBe(404)
  expect((await initech.send(operations.setOwnSubscription, own)).status).toBe(404)
})
