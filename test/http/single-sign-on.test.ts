import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import { type ApiClient, createApiClient, signInFirst } from '../support/api.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'
import { type Lies, openTestProvider, type TestProvider } from '../support/openid-provider.ts'
import { addOrganization, addUser, signIn, testPassword } from '../support/users.ts'

let postern: LocalPostern
let provider: TestProvider
const records = new Map<string, string[]>()
const findTxtRecords = async (name: string) => records.get(name) ?? []
const config = { portal: { singleSignOn: { allowPrivateIssuers: true } } }
/** Admins of organizations, by slug. */
const admins: Record<string, ApiClient> = {}

beforeAll(async () => {
  postern = await openPostern({ config, findTxtRecords })
  provider = await openTestProvider()
  admins.lodz = await addOrganization(postern, { slug: 'lodz', legalName: 'Łódź Płatności S.A.' })
  admins.oneil = await addOrganization(postern, { slug: 'oneil', legalName: "O'Neil & Co / Ltd" })
  await configure('lodz', ['lodz.test'])
}, 60_000)
afterAll(async () => {
  await provider?.close()
  await postern?.stop()
})

/** Sets the provider of an organization and proves its domains. */
async function configure(organization: string, domains: string[], more: object = {}) {
  const { issuer, clientId, clientSecret } = provider
  const body = { issuer, clientId, clientSecret, domains, defaultRole: 'viewer' as const, ...more }
  const params = { organization }
  const admin = admins[organization] as ApiClient
  const { settings } = await admin.call(operations.setSingleSignOn, { params, body })
  for (const { domain, recordName, recordValue } of settings?.domains ?? []) {
    records.set(recordName, ['v=spf1 -all', recordValue])
    await admin.call(operations.checkSingleSignOnDomain, { params: { organization, domain } })
  }
}

interface Options {
  lies?: Lies
  /** What the page sends in place of what it got. */
  change?: (body: { organization: string; response: string }) => { organization: string; response: string }
}

/** Signs in through the provider from the domain of `email`. */
async function enter(email: string, claims: Record<string, unknown>, options: Options = {}) {
  const client = createApiClient(postern, email)
  const { authorizationUrl } = await client.call(operations.startSingleSignOn, { body: { email } })
  const organization =
    new URL(new URL(authorizationUrl).searchParams.get('redirect_uri') ?? '').pathname.split('/').at(-1) ?? ''
  const response = provider.signIn(authorizationUrl, claims, options.lies)
  const { change = (same) => same } = options
  const answer = await client.send(operations.completeSingleSignOn, {
    body: change({ organization, response }),
  })
  return { client, authorizationUrl, response, organization, ...answer }
}

const claimsOf = (sub: string, email: string) => ({ sub, email, email_verified: true, name: `Zoë ${sub}` })

test('a new user of a proven domain signs in with PKCE, gets the default role, and is known by issuer and sub', async () => {
  const first = await enter('zoe@lodz.test', claimsOf('1', 'Zoe@lodz.test'))
  expect(first.body).toMatchObject({
    email: 'zoe@lodz.test',
    name: 'Zoë 1',
    organizations: [{ slug: 'lodz', role: 'viewer' }],
  })
  const asked = new URL(first.authorizationUrl).searchParams
  expect(Object.fromEntries(asked)).toMatchObject({
    response_type: 'code',
    code_challenge_method: 'S256',
    redirect_uri: `${postern.portalUrl}/sso/callback/lodz`,
    login_hint: 'zoe@lodz.test',
  })
  const cookie = first.headers.getSetCookie().find((each) => each.includes('session_token'))
  const session = await postern.fetch(`${postern.portalUrl}/api/v1/session`, {
    headers: { cookie: cookie?.split(';')[0] ?? '' },
  })
  expect(session.status).toBe(200)
  // The address has changed at the provider; the user has not.
  const again = await enter('zoe@lodz.test', { ...claimsOf('1', 'zoe.new@lodz.test'), email_verified: false })
  expect(again.body).toMatchObject({ email: 'zoe@lodz.test' })
  // Without a password there is no way in by one.
  const byPassword = await createApiClient(postern).send(operations.signIn, {
    body: { email: 'zoe@lodz.test', password: testPassword },
  })
  expect(byPassword).toMatchObject({ status: 401, body: { code: 'sign_in_failed' } })
})

