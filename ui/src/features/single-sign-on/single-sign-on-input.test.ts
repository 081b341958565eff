import { expect, test } from 'vitest'
import { findRoleLineProblem, toSingleSignOn, toSingleSignOnInput } from './single-sign-on-input.ts'

test('each line gives a role to a value, which may contain equals signs', () => {
  const roleLines = 'cn=payments,dc=łódź = developer\n\n admins=admin '
  expect(findRoleLineProblem(roleLines)).toBeUndefined()
  expect(toSingleSignOn({ ...toSingleSignOnInput(null), roleLines }).roles).toEqual([
    { value: 'cn=payments,dc=łódź', role: 'developer' },
    { value: 'admins', role: 'admin' },
  ])
})

test.each(['admins', '= admin', 'admins = owner'])('%s gives no role', (line) => {
  expect(findRoleLineProblem(line)).toContain('equals sign')
})

test('an empty secret is left out, and empty texts are null', () => {
  const body = toSingleSignOn(toSingleSignOnInput(null))
  expect(body).not.toHaveProperty('clientSecret')
  expect(body).toMatchObject({ roleClaim: null, defaultRole: null, roles: [] })
})
