import { randomUUID } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CertificateView } from '../../src/contract/certificate.ts'
import type { CredentialWithSecret } from '../../src/contract/credential.ts'
import { toApprovalId } from '../../src/contract/ids.ts'
import type { Operation } from '../../src/contract/operation.ts'
import { type OperationId, operations } from '../../src/contract/operations.ts'
import { type ApiClient, createApiClient, signInFirst } from '../support/api.ts'
import { createTestCredential, issueCertificate, makeRequest } from '../support/certificates.ts'
import { compareWithExample, keepExamples } from '../support/examples.ts'
import { createExternalAuthority } from '../support/external-authority.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'
import { addOrganization, addUser, signIn, testPassword } from '../support/users.ts'

type Role = 'stranger' | 'viewer' | 'developer' | 'admin' | 'foreign' | 'operator'
type Expected = Record<Role, number>

const all: Role[] = ['stranger', 'viewer', 'developer', 'admin', 'foreign', 'operator']
const read: Expected = { stranger: 401, viewer: 200, developer: 200, admin: 200, foreign: 404, operator: 200 }
const change = (status: number): Expected => ({
  stranger: 401,
  viewer: 403,
  developer: status,
  admin: status,
  foreign: 404,
  operator: 403,
})
const changeOrOperate = (status: number): Expected => ({ ...change(status), operator: status })
const operate = (status: number): Expected => ({
  stranger: 401,
  viewer: 403,
  developer: 403,
  admin: 403,
  foreign: 403,
  operator: status,
})
const signedIn = (status: number): Expected => ({
  stranger: 401,
  viewer: status,
  developer: status,
  admin: status,
  foreign: status,
  operator: status,
})

interface Row {
  expected: Expected
  /** Creates the input for each user, so that one request does not affect the next. */
  input?: () => Promise<{ params?: object; query?: object; body?: unknown }>
}

let postern: LocalPostern
let admin: ApiClient
const clients = {} as Record<Role, ApiClient>
const emails = {} as Record<Role, string>
const organization = 'acme'
const place = { organization, environment: 'production' }
const approvalPlace = { organization, environment: 'careful' }
const folder = mkdtempSync(`${tmpdir()}/postern-roles-`)
const nothing = async () => ({ params: { organization } })

const newDraft = (params = place): Promise<CertificateView> =>
  admin.call(operations.createCertificate, { params, body: {} })
const newIssued = async (): Promise<CertificateView> =>
  (await issueCertificate(admin, organization)).certificate
const newCredential = (): Promise<CredentialWithSecret> => createTestCredential(admin, organization)
const newPending = async (): Promise<CertificateView> => {
  const draft = await newDraft(approvalPlace)
  return admin.call(operations.submitCsr, {
    params: { organization, certificateId: draft.id },
    body: { csr: makeRequest(folder, draft.name) },
  })
}
const newApproval = async () => ({ approvalId: toApprovalId((await newPending()).id) })
const aboutDraft = async () => ({ params: { organization, certificateId: (await newDraft()).id } })
const aboutIssued = async () => ({ params: { organization, certificateId: (await newIssued()).id } })

const newDryRun = async () => {
  const body = { serialNumbers: ['00'], reason: 'superseded' as const, dryRun: true }
  return { bulkRevocationId: (await clients.operator.call(operations.createBulkRevocation, { body })).id }
}

const authority = createExternalAuthority(folder)
const newRegistration = async (name = randomUUID() as string) => {
  const { id, challenge } = await admin.call(operations.registerCertificate, {
    params: place,
    body: { certificate: authority.makeClient(name).pem },
  })
  return { challenge, params: { organization, registrationId: id } }
}
const aboutRegistration = async () => ({ params: (await newRegistration()).params })

