import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import { type ApiClient, signInFirst } from '../support/api.ts'
import { makeKeyAndCsr } from '../support/certificate-harness.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'

let postern: LocalPostern
let developer: ApiClient
beforeAll(async () => {
  postern = await openPostern()
  developer = await signInFirst(postern, 'admin@acme.example')
})
afterAll(() => postern?.stop())

const { key, csr } = makeKeyAndCsr()
/** The octets of the private number, as they would appear in a file. */
const secret = Buffer.from(key.split('\n').slice(1, -2).join(''), 'base64').subarray(36, 68)
const traces = [secret, key.split('\n')[1], secret.toString('hex'), secret.toString('base64')]

const holdsSecret = (content: Buffer | string) => traces.some((trace) => content.includes(trace as never))

test('the search finds a private key if it is there', () => {
  expect(holdsSecret(key)).toBe(true)
  expect(holdsSecret(Buffer.concat([csr, secret].map((part) => Buffer.from(part))))).toBe(true)
})

test.each([
  ['unchanged', key],
  ['after the CSR', csr + key],
  ['without PEM headers, in other text', `key: ${key.split('\n').slice(1, -2).join('')}`],
  ['in base64 with its PEM headers', Buffer.from(key).toString('base64')],
])('a private key that is sent %s is in no response, log or file', async (_, pasted) => {
  const place = { organization: 'acme', environment: 'production' }
  const { id } = await developer.call(operations.createCertificate, { params: place, body: {} })
  const params = { organization: 'acme', certificateId: id }
  const answer = await developer.send(operations.submitCsr, { params, body: { csr: pasted } })
  expect([answer.status, answer.body.code]).toEqual([400, 'csr_is_private_key'])
  expect(answer.body.detail).toMatch(/was not stored.*make a new key/)
  expect(holdsSecret(JSON.stringify(answer.body))).toBe(false)
  expect(holdsSecret(postern.output())).toBe(false)
  const files = readdirSync(postern.dataFolder, { recursive: true, withFileTypes: true })
  const stored = files.filter((file) => file.isFile() && file.name.startsWith('postern.db'))
  expect(stored.length).toBeGreaterThan(0)
  for (const file of stored) expect(holdsSecret(readFileSync(join(file.parentPath, file.name)))).toBe(false)
  expect((await developer.call(operations.getCertificate, { params })).status).toBe('draft')
})
