import { randomUUID } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { z } from 'zod'
import { addLink } from '../../src/accounts/link-store.ts'
import { createOperatorStore } from '../../src/accounts/operator-store.ts'
import { hashToken } from '../../src/accounts/session-store.ts'
import type { LinkPurpose } from '../../src/contract/account.ts'
import type { ownApiKeyRoles } from '../../src/contract/api-key.ts'
import { findApiKeyScope } from '../../src/contract/api-key-scopes.ts'
import type { CertificateView } from '../../src/contract/certificate.ts'
import type { CredentialWithSecret } from '../../src/contract/credential.ts'
import { toApprovalId } from '../../src/contract/ids.ts'
import { isLive, type Operation } from '../../src/contract/operation.ts'
import { type OperationId, operations } from '../../src/contract/operations.ts'
import type { PasskeyCreationOptions } from '../../src/contract/passkey.ts'
import type { MemberRole } from '../../src/contract/roles.ts'
import { stepUpHeader } from '../../src/contract/step-up.ts'
import { keyIdentifier } from '../../src/pki/key/key-identifier.ts'
import { parseCertificateRequest } from '../../src/pki/request/certificate-request.ts'
import { toPem } from '../../src/pki/text/pem.ts'
import { systemActor } from '../../src/shapes/actor.ts'
import { newId } from '../../src/storage/id.ts'
import { type ApiClient, createApiClient, signInFirst, toUrl, withApiKey } from '../support/api.ts'
import { createTestCredential, issueCertificate, makeRequest } from '../support/certificates.ts'
import {
  compareWithExample,
  type ExampleRequest,
  keepExamples,
  toExampleRequest,
} from '../support/examples.ts'
import { createExternalAuthority } from '../support/external-authority.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'
import { openTestProvider, type TestProvider } from '../support/openid-provider.ts'
import { readInvitationToken } from '../support/read-invitation.ts'
import { addPasskey, codeOf, setUpTotp } from '../support/second-factors.ts'
import { createSoftwareAuthenticator } from '../support/software-authenticator.ts'
import { createTestSubscriptions } from '../support/subscriptions.ts'
import { issueClientCertificate, makeAuthority, makeKey } from '../support/test-authority.ts'
import { addOrganization, addPlatformUser, addUser, signIn, testPassword } from '../support/users.ts'
import { writeGatewayEvents } from '../support/write-gateway-events.ts'

type Role = 'stranger' | 'viewer' | 'developer' | 'admin' | 'foreign' | 'operator'
type Expected = Record<Role, number>

const all: Role[] = ['stranger', 'viewer', 'developer', 'admin', 'foreign', 'operator']
/** Roles that are answered as another one; an auditor as an operator where an operation only reads. */
type Follower = 'former' | 'auditor' | 'suspended'

/** Whether an operation is about an organization whose members may ask for it. */
const isOfMembers = ({ path, access }: Operation): boolean =>
  path.includes(':organization') && access !== 'operator'
/** What names an organization in its body, not in its path. */
const namesOrganization = new Set<OperationId>(['proveStepUp'])
const isOfSuspended = (operation: Operation): boolean =>
  isOfMembers(operation) || namesOrganization.has(operation.id as OperationId)

const withFollowers = (operation: Operation, { expected, auditor }: Row): Record<Role | Follower, number> => {
  const { method, access, readsOnly } = operation
  const isOpen = method === 'GET' || readsOnly || access === 'anyone' || access === 'signed-in'
  return {
    ...expected,
    former: expected.foreign,
    suspended: isOfSuspended(operation) ? 403 : expected.foreign,
    auditor: auditor ?? (isOpen ? expected.operator : 403),
  }
}
const read: Expected = { stranger: 401, viewer: 200, developer: 200, admin: 200, foreign: 404, operator: 200 }
const change = (status: number): Expected => ({
  stranger: 401,
  viewer: 403,
  developer: status,
  admin: status,
  foreign: 404,
  operator: 403,
})
const administerAlone = (status: number): Expected => ({ ...change(status), developer: 403 })
const changeOrOperate = (status: number): Expected => ({ ...change(status), operator: status })
const administer = (status: number): Expected => ({ ...changeOrOperate(status), developer: 403 })
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

const everybody = (status: number): Expected => ({ ...signedIn(status), stranger: status })

interface Row {
  expected: Expected
  /** What an auditor gets, if it is not what the access of the operation says. */
  auditor?: number
  /** Creates the input for each user, so that one request does not affect the next. */
  input?: (client: ApiClient) => Promise<{ params?: object; query?: object; body?: unknown }>
  /** Creates the request that needs a step-up proof, if that of `input` needs none. */
  act?: (client: ApiClient) => Promise<{ params?: object; body?: unknown }>
  /** Creates the request of the example, if it is another one than that of `input`. */
  example?: (client: ApiClient) => Promise<ExampleRequest>
}

let postern: LocalPostern
let provider: TestProvider
/** What DNS has of the domain of the examples. */
let txtRecords: string[] = []
/** A browser that signs in through the provider. */
let entering: ApiClient
let admin: ApiClient
let otherOperator: ApiClient
/** A certificate of which a gateway has reported a call. */
let seen: CertificateView
const clients = {} as Record<Role | Follower, ApiClient>
const emails = {} as Record<Role, string>
const organization = 'acme'
const place = { organization, environment: 'production' }
const approvalPlace = { organization, environment: 'careful' }
const folder = mkdtempSync(`${tmpdir()}/postern-roles-`)
const nothing = async () => ({ params: { organization } })
const suspended = 'suspended'
type Input = Awaited<ReturnType<NonNullable<Row['input']>>>
/** The same request about the suspended organization; what else it names is never looked for. */
const aboutSuspended = ({ params, body, query }: Input): Input => {
  const rename = <T extends object>(names: T) => ({
    ...names,
    ...('organization' in names ? { organization: suspended } : {}),
  })
  const act = body as { pathParameters?: object } | undefined
  return {
    ...(params && { params: rename(params) }),
    ...(query && { query }),
    ...(body === undefined
      ? {}
      : { body: act?.pathParameters ? { ...act, pathParameters: rename(act.pathParameters) } : body }),
  }
}

const newDraft = (params = place): Promise<CertificateView> =>
  admin.call(operations.createCertificate, { params, body: {} })
const newIssued = async (): Promise<CertificateView> =>
  (await issueCertificate(admin, organization)).certificate
const newContact = async (): Promise<string> => {
  const token = randomUUID()
  const { queries } = postern.database
  const { id } = await queries
    .selectFrom('organizations')
    .select('id')
    .where('slug', '=', organization)
    .executeTakeFirstOrThrow()
  await queries
    .insertInto('mail_contacts')
    .values({
      ...{ organization_id: id, address: 'payments@partner.example' },
      ...{ token_sha256: hashToken(token), asked_at: Date.now() },
    })
    .execute()
  return token
}
const newSubscription = async (): Promise<string> => {
  const { id } = await postern.database.queries
    .selectFrom('organizations')
    .select('id')
    .where('slug', '=', organization)
    .executeTakeFirstOrThrow()
  return createTestSubscriptions(postern.database).open(id, 'payments@partner.example', Date.now())
}
const aboutCalendarFeed = async () => {
  const body = { environment: 'production' }
  const { id } = await admin.call(operations.createCalendarFeed, { params: { organization }, body })
  return { params: { organization, calendarFeedId: id } }
}
const newCredential = (): Promise<CredentialWithSecret> => createTestCredential(admin, organization)
const newPending = async (): Promise<CertificateView> => {
  const draft = await newDraft(approvalPlace)
  return admin.call(operations.submitCsr, {
    params: { organization, certificateId: draft.id },
    body: { csr: makeRequest(folder, draft.name) },
  })
}
let slugs = 0
const newSlug = () => `new-${++slugs}`
const newOrganization = async (): Promise<string> => {
  const body = { slug: newSlug(), legalName: "O'Neil & Co / Ltd", country: 'GB' }
  return (await clients.operator.call(operations.createOrganization, { body })).slug
}
const newApproval = async () => ({ approvalId: toApprovalId((await newPending()).id) })
const aboutDraft = async () => ({ params: { organization, certificateId: (await newDraft()).id } })
const aboutRotated = async () => {
  const about = await aboutIssued()
  await admin.call(operations.rotateCertificate, about)
  return about
}
const aboutIssued = async () => ({ params: { organization, certificateId: (await newIssued()).id } })

