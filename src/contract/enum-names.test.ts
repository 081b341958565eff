import { expect, test } from 'vitest'
import { z } from 'zod'
import { certificateSources, revocationReasons } from './certificate.ts'
import * as enums from './enum-names.ts'
import { externalCertificatePolicies, keyKinds } from './environment.ts'
import type { Operation } from './operation.ts'
import { operations } from './operations.ts'

const every = Object.values(enums) as {
  names: string[]
  toName(value: string): string
  toStored(name: string): string
}[]

test('every stored value has one name of its own', () => {
  for (const { names, toName, toStored } of every)
    for (const name of names) expect(toName(toStored(name))).toBe(name)
  const storedOf = ({ names, toStored }: (typeof every)[number]) => names.map(toStored)
  expect(
    [enums.revocationReasonNames, enums.certificateSourceNames].map((each) => storedOf(each as never)),
  ).toEqual([[...revocationReasons], [...certificateSources]])
  expect([enums.keyKindNames, enums.externalCertificateNames].map((each) => storedOf(each as never))).toEqual(
    [[...keyKinds], [...externalCertificatePolicies]],
  )
})

/** Names that an RFC registers, or that Web Authentication gives. */
const registered = ['ES256', 'PS256', 'RS256', 'EdDSA', 'EC', 'RSA', 'OKP', 'public-key']

/** Returns every value of an enum in a JSON schema, at any depth. */
function valuesOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  const { enum: own = [], const: single } = schema as { enum?: unknown[]; const?: unknown }
  return [...(Array.isArray(own) ? own : []), single, ...Object.values(schema).flatMap(valuesOf)].filter(
    (value) => typeof value === 'string',
  )
}

test('every value of an enum of the API is in snake_case', () => {
  const schemas = Object.values<Operation>(operations).flatMap(({ params, query, body, reply }) => [
    ...[params, query, body].map((schema) => [schema, 'input'] as const),
    [
      reply instanceof z.ZodType ? reply : (reply as { events?: z.ZodType } | null)?.events,
      'output',
    ] as const,
  ])
  const values = schemas.flatMap(([schema, io]) =>
    schema === undefined ? [] : valuesOf(z.toJSONSchema(schema, { io })),
  )
  expect(values).toContain('key_compromise')
  // The type of an event names its subject before the dot, and a scope its resource before the colon.
  const odd = values.filter((value) => !/^[a-z0-9]+(?:[_.:][a-z0-9]+)*$/.test(value))
  expect([...new Set(odd)].filter((value) => !registered.includes(value))).toEqual([])
})
