import { afterAll, beforeAll, expect, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import { type ApiClient, signInFirst } from '../support/api.ts'
import { type ClientFiles, curl, issueCertificate } from '../support/certificates.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'

const place = { organization: 'acme', environment: 'production' }
let postern: LocalPostern
let admin: ApiClient
let files: ClientFiles

beforeAll(async () => {
  postern = await openPostern({ hasGateway: true })
  admin = await signInFirst(postern, 'admin@acme.example')
  files = (await issueCertificate(admin, 'acme')).files
}, 120_000)
afterAll(() => postern?.stop())

async function scopeOf({ clientId, clientSecret }: { clientId: string; clientSecret: string | null }) {
  const options = ['--user', `${clientId}:${clientSecret}`, '--data', 'grant_type=client_credentials']
  const answer = await curl(postern, files, `${postern.gateways.production}/token`, options)
  return JSON.parse(answer.body).scope
}

test('an empty list of scopes is rejected and grants nothing; null grants all scopes', async () => {
  const body = { name: 'reader', scopes: ['payments:read'] }
  const made = await admin.call(operations.createCredential, { params: place, body })
  const change = (limits: object) => {
    const params = { organization: 'acme', credentialId: made.id }
    return admin.send(operations.updateCredential, { params, body: limits })
  }
  expect(await scopeOf(made)).toBe('payments:read')
  for (const list of ['scopes', 'networks', 'certificateIds']) {
    const refused = await change({ [list]: [] })
    expect(refused).toMatchObject({ status: 400, body: { code: 'bad_request' } })
    expect(refused.body.detail).toContain(`${list} must not be empty: send null to lift the restriction`)
    const created = await admin.send(operations.createCredential, {
      params: place,
      body: { name: 'n', [list]: [] },
    })
    expect(created.status).toBe(400)
  }
  expect(await scopeOf(made)).toBe('payments:read')
  expect((await change({ scopes: null })).body).toMatchObject({ scopes: null, networks: null })
  expect(await scopeOf(made)).toBe('payments:read payments:write')
})