const rows: Record<OperationId, Row> = {
  signIn: {
    expected: { ...signedIn(401), stranger: 401 },
    input: async () => ({ body: { email: 'nobody@x.test', password: 'x' } }),
  },
  getSession: { expected: signedIn(200) },
  signOut: { expected: signedIn(204) },
  changePassword: {
    expected: signedIn(200),
    input: async () => ({ body: { currentPassword: testPassword, newPassword: 'another long password' } }),
  },
  listOrganizations: { expected: operate(200) },
  listEnvironments: { expected: read, input: nothing },
  getEnforcementPolicy: { expected: read, input: async () => ({ params: place }) },
  getEnforcementImpact: { expected: read, input: async () => ({ params: place }) },
  setEnforcementPolicy: {
    expected: operate(200),
    input: async () => ({ params: place, body: { mode: 'observe' } }),
  },
  listOrganizationDenials: { expected: read, input: async () => ({ params: place }) },
  countOrganizationDenials: { expected: read, input: async () => ({ params: place }) },
  countDenials: { expected: operate(200) },
  listDenials: { expected: operate(200) },
  listEnforcementPolicies: { expected: operate(200) },
  createCredential: { expected: change(201), input: async () => ({ params: place, body: { name: 'n' } }) },
  listCredentials: { expected: read, input: async () => ({ params: place }) },
  listCredentialUse: { expected: read, input: async () => ({ params: place }) },
  listCertificateUse: { expected: read, input: async () => ({ params: place }) },
  getCredential: {
    expected: read,
    input: async () => ({ params: { organization, credentialId: (await newCredential()).id } }),
  },
  rotateCredentialSecret: {
    expected: change(201),
    input: async () => ({
      params: { organization, credentialId: (await newCredential()).id },
      body: { overlapSeconds: 60 },
    }),
  },
  updateCredential: {
    expected: change(200),
    input: async () => ({
      params: { organization, credentialId: (await newCredential()).id },
      body: { description: 'new' },
    }),
  },
  deleteCredentialSecret: {
    expected: change(204),
    input: async () => {
      const { id, secrets } = await newCredential()
      const params = { organization, credentialId: id }
      await admin.call(operations.rotateCredentialSecret, { params, body: { overlapSeconds: 60 } })
      return { params: { ...params, secretId: secrets[0]?.id } }
    },
  },
  deleteCredential: {
    expected: change(204),
    input: async () => ({ params: { organization, credentialId: (await newCredential()).id } }),
  },
  createCertificate: { expected: change(201), input: async () => ({ params: place, body: {} }) },
  submitCsr: {
    expected: change(200),
    input: async () => {
      const draft = await newDraft()
      return {
        params: { organization, certificateId: draft.id },
        body: { csr: makeRequest(folder, draft.name) },
      }
    },
  },
  getOrganization: { expected: read, input: async () => ({ params: place }) },
  getEnvironment: { expected: read, input: async () => ({ params: place }) },
  listCertificates: { expected: read, input: async () => ({ params: place }) },
  getCertificate: { expected: read, input: aboutDraft },
  updateCertificate: {
    expected: change(200),
    input: async () => ({ ...(await aboutDraft()), body: { description: 'new' } }),
  },
  downloadCertificate: {
    expected: read,
    input: async () => ({ params: { ...(await aboutIssued()).params, form: 'pem' } }),
  },
  downloadEvidence: { expected: read, input: aboutIssued },
  cancelCertificate: { expected: change(200), input: aboutDraft },
  getCertificateRevocation: {
    expected: read,
    input: async () => {
      const { id, name } = await newIssued()
      const params = { organization, certificateId: id }
      await admin.call(operations.revokeCertificate, { params, body: { reason: 'superseded', name } })
      return { params }
    },
  },
  revokeCertificate: {
    expected: changeOrOperate(200),
    input: async () => {
      const { id, name } = await newIssued()
      return { params: { organization, certificateId: id }, body: { reason: 'superseded', name } }
    },
  },
  rotateCertificate: { expected: change(201), input: aboutIssued },
  registerCertificate: {
    expected: change(201),
    input: async () => ({ params: place, body: { certificate: authority.makeClient(randomUUID()).pem } }),
  },
  listRegistrations: { expected: read, input: async () => ({ params: place }) },
  getRegistration: { expected: read, input: aboutRegistration },
  proveRegistration: {
    expected: change(200),
    input: async () => {
      const name = randomUUID()
      const { challenge, params } = await newRegistration(name)
      return { params, body: { signature: authority.sign(challenge, { keyFile: `${name}.key` }) } }
    },
  },
  cancelRegistration: { expected: change(204), input: aboutRegistration },
  listCertificateHistory: { expected: read, input: aboutDraft },
  listCertificateActivity: { expected: read, input: aboutDraft },
  streamCertificateActivity: { expected: read, input: aboutDraft },
  listActivity: { expected: read, input: async () => ({ params: place }) },
  getCertificateUsage: { expected: read, input: aboutIssued },
  getUsage: { expected: read, input: async () => ({ params: place }) },
  listApprovals: { expected: operate(200) },
  getApproval: { expected: operate(200), input: async () => ({ params: await newApproval() }) },
  decideApproval: {
    expected: operate(200),
    input: async () => ({ params: await newApproval(), body: { decision: 'approve' } }),
  },
  createBulkRevocation: {
    expected: operate(201),
    input: async () => ({ body: { serialNumbers: ['00'], reason: 'superseded', dryRun: true } }),
  },
  listBulkRevocations: { expected: operate(200) },
  getBulkRevocation: { expected: operate(200), input: async () => ({ params: await newDryRun() }) },
  listBulkRevocationCertificates: {
    expected: operate(200),
    input: async () => ({ params: await newDryRun() }),
  },
  listGateways: { expected: operate(200) },
  listCertificateAuthorities: { expected: operate(200) },
  getCertificateAuthority: {
    expected: operate(200),
    async input() {
      const { items } = await clients.operator.call(operations.listCertificateAuthorities)
      return { params: { issuerId: items[0]?.id } }
    },
  },
  rotateCertificateAuthority: {
    expected: operate(201),
    input: async () => ({ params: { environment: 'careful' } }),
  },
  trustIssuer: {
    expected: operate(201),
    input: async () => ({
      params: { environment: 'production' },
      body: { certificate: authority.makeAuthority(randomUUID()) },
    }),
  },
  retireCertificateAuthority: {
    expected: operate(409),
    input: async () => {
      const { items } = await clients.operator.call(operations.listCertificateAuthorities)
      const signing = items.find((item) => item.signsNewCertificates)
      return {
        params: { issuerId: signing?.id },
        body: { retiresAt: new Date(Date.now() + 86_400_000).toISOString(), expectedCount: 0 },
      }
    },
  },
  listAudit: { expected: operate(200) },
  getAuditState: { expected: operate(200) },
  verifyAudit: { expected: operate(200) },
  listEmails: { expected: operate(200) },
  getEmail: {
    expected: operate(200),
    input: async () => {
      const { items } = await clients.operator.call(operations.listEmails)
      return { params: { emailId: items[0]?.id ?? '' } }
    },
  },
}