const newDryRun = async (serialNumber = '00') => {
  const body = { serialNumbers: [serialNumber], reason: 'superseded' as const, dryRun: true }
  return { bulkRevocationId: (await clients.operator.call(operations.createBulkRevocation, { body })).id }
}

/** An act for which the configuration asks for a second person. */
const newAct = async () => ({
  operationId: 'decideApproval',
  pathParameters: await newApproval(),
  body: { decision: 'approve' },
})
const newConfirmation = async () => {
  const body = await newAct()
  return { confirmationId: (await otherOperator.call(operations.requestConfirmation, { body })).id }
}
/** Creates a key, and deletes the one before: few may exist. */
let apiKeyId: string | undefined
const aboutApiKey = async () => {
  if (apiKeyId !== undefined)
    await admin.send(operations.deleteApiKey, { params: { organization, apiKeyId } })
  const body = { name: 'Terraform', role: 'developer' } as const
  const { id } = await admin.call(operations.createApiKey, { params: { organization }, body })
  apiKeyId = id
  return { params: { organization, apiKeyId } }
}
let ownApiKeyId: string | undefined
const aboutOwnApiKey = async () => {
  if (ownApiKeyId !== undefined)
    await admin.send(operations.deleteOwnApiKey, { params: { apiKeyId: ownApiKeyId } })
  const body = { name: 'Laptop', role: 'developer' } as const
  const { id } = await admin.call(operations.createOwnApiKey, { body })
  ownApiKeyId = id
  return { params: { apiKeyId: id } }
}

/** Creates a webhook, and deletes the one before: few may exist. Nothing answers there. */
let webhookId: string | undefined
const aboutWebhook = async () => {
  if (webhookId !== undefined)
    await admin.send(operations.deleteWebhook, { params: { organization, webhookId } })
  const body = { name: 'Incidents', url: 'https://hooks.acme.example/postern' }
  const { id } = await admin.call(operations.createWebhook, { params: { organization }, body })
  webhookId = id
  return { params: { organization, webhookId: id } }
}
const aboutClientCertificate = async (issuer: 'postern' | 'own_ca') => {
  const { params } = await aboutWebhook()
  const { clientCertificates } = await admin.call(operations.addWebhookClientCertificate, {
    params,
    body: { issuer },
  })
  const [{ id, certificateRequest }] = clientCertificates as [(typeof clientCertificates)[0]]
  return { params: { ...params, clientCertificateId: id }, certificateRequest }
}
const aboutNextCertificate = async () => {
  const { params } = await aboutClientCertificate('postern')
  const { clientCertificates } = await admin.call(operations.addWebhookClientCertificate, {
    params,
    body: { issuer: 'postern' },
  })
  const next = clientCertificates.find(({ state }) => state === 'next')
  return { params: { ...params, clientCertificateId: next?.id } }
}
/** Has the CA of the customer issue what the CSR of a client certificate asks for. */
const aboutClientChain = async () => {
  const { params, certificateRequest } = await aboutClientCertificate('own_ca')
  const { spki } = parseCertificateRequest(certificateRequest ?? '').publicKey
  const key = { ...(await makeKey()), spki, subjectKeyIdentifier: await keyIdentifier(spki) }
  const { issuing } = await makeAuthority()
  const chain = [issueClientCertificate(issuing, key), issuing.der]
  return { params, body: { chain: chain.map((der) => toPem('CERTIFICATE', der)).join('') } }
}
const newSignal = async () => {
  const { id } = await newIssued()
  const { queries } = postern.database
  const row = await queries
    .selectFrom('certificates')
    .select('organization_id')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  const signalId = newId('signal', Date.now())
  await queries
    .insertInto('signals')
    .values({
      ...{ id: signalId, organization_id: row.organization_id, environment: 'production' },
      ...{ kind: 'certificate_unused', subject: id, certificate_id: id, credential_id: null, detail: '' },
      ...{ first_seen_at: Date.now(), last_seen_at: Date.now(), resolved_at: null, told_at: 1 },
      ...{ dismissed_at: null, dismissed_by: null, dismissed_by_ref: null, announced_at: 1 },
    })
    .execute()
  return { params: { organization, signalId } }
}
const aboutDelivery = async () => {
  const { params } = await aboutWebhook()
  await postern.database.queries
    .insertInto('webhook_deliveries')
    .values({
      ...{ id: newId('webhookDelivery', Date.now()), webhook_id: params.webhookId, event_id: 'evt_1' },
      ...{ event_type: 'certificate.issued', event_at: 1, payload: '{}', status: 'failed', attempts: 14 },
      ...{ due_at: null, expires_at: 1, created_at: 1, last_attempt_at: 1, response_status: 503 },
      ...{ response_body: 'maintenance', duration_milliseconds: 41 },
      error: 'The endpoint answered 503. A status from 200 to 299 means that the event was received.',
    })
    .execute()
  const { items } = await admin.call(operations.listWebhookDeliveries, { params })
  return { params: { ...params, deliveryId: items[0]?.id } }
}

const authority = createExternalAuthority(folder)
const newRegistration = async (name = randomUUID() as string) => {
  const { id, challenge } = await admin.call(operations.registerCertificate, {
    params: place,
    body: { certificate: authority.makeClient(name).pem },
  })
  return { challenge, params: { organization, registrationId: id } }
}
const aboutExternal = async () => {
  const name = randomUUID()
  const { challenge, params } = await newRegistration(name)
  const body = { signature: authority.sign(challenge, { keyFile: `${name}.key` }) }
  const { certificateId } = await admin.call(operations.proveRegistration, { params, body })
  return { params: { organization, certificateId: certificateId ?? '' } }
}
let externalCertificate: ReturnType<typeof aboutExternal> | undefined
let readRegistration: ReturnType<typeof aboutRegistration> | undefined
const aboutRegistration = async () => ({ params: (await newRegistration()).params })

