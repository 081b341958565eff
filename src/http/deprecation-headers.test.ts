import { expect, onTestFinished, test } from 'vitest'
import { openPortalDoor } from '../../test/support/open-portal-door.ts'
import type { Operation } from '../contract/operation.ts'
import { operations } from '../contract/operations.ts'

test('every answer of a deprecated operation says since when and until when, an error included', async () => {
  const old: Operation = operations.listEnvironments
  old.deprecation = { since: '2027-01-01', sunset: '2027-07-01', instead: 'listOrganizations' }
  onTestFinished(() => {
    delete old.deprecation
  })
  const door = await openPortalDoor()
  onTestFinished(() => door.close())
  door.answerWith(() => ({ items: [] }))
  for (const [query, status] of [
    ['', 200],
    ['?unknown=1', 400],
  ] as const) {
    const { statusCode, headers } = await door.send(old, { query })
    expect([statusCode, headers.deprecation, headers.sunset]).toEqual([
      status,
      '@1798761600',
      'Thu, 01 Jul 2027 00:00:00 GMT',
    ])
  }
  const { headers } = await door.send(operations.listOrganizations)
  expect([headers.deprecation, headers.sunset]).toEqual([undefined, undefined])
})
