import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import type { PersonalRecord } from '../../src/contract/privacy.ts'
import { type ApiClient, signInFirst } from '../support/api.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'
import { addOrganization, addPlatformUser, addUser, testPassword } from '../support/users.ts'

const { eraseOwnAccount, erasePerson, exportOwnData, exportUserData, getErasure, listUsers } = operations

let postern: LocalPostern
let operator: ApiClient
let auditor: ApiClient
let foreign: ApiClient

beforeAll(async () => {
  postern = await openPostern()
  operator = await signInFirst(postern, 'operator@postern.example')
  await signInFirst(postern, 'admin@acme.example')
  auditor = await addPlatformUser(postern, 'auditor@postern.example', 'auditor')
  foreign = await addOrganization(postern, { slug: 'initech', legalName: "O'Neil & Co / Ltd" })
}, 120_000)
afterAll(() => postern?.stop())

const findId = async (email: string): Promise<string> =>
  (await operator.call(listUsers, { query: { email } })).items[0]?.id ?? ''

/** Waits until the first sweep has gone through all tables and the audit log. */
const settle = (userId: string) =>
  vi.waitFor(
    async () => {
      const row = await postern.database.queries
        .selectFrom('erasures')
        .select('sweep')
        .where('user_id', '=', userId)
        .executeTakeFirst()
      expect(row?.sweep).toBe(2)
    },
    { timeout: 20_000, interval: 50 },
  )

async function findTables(text: string): Promise<string[]> {
  const tables = await postern.database.queries.introspection.getTables()
  const found: string[] = []
  for (const { name } of tables.filter(({ name }) => !/trigrams/.test(name))) {
    const { rows } = await sql`select * from ${sql.table(name)}`.execute(postern.database.queries)
    if (JSON.stringify(rows).includes(text)) found.push(name)
  }
  return found
}

async function readAll(client: ApiClient, userId?: string): Promise<PersonalRecord[]> {
  const all: PersonalRecord[] = []
  for (let cursor: string | undefined, isMore = true; isMore; ) {
    const query = { limit: 2, ...(cursor === undefined ? {} : { cursor }) }
    const page =
      userId === undefined
        ? await client.call(exportOwnData, { query })
        : await client.call(exportUserData, { params: { userId }, query })
    all.push(...page.items)
    cursor = page.nextCursor ?? undefined
    isMore = cursor !== undefined
  }
  return all
}

test('a user erases the own account: it is gone, the address can be used again, and the log is intact', async () => {
  const email = 'lucja@acme.example'
  const user = await addUser(postern, email, 'developer', 'acme')
  await user.call(operations.updateAccount, { body: { name: 'Łucja Płatność' } })
  const id = await findId(email)
  const body = { method: 'password', password: 'wrong' } as const
  const proof = { operationId: 'eraseOwnAccount', pathParameters: {}, proof: body }
  expect((await user.send(operations.proveStepUp, { body: proof })).status).toBe(401)
  expect((await user.send(eraseOwnAccount)).status).toBe(204)
  expect((await user.send(operations.getAccount)).status).toBe(401)
  const again = { body: { email, password: testPassword } }
  expect(await user.send(operations.signIn, again)).toMatchObject({ body: { code: 'sign_in_failed' } })
  await settle(id)
  // What is looked for stays until the second sweep, and nowhere else.
  expect(await findTables('Płatność')).toEqual(['erasures'])
  expect(await findTables(email)).toEqual(['erasures'])
  expect(await operator.call(operations.verifyAudit)).toMatchObject({ problem: null })
  const { items } = await operator.call(operations.listAudit, { query: { actor: id } })
  expect(new Set(items.map(({ actor }) => actor.label))).toEqual(new Set([`Erased user ${id}`]))
  expect((await operator.call(listUsers, { query: { email } })).items).toEqual([])
  expect((await operator.send(exportUserData, { params: { userId: id } })).status).toBe(404)
  await addUser(postern, email, 'viewer', 'acme')
  expect(await findId(email)).not.toBe(id)
})

test('operators erase others, once, and nobody else may', async () => {
  await addUser(postern, 'other@acme.example', 'viewer', 'acme')
  const userId = await findId('other@acme.example')
  const erase = (client: ApiClient, id = userId) => client.send(erasePerson, { params: { userId: id } })
  expect((await erase(foreign)).status).toBe(403)
  expect((await erase(auditor)).status).toBe(403)
  expect((await auditor.send(exportUserData, { params: { userId } })).status).toBe(200)
  expect((await foreign.send(exportUserData, { params: { userId } })).status).toBe(403)
  expect(await erase(operator, await findId('admin@initech.test'))).toMatchObject({
    body: { code: 'last_admin' },
  })
  expect(await erase(operator, await findId('operator@postern.example'))).toMatchObject({
    body: { code: 'conflict' },
  })
  expect((await erase(operator, 'usr_01k8z3v9qd4n7xw2r5tfhb6mcj')).status).toBe(404)
  expect(await operator.send(eraseOwnAccount)).toMatchObject({ body: { code: 'conflict' } })
  expect(await foreign.send(eraseOwnAccount)).toMatchObject({ body: { code: 'last_admin' } })
  const answers = await Promise.all([erase(operator), erase(operator)])
  expect(answers.map(({ status }) => status)).toContain(202)
  expect(await erase(operator)).toMatchObject({ status: 202, body: { userId } })
  expect(await operator.call(getErasure, { params: { userId } })).toMatchObject({ userId })
  await settle(userId)
})

test('the export has every record once over all pages, and no secret', async () => {
  const email = 'export@acme.example'
  const user = await addUser(postern, email, 'developer', 'acme')
  const other = await addUser(postern, 'beside@acme.example', 'developer', 'acme')
  await other.call(operations.updateAccount, { body: { name: 'Beside' } })
  const userId = await findId(email)
  await user.call(operations.requestEmailChange, { body: { newEmail: 'next@acme.example' } })
  const own = await readAll(user)
  const kinds = new Set(own.map(({ kind }) => kind))
  for (const kind of [
    'account',
    'membership',
    'session',
    'one_time_link',
    'email',
    'audit_entry_by',
  ] as const)
    expect(kinds).toContain(kind)
  expect(new Set(own.map((one) => JSON.stringify(one))).size).toBe(own.length)
  const text = JSON.stringify(own)
  expect(text).toContain(email)
  expect(text).not.toMatch(/beside|#token=|sha256|argon|\$scrypt/i)
  const rows = await postern.database.queries
    .selectFrom('audit')
    .select('sequence')
    .where('actor_id', '=', userId)
    .execute()
  expect(own.filter(({ kind }) => kind === 'audit_entry_by').length).toBe(rows.length)
  expect((await readAll(operator, userId)).length).toBe(own.length)
  const cursor = (await user.call(exportOwnData, { query: { limit: 1 } })).nextCursor ?? ''
  expect(await other.send(exportOwnData, { query: { cursor } })).toMatchObject({
    body: { code: 'cursor_invalid' },
  })
})