/** Returns the token of a new link for a new user. */
const newLink = async (purpose: LinkPurpose, newEmail?: string) => {
  const { email } = await addUser(postern, `${randomUUID()}@acme.example`, 'viewer', organization)
  const { queries } = postern.database
  const user = await queries
    .selectFrom('users')
    .select('id')
    .where('email', '=', email)
    .executeTakeFirstOrThrow()
  const link = { purpose, userId: user.id, expiresAt: Date.now() + 3_600_000 }
  const address = await postern.database.transaction((tx) =>
    addLink(tx, postern.portalUrl, { ...link, ...(newEmail && { newEmail }) }, Date.now()),
  )
  return new URL(address).hash.slice('#token='.length)
}
const newUser = async () => {
  const email = `${randomUUID()}@acme.example`
  await addUser(postern, email, 'developer', organization)
  const { items } = await clients.operator.call(operations.listUsers, { query: { email } })
  return items[0]?.id
}
const newOperator = async () => {
  const email = `${randomUUID()}@provider.example`
  const operators = createOperatorStore(postern.database, postern.portalUrl)
  const act = { actor: systemActor('test'), now: Date.now() }
  await operators.invite({ email, name: undefined, role: 'auditor' }, act)
  const { items } = await operators.list({ limit: 200 })
  return items.find((each) => each.email === email)?.id
}
const toSingleSignOn = (issuer = 'https://login.acme.example') => ({
  ...{ issuer, clientId: provider.clientId, clientSecret: provider.clientSecret },
  ...{ domains: ['acme.example'], roleClaim: 'groups', defaultRole: 'viewer' as const, required: false },
  roles: [{ value: 'postern-admins', role: 'admin' as const }],
  passwordAdmins: [admin.email],
})
const newSingleSignOn = async (issuer?: string) => {
  const params = { organization }
  const body = toSingleSignOn(issuer)
  const { settings } = await admin.call(operations.setSingleSignOn, { params, body })
  txtRecords = settings?.domains.map(({ recordValue }) => recordValue) ?? []
  return { params: { ...params, domain: 'acme.example' } }
}
const newProvenDomain = async () => {
  const { params } = await newSingleSignOn(provider.issuer)
  await admin.call(operations.checkSingleSignOnDomain, { params })
  return 'grace@acme.example'
}
const manage = (status: number): Expected => ({ ...change(status), developer: 403 })

const toMomentIn = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
const findSigning = async (environment: string) => {
  const { items } = await clients.operator.call(operations.listCertificateAuthorities)
  const signing = items.find((item) => item.signsNewCertificates && item.environment === environment)
  if (signing === undefined) throw new Error(`no CA of ${environment} signs`)
  return signing
}

