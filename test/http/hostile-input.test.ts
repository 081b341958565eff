import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { Operation } from '../../src/contract/operation.ts'
import { operations } from '../../src/contract/operations.ts'
import { Problem } from '../../src/contract/problem.ts'
import { toOpenApi } from '../../src/http/openapi.ts'
import { type ApiClient, signInFirst, toUrl } from '../support/api.ts'
import { createTestCredential } from '../support/certificates.ts'
import { hostileText, hostileValue, nearlyFitting } from '../support/hostile-values.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'
import { createPostgresDatabase } from '../support/postgres.ts'
import { addPlatformUser, addUser } from '../support/users.ts'

const all = Object.values<Operation>(operations)
const changing = all.filter(({ method }) => method !== 'GET')
const lists = all.filter(({ query }) => query !== undefined && 'cursor' in query.shape)
const place = { organization: 'acme', environment: 'production' }

type Documented = Record<string, Record<string, { responses: Record<string, { description: string }> }>>
const document = toOpenApi('http://localhost') as { paths: Documented }
const responsesOf = ({ path, method }: Operation) =>
  document.paths[path.replaceAll(/:([a-zA-Z]+)/g, '{$1}')]?.[method.toLowerCase()]?.responses ?? {}

describe.each(['sqlite', 'postgres'] as const)('hostile requests (%s)', (engine) => {
  let postern: LocalPostern
  let operator: ApiClient
  let admin: ApiClient
  let reader: ApiClient
  let auditor: ApiClient
  let known: Record<string, string>
  let address = 0

  beforeAll(async () => {
    const url = engine === 'postgres' ? await createPostgresDatabase(inject('postgresUrl')) : undefined
    postern = await openPostern({
      // Headers that are too large are refused by what reads them from the socket.
      listens: true,
      // Thousands of requests come within a minute where the machine is quick.
      requestsPerMinute: 50_000,
      // Each request has its own address, so that the limit of an address does not hide what is tested.
      config: { storage: { engine }, portal: { trustedProxies: ['127.0.0.1', '::1'] } },
      environment: url === undefined ? {} : { POSTERN_DATABASE_URL: url },
    })
    operator = await signInFirst(postern, 'operator@postern.example')
    admin = await signInFirst(postern, 'admin@acme.example')
    // The requests of an account in a minute are limited.
    reader = await addUser(postern, 'reader@acme.example', 'admin', 'acme')
    auditor = await addPlatformUser(postern, 'auditor@postern.example', 'auditor')
    const draft = await admin.call(operations.createCertificate, { params: place, body: {} })
    await admin.call(operations.createCertificate, { params: place, body: {} })
    const credential = await createTestCredential(admin, 'acme')
    await createTestCredential(admin, 'acme')
    const { items } = await operator.call(operations.listCertificateAuthorities)
    const issuerId = items.find(({ signsNewCertificates }) => signsNewCertificates)?.id as string
    const bulk = await operator.call(operations.createBulkRevocation, {
      body: { issuerId, reason: 'superseded', dryRun: true },
    })
    const webhook = await admin.call(operations.createWebhook, {
      params: { organization: 'acme' },
      body: { name: 'hooks', url: 'https://hooks.acme.example/' },
    })
    const { items: users } = await operator.call(operations.listUsers)
    known = {
      userId: users[0]?.id ?? '',
      ...{ ...place, certificateId: draft.id, credentialId: credential.id, form: 'pem' },
      bulkRevocationId: bulk.id,
      webhookId: webhook.id,
    }
  })
  afterAll(() => postern?.stop())

  const send = async (
    client: ApiClient | undefined,
    operation: Operation,
    target: string,
    { body, headers = {} }: { body?: string | undefined; headers?: Record<string, string> } = {},
  ) => {
    address += 1
    const response = await postern.fetch(target, {
      method: operation.method,
      headers: {
        'x-forwarded-for': `10.${(address >> 16) & 255}.${(address >> 8) & 255}.${address & 255}`,
        ...(client === undefined ? {} : { cookie: client.cookie() }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined || operation.method === 'GET' ? {} : { body }),
    })
    const { status } = response
    if (status < 400) {
      await response.body?.cancel()
      return { status, code: undefined }
    }
    expect(response.headers.get('content-type')).toContain('application/problem+json')
    expect(response.headers.get('cache-control')).toBe('no-store')
    return { status, code: Problem.parse(await response.json()).code }
  }
  const expectDocumented = (
    operation: Operation,
    { status, code }: { status: number; code?: string | undefined },
  ) => {
    const documented = responsesOf(operation)[status]
    expect(documented, `${operation.id} answered ${status} ${code}`).toBeDefined()
    if (code !== undefined) expect(documented?.description.split(', ')).toContain(code)
  }
  const paramsOf = ({ params }: Operation) =>
    Object.fromEntries(
      Object.keys(params?.shape ?? {}).map((name) => [name, known[name] ?? `reg_${'0'.repeat(26)}`]),
    )

  test.each(all.map((operation) => [operation.id, operation] as const))(
    '%s returns only documented responses and no internal error',
    async (_, operation) => {
      const input = fc.record({
        params: fc.dictionary(fc.constantFrom(...Object.keys(known)), hostileText, { maxKeys: 1 }),
        query: fc.dictionary(
          fc.constantFrom(...Object.keys(operation.query?.shape ?? {}), 'x', '__proto__', 'limit'),
          hostileText,
          { maxKeys: 3 },
        ),
        body: fc.oneof(
          operation.body === undefined ? hostileValue : nearlyFitting(operation.body),
          hostileValue,
        ),
        // Signing out ends the session; an unauthenticated client is denied everything else.
        asOperator: fc.boolean(),
      })
      await fc.assert(
        fc.asyncProperty(input, async ({ params, query, body, asOperator }) => {
          const client = operation.id === 'signOut' ? undefined : asOperator ? operator : admin
          const target = toUrl(postern.portalUrl, operation, {
            params: { ...paramsOf(operation), ...mapValues(params) },
            query: mapValues(query),
          })
          const answer = await send(client, operation, target, { body: JSON.stringify(body) })
          expectDocumented(operation, answer)
          expect(answer.status, `${target} ${JSON.stringify(body)}`).not.toBe(500)
        }),
        { numRuns: 12 },
      )
    },
  )

  test.each(['signIn', 'changePassword'] as const)('%s validates a hostile body before use', async (id) => {
    const operation: Operation = operations[id]
    const bodies = [
      '{"email":{"toString":1}}',
      '{"email":{"toString":1},"password":"x"}',
      '{"email":["a@x.test"],"password":{"valueOf":null}}',
      '{"email":null,"password":1e999}',
      '{"email":"a","email":{"toString":1},"password":"x"}',
      '{"__proto__":{"email":"a@x.test"}}',
      '{"constructor":{"prototype":{}}}',
      `{"email":${'['.repeat(20_000)}${']'.repeat(20_000)},"password":"x"}`,
      '{"email":"a\\u0000@x.test","password":"xx"}',
      '{"email":"\\ud800@x.test","password":"xx"}',
      'null',
      '"x"',
      '[]',
      '{',
    ]
    for (const body of bodies) {
      const answer = await send(undefined, operation, toUrl(postern.portalUrl, operation, {}), { body })
      // An unauthenticated client gets 401 first, if the bytes are JSON at all.
      const denied = { status: 401, code: 'not_signed_in' }
      const isDenied = id === 'changePassword' && answer.status === denied.status
      const expected = isDenied ? denied : { status: 400, code: 'bad_request' }
      expect([body.slice(0, 80), answer]).toEqual([body.slice(0, 80), expected])
    }
  })

  test('every generic error response is documented for each operation', async () => {
    const cases = [
      { of: all, query: '?x=%', status: 400, code: 'bad_request' },
      { of: all, headers: { 'x-large': 'x'.repeat(20_000) }, status: 431, code: 'headers_too_large' },
      { of: changing, body: `"${'x'.repeat(200_000)}"`, status: 413, code: 'body_too_large' },
      {
        of: changing,
        body: 'x',
        headers: { 'content-type': 'text/plain' },
        status: 415,
        code: 'unsupported_media_type',
      },
      {
        of: changing,
        headers: { origin: 'https://elsewhere.example' },
        status: 403,
        code: 'cross_site_request',
      },
    ]
    for (const { of, query = '', body, headers = {}, status, code } of cases) {
      for (const operation of of) {
        const target = `${toUrl(postern.portalUrl, operation, { params: paramsOf(operation) })}${query}`
        const answer = await send(operator, operation, target, { body, headers })
        expect([operation.id, answer]).toEqual([operation.id, { status, code }])
        expectDocumented(operation, answer)
      }
    }
  })

  test('search text that no store can hold is rejected in every search', async () => {
    for (const operation of [operations.listOrganizations, operations.listCertificates]) {
      for (const text of ['\0', 'a\0', '%00']) {
        const target = toUrl(postern.portalUrl, operation, { params: place, query: { text } })
        const client = operation.id === 'listOrganizations' ? operator : admin
        const { status } = await send(client, operation, target)
        expect([text, status]).toEqual([text, text.includes('\0') ? 400 : 200])
      }
    }
  })

  test.each(lists.map((operation) => [operation.id, operation] as const))(
    '%s accepts only its own cursors',
    async (id, operation) => {
      const read = async (cursor: string, extra = {}) => {
        const target = toUrl(postern.portalUrl, operation, {
          params: paramsOf(operation),
          query: { cursor, ...extra },
        })
        return send(operation.access === 'operator' ? auditor : reader, operation, target)
      }
      const write = (text: string) => Buffer.from(text).toString('base64url')
      const refused = ['NaN', '1e400', '"\\u0000"', 'null', '{}', '1.5', '9007199254740993', '"2026/01/01"']
      for (const part of refused) {
        for (const position of [`[${part}]`, `[${part},"a"]`, `[1,${part}]`]) {
          for (const text of [
            position,
            ...(cursorsOf[id] ?? []).map(({ list }) => `[1,"${list}",${position}]`),
          ]) {
            const answer = await read(write(text))
            expect([text, answer]).toEqual([text, { status: 400, code: 'cursor_invalid' }])
          }
        }
      }
      for (const cursor of ['%', '\0', 'a=', 'a'.repeat(500), ''])
        expect([cursor, (await read(cursor)).status]).toEqual([cursor, 400])
      // The largest numbers of the format are valid positions on both engines.
      for (const { list, positions, query } of cursorsOf[id] ?? []) {
        for (const position of positions)
          expect([
            list,
            position,
            (await read(write(JSON.stringify([1, list, position])), query)).status,
          ]).toEqual([list, position, 200])
      }
    },
  )
})

const farthest = [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 0]
const numbers = farthest.map((number) => [number])
const times = farthest.map((number) => [number, number])
const names = [['a'], ['z'.repeat(64)], ['-']]
const both = farthest.map((number) => [number, 'crt_0'])
interface Cursors {
  list: string
  positions: unknown[][]
  query?: object
}
/** The lists behind each operation, with positions at the limits of their cursors. */
const cursorsOf: Record<string, Cursors[]> = {
  listOrganizations: [{ list: 'organizations', positions: names }],
  listMembers: [{ list: 'members', positions: names }],
  listInvitations: [{ list: 'invitations', positions: names }],
  listEnforcementPolicies: [{ list: 'enforcement plans', positions: names }],
  listEmails: [{ list: 'mail', positions: names }],
  listOwnEmails: [{ list: 'own emails', positions: names }],
  listAudit: [{ list: 'audit', positions: times }],
  listActivity: [{ list: 'activity by time', positions: times }],
  listCertificateActivity: [{ list: 'activity', positions: numbers }],
  listOrganizationDenials: [{ list: 'refusals', positions: numbers }],
  listDenials: [{ list: 'refusals', positions: numbers }],
  listCredentials: [{ list: 'credentials', positions: both }],
  listRegistrations: [{ list: 'registrations', positions: both }],
  listApprovals: [{ list: 'approvals', positions: both }],
  listCertificates: [
    { list: 'certificates by created', positions: both },
    { list: 'certificates by expires', positions: both, query: { sort: 'expires' } },
    { list: 'certificates by last_used', positions: both, query: { sort: 'last_used' } },
    {
      list: 'certificates by name',
      positions: [
        [2 ** 31 - 1, 'a'],
        [-(2 ** 31), 'a'],
      ],
      query: { sort: 'name' },
    },
  ],
}

/** Removes lone surrogates, which cannot be in a URL: fetch would not send them. */
const mapValues = (values: Record<string, string>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value.toWellFormed()]))