beforeAll(async () => {
  const policy = { scopes: [], routes: null, maxCertificates: 10_000 }
  postern = await openPostern({
    config: {
      environments: {
        production: { port: 1, live: true, externalCertificates: 'pinned', ...policy },
        staging: { port: 2, issuance: 'asynchronous', ...policy },
        careful: {
          port: await import('../support/postgres.ts').then((m) => m.findFreePort()),
          issuance: 'approval',
          ...policy,
        },
      },
    },
  })
  clients.stranger = createApiClient(postern)
  clients.operator = await signInFirst(postern, 'operator@postern.example', testPassword)
  clients.admin = await signInFirst(postern, 'admin@acme.example', testPassword)
  clients.viewer = await addUser(postern, 'viewer@acme.example', 'viewer', organization)
  clients.developer = await addUser(postern, 'developer@acme.example', 'developer', organization)
  clients.foreign = await addOrganization(postern, { slug: 'other', legalName: "O'Neil & Co / Ltd" })
  for (const role of all) emails[role] = clients[role].email
  admin = clients.admin
  await issueCertificate(admin, organization, 'staging')
}, 120_000)
afterAll(async () => {
  keepExamples()
  await postern?.stop()
})

test('every operation of the API document is in the table of roles', async () => {
  const document = (await (await postern.fetch(`${postern.portalUrl}/api/v1/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { operationId: string }>>
  }
  const ids = Object.values(document.paths).flatMap((path) =>
    Object.values(path).map((operation) => operation.operationId),
  )
  expect(ids.sort()).toEqual(Object.keys(rows).sort())
})

const endsTheSession = new Set<OperationId>(['signOut', 'changePassword'])

/** The operations whose example has been executed. */
const exampled = new Set<OperationId>()

for (const id of Object.keys(rows) as OperationId[]) {
  test(`${id} answers each role as the table says`, { timeout: 60_000 }, async () => {
    const { expected, input = async () => ({}) } = rows[id]
    const operation: Operation = operations[id]
    const seen = {} as Expected
    for (const role of all) {
      const sent = await input()
      const own = endsTheSession.has(id) && role !== 'stranger'
      const client = own
        ? await addUser(postern, `${id}-${role}@x.test`.toLowerCase(), 'viewer', organization)
        : clients[role]
      if (id === 'streamCertificateActivity') {
        seen[role] = await statusOfStream(client, operation, sent)
        continue
      }
      const answer = await client.send(operation, sent as never)
      seen[role] = answer.status
      if (answer.status < 300 && !exampled.has(id)) {
        exampled.add(id)
        compareWithExample(operation, sent, answer)
      }
    }
    expect(seen).toEqual(expected)
  })
}

async function statusOfStream(client: ApiClient, operation: Operation, input: object): Promise<number> {
  const { toUrl } = await import('../support/api.ts')
  const stop = new AbortController()
  const response = await postern.fetch(toUrl(postern.portalUrl, operation, input), {
    headers: { cookie: client.cookie() },
    signal: stop.signal,
  })
  stop.abort()
  return response.status
}

test("an ID of another organization is not found below the user's own organization", async () => {
  const certificateId = (await newIssued()).id
  const credentialId = (await newCredential()).id
  const params = { organization: 'other', certificateId, credentialId, form: 'pem' }
  for (const operation of Object.values<Operation>(operations)) {
    if (!/^\/organizations.*:(certificateId|credentialId)/.test(operation.path)) continue
    const bodies: Record<string, unknown> = {
      ...Object.fromEntries(Object.keys(rows).map((id) => [id, {}])),
      revokeCertificate: { reason: 'superseded', name: 'x' },
      submitCsr: { csr: 'x' },
      rotateCredentialSecret: { overlapSeconds: 1 },
      updateCredential: { name: 'x' },
    }
    const body = operation.body === undefined ? undefined : bodies[operation.id]
    const answer = await clients.foreign.send(operation, { params, body } as never)
    expect([operation.id, answer.status]).toEqual([operation.id, 404])
  }
  const created = await clients.foreign.send(operations.createCredential, {
    params: { ...place, organization: 'other' },
    body: { name: 'n', certificateIds: [certificateId] },
  })
  expect(created.status).toBe(404)
})

test('a user with a one-time password can only change the password', async () => {
  const user = postern.firstRun().people.find(({ email }) => email === 'admin@globex.example')
  const client = createApiClient(postern)
  await client.call(operations.signIn, {
    body: { email: 'admin@globex.example', password: user?.oneTimePassword ?? '' },
  })
  const answer = await client.send(operations.listCertificates, {
    params: { ...place, organization: 'globex' },
  })
  expect([answer.status, answer.body.code]).toEqual([403, 'password_change_required'])
})

test('another website cannot act with the cookie of a user', async () => {
  const { toUrl } = await import('../support/api.ts')
  const url = toUrl(postern.portalUrl, operations.createCertificate, { params: place })
  for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }] as Record<
    string,
    string
  >[]) {
    const response = await postern.fetch(url, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json', cookie: admin.cookie(), ...headers },
    })
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
      403,
      'cross_site_request',
    ])
  }
})

test('invalid input names the field without its value and changes nothing', async () => {
  const answer = await admin.send(operations.createCertificate, {
    params: place,
    body: { description: 'x'.repeat(501), contacts: ['not-an-address'] },
  })
  expect(answer.status).toBe(400)
  expect(JSON.stringify(answer.body)).toContain('contacts')
  expect(JSON.stringify(answer.body)).not.toContain('not-an-address')
  expect((await signIn(postern, emails.developer)).cookie()).not.toBe('')
})
