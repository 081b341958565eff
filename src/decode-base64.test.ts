import { expect, test } from 'vitest'
import { decodeBase64, decodeBase64url } from './decode-base64.ts'

test.each(['', 'AA', 'AAA', 'AAAA', '-_-_', '_w'])('%j is valid base64url', (text) => {
  expect(decodeBase64url(text)?.toString('base64url')).toBe(text)
})
test.each(['A', 'AB', 'AAB', '/w', '+A', 'AA=', 'AA==', 'AA~', ' AA', 'AA\n', 'A A', 'AA.AA', 'ÄA'])(
  '%j is rejected as base64url even if it could be decoded',
  (text) => {
    expect(decodeBase64url(text)).toBeUndefined()
  },
)

test.each(['', 'AA==', 'AAA=', 'AAAA', '+/+/', '/w=='])('%j is valid base64', (text) => {
  expect(decodeBase64(text)?.toString('base64')).toBe(text)
})
test.each(['A', 'AA', 'AA=', 'AA===', 'AB==', 'AAB=', '_w==', '-A==', 'AA ==', 'AA==\n', '=AAA', 'AA==AA=='])(
  '%j is rejected as base64 even if it could be decoded',
  (text) => {
    expect(decodeBase64(text)).toBeUndefined()
  },
)
