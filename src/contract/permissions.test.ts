import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Operation } from './operation.ts'
import { type OperationId, operations } from './operations.ts'
import { listRoles } from './permissions.ts'

const all = Object.values<Operation>(operations)
const roles = ['viewer', 'developer', 'admin', 'operator', 'auditor'] as const

test('the page about roles says what the access of each operation says', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/customers/team.md'), 'utf8')
  const rows = [...page.matchAll(/^\| [^|]+\| (`\w+`(?:, `\w+`)*) +\|(.*)\|$/gm)]
  expect(rows.length).toBeGreaterThan(8)
  for (const [, named = '', marks = ''] of rows) {
    const allowed = roles.filter((_, index) => marks.split('|')[index]?.trim() === 'yes')
    for (const [, id = ''] of named.matchAll(/`(\w+)`/g))
      expect([id, listRoles(operations[id as OperationId])]).toEqual([id, allowed])
  }
})

test('a viewer and an auditor change nothing but their own account, membership and emails', () => {
  const changing = all.filter(
    ({ access, method, readsOnly = method === 'GET' }) => access !== 'anyone' && !readsOnly,
  )
  const byViewer = changing.filter((operation) => listRoles(operation).includes('viewer'))
  expect(byViewer.filter(({ access }) => access !== 'signed-in').map(({ id }) => id)).toEqual([
    'leaveOrganization',
    'setOwnSubscription',
  ])
  const byAuditor = changing.filter((operation) => listRoles(operation).includes('auditor'))
  expect(byAuditor.filter(({ access }) => access !== 'signed-in').map(({ id }) => id)).toEqual([])
})

test('members and invitations are changed by admins and operators alone', () => {
  const changing = all.filter(
    ({ path, method }) => method !== 'GET' && /^\/organizations\/.*\/(members|invitations)\b/.test(path),
  )
  expect(changing.length).toBeGreaterThan(3)
  for (const operation of changing) {
    // A user may belong to other organizations too: their admins decide nothing for this one.
    const isAboutUser = operation.id === 'removeSecondFactors'
    const expected = isAboutUser ? ['operator'] : ['admin', 'operator']
    expect([operation.id, listRoles(operation)]).toEqual([operation.id, expected])
  }
})
