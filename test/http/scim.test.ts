import { afterAll, beforeAll, expect, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import type { MemberRole } from '../../src/contract/roles.ts'
import { createOrganizationStore } from '../../src/organizations/organization-store.ts'
import { systemActor } from '../../src/shapes/actor.ts'
import { type ApiClient, signInFirst, withApiKey } from '../support/api.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'
import { addOrganization, addPlatformUser, addUser, signIn } from '../support/users.ts'

let postern: LocalPostern
let operator: ApiClient
const records = new Map<string, string[]>()
/** Admins of organizations and their keys for provisioning, by slug. */
const admins: Record<string, ApiClient> = {}
const keys: Record<string, string> = {}

beforeAll(async () => {
  postern = await openPostern({ findTxtRecords: async (name) => records.get(name) ?? [] })
  operator = await signInFirst(postern, 'operator@postern.example')
  await addCustomer('lodz', 'Łódź Płatności S.A.', ['lodz.test'])
  await addCustomer('oneil', "O'Neil & Co / Ltd", ['oneil.test', 'oneil.example'])
}, 60_000)
afterAll(() => postern?.stop())

async function addCustomer(slug: string, legalName: string, domains: string[]) {
  const admin = await addOrganization(postern, { slug, legalName })
  admins[slug] = admin
  const params = { organization: slug }
  const provider = { issuer: `https://login.${slug}.test`, clientId: 'postern', clientSecret: 'not a secret' }
  const { settings } = await admin.call(operations.setSingleSignOn, {
    params,
    body: { ...provider, domains, defaultRole: 'viewer' },
  })
  for (const { domain, recordName, recordValue } of settings?.domains ?? []) {
    records.set(recordName, [recordValue])
    await admin.call(operations.checkSingleSignOnDomain, { params: { ...params, domain } })
  }
  keys[slug] = await addKey(slug)
}

async function addKey(slug: string, body: object = {}): Promise<string> {
  const created = await (admins[slug] as ApiClient).call(operations.createApiKey, {
    params: { organization: slug },
    body: { name: 'Entra', role: 'provisioner', ...body },
  })
  return created.secret
}

interface Sending {
  slug?: string
  key?: string | undefined
  body?: unknown
  headers?: Record<string, string>
}

/** Sends a request as an identity provider does. */
async function send(
  method: string,
  path: string,
  { slug = 'lodz', key = keys[slug], body, headers }: Sending = {},
) {
  const answer = await postern.fetch(`${postern.portalUrl}/scim/v2/${slug}${path}`, {
    method,
    headers: {
      accept: 'application/scim+json',
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { 'content-type': 'application/scim+json; charset=utf-8' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await answer.text()
  return {
    status: answer.status,
    headers: answer.headers,
    body: text === '' ? null : JSON.parse(text),
  }
}

const filterBy = (filter: string, slug = 'lodz') =>
  send('GET', `/Users?filter=${encodeURIComponent(filter)}`, { slug })
const patch = (id: string, operations: unknown[], more: Sending = {}) =>
  send('PATCH', `/Users/${id}`, {
    body: { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: operations },
    ...more,
  })
const deactivate = (id: string, more: Sending = {}) =>
  patch(id, [{ op: 'Replace', path: 'active', value: 'False' }], more)

/** A new user as Microsoft Entra sends it. */
const entraUser = (userName: string, more: object = {}) => ({
  schemas: [
    'urn:ietf:params:scim:schemas:core:2.0:User',
    'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
  ],
  externalId: `entra-${userName}`,
  userName,
  active: true,
  displayName: "Zoë O'Neil",
  emails: [{ primary: true, type: 'work', value: userName }],
  meta: { resourceType: 'User' },
  name: { formatted: "Zoë O'Neil", familyName: "O'Neil", givenName: 'Zoë' },
  'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { department: 'Płatności' },
  ...more,
})

async function provision(userName: string, more: object = {}, slug = 'lodz'): Promise<string> {
  const { status, body } = await send('POST', '/Users', { slug, body: entraUser(userName, more) })
  expect([status, body.detail]).toEqual([201, undefined])
  return body.id
}

const listMembers = async (slug = 'lodz') =>
  (
    await (admins[slug] as ApiClient).call(operations.listMembers, {
      params: { organization: slug },
      query: { limit: 200 },
    })
  ).items
const roleOf = async (email: string, slug = 'lodz') =>
  (await listMembers(slug)).find((member) => member.email === email)?.role
/** Makes a user a member, as an accepted invitation does. */
async function join(email: string, role: MemberRole, slug: string): Promise<void> {
  const organizations = createOrganizationStore(postern.database)
  const organization = await organizations.findBySlug(slug)
  const act = { actor: systemActor('test'), now: Date.now() }
  await organizations.insertMember(organization?.id ?? '', (await userOf(email))?.id ?? '', role, act)
}
const userOf = (email: string) =>
  postern.database.queries.selectFrom('users').selectAll().where('email', '=', email).executeTakeFirst()

test('a user of Microsoft Entra is found missing, created, found, changed, deactivated, activated and deleted', async () => {
  expect((await filterBy('userName eq "zoe@lodz.test"')).body).toMatchObject({
    totalResults: 0,
    Resources: [],
  })
  const created = await send('POST', '/Users', { body: entraUser('Zoe@lodz.test') })
  const { id } = created.body
  expect(created.status).toBe(201)
  expect(created.headers.get('content-type')).toBe('application/scim+json; charset=utf-8')
  expect(created.headers.get('location')).toBe(`${postern.portalUrl}/scim/v2/lodz/Users/${id}`)
  expect(created.headers.get('etag')).toBe(created.body.meta.version)
  expect(created.headers.get('cache-control')).toBe('no-store')
  expect(created.headers.get('postern-trace-id')).toMatch(/\w/)
  expect(created.body).toMatchObject({
    ...{
      userName: 'Zoe@lodz.test',
      externalId: 'entra-Zoe@lodz.test',
      active: true,
      displayName: "Zoë O'Neil",
    },
    name: { formatted: "Zoë O'Neil", familyName: "O'Neil", givenName: 'Zoë' },
    emails: [{ value: 'Zoe@lodz.test', type: 'work', primary: true }],
    roles: [{ value: 'viewer', primary: true }],
  })
  expect(await userOf('zoe@lodz.test')).toMatchObject({ name: "Zoë O'Neil", operator_role: null })
  expect(await roleOf('zoe@lodz.test')).toBe('viewer')
  for (const filter of [
    'userName eq "zoe@LODZ.test"',
    'externalId eq "entra-Zoe@lodz.test"',
    `id eq "${id}" and userName eq "zoe@lodz.test"`,
    'emails.value eq "zoe@lodz.test" and active eq true',
    'emails[type eq "work"].value EQ "zoe@lodz.test"',
    'urn:ietf:params:scim:schemas:core:2.0:User:userName eq "zoe@lodz.test"',
  ])
    expect([filter, (await filterBy(filter)).body.Resources.map((one: { id: string }) => one.id)]).toEqual([
      filter,
      [id],
    ])
  expect((await filterBy('externalId eq "ENTRA-zoe@lodz.test"')).body.totalResults).toBe(0)
  const changed = await patch(id, [
    { op: 'Add', path: 'roles[primary eq "True"].value', value: 'Developer' },
    { op: 'Replace', path: 'emails[type eq "work"].value', value: 'zoe.new@lodz.test' },
    { op: 'Replace', path: 'name.familyName', value: 'Łódzka' },
    { op: 'Replace', value: { displayName: 'Zoë Łódzka', 'name.formatted': 'Zoë Łódzka' } },
    { op: 'Add', path: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department', value: 'IT' },
    { op: 'Remove', path: 'title' },
  ])
  expect([changed.status, changed.body]).toMatchObject([
    200,
    {
      name: { formatted: 'Zoë Łódzka', familyName: 'Łódzka', givenName: 'Zoë' },
      emails: [{ value: 'zoe.new@lodz.test' }],
      roles: [{ value: 'developer', primary: true }],
    },
  ])
  expect(await userOf('zoe.new@lodz.test')).toMatchObject({ name: 'Zoë Łódzka' })
  expect(await roleOf('zoe.new@lodz.test')).toBe('developer')
  // Twice is the same.
  for (const _ of [1, 2]) expect((await deactivate(id)).body).toMatchObject({ id, active: false })
  expect((await send('GET', `/Users/${id}`)).body).toMatchObject({ active: false, userName: 'Zoe@lodz.test' })
  expect((await filterBy('userName eq "zoe@lodz.test"')).body.Resources).toMatchObject([
    { id, active: false },
  ])
  expect(await roleOf('zoe.new@lodz.test')).toBeUndefined()
  const back = await patch(id, [{ op: 'replace', value: { active: true } }])
  expect(back.body).toMatchObject({ active: true, roles: [{ value: 'developer' }] })
  expect(await roleOf('zoe.new@lodz.test')).toBe('developer')
  expect(await send('DELETE', `/Users/${id}`)).toMatchObject({ status: 204, body: null })
  expect((await send('DELETE', `/Users/${id}`)).status).toBe(404)
  expect((await send('GET', `/Users/${id}`)).body).toMatchObject({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    status: '404',
  })
  expect(await roleOf('zoe.new@lodz.test')).toBeUndefined()
  // The account stays, and is found again by its address.
  const user = await userOf('zoe.new@lodz.test')
  const again = await provision('zoe.new@lodz.test')
  expect(again).not.toBe(id)
  expect((await userOf('zoe.new@lodz.test'))?.id).toBe(user?.id)
  const audit = await operator.call(operations.listAudit, {
    query: { subjectId: user?.id as string, limit: 50 },
  })
  expect(audit.items.map(({ type }) => type).toReversed()).toEqual([
    ...['scim.user_created', 'member.added', 'user.email_changed', 'user.updated', 'scim.user_updated'],
    ...['member.role_changed', 'member.removed', 'member.added', 'member.removed', 'scim.user_deleted'],
    ...['scim.user_created', 'member.added'],
  ])
  expect(new Set(audit.items.map(({ actor }) => `${actor.kind} ${actor.label}`))).toEqual(
    new Set(['api_key Entra']),
  )
})

test('a user of Okta is replaced as a whole, and the password that it sends is ignored', async () => {
  const okta = (more: object = {}) => ({
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
    ...{
      userName: 'ola@lodz.test',
      name: { givenName: 'Ola', familyName: 'Nowak' },
      displayName: 'Ola Nowak',
    },
    ...{ emails: [{ primary: true, value: 'ola@lodz.test', type: 'work' }], locale: 'pl-PL', groups: [] },
    ...{ externalId: '00u1', password: 'a password of Okta', active: true, ...more },
  })
  expect((await send('GET', '/Users?startIndex=1&count=2')).status).toBe(200)
  const { body } = await send('POST', '/Users', { body: okta({ roles: [{ value: 'developer' }] }) })
  expect(JSON.stringify(body)).not.toContain('password')
  const path = `/Users/${body.id}`
  const renamed = await send('PUT', path, {
    body: okta({ id: body.id, displayName: 'Aleksandra Nowak', meta: body.meta }),
  })
  // What it does not say about role and activity stays.
  expect(renamed.body).toMatchObject({
    displayName: 'Aleksandra Nowak',
    roles: [{ value: 'developer' }],
    active: true,
  })
  expect(await userOf('ola@lodz.test')).toMatchObject({ name: 'Aleksandra Nowak' })
  const left = await send('PUT', path, {
    body: okta({ active: false, emails: [{ value: 'x@elsewhere.test' }] }),
  })
  expect(left.body).toMatchObject({ active: false, emails: [{ value: 'ola@lodz.test' }] })
  expect((await send('PUT', path, { body: okta() })).body).toMatchObject({ active: true })
  const rows = await postern.database.queries
    .selectFrom('accounts')
    .select('password')
    .innerJoin('users', 'users.id', 'accounts.user_id')
    .where('email', '=', 'ola@lodz.test')
    .execute()
  expect(rows).toEqual([])
})

test('within a second sessions and keys of a user who left are dead, and stay dead if the user comes back', async () => {
  const leaver = await addUser(postern, 'leaver@lodz.test', 'developer', 'lodz')
  const id = await provision('leaver@lodz.test')
  expect(await roleOf('leaver@lodz.test')).toBe('developer')
  const params = { organization: 'lodz' }
  const ownKey = async (organization: string | null) => {
    const body = { name: 'CI', role: 'developer' as const, organization }
    return withApiKey(postern, (await leaver.call(operations.createOwnApiKey, { body })).secret)
  }
  const clients = [
    leaver,
    await signIn(postern, 'leaver@lodz.test'),
    await ownKey('lodz'),
    await ownKey(null),
  ]
  const statuses = () =>
    Promise.all(clients.map(async (one) => (await one.send(operations.listCertificates, { params })).status))
  expect(await statuses()).toEqual([200, 200, 200, 200])
  expect((await deactivate(id)).status).toBe(200)
  // A key that was just read is not read again for half a second.
  await new Promise((resolve) => setTimeout(resolve, 600))
  expect(await statuses()).toEqual([401, 401, 401, 401])
  await patch(id, [{ op: 'replace', path: 'active', value: true }])
  expect(await statuses()).toEqual([401, 401, 401, 401])
  expect(
    (await (await signIn(postern, 'leaver@lodz.test')).send(operations.listCertificates, { params })).status,
  ).toBe(200)
})

test('only keys of the organization with the role provisioner are let in, and these do nothing else', async () => {
  const answers = async (more: Sending) => {
    const { status, headers, body } = await send('GET', '/Users', more)
    expect(body.schemas).toEqual(['urn:ietf:params:scim:api:messages:2.0:Error'])
    return [status, headers.get('www-authenticate')]
  }
  const challenge = 'Bearer realm="Postern"'
  expect(await answers({ key: '' })).toEqual([401, challenge])
  expect(await answers({ key: 'pst_x' })).toEqual([401, challenge])
  const admin = admins.lodz as ApiClient
  expect(await answers({ key: undefined, slug: 'none' })).toEqual([401, challenge])
  const cookie = admin.cookie()
  const byCookie = await postern.fetch(`${postern.portalUrl}/scim/v2/lodz/Users`, { headers: { cookie } })
  expect(byCookie.status).toBe(401)
  expect(await answers({ key: await addKey('lodz', { role: 'admin', name: 'Terraform' }) })).toEqual([
    403,
    null,
  ])
  const own = await admin.call(operations.createOwnApiKey, { body: { name: 'own', role: 'admin' } })
  expect(await answers({ key: own.secret })).toEqual([403, null])
  expect(await answers({ key: keys.oneil as string })).toEqual([404, null])
  expect(await answers({ key: keys.lodz as string, slug: 'none' })).toEqual([404, null])
  expect(await answers({ key: await addKey('lodz', { networks: ['203.0.113.0/24'] }) })).toEqual([403, null])
  const provisioner = withApiKey(postern, keys.lodz as string)
  const params = { organization: 'lodz' }
  for (const refused of [
    await provisioner.send(operations.listCertificates, { params }),
    await provisioner.send(operations.listMembers, { params }),
    await provisioner.send(operations.getSignInMethod, { query: {} }),
  ])
    expect([refused.status, refused.body.code]).toEqual([403, 'api_key_not_allowed'])
  const scoped = await admin.send(operations.createApiKey, {
    params,
    body: { name: 'scoped', role: 'provisioner', scopes: ['certificates:read'] },
  })
  expect(scoped.status).toBe(400)
  const ownProvisioner = await admin.send(operations.createOwnApiKey, {
    body: { name: 'own', role: 'provisioner' as 'admin' },
  })
  expect(ownProvisioner.status).toBe(400)
  // Two secrets of one key while it is rotated.
  const key = await admin.call(operations.createApiKey, {
    params,
    body: { name: 'rotated', role: 'provisioner' },
  })
  const rotated = await admin.call(operations.rotateApiKey, {
    params: { ...params, apiKeyId: key.id },
    body: { overlapSeconds: 60 },
  })
  for (const secret of [key.secret, rotated.secret])
    expect((await send('GET', '/Users', { key: secret })).status).toBe(200)
  await postern.database.queries
    .updateTable('api_key_secrets')
    .set({ expires_at: 1 })
    .where('api_key_id', '=', key.id)
    .execute()
  await new Promise((resolve) => setTimeout(resolve, 600))
  expect(await answers({ key: key.secret })).toEqual([401, challenge])
})

test('users of one organization are those of its own provider alone, also with the same address', async () => {
  const id = await provision('pat@oneil.test', { externalId: 'same' }, 'oneil')
  await provision('adam@lodz.test', { externalId: 'same' })
  for (const answer of [
    await send('GET', `/Users/${id}`),
    await send('PUT', `/Users/${id}`, { body: entraUser('pat@oneil.test') }),
    await deactivate(id),
    await send('DELETE', `/Users/${id}`),
  ])
    expect(answer.status).toBe(404)
  expect((await filterBy('userName eq "pat@oneil.test"')).body.totalResults).toBe(0)
  // A member of another organization is asked first: by an invitation.
  const guest = await addUser(postern, 'guest@oneil.test', 'developer', 'lodz')
  const uninvited = await send('POST', '/Users', { body: entraUser('guest@oneil.test'), slug: 'oneil' })
  expect([uninvited.status, uninvited.body.scimType]).toEqual([409, 'uniqueness'])
  expect(await roleOf('guest@oneil.test', 'oneil')).toBeUndefined()
  await join('guest@oneil.test', 'viewer', 'oneil')
  const guestId = await provision('guest@oneil.test', {}, 'oneil')
  expect([await roleOf('guest@oneil.test'), await roleOf('guest@oneil.test', 'oneil')]).toEqual([
    'developer',
    'viewer',
  ])
  const named = await patch(guestId, [{ op: 'replace', path: 'displayName', value: 'Another' }], {
    slug: 'oneil',
  })
  expect(named.body).toMatchObject({ displayName: 'Another' })
  expect(await userOf('guest@oneil.test')).toMatchObject({ name: 'developer' })
  const moved = await patch(
    guestId,
    [{ op: 'replace', path: 'emails', value: [{ value: 'g@oneil.test' }] }],
    { slug: 'oneil' },
  )
  expect([moved.status, moved.body.scimType]).toEqual([400, 'mutability'])
  await deactivate(guestId, { slug: 'oneil' })
  expect([await roleOf('guest@oneil.test'), await roleOf('guest@oneil.test', 'oneil')]).toEqual([
    'developer',
    undefined,
  ])
  // The other membership did not end, nor the session that the user began.
  const statusIn = async (organization: string) =>
    (await guest.send(operations.listCertificates, { params: { organization } })).status
  expect([await statusIn('lodz'), await statusIn('oneil')]).toEqual([200, 404])
  const back = await patch(guestId, [{ op: 'replace', path: 'active', value: true }], { slug: 'oneil' })
  expect([back.status, back.body.scimType]).toEqual([409, 'uniqueness'])
})

test('addresses outside of proven domains, of operators, and given twice are refused, and change nothing', async () => {
  const before = (await listMembers()).length
  const refused = async (userName: string, more: object = {}) => {
    const { status, body } = await send('POST', '/Users', { body: entraUser(userName, more) })
    return [status, body.scimType, typeof body.detail]
  }
  expect(await refused('x@oneil.test')).toEqual([400, 'invalidValue', 'string'])
  expect(await refused('x@sub.lodz.test')).toEqual([400, 'invalidValue', 'string'])
  expect(await refused('not an address', { emails: [] })).toEqual([400, 'invalidValue', 'string'])
  await addPlatformUser(postern, 'works@lodz.test', 'operator')
  expect(await refused('works@lodz.test')).toEqual([409, 'uniqueness', 'string'])
  await provision('twice@lodz.test')
  expect(await refused('TWICE@lodz.test', { externalId: 'other' })).toEqual([409, 'uniqueness', 'string'])
  expect(await refused('other@lodz.test', { externalId: 'entra-twice@lodz.test' })).toEqual([
    409,
    'uniqueness',
    'string',
  ])
  expect(await refused('u@lodz.test', { externalId: 'o', emails: [{ value: 'twice@lodz.test' }] })).toEqual([
    409,
    'uniqueness',
    'string',
  ])
  expect(await refused('new@lodz.test', { roles: ['owner'] })).toEqual([400, 'invalidValue', 'string'])
  const id = await provision('third@lodz.test')
  const away = await patch(id, [
    { op: 'replace', path: 'emails[type eq "work"].value', value: 'third@oneil.test' },
  ])
  expect([away.status, away.body.scimType]).toEqual([400, 'invalidValue'])
  const taken = await patch(id, [{ op: 'replace', path: 'emails', value: [{ value: 'admin@lodz.test' }] }])
  expect([taken.status, taken.body.scimType]).toEqual([409, 'uniqueness'])
  expect((await listMembers()).length).toBe(before + 2)
  expect(await userOf('works@lodz.test')).toMatchObject({ operator_role: 'operator' })
})

test('the last admin is neither deactivated nor demoted, nor is the last one who keeps a password', async () => {
  await addCustomer('solo', 'Solo GmbH', ['solo.test'])
  const more = { slug: 'solo' }
  const id = await provision('admin@solo.test', {}, 'solo')
  const role = (value: string) => [{ op: 'replace', path: 'roles', value: [{ value }] }]
  for (const answer of [
    await deactivate(id, more),
    await patch(id, role('viewer'), more),
    await send('DELETE', `/Users/${id}`, more),
  ]) {
    expect(answer.status).toBe(409)
    expect(answer.body.detail).toMatch(/last admin/)
  }
  expect(await roleOf('admin@solo.test', 'solo')).toBe('admin')
  // Another admin, without a password: the one who keeps it still stays.
  const other = await provision('ben@solo.test', { roles: [{ value: 'admin', primary: true }] }, 'solo')
  const settings = (
    await (admins.solo as ApiClient).call(operations.getSingleSignOn, { params: { organization: 'solo' } })
  ).settings
  const { issuer = '', clientId = '' } = settings ?? {}
  await (admins.solo as ApiClient).call(operations.setSingleSignOn, {
    params: { organization: 'solo' },
    body: { issuer, clientId, domains: ['solo.test'], passwordAdmins: ['admin@solo.test'] },
  })
  const kept = await deactivate(id, more)
  expect([kept.status, kept.body.detail]).toEqual([409, expect.stringMatching(/password/)])
  expect((await deactivate(other, more)).status).toBe(200)
})

test('of 20 equal requests at once one creates a user, and 20 changes at once are made one after the other', async () => {
  const many = await Promise.all(
    Array.from({ length: 20 }, () => send('POST', '/Users', { body: entraUser('many@lodz.test') })),
  )
  expect(many.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(19).fill(409)])
  const id = many.find(({ status }) => status === 201)?.body.id
  const switches = await Promise.all(
    Array.from({ length: 20 }, (_, at) =>
      patch(id, [{ op: 'replace', path: 'active', value: at % 2 === 0 }]),
    ),
  )
  expect(new Set(switches.map(({ status }) => status))).toEqual(new Set([200]))
  const { body } = await send('GET', `/Users/${id}`)
  expect((await roleOf('many@lodz.test')) === 'viewer').toBe(body.active)
})

test('the limit of people counts, and a place of an invitation becomes that of the member', async () => {
  await addCustomer('small', 'Small Ltd', ['small.test'])
  const params = { organization: 'small' }
  const limits = { environments: [], maxCredentials: null, emailsPerHour: null, maxPeople: 2 }
  await operator.call(operations.setOrganizationLimits, { params, body: limits })
  await (admins.small as ApiClient).call(operations.createInvitation, {
    params,
    body: { email: 'ann@small.test', role: 'developer' },
  })
  const full = await send('POST', '/Users', { slug: 'small', body: entraUser('ben@small.test') })
  expect([full.status, full.body.detail]).toEqual([409, expect.stringMatching(/limit/)])
  expect(await userOf('ben@small.test')).toBeUndefined()
  await provision('ann@small.test', {}, 'small')
  // Suspended, nothing of it works.
  await operator.call(operations.suspendOrganization, { params, body: { reason: 'a test' } })
  const suspended = await send('GET', '/Users', { slug: 'small' })
  expect([suspended.status, suspended.body.detail]).toEqual([403, expect.stringMatching(/suspended/)])
})

test('versions are honored, and a change of another version changes nothing', async () => {
  const id = await provision('etag@lodz.test')
  const { headers, body } = await send('GET', `/Users/${id}`)
  const version = headers.get('etag') ?? ''
  expect(body.meta.version).toBe(version)
  expect((await send('GET', `/Users/${id}`, { headers: { 'if-none-match': version } })).status).toBe(304)
  const rename = (value: string, tag: string) =>
    patch(id, [{ op: 'replace', path: 'displayName', value }], { headers: { 'if-match': tag } })
  expect((await rename('First', version)).status).toBe(200)
  const late = await rename('Second', version)
  expect([late.status, late.body.status]).toEqual([412, '412'])
  expect((await send('DELETE', `/Users/${id}`, { headers: { 'if-match': version } })).status).toBe(412)
  const present = (await send('GET', `/Users/${id}`)).body
  expect(present.displayName).toBe('First')
  expect((await rename('Second', present.meta.version)).status).toBe(200)
  const broken = await rename('Third', 'no tag')
  expect(broken.status).toBe(400)
})

test('lists have pages, and attributes can be chosen', async () => {
  const { body } = await send('GET', '/Users?count=0')
  expect(body.Resources).toEqual([])
  const total = body.totalResults
  const ids: string[] = []
  for (let startIndex = 1; startIndex <= total; startIndex += 3) {
    const page = (
      await send('GET', `/Users?startIndex=${startIndex}&count=3&attributes=userName,emails.value`)
    ).body
    expect(page).toMatchObject({ totalResults: total, startIndex })
    for (const user of page.Resources) {
      expect(Object.keys(user).sort()).toEqual(['emails', 'id', 'schemas', 'userName'])
      expect(Object.keys(user.emails[0])).toEqual(['value'])
      ids.push(user.id)
    }
  }
  expect(new Set(ids).size).toBe(total)
  const without = (await send('GET', '/Users?count=1&excludedAttributes=emails,name,id')).body.Resources[0]
  expect(without.emails).toBeUndefined()
  expect(without).toMatchObject({ id: ids[0], active: expect.any(Boolean) })
  for (const query of ['count=x', 'startIndex=1&startIndex=2', `attributes=${'a'.repeat(1001)}`])
    expect((await send('GET', `/Users?${query}`)).body).toMatchObject({
      status: '400',
      scimType: 'invalidValue',
    })
})

test('what is no SCIM is refused with a sentence, and nothing large is read', async () => {
  const id = await provision('odd@lodz.test')
  for (const filter of [
    ...[
      '',
      'userName',
      'userName co "x"',
      'userName eq x',
      'title eq "x"',
      '(userName eq "x")',
      'userName eq "x" or id eq "y"',
    ],
    ...[
      'userName eq "x',
      'emails[type eq "work"',
      'emails[emails[type eq "x"] eq "x"]',
      `userName eq "${'x'.repeat(1000)}"`,
    ],
    ...[
      Array(11).fill('userName eq "x"').join(' and '),
      '"x" eq userName',
      'userName eq "\\u00zz"',
      '__proto__ eq "x"',
    ],
  ]) {
    const { status, body } = await filterBy(filter)
    expect([filter, status, body.scimType]).toEqual([filter, 400, 'invalidFilter'])
  }
  const operationsRefused: [unknown, string | undefined][] = [
    [[], 'invalidSyntax'],
    [[{ op: 'move', path: 'active', value: true }], 'invalidSyntax'],
    [[null], 'invalidSyntax'],
    [[{ op: 'remove' }], 'noTarget'],
    [[{ op: 'remove', path: 'userName' }], 'mutability'],
    [[{ op: 'replace', path: 'id', value: 'x' }], 'mutability'],
    [[{ op: 'replace', path: 'shoeSize', value: 'x' }], 'invalidPath'],
    [[{ op: 'replace', path: 'name.', value: 'x' }], 'invalidPath'],
    [[{ op: 'replace', path: 'emails[value eq "none@lodz.test"].value', value: 'x@lodz.test' }], 'noTarget'],
    [[{ op: 'replace', path: 'active', value: 'perhaps' }], 'invalidValue'],
    [[{ op: 'replace', path: 'displayName', value: 'hidden \u202e text' }], 'invalidValue'],
    [[{ op: 'replace', path: 'displayName', value: { deep: 1 } }], 'invalidValue'],
    [[{ op: 'replace', value: 'text' }], 'invalidSyntax'],
    [[{ op: 'replace', value: { active: false, Active: true } }], 'invalidSyntax'],
    [Array(101).fill({ op: 'replace', path: 'displayName', value: 'x' }), undefined],
  ]
  const before = (await send('GET', `/Users/${id}`)).body
  for (const [given, scimType] of operationsRefused) {
    const { status, body } = await patch(id, given as unknown[])
    expect([given, status, body.scimType]).toEqual([given, scimType === undefined ? 413 : 400, scimType])
  }
  // All operations of a request or none.
  await patch(id, [
    { op: 'replace', path: 'displayName', value: 'half' },
    { op: 'replace', path: 'active', value: 'x' },
  ])
  expect((await send('GET', `/Users/${id}`)).body).toEqual(before)
  for (const body of ['{', '[]', '"x"', '', '{"__proto__": {"active": true}}'])
    expect((await send('POST', '/Users', { body })).body).toMatchObject({ status: '400' })
  expect(
    (await send('POST', '/Users', { body: entraUser('big@lodz.test', { title: 'x'.repeat(70_000) }) }))
      .status,
  ).toBe(413)
  const form = await send('POST', '/Users', {
    body: 'a=b',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
  expect([form.status, form.body.status]).toEqual([415, '415'])
  // JSON under its plain name is read too.
  const headers = { 'content-type': 'application/json' }
  expect((await send('POST', '/Users', { body: entraUser('plain@lodz.test'), headers })).status).toBe(201)
  for (const path of ['/Groups', '/Me', '/Bulk', '/'])
    expect((await send('GET', path)).body).toMatchObject({ status: '404' })
  const post = await send('POST', `/Users/${id}`, { body: {} })
  expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD, PUT, PATCH, DELETE'])
})

test('roles that are added and removed one by one end as the highest that is left', async () => {
  const id = await provision('roles@lodz.test', { roles: [{ value: 'admin', primary: false }] })
  expect(await roleOf('roles@lodz.test')).toBe('admin')
  await patch(id, [{ op: 'Add', path: 'roles', value: [{ value: 'Developer', display: 'Developer' }] }])
  expect(await roleOf('roles@lodz.test')).toBe('admin')
  await patch(id, [{ op: 'Remove', path: 'roles[value eq "Admin"]' }])
  expect(await roleOf('roles@lodz.test')).toBe('developer')
  // An admin gives another role on the page Team, which a change of the name leaves.
  const member = (await listMembers()).find(({ email }) => email === 'roles@lodz.test')
  const params = { organization: 'lodz', memberId: member?.id ?? '' }
  await (admins.lodz as ApiClient).call(operations.updateMember, { params, body: { role: 'admin' } })
  const renamed = await patch(id, [{ op: 'replace', path: 'displayName', value: 'Renamed' }])
  expect(renamed.body.roles).toEqual([{ value: 'admin', primary: true }])
  await deactivate(id)
  // What the provider gave counts when the user comes back.
  await patch(id, [{ op: 'replace', path: 'active', value: true }])
  expect(await roleOf('roles@lodz.test')).toBe('developer')
  await patch(id, [{ op: 'Remove', path: 'roles' }])
  expect(await roleOf('roles@lodz.test')).toBe('viewer')
})

test('certificates of who is gone stay, say so, are found and counted, and are taken over', async () => {
  const admin = admins.lodz as ApiClient
  const params = { organization: 'lodz' }
  const place = { ...params, environment: 'production' }
  const make = (client: ApiClient) => client.call(operations.createCertificate, { params: place, body: {} })
  const people: ApiClient[] = []
  for (const name of ['by-scim', 'by-admin', 'by-self', 'erased', 'stays'])
    people.push(await addUser(postern, `${name}@lodz.test`, 'developer', 'lodz'))
  const [byScim, byAdmin, bySelf, erased, stays] = people as [
    ApiClient,
    ApiClient,
    ApiClient,
    ApiClient,
    ApiClient,
  ]
  const key = (await byScim.call(operations.createOwnApiKey, { body: { name: 'CI', role: 'developer' } }))
    .secret
  const gone = [
    await make(byScim),
    await make(withApiKey(postern, key)),
    await make(byAdmin),
    await make(bySelf),
    await make(erased),
  ]
  const organizationKey = await addKey('lodz', { name: 'Terraform', role: 'developer' })
  const kept = [await make(stays), await make(withApiKey(postern, organizationKey)), await make(admin)]
  for (const { isOwnerGone } of [...gone, ...kept]) expect(isOwnerGone).toBe(false)
  const count = async () => (await admin.call(operations.getOrganizationUse, { params })).ownerGoneCount
  expect(await count()).toBe(0)
  await deactivate(await provision('by-scim@lodz.test'))
  const member = (await listMembers()).find(({ email }) => email === 'by-admin@lodz.test')
  await admin.call(operations.removeMember, { params: { ...params, memberId: member?.id ?? '' } })
  await bySelf.call(operations.leaveOrganization, { params })
  await operator.call(operations.erasePerson, {
    params: { userId: (await userOf('erased@lodz.test'))?.id as string },
  })
  const list = async (query: object = {}) =>
    (await admin.call(operations.listCertificates, { params, query: { ...query, limit: 200 } })).items
  const idsOf = (items: readonly { id: string }[]) => items.map(({ id }) => id).sort()
  expect(idsOf(await list({ owner: 'gone' }))).toEqual(idsOf(gone))
  expect(idsOf((await list()).filter(({ isOwnerGone }) => isOwnerGone))).toEqual(idsOf(gone))
  expect(await count()).toBe(gone.length)
  expect(await operator.call(operations.getOrganizationUse, { params })).toMatchObject({
    ownerGoneCount: gone.length,
  })
  const [first] = gone as [(typeof gone)[0]]
  const read = (certificateId: string) =>
    admin.call(operations.getCertificate, { params: { ...params, certificateId } })
  expect(await read(first.id)).toMatchObject({ isOwnerGone: true, createdBy: { label: 'by-scim@lodz.test' } })
  const update = (certificateId: string, body: object, client = stays) =>
    client.call(operations.updateCertificate, { params: { ...params, certificateId }, body })
  // A description names nobody.
  expect(await update(first.id, { description: 'Łódź' })).toMatchObject({ isOwnerGone: true })
  expect(await update(first.id, { contacts: ['team@lodz.test'] })).toMatchObject({ isOwnerGone: false })
  const second = gone[1] as (typeof gone)[0]
  expect(await update(second.id, { owner: 'Payments' }, withApiKey(postern, organizationKey))).toMatchObject({
    isOwnerGone: false,
  })
  expect(await count()).toBe(gone.length - 2)
  // Who comes back is the owner again.
  await patch((await filterBy('userName eq "by-scim@lodz.test"')).body.Resources[0].id, [
    { op: 'replace', path: 'active', value: true },
  ])
  expect(await count()).toBe(gone.length - 2)
  expect(await read(kept[0]?.id ?? '')).toMatchObject({ isOwnerGone: false })
})

test('the service says what it can do', async () => {
  const config = await send('GET', '/ServiceProviderConfig')
  expect(config.body).toMatchObject({
    patch: { supported: true },
    bulk: { supported: false },
    filter: { supported: true, maxResults: 200 },
    etag: { supported: true },
    authenticationSchemes: [{ type: 'oauthbearertoken' }],
  })
  const types = (await send('GET', '/ResourceTypes')).body
  expect(types.Resources.map(({ id }: { id: string }) => id)).toEqual(['User'])
  const [user] = (await send('GET', '/Schemas')).body.Resources
  expect((await send('GET', `/Schemas/${user.id}`)).body).toEqual(user)
  expect((await send('GET', '/ResourceTypes/User')).body).toEqual(types.Resources[0])
  const created = (await send('GET', '/Users?count=1')).body.Resources[0]
  const names = user.attributes.map(({ name }: { name: string }) => name)
  expect(
    Object.keys(created)
      .filter((name) => !['schemas', 'id', 'externalId', 'meta'].includes(name))
      .sort(),
  ).toEqual(names.sort())
  expect((await send('GET', '/ResourceTypes?filter=x')).status).toBe(403)
  expect((await send('GET', '/Schemas/none')).status).toBe(404)
})