test('a member is linked by a verified address alone, and the audit log says so', async () => {
  await addUser(postern, 'ann@lodz.test', 'developer', 'lodz')
  for (const email_verified of [false, 'true', undefined]) {
    const { status, body } = await enter('ann@lodz.test', {
      ...claimsOf('2', 'ann@lodz.test'),
      email_verified,
    })
    expect([status, body.code]).toEqual([403, 'single_sign_on_email_unsuitable'])
  }
  const { body } = await enter('ann@lodz.test', claimsOf('2', 'ann@lodz.test'))
  expect(body.organizations).toMatchObject([{ slug: 'lodz', role: 'developer' }])
  // Another person at the provider who has got the address does not get the user.
  const other = await enter('ann@lodz.test', claimsOf('22', 'ann@lodz.test'))
  expect([other.status, other.body.code]).toEqual([409, 'single_sign_on_address_taken'])
  const rows = await postern.database.queries
    .selectFrom('audit')
    .select(['actor_name', 'after'])
    .where('action', '=', 'single_sign_on.linked')
    .where('actor_name', '=', 'ann@lodz.test')
    .execute()
  expect(rows.map(({ after }) => JSON.parse(after ?? ''))).toEqual([
    { issuer: provider.issuer, subject: '2', isNewUser: false },
  ])
})

test('addresses of other domains and users of other organizations are not taken over', async () => {
  const foreign = await enter('x@lodz.test', claimsOf('3', 'admin@oneil.test'))
  expect([foreign.status, foreign.body.code]).toEqual([403, 'single_sign_on_email_unsuitable'])
  const operator = await enter('x@lodz.test', claimsOf('3', 'operator@postern.example'))
  expect(operator.body.code).toBe('single_sign_on_email_unsuitable')
  // The domain is proven, and the user belongs to another organization alone.
  await addUser(postern, 'elsewhere@lodz.test', 'admin', 'oneil')
  const elsewhere = await enter('elsewhere@lodz.test', claimsOf('3', 'elsewhere@lodz.test'))
  expect([elsewhere.status, elsewhere.body.code]).toEqual([409, 'single_sign_on_address_taken'])
  // A member who works for the API provider keeps the password.
  const { email } = await addUser(postern, 'works@lodz.test', 'admin', 'lodz')
  const { queries } = postern.database
  await queries.updateTable('users').set({ operator_role: 'operator' }).where('email', '=', email).execute()
  const works = await enter(email, claimsOf('4', email))
  expect([works.status, works.body.code]).toEqual([403, 'single_sign_on_denied'])
})

test('a response that is not that of this sign-in is refused', async () => {
  const claims = claimsOf('5', 'eve@lodz.test')
  const replayed = await enter('eve@lodz.test', claims, {
    change: (same) => same,
    lies: { nonce: 'of another' },
  })
  const lies: Lies[] = [
    { issuer: 'http://127.0.0.1:1' },
    { audience: 'another client' },
    { iss: 'https://honest.example' },
    { iss: null },
    { hasWrongKey: true },
  ]
  const answers = [replayed]
  for (const each of lies) answers.push(await enter('eve@lodz.test', claims, { lies: each }))
  const changes = [
    (body: { organization: string; response: string }) => ({
      ...body,
      response: body.response.replace(/state=[^&]*/, 'state=x'),
    }),
    (body: { organization: string; response: string }) => ({
      ...body,
      response: body.response.replace(/code=[^&]*/, 'error=access_denied'),
    }),
    () => ({ organization: 'lodz', response: 'x' }),
    // It is the response to another organization.
    (body: { organization: string; response: string }) => ({ ...body, organization: 'oneil' }),
  ]
  for (const change of changes) answers.push(await enter('eve@lodz.test', claims, { change }))
  expect(answers.map(({ status, body }) => [status, body.code])).toEqual(
    answers.map(() => [401, 'single_sign_on_failed']),
  )
  const users = postern.database.queries.selectFrom('users').where('email', '=', 'eve@lodz.test')
  expect(await users.selectAll().execute()).toEqual([])
})

