import { expect, test } from 'vitest'
import { operations } from '../../../src/contract/operations.ts'
import { buildUrl } from './build-url.ts'

test('the URL of an operation has its path parameters and omits undefined ones', () => {
  const params = { organization: 'acme' }
  expect(buildUrl(operations.listCertificates, params, { text: 'a b', sort: undefined })).toBe(
    '/api/v1/organizations/acme/certificates?text=a+b',
  )
  expect(buildUrl(operations.listCertificates, params, { status: ['issued', 'expired'] })).toBe(
    '/api/v1/organizations/acme/certificates?status=issued%2Cexpired',
  )
  expect(buildUrl(operations.getSession)).toBe('/api/v1/session')
})

test('a parameter remains within its path segment', () => {
  expect(buildUrl(operations.getEmail, { emailId: '../session?x=1' })).toBe(
    '/api/v1/emails/..%2Fsession%3Fx%3D1',
  )
})
