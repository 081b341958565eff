import { expect, test } from 'vitest'
import { toLocalPath } from './local-path.ts'

test.each([
  ['/o/acme/production/certificates?status=issued#x', '/o/acme/production/certificates?status=issued#x'],
  ['/settings/mtls-certificates', '/settings/mtls-certificates'],
])('the path after sign-in can be %s', (given, expected) => expect(toLocalPath(given)).toBe(expected))

test.each<[unknown]>([
  ['//evil.example/x'],
  ['/\\evil.example'],
  ['https://evil.example'],
  ['javascript:alert(1)'],
  ['/..//evil.example'],
  ['/\t/evil.example'],
  ['o/acme'],
  ['/sign-in?next=/sign-in'],
  [''],
  [undefined],
  [['/o']],
])('the path after sign-in cannot be %s', (given) => expect(toLocalPath(given)).toBe('/'))