test('a response counts once, and in the browser that has begun', async () => {
  const { client, organization, response, status } = await enter(
    'ida@lodz.test',
    claimsOf('6', 'ida@lodz.test'),
  )
  expect(status).toBe(200)
  const body = { organization, response }
  for (const other of [client, createApiClient(postern)]) {
    const again = await other.send(operations.completeSingleSignOn, { body })
    expect([again.status, again.body.code]).toEqual([401, 'single_sign_on_failed'])
  }
  const forged = await createApiClient(postern).send(operations.completeSingleSignOn, {
    body,
    headers: {
      cookie: `postern.single_sign_on=org_${'0'.repeat(26)}.${'a'.repeat(43)}.9999999999.${'b'.repeat(43)}`,
    },
  })
  expect(forged.body.code).toBe('single_sign_on_failed')
  // No answer told anybody a code, a token or the client secret.
  expect(postern.output()).not.toContain(new URLSearchParams(response).get('code'))
  expect(postern.output()).not.toContain(provider.clientSecret)
})

test('an equal sub at the issuer of another organization is another user', async () => {
  const other = await openTestProvider()
  const own = provider
  await configure('oneil', ['oneil.test'], { issuer: other.issuer })
  provider = other
  try {
    const { body } = await enter('zed@oneil.test', claimsOf('1', 'zed@oneil.test'))
    expect(body).toMatchObject({ email: 'zed@oneil.test', organizations: [{ slug: 'oneil' }] })
    // The same provider for both: the link of one organization does not open the other.
    provider = own
    await configure('oneil', ['oneil.test'])
    const asLodz = await enter('x@oneil.test', claimsOf('1', 'zoe@lodz.test'))
    expect(asLodz.body.code).toBe('single_sign_on_email_unsuitable')
    const params = { organization: 'oneil' }
    await admins.oneil?.call(operations.deleteSingleSignOn, { params })
    expect(await admins.oneil?.call(operations.getSingleSignOn, { params })).toMatchObject({ settings: null })
  } finally {
    provider = own
    await other.close()
  }
})

test('roles come from the claim; without one there is no access, and a password admin stays one', async () => {
  const roles = [
    { value: 'Postern – admins', role: 'admin' as const },
    { value: 'dev', role: 'developer' as const },
  ]
  await configure('lodz', ['lodz.test'], {
    ...{ roleClaim: 'groups', roles, defaultRole: null, passwordAdmins: ['admin@lodz.test'] },
  })
  const nobody = await enter('max@lodz.test', { ...claimsOf('7', 'max@lodz.test'), groups: ['sales'] })
  expect([nobody.status, nobody.body.code]).toEqual([403, 'single_sign_on_denied'])
  const roleOf = async (groups: unknown) => {
    const { body } = await enter('max@lodz.test', { ...claimsOf('7', 'max@lodz.test'), groups })
    return body.organizations?.[0]?.role
  }
  expect(await roleOf(['dev', 'Postern – admins'])).toBe('admin')
  expect(await roleOf('dev')).toBe('developer')
  expect(await roleOf([])).toBeUndefined()
  const admin = await enter('admin@lodz.test', { ...claimsOf('8', 'admin@lodz.test'), groups: [] })
  expect(admin.body.organizations).toMatchObject([{ role: 'admin' }])
  // An admin has removed the member: the provider does not bring them back.
  const user = postern.database.queries.selectFrom('users').select('id').where('email', '=', 'max@lodz.test')
  await postern.database.queries.deleteFrom('members').where('user_id', '=', user).execute()
  const removed = await enter('max@lodz.test', { ...claimsOf('7', 'max@lodz.test'), groups: ['dev'] })
  expect([removed.status, removed.body.code]).toEqual([403, 'single_sign_on_denied'])
  await configure('lodz', ['lodz.test'])
})

