import { afterAll, beforeAll, expect, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import { type ApiClient, signInFirst, withApiKey } from '../support/api.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'
import { addOrganization } from '../support/users.ts'

let postern: LocalPostern
let admin: ApiClient
const params = { organization: 'acme' }

beforeAll(async () => {
  postern = await openPostern()
  admin = await signInFirst(postern, 'admin@acme.example')
})
afterAll(() => postern?.stop())

const create = async (environment = 'production') =>
  admin.call(operations.createCalendarFeed, { params, body: { environment } })

test('a feed is read without a sign-in until it is deleted, and its secret is in no log, list or audit row', async () => {
  const { address, id, ...feed } = await create()
  expect(feed).toMatchObject({ environment: 'production', createdBy: 'admin@acme.example', lastReadAt: null })
  const answer = await postern.fetch(address)
  const text = await answer.text()
  expect(answer.status).toBe(200)
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'text/calendar; charset=utf-8',
    'cache-control': 'private, no-cache',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  })
  expect(text).toMatch(/^BEGIN:VCALENDAR\r\n.*END:VCALENDAR\r\n$/s)
  const etag = answer.headers.get('etag') as string
  const known = await postern.fetch(address, { headers: { 'if-none-match': `W/${etag}` } })
  expect([known.status, await known.text()]).toEqual([304, ''])
  expect((await postern.fetch(address, { method: 'HEAD' })).status).toBe(200)
  expect((await postern.fetch(address, { method: 'POST' })).status).toBe(405)

  const feedPath = { organization: 'acme', calendarFeedId: id }
  const listed = await admin.call(operations.listCalendarFeeds, { params })
  const read = await admin.call(operations.getCalendarFeed, { params: feedPath })
  expect(listed.items).toContainEqual(read)
  expect(read.lastReadAt).not.toBeNull()
  await admin.call(operations.deleteCalendarFeed, { params: feedPath })
  for (const wrong of [address, address.replace('.ics', ''), `${postern.portalUrl}/calendar/x.ics`]) {
    const gone = await postern.fetch(wrong)
    expect([gone.status, ((await gone.json()) as { code: string }).code]).toEqual([404, 'not_found'])
    expect(gone.headers.get('cache-control')).toBe('no-store')
  }
  const secret = address.split('/').at(-1)?.replace('.ics', '') as string
  const audit = await postern.database.queries.selectFrom('audit').selectAll().execute()
  expect(JSON.stringify([listed, audit, postern.output()])).not.toContain(secret)
  expect(audit.map(({ action }) => action)).toEqual(
    expect.arrayContaining(['calendar_feed.created', 'calendar_feed.deleted']),
  )
})

test('an equal request gets the same address, and other organizations and API keys get nothing', async () => {
  const headers = { 'idempotency-key': 'calendar-1' }
  const body = { environment: 'production' }
  const both = await Promise.all([
    admin.send(operations.createCalendarFeed, { params, body, headers }),
    admin.send(operations.createCalendarFeed, { params, body, headers }),
  ])
  const done = both.find(({ status }) => status === 201)
  const again = await admin.send(operations.createCalendarFeed, { params, body, headers })
  expect(again.body).toEqual(done?.body)
  const unknown = await admin.send(operations.createCalendarFeed, {
    params,
    body: { environment: 'nowhere' },
  })
  expect([unknown.status, unknown.body.code]).toEqual([404, 'not_found'])

  const other = await addOrganization(postern, { slug: 'feedless', legalName: "O'Neil & Co / Ltd" })
  const feedPath = { organization: 'feedless', calendarFeedId: done?.body.id as string }
  expect((await other.send(operations.getCalendarFeed, { params: feedPath })).status).toBe(404)
  const key = await admin.call(operations.createApiKey, {
    params,
    body: { name: 'Terraform', role: 'admin' },
  })
  const byKey = await withApiKey(postern, key.secret).send(operations.listCalendarFeeds, { params })
  expect([byKey.status, byKey.body.code]).toEqual([403, 'api_key_not_allowed'])
})
