import { expect, test } from 'vitest'
import { operations } from '../../../src/contract/operations.ts'
import { buildUrl } from './build-url.ts'

test('fills in path parameters and leaves out what was not given', () => {
  const params = { organization: 'acme', environment: 'staging' }
  expect(buildUrl(operations.listCertificates, params, { text: 'a b', status: undefined })).toBe(
    '/api/v1/organizations/acme/environments/staging/certificates?text=a+b',
  )
  expect(buildUrl(operations.getSession)).toBe('/api/v1/session')
})

test('a parameter cannot leave its place in the path', () => {
  expect(buildUrl(operations.getMail, { mailId: '../session?x=1' })).toBe('/api/v1/mail/..%2Fsession%3Fx%3D1')
})