test('where it is required, members of the domain have no other way, and the password admin has', async () => {
  const params = { organization: 'lodz' }
  await addUser(postern, 'pat@lodz.test', 'developer', 'lodz')
  await addUser(postern, 'pat@elsewhere.test', 'developer', 'lodz')
  const set = (more: object) => {
    const { issuer, clientId } = provider
    const body = { issuer, clientId, domains: ['lodz.test'], required: true, ...more }
    return (admins.lodz as ApiClient).send(operations.setSingleSignOn, { params, body })
  }
  for (const passwordAdmins of [[], ['pat@lodz.test'], ['nobody@lodz.test'], ['zoe@lodz.test']]) {
    const { status, body } = await set({ passwordAdmins })
    expect([status, body.code]).toEqual([400, 'password_admin_missing'])
  }
  expect((await set({ passwordAdmins: ['Admin@lodz.test'] })).status).toBe(200)
  const attempt = (email: string, password = testPassword) =>
    createApiClient(postern).send(operations.signIn, { body: { email, password } })
  const refused = await attempt('pat@lodz.test')
  expect([refused.status, refused.body.code]).toEqual([403, 'single_sign_on_required'])
  // A wrong password is answered as ever, so that the answer tells of no account.
  expect((await attempt('pat@lodz.test', 'wrong')).body.code).toBe('sign_in_failed')
  expect((await attempt('admin@lodz.test')).status).toBe(200)
  expect((await attempt('pat@elsewhere.test')).status).toBe(200)
  const method = await createApiClient(postern).call(operations.getSignInMethod, {
    query: { domain: 'lodz.test' },
  })
  expect(method).toEqual({ singleSignOn: true, required: true })
  // The password admin is one no more: then any admin has a way in.
  await addUser(postern, 'second@lodz.test', 'admin', 'oneil')
  const { queries } = postern.database
  const idOf = (email: string) => queries.selectFrom('users').select('id').where('email', '=', email)
  const lodz = queries.selectFrom('organizations').select('id').where('slug', '=', 'lodz')
  await queries
    .updateTable('members')
    .set({ organization_id: (e) => e.parens(lodz) as never })
    .where('user_id', '=', idOf('second@lodz.test'))
    .execute()
  expect((await attempt('second@lodz.test')).body.code).toBe('single_sign_on_required')
  const demote = (role: 'viewer' | 'admin') =>
    queries.updateTable('members').set({ role }).where('user_id', '=', idOf('admin@lodz.test')).execute()
  await demote('viewer')
  expect((await attempt('second@lodz.test')).status).toBe(200)
  expect((await attempt('pat@lodz.test')).body.code).toBe('single_sign_on_required')
  await demote('admin')
  await configure('lodz', ['lodz.test'])
})

test('a domain belongs to the organization whose TXT record proves it', async () => {
  const params = { organization: 'oneil' }
  const { issuer, clientId, clientSecret } = provider
  const admin = admins.oneil as ApiClient
  const body = { issuer, clientId, clientSecret, domains: ['Lodz.test', 'new.test'] }
  const { settings } = await admin.call(operations.setSingleSignOn, { params, body })
  const domains = settings?.domains ?? []
  expect(domains.map(({ domain, provenAt }) => [domain, provenAt])).toEqual([
    ['lodz.test', null],
    ['new.test', null],
  ])
  const check = (domain: string) =>
    admin.send(operations.checkSingleSignOnDomain, { params: { ...params, domain } })
  expect((await check('new.test')).body.code).toBe('domain_unproven')
  expect((await check('other.test')).status).toBe(404)
  expect(
    (await createApiClient(postern).send(operations.startSingleSignOn, { body: { email: 'a@new.test' } }))
      .status,
  ).toBe(404)
  // The value is that of one organization: the record of another proves nothing.
  expect((await check('lodz.test')).body.code).toBe('domain_unproven')
  for (const { recordName, recordValue } of domains) records.set(recordName, [recordValue])
  expect((await check('lodz.test')).body.code).toBe('domain_taken')
  const proven = await Promise.all([check('new.test'), check('new.test')])
  expect(proven.map(({ status }) => status)).toEqual([200, 200])
  // A domain that stays keeps its proof; one that was left out begins again.
  const { clientSecret: _, ...same } = body
  const changed = await admin.call(operations.setSingleSignOn, {
    params,
    body: { ...same, domains: ['new.test'] },
  })
  expect(changed.settings?.domains).toMatchObject([{ domain: 'new.test', provenAt: expect.any(String) }])
  await admin.call(operations.deleteSingleSignOn, { params })
})

test('the client secret is never shown, and never goes to another issuer than the one it was set for', async () => {
  const params = { organization: 'lodz' }
  const admin = admins.lodz as ApiClient
  const { body: shown } = await admin.send(operations.getSingleSignOn, { params })
  expect(JSON.stringify(shown)).not.toContain(provider.clientSecret)
  const { queries } = postern.database
  const stored = [
    ...(await queries.selectFrom('single_sign_on').selectAll().execute()),
    ...(await queries.selectFrom('audit').selectAll().execute()),
  ]
  expect(stored.map((row) => Object.values(row).map(String).join()).join()).not.toContain(
    provider.clientSecret,
  )
  const change = (more: object) => {
    const { issuer, clientId } = provider
    const body = { issuer, clientId, domains: ['lodz.test'], defaultRole: 'viewer' as const, ...more }
    return admin.send(operations.setSingleSignOn, { params, body })
  }
  for (const more of [{ issuer: 'https://evil.example' }, { clientId: 'another' }])
    expect((await change(more)).body.code).toBe('single_sign_on_secret_missing')
  for (const issuer of ['http://idp.example', 'http://10.0.0.1'])
    expect((await change({ issuer })).body.code).toBe('single_sign_on_issuer_unsuitable')
  expect((await change({})).status).toBe(200)
  expect((await enter('zoe@lodz.test', claimsOf('1', 'zoe@lodz.test'))).status).toBe(200)
})

