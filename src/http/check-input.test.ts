import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { makeFitting } from '../../test/support/fitting-values.ts'
import { openPortalDoor, type PortalDoor } from '../../test/support/open-portal-door.ts'
import type { Operation } from '../contract/operation.ts'
import { operations } from '../contract/operations.ts'
import type { FieldError } from '../contract/problem.ts'
import { stepUpHeader } from '../contract/step-up.ts'

const all = Object.values<Operation>(operations)
const named = all.map((operation) => [operation.id, operation] as const)
const withBody = named.filter(([, { body }]) => body !== undefined)
const changing = named.filter(([, { method }]) => method !== 'GET')

let door: PortalDoor
beforeAll(async () => {
  door = await openPortalDoor()
})
afterAll(() => door.close())

/** What is refused of an input; nothing reaches the code behind the operation. */
async function refuse(operation: Operation, input: { query?: string; body?: unknown }) {
  const before = door.calls()
  const response = await door.send(operation, input)
  expect([response.statusCode, response.json().code]).toEqual([400, 'bad_request'])
  expect(door.calls()).toBe(before)
  return response.json() as { detail: string; errors: FieldError[] }
}
const pointersOf = ({ errors }: { errors: FieldError[] }) => errors.map(({ pointer }) => pointer)

/** Where `name` stands in a value, as JSON Pointers. */
function findPointers(value: unknown, name: string, parents: string[] = []): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    key === name ? [['', ...parents, key].join('/')] : findPointers(inner, name, [...parents, key]),
  )
}

test.each(withBody)('%s refuses an unknown member in each object of its body', async (_, operation) => {
  const body = makeFitting(operation.body as z.ZodType, 'input', { more: { stray: 1 } })
  const pointers = findPointers(body, 'stray')
  expect(pointers).toContain('/stray')
  const { errors } = await refuse(operation, { body })
  expect(pointersOf({ errors })).toEqual(expect.arrayContaining(pointers))
  expect(errors[0]).toMatchObject({ in: 'body', code: 'unknown_member' })
})

test.each(withBody)('%s names the member that was meant', async (_, operation) => {
  const [name = ''] = Object.keys(makeFitting(operation.body as z.ZodType, 'input') as object)
  const misspelled = `${name.slice(0, -1)}${name.at(-1)}${name.at(-1)}`
  const { detail, errors } = await refuse(operation, { body: { [misspelled]: 'x' } })
  expect(detail).toContain(`\`${misspelled}\` is not a field. Did you mean \`${name}\`?`)
  expect(errors[0]).toEqual({
    ...{ in: 'body', pointer: `/${misspelled}`, code: 'unknown_member' },
    message: `Is not a field. Did you mean \`${name}\`?`,
  })
})

test.each(named)(
  '%s refuses a query name that it does not have, and one that comes twice',
  async (_, operation) => {
    expect((await refuse(operation, { query: '?stray=1' })).errors).toMatchObject([
      { in: 'query', pointer: '/stray', code: 'unknown_parameter' },
    ])
    expect(pointersOf(await refuse(operation, { query: '?__proto__=1&constructor=1' })).sort()).toEqual([
      '/__proto__',
      '/constructor',
    ])
    const [name] = Object.keys(operation.query?.shape ?? {})
    if (name === undefined) return
    const twice = await refuse(operation, { query: `?${name}=1&${name}=1` })
    expect(twice.detail).toBe(`Some input was not accepted: ${name} is given 2 times: give it once.`)
    expect(twice.errors[0]).toMatchObject({ pointer: `/${name}`, code: 'repeated' })
    const misspelled = `${name.slice(0, -1)}${name.at(-1)}${name.at(-1)}`
    const { detail } = await refuse(operation, { query: `?${misspelled}=1` })
    expect(detail).toBe(`\`${misspelled}\` is not a query parameter. Did you mean \`${name}\`?`)
  },
)

test.each(changing.filter(([, { body }]) => body === undefined))(
  '%s takes no body but an empty one',
  async (_, operation) => {
    for (const body of [{ stray: 1 }, { constructor: 1 }, ['x'], 'x', 1, true])
      await refuse(operation, { body })
    const target = { method: operation.method, url: door.toPath(operation) }
    const withBodyOf = async (type: string, payload: string) =>
      (await door.inject({ ...target, headers: { 'content-type': type }, payload })).json()
    expect(await withBodyOf('text/plain', 'x')).toMatchObject({ status: 415, code: 'unsupported_media_type' })
    expect(await withBodyOf('application/json', `"${'x'.repeat(130 * 1024)}"`)).toMatchObject({
      ...{ status: 413, code: 'body_too_large' },
    })
    expect(await withBodyOf('application/json', '{')).toMatchObject({ status: 400, code: 'bad_request' })
    door.answerWith(() => undefined)
    const before = door.calls()
    await door.send(operation, { body: {} })
    const headers = { 'content-type': 'application/json', [stepUpHeader]: 'proof' }
    await door.inject({ ...target, headers, payload: '' })
    expect(door.calls()).toBe(before + 2)
  },
)

test.each(named.filter(([, { method }]) => method === 'GET'))('%s reads no body', async (_, operation) => {
  const answer = await door.inject({
    ...{ method: 'GET', url: door.toPath(operation) },
    ...{ headers: { 'content-type': 'application/json' }, payload: '{"a":1}' },
  })
  expect(answer.json()).toMatchObject({
    ...{ status: 400, code: 'bad_request' },
    errors: [{ in: 'body', pointer: '', code: 'unexpected_body' }],
  })
})

