import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { makeFitting } from '../../test/support/fitting-values.ts'
import { openPortalDoor, type PortalDoor } from '../../test/support/open-portal-door.ts'
import type { Operation } from '../contract/operation.ts'
import { operations } from '../contract/operations.ts'

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
  return response.json() as { detail: string; fields: { path: string; problem: string }[] }
}
const pathsOf = ({ fields }: { fields: { path: string }[] }) => fields.map(({ path }) => path)

/** Where `name` stands in a value, as the paths of the API have it. */
function findPaths(value: unknown, name: string, parents: string[] = []): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    key === name ? [[...parents, key].join('.')] : findPaths(inner, name, [...parents, key]),
  )
}

test.each(withBody)('%s refuses an unknown member in each object of its body', async (_, operation) => {
  const body = makeFitting(operation.body as z.ZodType, 'input', { more: { stray: 1 } })
  const paths = findPaths(body, 'stray')
  expect(paths).toContain('stray')
  expect(pathsOf(await refuse(operation, { body }))).toEqual(expect.arrayContaining(paths))
})

test.each(withBody)('%s names the member that was meant', async (_, operation) => {
  const [name = ''] = Object.keys(makeFitting(operation.body as z.ZodType, 'input') as object)
  const misspelled = `${name.slice(0, -2)}${name.at(-1)}${name.at(-2)}`
  const { detail, fields } = await refuse(operation, { body: { [misspelled]: 'x' } })
  expect(detail).toContain(`\`${misspelled}\` is not a field. Did you mean \`${name}\`?`)
  expect(fields[0]).toEqual({ path: misspelled, problem: `is not a field. Did you mean \`${name}\`?` })
})

test.each(named)(
  '%s refuses a query name that it does not have, and one that comes twice',
  async (_, operation) => {
    expect(pathsOf(await refuse(operation, { query: '?stray=1' }))).toEqual(['stray'])
    expect(pathsOf(await refuse(operation, { query: '?__proto__=1&constructor=1' })).sort()).toEqual([
      '__proto__',
      'constructor',
    ])
    const [name] = Object.keys(operation.query?.shape ?? {})
    if (name === undefined) return
    const twice = await refuse(operation, { query: `?${name}=1&${name}=1` })
    expect(twice.detail).toBe(`Some input was not accepted: ${name} is given 2 times: give it once.`)
    const misspelled = `${name.slice(0, -2)}${name.at(-1)}${name.at(-2)}`
    const { detail } = await refuse(operation, { query: `?${misspelled}=1` })
    expect(detail).toBe(`\`${misspelled}\` is not a query parameter. Did you mean \`${name}\`?`)
  },
)

test.each(changing.filter(([, { body }]) => body === undefined))(
  '%s takes no body but an empty one',
  async (_, operation) => {
    for (const body of [{ stray: 1 }, { constructor: 1 }, ['x'], 'x', 1, true])
      await refuse(operation, { body })
    door.answerWith(() => undefined)
    const before = door.calls()
    await door.send(operation, { body: {} })
    expect(door.calls()).toBe(before + 1)
  },
)

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
    const { detail, fields } = await refuse(update, { body: { [`a\u202e\n${'x'.repeat(10_000)}`]: 1 } })
    expect(fields[0]?.path).toBe(`a\ufffd\ufffd${'x'.repeat(61)}…`)
    expect(detail.length).toBeLessThan(400)
  })

  test('names some of thousands', async () => {
    const names = Array.from({ length: 5000 }, (_, index) => [`descriptio${index}`, 1])
    const { detail, fields } = await refuse(update, { body: Object.fromEntries(names) })
    expect(fields).toHaveLength(50)
    expect(detail.match(/is not a field/g)).toHaveLength(5)
  })

  test('never repeats a value', async () => {
    const { detail, fields } = await refuse(operations.signIn, {
      body: { email: 'a@acme.example', pasword: 'hunter2 hunter2' },
    })
    expect(detail).toContain('`pasword` is not a field. Did you mean `password`?')
    expect(detail + JSON.stringify(fields)).not.toContain('hunter2')
  })
})

test('a JWK Set may have further members, which are ignored (RFC 7517, 5)', async () => {
  door.answerWith(() => undefined)
  const before = door.calls()
  const jwks = { keys: [{ kty: 'EC', further: 1 }], further: 1 }
  await door.send(operations.createCredential, { body: { name: 'a', jwks } })
  expect(door.calls()).toBe(before + 1)
})