test('an issuer that calls itself another one is not used, and a failed one is not asked at will', async () => {
  const liar = await openTestProvider()
  liar.metadata = { issuer: provider.issuer }
  await configure('oneil', ['oneil.test'], { issuer: liar.issuer })
  const start = () =>
    createApiClient(postern).send(operations.startSingleSignOn, { body: { email: 'x@oneil.test' } })
  for (let n = 0; n < 3; n++)
    expect((await start()).body).toMatchObject({ code: 'single_sign_on_unavailable', status: 503 })
  expect(liar.asked['/.well-known/openid-configuration']).toBe(1)
  await liar.close()
  await admins.oneil?.call(operations.deleteSingleSignOn, { params: { organization: 'oneil' } })
})

test('a one-time password ends with the first sign-in through the provider', async () => {
  const operator = await signInFirst(postern, 'operator@postern.example')
  expect(operator.email).toBe('operator@postern.example')
  const { email } = await addUser(postern, 'once@lodz.test', 'viewer', 'lodz')
  const { queries } = postern.database
  await queries.updateTable('users').set({ must_change_password: 1 }).where('email', '=', email).execute()
  const { body } = await enter(email, claimsOf('9', email))
  expect(body).toMatchObject({ mustChangePassword: false, organizations: [{ slug: 'lodz' }] })
  await expect(signIn(postern, email)).rejects.toThrow('sign_in_failed')
})

test('the flow works with oidc-provider, whose claims are in its userinfo answer', async () => {
  const server = createServer((request, response) => {
    if (!request.url?.startsWith('/interaction')) return void answer(request, response)
    const login = { accountId: 'usr-7f3' }
    void honest.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const honest = new Provider(issuer, toConfiguration())
  const answer = honest.callback()
  await configure('oneil', ['oneil.test'], { issuer })
  const client = createApiClient(postern)
  const { authorizationUrl } = await client.call(operations.startSingleSignOn, {
    body: { email: 'hon@oneil.test' },
  })
  const back = await followRedirects(authorizationUrl, postern.portalUrl)
  expect(back.searchParams.get('iss')).toBe(issuer)
  const body = { organization: 'oneil', response: back.search.slice(1) }
  expect(await client.call(operations.completeSingleSignOn, { body })).toMatchObject({
    email: 'hon@oneil.test',
    name: 'Ħon Ðoe',
    organizations: [{ slug: 'oneil', role: 'viewer' }],
  })
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
})

function toConfiguration() {
  const { clientId, clientSecret } = provider
  return {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [`${postern.portalUrl}/sso/callback/oneil`],
      },
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_: unknown, accountId: string) => ({
      accountId,
      claims: async () => ({
        ...{ sub: accountId, email: 'hon@oneil.test', email_verified: true, name: 'Ħon Ðoe' },
      }),
    }),
    async loadExistingGrant({ oidc }: GrantContext) {
      const { clientId: id } = oidc.client
      const grant = new oidc.provider.Grant({ clientId: id, accountId: oidc.session.accountId })
      grant.addOIDCScope('openid email profile')
      await grant.save()
      return grant
    },
  }
}

interface GrantContext {
  oidc: {
    client: { clientId: string }
    session: { accountId: string }
    provider: { Grant: new (of: object) => { addOIDCScope(scope: string): void; save(): Promise<void> } }
  }
}

/** Goes where a browser with cookies goes, until it is at the portal. */
async function followRedirects(from: string, portalUrl: string): Promise<URL> {
  const cookies = new Map<string, string>()
  let url = new URL(from)
  for (let steps = 0; steps < 10 && url.origin !== portalUrl; steps += 1) {
    const cookie = [...cookies].map((pair) => pair.join('=')).join('; ')
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } })
    for (const each of response.headers.getSetCookie()) {
      const [name = '', ...value] = each.split(';')[0]?.split('=') ?? []
      cookies.set(name, value.join('='))
    }
    const location = response.headers.get('location')
    if (location === null) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
    url = new URL(location, url)
  }
  return url
}