test.each(named)('%s says which methods its address has', async (_, operation) => {
  const answer = await door.inject({ method: 'OPTIONS', url: door.toPath(operation) })
  expect([answer.statusCode, answer.json().code]).toEqual([405, 'method_not_allowed'])
  expect(String(answer.headers.allow).split(', ')).toContain(operation.method)
})

test.each(withBody)('%s asks for its body where none or null is sent', async (_, operation) => {
  const target = { method: operation.method, url: door.toPath(operation) }
  const none = await door.inject(target)
  expect([none.statusCode, none.json().errors]).toEqual([
    400,
    [expect.objectContaining({ in: 'body', pointer: '', code: 'required' })],
  ])
  const { errors } = await refuse(operation, { body: null })
  expect(errors).toEqual([expect.objectContaining({ in: 'body', pointer: '', code: 'wrong_type' })])
})

test('each rule has its code, its place and a sentence without a pattern', async () => {
  const body = {
    ...{ name: 'a', networks: [], scopes: Array(51).fill('x'), certificateIds: ['x/~y'] },
    ...{ description: 'x'.repeat(501), tlsClientAuth: { kind: 'dn', value: 1 } },
  }
  const { errors } = await refuse(operations.createCredential, { body })
  expect(errors.map(({ pointer, code }) => [pointer, code])).toEqual([
    ['/description', 'too_long'],
    ['/scopes', 'too_many'],
    ['/networks', 'empty'],
    ['/certificateIds/0', 'wrong_format'],
    ['/tlsClientAuth/kind', 'unknown_value'],
    ['/tlsClientAuth/value', 'wrong_type'],
  ])
  const depth = await refuse(operations.updateCertificate, {
    body: { contacts: JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`) },
  })
  expect(depth.errors[0]).toMatchObject({ code: 'too_deep' })
  const text = await refuse(operations.updateCertificate, { body: { contacts: ['a', 'a\0'] } })
  expect(text.errors).toMatchObject([{ pointer: '/contacts/1', code: 'unsupported_text' }])
})

/** Every pattern of a schema, with what is said where a text does not match. */
function findPatterns(schema: z.ZodType): string[] {
  const said: string[] = []
  z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema }) => {
      const { checks = [] } = zodSchema._zod.def as { checks?: z.core.$ZodCheck[] }
      if (!checks.some(({ _zod }) => (_zod.def as { format?: string }).format === 'regex')) return
      const { issues = [] } = z.safeParse(zodSchema, '\u0001/ no text matches').error ?? {}
      said.push(...issues.map(({ message }) => message))
    },
  })
  return said
}

test.each(named)('%s says in words what each of its patterns allows', (_, { params, query, body }) => {
  const said = [params, query, body].flatMap((schema) => (schema === undefined ? [] : findPatterns(schema)))
  expect(said.filter((message) => !message.startsWith('must '))).toEqual([])
})

test('patterns are found', () => {
  expect(findPatterns(operations.listDenials.query)).toContain('must be a cursor that Postern gave')
})

describe('the sentence', () => {
  const update = operations.updateCertificate
  const detailOf = async (body: object) => (await refuse(update, { body })).detail

  test('names the fields where none is near', async () => {
    expect(await detailOf({ status: 'revoked' })).toBe(
      '`status` is not a field. There are `description`, `owner`, `relatedService`, `rotationPolicy`, `contacts`, `subject`, `keyKind`.',
    )
  })

  test('names the place of a nested field', async () => {
    expect(await detailOf({ subject: { organisationName: 'A', country: 'PL' } })).toContain(
      '`subject.organisationName` is not a field. Did you mean `subject.organizationName`?',
    )
  })

  test('names what was misspelled beside what does not fit', async () => {
    expect(await detailOf({ desciption: 'x', owner: 1, contacts: ['x'] })).toBe(
      '`desciption` is not a field. Did you mean `description`? Some input was not accepted: owner must be text; contacts.0 must be an email address.',
    )
  })

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length', ''])(
    'takes %o for no field',
    async (name) => {
      const body = JSON.parse(`{"subject":{"country":"PL"},${JSON.stringify(name)}:"x"}`)
      const response = await door.send(update, { body })
      expect(response.statusCode).toBe(400)
    },
  )

  test('repeats a name cleaned and cut', async () => {
    const { detail, errors } = await refuse(update, { body: { [`a\u202e\n${'x'.repeat(10_000)}`]: 1 } })
    expect(errors[0]?.pointer).toBe(`/a\ufffd\ufffd${'x'.repeat(61)}…`)
    expect(detail.length).toBeLessThan(400)
  })

  test('names some of thousands', async () => {
    const names = Array.from({ length: 5000 }, (_, index) => [`descriptio${index}`, 1])
    const { detail, errors } = await refuse(update, { body: Object.fromEntries(names) })
    expect(errors).toHaveLength(50)
    expect(detail.match(/is not a field/g)).toHaveLength(5)
  })

  test('never repeats a value', async () => {
    const { detail, errors } = await refuse(operations.signIn, {
      body: { email: 'a@acme.example', pasword: 'hunter2 hunter2' },
    })
    expect(detail).toContain('`pasword` is not a field. Did you mean `password`?')
    expect(detail + JSON.stringify(errors)).not.toContain('hunter2')
  })
})

test('a JWK Set may have further members, which are ignored (RFC 7517, 5)', async () => {
  door.answerWith(() => undefined)
  const before = door.calls()
  const jwks = { keys: [{ kty: 'EC', further: 1 }], further: 1 }
  await door.send(operations.createCredential, { body: { name: 'a', jwks } })
  expect(door.calls()).toBe(before + 1)
})