let invited = 0
/** Invites a new address; returns the invitation with the token of its email. */
const newInvitation = async () => {
  invited += 1
  const email = `invited-${invited}@acme.example`
  const body = { email, role: 'developer' as const }
  const { id } = await admin.call(operations.createInvitation, { params: { organization }, body })
  return { id, token: await readInvitationToken(postern.database, email) }
}
let openInvitation: ReturnType<typeof newInvitation> | undefined
const readOpen = () => (openInvitation ??= newInvitation())
const aboutInvitation = async () => {
  const { id } = await readOpen()
  return { params: { organization, invitationId: id } }
}
const findMember = async (client: ApiClient, slug: string, email: string) => {
  const { items } = await client.call(operations.listMembers, {
    ...{ params: { organization: slug }, query: { limit: 200 } },
  })
  const found = items.find((member) => member.email === email)
  if (found === undefined) throw new Error(`${email} is no member of ${slug}`)
  return found.id
}
let joined = 0
const aboutNewMember = async () => {
  joined += 1
  const { email } = await addUser(postern, `member-${joined}@acme.example`, 'developer', organization)
  return { params: { organization, memberId: await findMember(admin, organization, email) } }
}
/** Makes those members again who have left, in an organization that has an admin besides. */
const aboutLeaving = async () => {
  const { queries } = postern.database
  const { id } = await queries
    .selectFrom('organizations')
    .select('id')
    .where('slug', '=', 'leaving')
    .executeTakeFirstOrThrow()
  for (const role of ['viewer', 'developer', 'admin'] as const) {
    const { email } = clients[role]
    const user = await queries.selectFrom('users').select('id').where('email', '=', email).executeTakeFirst()
    await queries
      .insertInto('members')
      .values({
        ...{ id: `mem_${role}`, organization_id: id, user_id: user?.id ?? '' },
        ...{ role, created_at: 1 },
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
  return { params: { organization: 'leaving' } }
}

const anyAttestation = () =>
  createSoftwareAuthenticator(postern.portalUrl).create({
    challenge: '',
    user: { id: '' },
  } as PasskeyCreationOptions)
/** About a passkey of another user, and in the example about an own one. */
const aboutPasskey = <Id extends OperationId>(id: Id, body?: object): Record<Id, Row> => {
  const row: Row = {
    expected: signedIn(404),
    input: async () => ({ params: { passkeyId: newId('passkey', Date.now()) }, body }),
    example: async (client) => ({
      params: { passkeyId: (await addPasskey(postern, client)).passkey.id },
      ...(body && { body }),
    }),
  }
  return { [id]: row } as Record<Id, Row>
}

const rows: Record<OperationId, Row> = {
  signIn: {
    expected: { ...signedIn(401), stranger: 401 },
    input: async () => ({ body: { email: 'nobody@x.test', password: 'x' } }),
    async example() {
      const { email } = await addUser(postern, 'grace@acme.example', 'developer', organization)
      return { body: { email, password: testPassword } }
    },
  },
  completeSignIn: {
    expected: { ...signedIn(401), stranger: 401 },
    input: async () => ({ body: { factor: 'totp', code: '000000' } }),
    async example(client) {
      const user = await addUser(postern, 'second@acme.example', 'developer', organization)
      const secret = await setUpTotp(user)
      await client.send(operations.signIn, { body: { email: user.email, password: testPassword } })
      return { body: { factor: 'totp', code: codeOf(secret, 1) } }
    },
  },
  beginPasskeySignIn: { expected: { ...signedIn(200), stranger: 200 }, input: async () => ({ body: {} }) },
  signInWithPasskey: {
    expected: { ...signedIn(401), stranger: 401 },
    async input(client) {
      const options = await client.call(operations.beginPasskeySignIn, { body: {} })
      return { body: { response: createSoftwareAuthenticator(postern.portalUrl).get(options) } }
    },
    async example(client) {
      const user = await addUser(postern, 'passkey@acme.example', 'developer', organization)
      const { authenticator } = await addPasskey(postern, user)
      const options = await client.call(operations.beginPasskeySignIn, { body: {} })
      return { body: { response: authenticator.get(options) } }
    },
  },
  getSignInMethods: { expected: signedIn(200) },
  beginPasskeyRegistration: { expected: signedIn(200) },
  registerPasskey: {
    expected: signedIn(400),
    input: async () => ({ body: { name: 'Laptop', response: anyAttestation() } }),
    async example(client) {
      const options = await client.call(operations.beginPasskeyRegistration, {})
      return {
        body: { name: 'Laptop', response: createSoftwareAuthenticator(postern.portalUrl).create(options) },
      }
    },
  },
  listPasskeys: {
    expected: signedIn(200),
    async example(client) {
      await addPasskey(postern, client)
      return {}
    },
  },
  ...aboutPasskey('getPasskey'),
  ...aboutPasskey('renamePasskey', { name: 'Security key' }),
  ...aboutPasskey('deletePasskey'),
  beginTotpSetUp: { expected: signedIn(200) },
  confirmTotp: {
    expected: signedIn(400),
    async input(client) {
      await client.send(operations.beginTotpSetUp, {})
      return { body: { code: '000000' } }
    },
    async example(client) {
      const { secret } = await client.call(operations.beginTotpSetUp, {})
      return { body: { code: codeOf(secret) } }
    },
  },
  deleteTotp: {
    expected: signedIn(409),
    async example(client) {
      await setUpTotp(client)
      return {}
    },
  },
  createRecoveryCodes: { expected: signedIn(200) },
  getSecurityPolicy: { expected: read, input: nothing },
  setSecurityPolicy: {
    expected: { ...change(403), admin: 200 },
    input: async () => ({ params: { organization }, body: { requiresSecondFactor: false } }),
    act: async () => ({ params: { organization }, body: { requiresSecondFactor: true } }),
  },
  getSession: { expected: signedIn(200) },
  getSingleSignOn: {
    expected: { ...manage(200), operator: 200 },
    input: async () => ({ params: { organization: (await newSingleSignOn()).params.organization } }),
  },
  setSingleSignOn: {
    expected: manage(200),
    input: async () => ({ params: { organization }, body: toSingleSignOn() }),
  },
  deleteSingleSignOn: {
    expected: manage(204),
    input: async () => ({ params: { organization: (await newSingleSignOn()).params.organization } }),
  },
  checkSingleSignOnDomain: { expected: manage(200), input: () => newSingleSignOn() },
  getSignInMethod: {
    expected: { ...signedIn(200), stranger: 200 },
    input: async () => ({ query: { domain: 'acme.example' } }),
  },
  startSingleSignOn: {
    expected: { ...signedIn(404), stranger: 404 },
    input: async () => ({ body: { email: 'grace@nobody.example' } }),
    example: async () => ({ body: { email: await newProvenDomain() } }),
  },
  completeSingleSignOn: {
    expected: { ...signedIn(401), stranger: 401 },
    input: async () => ({ body: { organization, response: 'code=x&state=x' } }),
    async example() {
      const email = await newProvenDomain()
      const { authorizationUrl } = await entering.call(operations.startSingleSignOn, { body: { email } })
      const claims = { sub: '248289761001', email: 'heidi@acme.example', email_verified: true, name: 'Heidi' }
      return { body: { organization, response: provider.signIn(authorizationUrl, claims) } }
    },
  },
  signOut: { expected: signedIn(204) },
  changePassword: {
    expected: signedIn(200),
    input: async () => ({ body: { currentPassword: testPassword, newPassword: 'another long password' } }),
  },
  beginStepUp: {
    // As the operation that the proof is for.
    expected: changeOrOperate(200),
    auditor: 403,
    input: async () => ({
      body: { operationId: 'revokeCertificate', pathParameters: (await aboutIssued()).params },
    }),
    async example(client) {
      await addPasskey(postern, client)
      return { body: { operationId: 'createRecoveryCodes', pathParameters: {} } }
    },
  },
  proveStepUp: {
    // As the operation that the proof is for.
    expected: changeOrOperate(201),
    auditor: 403,
    input: async () => ({
      body: {
        operationId: 'revokeCertificate',
        pathParameters: (await aboutIssued()).params,
        proof: { method: 'password', password: testPassword },
      },
    }),
  },
  getAccount: { expected: signedIn(200) },
  updateAccount: {
    expected: signedIn(200),
    input: async () => ({ body: { name: 'Łucja O’Neil', timeZone: 'Europe/Warsaw' } }),
  },
  answerTimeZone: {
    expected: signedIn(200),
    input: async () => ({ body: { timeZone: 'Europe/Warsaw' } }),
  },
  requestEmailChange: {
    expected: signedIn(200),
    input: async () => ({ body: { newEmail: `${randomUUID()}@acme.example` } }),
    example: async () => ({ body: { newEmail: 'grace.hopper@acme.example' } }),
  },
  confirmEmailChange: {
    expected: { ...signedIn(400), stranger: 400 },
    input: async () => ({ body: { token: 'no such token' } }),
    example: async () => ({ body: { token: await newLink('confirm_new_email', 'new-grace@acme.example') } }),
  },
  confirmContact: {
    expected: { ...signedIn(400), stranger: 400 },
    input: async () => ({ body: { token: 'no such token' } }),
    example: async () => ({ body: { token: await newContact(), timeZone: 'Europe/Warsaw' } }),
  },
  inspectLink: {
    expected: { ...signedIn(400), stranger: 400 },
    input: async () => ({ body: { token: 'no such token' } }),
    example: async () => ({ body: { token: await newLink('set_password') } }),
  },
  requestPasswordReset: {
    expected: { ...signedIn(204), stranger: 204 },
    input: async () => ({ body: { email: `${randomUUID()}@nobody.example` } }),
    example: async () => ({ body: { email: 'nobody@acme.example' } }),
  },
  resetPassword: {
    expected: { ...signedIn(400), stranger: 400 },
    input: async () => ({ body: { token: 'no such token', newPassword: 'another long password' } }),
    example: async () => ({
      body: { token: await newLink('set_password'), newPassword: 'another long password' },
    }),
  },
  listSessions: { expected: signedIn(200), example: async () => ({ query: { limit: 2 } }) },
  endSession: {
    expected: signedIn(404),
    input: async () => ({ params: { sessionId: 'ses_01k8z3v9qd4n7xw2r5tfhb6mcj' } }),
    async example() {
      await signIn(postern, emails.admin)
      const { items } = await admin.call(operations.listSessions, { query: { limit: 200 } })
      return { params: { sessionId: items.find(({ isCurrent }) => !isCurrent)?.id } }
    },
  },
  endOtherSessions: { expected: signedIn(204) },
  exportOwnData: { expected: signedIn(200), input: async () => ({ query: { limit: 4 } }) },
  eraseOwnAccount: {
    // Who works for the provider asks another operator.
    expected: { ...signedIn(204), operator: 204 },
  },
  listUsers: { expected: operate(200), input: async () => ({ query: { limit: 2 } }) },
  exportUserData: {
    expected: operate(200),
    input: async () => ({ params: { userId: await newUser() }, query: { limit: 4 } }),
  },
  erasePerson: { expected: operate(202), input: async () => ({ params: { userId: await newUser() } }) },
  getErasure: {
    expected: operate(200),
    async input() {
      const userId = (await newUser()) ?? ''
      await clients.operator.call(operations.erasePerson, { params: { userId } })
      return { params: { userId } }
    },
  },
  listOperators: { expected: operate(200) },
  removeOperator: {
    expected: operate(204),
    input: async () => ({ params: { userId: await newOperator() } }),
  },
  listMembers: { expected: read, input: async () => ({ params: { organization }, query: { limit: 2 } }) },
  getMember: {
    expected: read,
    input: async () => ({
      params: { organization, memberId: await findMember(admin, organization, emails.viewer) },
    }),
  },
  updateMember: {
    expected: administer(200),
    input: async () => ({ ...(await aboutNewMember()), body: { role: 'viewer' } }),
  },
  removeMember: { expected: administer(204), input: aboutNewMember },
  removeSecondFactors: {
    expected: operate(204),
    async input() {
      joined += 1
      const user = await addUser(postern, `locked-out-${joined}@acme.example`, 'developer', organization)
      await setUpTotp(user)
      return { params: { organization, memberId: await findMember(admin, organization, user.email) } }
    },
  },
  leaveOrganization: { expected: { ...change(204), viewer: 204 }, input: aboutLeaving },
  createInvitation: {
    expected: administer(201),
    async input() {
      invited += 1
      return { params: { organization }, body: { email: `new-${invited}@acme.example`, role: 'developer' } }
    },
  },
  listInvitations: {
    expected: { ...read, viewer: 403, developer: 403 },
    async input() {
      await aboutInvitation()
      return { params: { organization }, query: { limit: 2 } }
    },
  },
  getInvitation: { expected: { ...read, viewer: 403, developer: 403 }, input: aboutInvitation },
  cancelInvitation: {
    expected: administer(204),
    input: async () => ({ params: { organization, invitationId: (await newInvitation()).id } }),
  },
  previewInvitation: {
    expected: everybody(200),
    async input() {
      const { token } = await readOpen()
      return { body: { token } }
    },
  },
  acceptInvitation: {
    expected: everybody(200),
    input: async () => ({
      body: { token: (await newInvitation()).token, name: 'Grace Hopper', password: testPassword },
    }),
  },
  createOrganization: {
    expected: operate(201),
    input: async () => ({ body: { slug: newSlug(), legalName: 'Łódź Płatności S.A.', country: 'PL' } }),
    example: async () => ({
      body: { slug: 'initech', legalName: 'Initech Bank AG', country: 'DE', state: 'Hesse' },
    }),
  },
  listOrganizations: {
    expected: operate(200),
    example: async () => ({ query: { status: ['active'], limit: 2 } }),
  },
  listOrganizationUse: { expected: operate(200), example: async () => ({ query: { limit: 2 } }) },
  getOrganizationUse: { expected: read, input: nothing },
  updateOrganization: {
    expected: { ...change(200), developer: 403, operator: 200 },
    input: async () => ({ params: { organization }, body: { legalName: 'Acme Payments Ltd' } }),
    example: async () => ({
      params: { organization },
      body: { legalName: 'Acme Payments Ltd', state: 'Greater London' },
    }),
  },
  suspendOrganization: {
    expected: operate(200),
    input: async () => ({
      params: { organization: await newOrganization() },
      body: { reason: 'Contract ended on 30 November' },
    }),
  },
  reactivateOrganization: {
    expected: operate(200),
    async input() {
      const params = { organization: await newOrganization() }
      await clients.operator.call(operations.suspendOrganization, { params, body: { reason: 'a test' } })
      return { params }
    },
  },
  closeOrganization: {
    expected: operate(200),
    async input() {
      const slug = await newOrganization()
      return { params: { organization: slug }, body: { slug, reason: 'Merged with Globex' } }
    },
  },
  getOrganizationLimits: { expected: read, input: nothing },
  setOrganizationLimits: {
    expected: operate(200),
    input: async () => ({
      params: { organization: await newOrganization() },
      body: {
        environments: [{ environment: 'production', maxCertificates: 200, certificatesPerHour: 50 }],
        maxCredentials: 20,
        emailsPerHour: 100,
        maxPeople: 25,
      },
    }),
  },
  listEnvironments: { expected: read, input: nothing },
  getEnforcementPolicy: { expected: read, input: async () => ({ params: place }) },
  getEnforcementImpact: { expected: read, input: async () => ({ params: place }) },
  setEnforcementPolicy: {
    expected: operate(200),
    input: async () => ({ params: place, body: { mode: 'observe' } }),
  },
  getMigration: { expected: read, input: async () => ({ params: place }) },
  getMigrationImpact: { expected: read, input: async () => ({ params: place }) },
  setMigration: {
    expected: operate(200),
    input: async () => ({ params: place, body: {} }),
    example: async () => ({
      params: place,
      body: {
        deadline: '2027-03-01T08:00:00Z',
        message: ['Your CA ends client certificates in March. Call +44 20 7946 0000 if you need more time.'],
      },
    }),
  },
  listMigrations: { expected: operate(200), example: async () => ({ query: { only: 'remaining' } }) },
  listExternalSources: { expected: operate(200) },
  listRequiredActions: { expected: read, input: async () => ({ params: place }) },
  listNotifications: { expected: read, input: nothing },
  getNotificationSettings: { expected: read, input: nothing },
  setNotificationSettings: {
    expected: administer(200),
    input: async () => ({
      params: { organization },
      body: { teamAddress: 'payments@acme.example', timeZone: 'Europe/Warsaw' },
    }),
  },
  setOwnSubscription: {
    expected: { ...read, operator: 403 },
    auditor: 403,
    input: async () => ({ params: { organization }, body: { isUnsubscribed: false } }),
  },
  inspectSubscription: {
    expected: { ...signedIn(400), stranger: 400 },
    input: async () => ({ body: { token: 'no such token' } }),
    example: async () => ({ body: { token: await newSubscription() } }),
  },
  changeSubscription: {
    expected: { ...signedIn(400), stranger: 400 },
    input: async () => ({ body: { token: 'no such token', isUnsubscribed: true } }),
    example: async () => ({ body: { token: await newSubscription(), isUnsubscribed: true } }),
  },
  listSignals: {
    expected: read,
    input: async () => ({ params: place }),
    async example() {
      await newSignal()
      return { params: place, query: { kind: ['certificate_unused'], limit: 1 } }
    },
  },
  getSignal: { expected: read, input: newSignal },
  dismissSignal: { expected: change(200), input: newSignal },
  undismissSignal: {
    expected: change(200),
    async input() {
      const about = await newSignal()
      await admin.call(operations.dismissSignal, about)
      return about
    },
  },
  getAddressMonitoring: { expected: read, input: async () => ({ params: place }) },
  setAddressMonitoring: {
    expected: administerAlone(200),
    input: async () => ({ params: place, body: { enabled: true } }),
  },
  listOrganizationDenials: { expected: read, input: async () => ({ params: place }) },
  countOrganizationDenials: { expected: read, input: async () => ({ params: place }) },
  countDenials: { expected: operate(200) },
  listDenials: { expected: operate(200) },
  listEnforcementPolicies: { expected: operate(200) },
  createCredential: {
    expected: change(201),
    input: async () => ({ params: place, body: { name: 'n' } }),
    example: async () => ({
      params: place,
      body: {
        name: 'Settlement worker',
        description: 'Runs every night in eu-west-1',
        networks: ['203.0.113.0/24'],
        certificateIds: [(await newIssued()).id],
      },
    }),
  },
  listCredentials: {
    expected: read,
    input: nothing,
    example: async () => ({ params: { organization }, query: { environment: 'production', limit: 2 } }),
  },
  listCredentialUse: { expected: read, input: async () => ({ params: place }) },
  listCertificateUse: { expected: read, input: async () => ({ params: place }) },
  createCalendarFeed: {
    expected: change(201),
    input: async () => ({ params: { organization }, body: { environment: 'production' } }),
  },
  listCalendarFeeds: {
    expected: { ...read, operator: 403 },
    input: nothing,
    example: async () => ({ params: { organization }, query: { limit: 2 } }),
  },
  getCalendarFeed: { expected: { ...read, operator: 403 }, input: aboutCalendarFeed },
  deleteCalendarFeed: { expected: change(204), input: aboutCalendarFeed },
  createWebhook: {
    expected: manage(201),
    async input() {
      const { params } = await aboutWebhook()
      const { organization } = params
      await admin.send(operations.deleteWebhook, { params })
      return { params: { organization }, body: { name: 'n', url: 'https://hooks.acme.example/' } }
    },
    example: async () => ({
      params: { organization },
      body: {
        name: 'Incidents',
        url: 'https://hooks.acme.example/postern',
        environment: 'production',
        eventTypes: ['certificate.revoked', 'certificate.expiry_step_reached'],
      },
    }),
  },
  listWebhooks: { expected: changeOrOperate(200), input: nothing },
  getWebhook: { expected: changeOrOperate(200), input: aboutWebhook },
  updateWebhook: {
    expected: manage(200),
    input: async () => ({ ...(await aboutWebhook()), body: { enabled: false } }),
  },
  deleteWebhook: { expected: manage(204), input: aboutWebhook },
  rotateWebhookSecret: {
    expected: manage(201),
    input: async () => ({ ...(await aboutWebhook()), body: { overlapSeconds: 86_400 } }),
  },
  testWebhook: { expected: change(200), input: aboutWebhook },
  addWebhookClientCertificate: {
    expected: manage(201),
    input: async () => ({ ...(await aboutWebhook()), body: { issuer: 'postern' } }),
  },
  installWebhookClientCertificate: { expected: manage(200), input: aboutClientChain },
  activateWebhookClientCertificate: { expected: manage(200), input: aboutNextCertificate },
  retireWebhookClientCertificate: {
    expected: manage(204),
    input: async () => ({ params: (await aboutClientCertificate('postern')).params }),
  },
  listWebhookDeliveries: {
    expected: changeOrOperate(200),
    input: aboutWebhook,
    example: async () => {
      const { organization, webhookId } = (await aboutDelivery()).params
      return { params: { organization, webhookId }, query: { status: 'failed' } }
    },
  },
  replayWebhookDelivery: { expected: change(200), input: aboutDelivery },
  createApiKey: {
    expected: administerAlone(201),
    input: async () => ({ params: { organization }, body: { name: 'n', role: 'viewer' } }),
    example: async () => ({
      params: { organization },
      body: {
        name: 'Terraform',
        role: 'developer',
        scopes: ['certificates:read', 'certificates:write'],
        networks: ['203.0.113.0/24'],
        expiresInDays: 365,
      },
    }),
  },
  listApiKeys: {
    expected: administer(200),
    input: nothing,
    example: async () => ({ params: { organization }, query: { limit: 2 } }),
  },
  getApiKey: { expected: administer(200), input: aboutApiKey },
  rotateApiKey: {
    expected: administerAlone(201),
    input: async () => ({
      ...(await aboutApiKey()),
      body: { overlapSeconds: 86_400, expiresInDays: 90 },
    }),
  },
  deleteApiKey: { expected: administer(204), input: aboutApiKey },
  createOwnApiKey: {
    expected: signedIn(201),
    input: async () => ({ body: { name: 'n', role: 'viewer' } }),
    example: async () => ({
      body: { name: 'Laptop', role: 'developer', organization, expiresInDays: 30 },
    }),
  },
  listOwnApiKeys: { expected: signedIn(200) },
  getOwnApiKey: {
    // Of one user alone, whatever the role of another in the same organization.
    expected: { ...signedIn(404), stranger: 401, admin: 200 },
    input: aboutOwnApiKey,
  },
  rotateOwnApiKey: {
    expected: { ...signedIn(404), stranger: 401, admin: 201 },
    input: async () => ({ ...(await aboutOwnApiKey()), body: { overlapSeconds: 0 } }),
  },
  deleteOwnApiKey: {
    expected: { ...signedIn(404), stranger: 401, admin: 204 },
    input: aboutOwnApiKey,
  },
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
    example: async () => ({
      params: { organization, credentialId: (await newCredential()).id },
      body: { description: 'Runs every hour', networks: ['203.0.113.0/24', '2001:db8::/32'] },
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
  createCertificate: {
    expected: change(201),
    input: async () => ({ params: place, body: {} }),
    example: async () => ({
      params: place,
      body: {
        description: 'Settlement worker',
        owner: 'Payments team',
        relatedService: 'settlement',
        rotationPolicy: 'Every 6 months',
        contacts: ['payments@acme.example'],
        keyKind: 'ec_p256',
      },
    }),
  },
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
  listCertificates: {
    expected: read,
    input: nothing,
    async example() {
      await newIssued()
      const expiresBefore = toMomentIn(1000)
      const query = {
        environment: 'production',
        status: ['issued', 'expired'],
        expiresBefore,
        sort: 'expires',
      }
      return { params: { organization }, query: { ...query, order: 'asc', limit: 2 } }
    },
  },
  getCertificate: {
    expected: read,
    input: aboutDraft,
    example: async () => ({ ...(await aboutIssued()), query: { wait: 30 } }),
  },
  updateCertificate: {
    expected: change(200),
    input: async () => ({ ...(await aboutDraft()), body: { description: 'new' } }),
    example: async () => ({
      ...(await aboutIssued()),
      body: { description: 'Settlement worker in eu-west-1', contacts: ['payments@acme.example'] },
    }),
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
  listRotations: {
    expected: read,
    input: async () => {
      await aboutRotated()
      return { params: place }
    },
  },
  getRotation: { expected: read, input: aboutRotated },
  listOverdueRotations: { expected: operate(200) },
  retireCertificate: {
    expected: change(200),
    input: async () => ({ ...(await aboutRotated()), body: { when: 'when_safe' } }),
  },
  registerCertificate: {
    expected: change(201),
    input: async () => ({ params: place, body: { certificate: authority.makeClient(randomUUID()).pem } }),
  },
  listRegistrations: { expected: read, input: async () => ({ params: place }) },
  // Few may wait at a time.
  getRegistration: { expected: read, input: () => (readRegistration ??= aboutRegistration()) },
  proveRegistration: {
    expected: change(200),
    input: async () => {
      const name = randomUUID()
      const { challenge, params } = await newRegistration(name)
      return { params, body: { signature: authority.sign(challenge, { keyFile: `${name}.key` }) } }
    },
  },
  cancelRegistration: { expected: change(204), input: aboutRegistration },
  getExternalStatus: { expected: read, input: () => (externalCertificate ??= aboutExternal()) },
  listCertificateHistory: { expected: read, input: aboutDraft },
  listCertificateActivity: {
    expected: read,
    input: aboutDraft,
    example: async () => ({ params: { organization, certificateId: seen.id } }),
  },
  streamCertificateActivity: { expected: read, input: aboutDraft },
  streamOrganizationChanges: { expected: read, input: async () => ({ params: place }) },
  listActivity: { expected: read, input: async () => ({ params: place }) },
  getCertificateUsage: { expected: read, input: aboutIssued },
  getUsage: { expected: read, input: async () => ({ params: place }) },
  listApprovals: {
    expected: operate(200),
    async example() {
      await newPending()
      return { query: { limit: 2 } }
    },
  },
  getApproval: { expected: operate(200), input: async () => ({ params: await newApproval() }) },
  decideApproval: {
    expected: operate(200),
    // An approval takes two operators here.
    input: async () => ({
      params: await newApproval(),
      body: { decision: 'reject', reason: 'Use the name of the legal entity.' },
    }),
  },
  createBulkRevocation: {
    expected: operate(201),
    input: async () => ({ body: { serialNumbers: ['00'], reason: 'superseded', dryRun: true } }),
    act: async () => ({
      body: {
        serialNumbers: [(await newIssued()).issued?.serialNumber],
        reason: 'superseded',
        expectedCount: 1,
      },
    }),
    example: async () => ({
      body: {
        serialNumbers: [(await newIssued()).issued?.serialNumber],
        reason: 'key_compromise',
        dryRun: true,
      },
    }),
  },
  listBulkRevocations: { expected: operate(200) },
  getBulkRevocation: {
    expected: operate(200),
    input: async () => ({ params: await newDryRun() }),
    example: async () => ({ params: await newDryRun(seen.issued?.serialNumber) }),
  },
  listBulkRevocationCertificates: {
    expected: operate(200),
    input: async () => ({ params: await newDryRun() }),
    example: async () => ({ params: await newDryRun(seen.issued?.serialNumber) }),
  },
  listGateways: { expected: operate(200) },
  listCertificateAuthorities: { expected: operate(200) },
  listCertificateAuthorityUse: { expected: operate(200) },
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
    input: async () => ({
      params: { issuerId: (await findSigning('production')).id },
      body: { retiresAt: toMomentIn(1), expectedCount: 0 },
    }),
    async example() {
      const { id } = await findSigning('careful')
      await clients.operator.call(operations.rotateCertificateAuthority, {
        params: { environment: 'careful' },
      })
      return { params: { issuerId: id }, body: { retiresAt: toMomentIn(30), dryRun: true } }
    },
  },
  listAudit: {
    expected: operate(200),
    example: async () => ({
      query: { organization, type: ['certificate.created', 'certificate.issued'], limit: 2 },
    }),
  },
  getAuditState: { expected: operate(200) },
  verifyAudit: { expected: operate(200) },
  requestConfirmation: {
    expected: operate(201),
    input: async () => ({ body: await newAct() }),
  },
  listConfirmations: { expected: operate(200), example: async () => ({ query: { limit: 2 } }) },
  getConfirmation: { expected: operate(200), input: async () => ({ params: await newConfirmation() }) },
  confirmRequest: { expected: operate(200), input: async () => ({ params: await newConfirmation() }) },
  cancelConfirmation: { expected: operate(200), input: async () => ({ params: await newConfirmation() }) },
  getPlatformState: { expected: operate(200) },
  reloadConfiguration: { expected: operate(200) },
  listEmails: { expected: operate(200) },
  getEmail: {
    expected: operate(200),
    input: async () => {
      const { items } = await clients.operator.call(operations.listEmails)
      return { params: { emailId: items[0]?.id ?? '' } }
    },
  },
  listOwnEmails: { expected: signedIn(200) },
  getOwnEmail: {
    // To one user alone, whatever the role of another in the same organization.
    expected: { ...signedIn(404), stranger: 401, admin: 200 },
    input: async () => {
      const { items } = await admin.call(operations.listOwnEmails)
      return { params: { emailId: items[0]?.id ?? '' } }
    },
  },
}

beforeAll(async () => {
  const policy = { scopes: [], routes: null, maxCertificates: 10_000 }
  provider = await openTestProvider()
  postern = await openPostern({
    requestsPerMinute: 100_000,
    findTxtRecords: async () => txtRecords,
    config: {
      mail: { limits: { externalPerHour: 1000 } },
      operators: { secondPerson: ['approvals'] },
      portal: { singleSignOn: { allowPrivateIssuers: true } },
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
  entering = createApiClient(postern)
  clients.operator = await signInFirst(postern, 'operator@postern.example', testPassword)
  otherOperator = await addPlatformUser(postern, 'other@postern.example', 'operator')
  clients.admin = await signInFirst(postern, 'admin@acme.example', testPassword)
  clients.viewer = await addUser(postern, 'viewer@acme.example', 'viewer', organization)
  clients.developer = await addUser(postern, 'developer@acme.example', 'developer', organization)
  clients.foreign = await addOrganization(postern, { slug: 'other', legalName: "O'Neil & Co / Ltd" })
  await addOrganization(postern, { slug: 'leaving', legalName: 'Łódź Płatności S.A.' })
  clients.former = await addUser(postern, 'former@acme.example', 'admin', organization)
  await postern.database.queries
    .deleteFrom('members')
    .where('user_id', '=', (users) =>
      users.selectFrom('users').select('id').where('email', '=', 'former@acme.example'),
    )
    .execute()
  clients.auditor = await addPlatformUser(postern, 'auditor@postern.example', 'auditor')
  clients.suspended = await addOrganization(postern, { slug: suspended, legalName: 'Łódź Płatności S.A.' })
  for (const id of endsTheSession)
    leaving.set(id, await addUser(postern, `${id}@suspended.test`.toLowerCase(), 'admin', suspended))
  for (const role of all) emails[role] = clients[role].email
  admin = clients.admin
  await issueCertificate(admin, organization, 'staging')
  seen = await newIssued()
  await createKeys()
  await clients.operator.call(operations.suspendOrganization, {
    ...{ params: { organization: suspended }, body: { reason: 'Contract ended' } },
  })
  await writeGatewayEvents(postern.database, organization, seen.id)
}, 120_000)
afterAll(async () => {
  keepExamples()
  await postern?.stop()
  await provider?.close()
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

/** API keys, each with the role as which it is answered. */
const keys = {} as Record<Exclude<Role | Follower, 'stranger' | 'former'>, ApiClient>

async function createKeys(): Promise<void> {
  const own = async (client: ApiClient, role: (typeof ownApiKeyRoles)[number]) => {
    const body = { name: `${role} key`, role }
    return withApiKey(postern, (await client.call(operations.createOwnApiKey, { body })).secret)
  }
  const ofOrganization = async (client: ApiClient, slug: string, role: MemberRole) => {
    const input = { params: { organization: slug }, body: { name: `${role} key`, role } }
    return withApiKey(postern, (await client.call(operations.createApiKey, input)).secret)
  }
  keys.viewer = await own(admin, 'viewer')
  keys.developer = await ofOrganization(admin, organization, 'developer')
  keys.admin = await own(admin, 'admin')
  keys.foreign = await ofOrganization(clients.foreign, 'other', 'admin')
  keys.suspended = await ofOrganization(clients.suspended, suspended, 'admin')
  keys.operator = await own(clients.operator, 'operator')
  keys.auditor = await own(clients.operator, 'auditor')
}

const endsTheSession = new Set<OperationId>([
  'signOut',
  'changePassword',
  'acceptInvitation',
  'eraseOwnAccount',
])
/** Members of the suspended organization whose session may end: nobody signs in to it. */
const leaving = new Map<OperationId, ApiClient>()
/** Examples that change how their user signs in. */
const isOfOneUser = new Set<OperationId>([
  'beginStepUp',
  'registerPasskey',
  'listPasskeys',
  'getPasskey',
  'renamePasskey',
  'deletePasskey',
  'confirmTotp',
  'deleteTotp',
  'getSignInMethods',
  'createRecoveryCodes',
])

for (const id of Object.keys(rows) as OperationId[]) {
  test(`${id} answers each role as the table says`, { timeout: 60_000 }, async () => {
    const { input = async () => ({}) } = rows[id]
    const operation: Operation = operations[id]
    const statuses = {} as Record<Role | Follower, number>
    let sent: Input = {}
    for (const role of [...all, 'former', 'auditor'] as const) {
      const client = endsTheSession.has(id) ? await openOwnClient(id, role) : clients[role]
      sent = await input(client)
      if (isLive(operation.reply)) {
        statuses[role] = await statusOfStream(client, operation, sent)
        continue
      }
      statuses[role] = (await client.send(operation, sent as never)).status
    }
    const answer = await askAsSuspended(operation, sent)
    statuses.suspended = answer.status
    if (isOfSuspended(operation)) expect(answer.code).toBe('organization_suspended')
    expect(statuses).toEqual(withFollowers(operation, rows[id]))
  })

  test(`${id} answers API keys as their roles, or no key`, { timeout: 60_000 }, async () => {
    const { input = async () => ({}) } = rows[id]
    const operation: Operation = operations[id]
    const isForKeys = findApiKeyScope(operation) !== undefined
    const statuses: Record<string, number> = {}
    const allowed: Record<string, number> = {}
    const first = await input(admin)
    let isUsed = false
    for (const [role, client] of Object.entries(keys)) {
      allowed[role] = isForKeys ? withFollowers(operation, rows[id])[role as Role] : 403
      // A change that is made uses its input up.
      const isChange = operation.method !== 'GET' && allowed[role] < 300
      const repeated = isChange && isUsed ? await input(admin) : first
      const sent = role === 'suspended' ? aboutSuspended(repeated) : repeated
      isUsed ||= isChange
      if (isLive(operation.reply)) statuses[role] = await statusOfStream(client, operation, sent)
      else {
        const answer = await client.send(operation, sent as never)
        statuses[role] = answer.status
        if (!isForKeys)
          expect((answer.body as { code?: string } | undefined)?.code).toBe('api_key_not_allowed')
      }
    }
    expect(statuses).toEqual(allowed)
  })

  test(`${id} answers the request of its example as recorded`, { timeout: 60_000 }, async () => {
    const operation: Operation = operations[id]
    const { input = async () => ({}), example = input } = rows[id]
    const client = await findExampleClient(id)
    const request = toExampleRequest(operation, await addHeaders(client, operation, await example(client)))
    const answer = isLive(operation.reply)
      ? await readStream(client, operation, request)
      : await client.send(operation, request as never)
    const type = answer.headers.get('content-type')?.split(';')[0]
    const isText = type?.includes('pem')
    compareWithExample(operation, request, {
      status: answer.status,
      ...(operation.reply !== null && !type?.includes('json') ? { mediaType: type as string } : {}),
      ...(typeof answer.body === 'object' || isText ? { body: answer.body } : {}),
    })
  })
}

const ofUsers = Object.values<Operation>(operations).filter(({ stepUp }) => stepUp)
for (const operation of ofUsers) {
  const id = operation.id as OperationId

  test(`${id} wants a step-up proof, and uses it up`, { timeout: 60_000 }, async () => {
    const client = await findExampleClient(id, 'proof')
    const { input, act = input } = rows[id]
    const { params, body } = (await act?.(client)) ?? {}
    const send = (headers: Record<string, string>) => {
      const { email, cookie } = client
      const unproven = createApiClient(postern, email)
      return unproven.send(operation, { params, body, headers: { cookie: cookie(), ...headers } } as never)
    }
    const asked = await send({})
    expect([asked.status, asked.body]).toMatchObject([
      403,
      { code: 'step_up_required', stepUp: { operationId: id, pathParameters: params ?? {} } },
    ])
    const token = await proveStepUp(client, id, params)
    const done = await send({ [stepUpHeader]: token })
    const { code } = done.body as { code?: string }
    const kept = await postern.database.queries
      .selectFrom('step_up_proofs')
      .select('token_sha256')
      .where('token_sha256', '=', hashToken(token))
      .execute()
    // A proof is used up by a change, and kept where nothing was changed.
    expect([code, kept.length]).toEqual([code, done.status < 300 ? 0 : 1])
    expect(code ?? '').not.toMatch(/^step_up/)
  })
}
/** Returns the client of a user whose session may end; a stranger may get one. */
const openOwnClient = async (id: OperationId, role: Role | Follower): Promise<ApiClient> =>
  role === 'stranger'
    ? createApiClient(postern)
    : addUser(postern, `${id}-${role}@x.test`.toLowerCase(), 'viewer', organization)

/** Returns the client that sends an example: one who may, and whose session may end with it. */
async function findExampleClient(id: OperationId, what = 'example'): Promise<ApiClient> {
  if (id === 'startSingleSignOn' || id === 'completeSingleSignOn') return entering
  if (operations[id].access === 'anyone') return createApiClient(postern)
  if (endsTheSession.has(id) || isOfOneUser.has(id))
    return addUser(postern, `${what}-${id}@acme.example`.toLowerCase(), 'developer', organization)
  return rows[id].expected.admin < 300 || id === 'endSession' ? admin : clients.operator
}

/** Adds the headers with which a client repeats a creation, and changes only what it has read. */
async function addHeaders(
  client: ApiClient,
  { id, creates, changes, stepUp }: Operation,
  request: ExampleRequest,
): Promise<ExampleRequest> {
  const isDryRun = (request.body as { dryRun?: boolean } | undefined)?.dryRun === true
  const read: Operation | undefined = changes === undefined ? undefined : operations[changes as OperationId]
  const tag = read && (await client.send(read, { params: request.params } as never)).headers.get('etag')
  const headers: Record<string, string> = {
    ...(creates === undefined ? {} : { 'Idempotency-Key': '"0d3e3c8a-9d3c-4a46-8d4f-4d3f0f3f9f10"' }),
    ...(tag == null ? {} : { 'If-Match': tag }),
    ...(stepUp && !isDryRun ? { [stepUpHeader]: await proveStepUp(client, id, request.params) } : {}),
  }
  return Object.keys(headers).length === 0 ? request : { ...request, headers }
}

async function proveStepUp(client: ApiClient, operationId: string, params: object = {}): Promise<string> {
  const pathParameters = params as Record<string, string>
  const proof = { method: 'password' as const, password: testPassword }
  return (await client.call(operations.proveStepUp, { body: { operationId, pathParameters, proof } })).token
}

/** Returns the first event of a stream that has data, as the body. */
async function readStream(client: ApiClient, operation: Operation, input: ExampleRequest) {
  const { events } = operation.reply as { events: z.ZodType }
  const stop = new AbortController()
  const response = await postern.fetch(toUrl(postern.portalUrl, operation, input), {
    headers: { cookie: client.cookie(), ...input.headers },
    signal: stop.signal,
  })
  let text = ''
  for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += part
    const messages = [...text.matchAll(/^event: (.+)\ndata: (.+)\n\n/gm)].map(([, , data]) =>
      JSON.parse(data as string),
    )
    const body = messages.find(({ type }) => type !== 'stream.opened')
    if (body === undefined) continue
    for (const message of messages) events.parse(message)
    stop.abort()
    return { status: response.status, headers: response.headers, body }
  }
  throw new Error(`the stream ended: ${text}`)
}

async function statusOfStream(client: ApiClient, operation: Operation, input: object): Promise<number> {
  const stop = new AbortController()
  const response = await postern.fetch(toUrl(postern.portalUrl, operation, input), {
    headers: client.identity(),
    signal: stop.signal,
  })
  stop.abort()
  return response.status
}

/** Asks as the admin of the suspended organization, about it; `used` is the input of the user before. */
async function askAsSuspended(operation: Operation, used: Input): Promise<{ status: number; code?: string }> {
  const id = operation.id as OperationId
  const client = endsTheSession.has(id) ? (leaving.get(id) as ApiClient) : clients.suspended
  // Where the organization or the role is looked at before anything else, what was used up serves as well.
  const isUsable = operation.method === 'GET' || operation.access === 'operator' || isOfSuspended(operation)
  const sent = isUsable ? aboutSuspended(used) : ((await rows[id].input?.(client)) ?? {})
  if (!isLive(operation.reply)) {
    const { status, body } = await client.send(operation, sent as never)
    return { status, ...(body as { code?: string } | undefined) }
  }
  const answer = await postern.fetch(toUrl(postern.portalUrl, operation, sent), {
    headers: client.identity(),
  })
  return { status: answer.status, ...((await answer.json()) as { code?: string }) }
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
      retireCertificate: { when: 'manual' },
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
