import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AuthorityView } from '../../src/contract/authority.ts'
import { operations } from '../../src/contract/operations.ts'
import { parseRevocationList } from '../../src/pki/status/parse-revocation-list.ts'
import { type ApiClient, signInFirst } from '../support/api.ts'
import { curl, issueCertificate, until } from '../support/certificates.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'

let postern: LocalPostern
let admin: ApiClient
let operator: ApiClient

beforeAll(async () => {
  postern = await openPostern({ hasGateway: true })
  admin = await signInFirst(postern, 'admin@acme.example')
  operator = await signInFirst(postern, 'operator@postern.example')
})
afterAll(() => postern?.stop())

const issuing = (items: AuthorityView[], environment = 'production') =>
  items.filter((item) => item.environment === environment)

test('a new certificate authority has one root and one issuing CA per environment', async () => {
  const { items } = await operator.call(operations.listCertificateAuthorities)
  expect(
    items.map(({ kind, environment, signsNewCertificates }) => [kind, environment, signsNewCertificates]),
  ).toEqual([
    ['root', null, false],
    ['issuing', 'production', true],
    ['issuing', 'staging', true],
  ])
  const { items: use } = await operator.call(operations.listCertificateAuthorityUse)
  expect(use.map(({ issuerId }) => issuerId)).toEqual(items.map(({ id }) => id))
  expect(use.every(({ revocationList }) => revocationList !== null)).toBe(true)
})

test('after a CA rollover both issuing CAs are trusted, and the new one issues certificates', async () => {
  const old = await issueCertificate(admin, 'acme')
  const created = await operator.send(operations.rotateCertificateAuthority, {
    params: { environment: 'production' },
  })
  const { items } = await operator.call(operations.listCertificateAuthorities)
  expect(created.headers.get('location')).toBe(`/api/v1/certificate-authorities/${issuing(items)[0]?.id}`)
  const [fresh, former] = issuing(items)
  expect([fresh?.signsNewCertificates, former?.signsNewCertificates]).toEqual([true, false])
  expect(fresh?.subject).not.toBe(former?.subject)
  const next = await issueCertificate(admin, 'acme')
  expect(old.certificate.issued?.issuer).toBe(former?.subject)
  expect(next.certificate.issued?.issuer).toBe(fresh?.subject)
  const whoAmI = `${postern.gateways.production}/whoami`
  for (const { files } of [old, next]) {
    const { value } = await until(
      () => curl(postern, files, whoAmI),
      ({ status }) => status === 200,
      5,
    )
    expect(value.status).toBe(200)
  }
  const staging = issuing(items, 'staging')
  expect(staging).toHaveLength(1)
})

test('the progress of each organization is listed, and each issuing CA signs OCSP responses for its own certificates', async () => {
  const { items } = await operator.call(operations.listCertificateAuthorities)
  const [fresh, former] = issuing(items)
  const readUse = async (authority: AuthorityView | undefined) => {
    const { items: use } = await operator.call(operations.listCertificateAuthorityUse)
    return use.find(({ issuerId }) => issuerId === authority?.id)
  }
  expect([(await readUse(fresh))?.organizations, (await readUse(former))?.organizations]).toEqual([
    [{ slug: 'acme', validCertificates: 1 }],
    [{ slug: 'acme', validCertificates: 1 }],
  ])
  const { items: listed } = await admin.call(operations.listCertificates, {
    params: { organization: 'acme' },
  })
  const first = listed.find(({ name }) => name === 'acme-0001')
  const revoked = await admin.call(operations.revokeCertificate, {
    params: { organization: 'acme', certificateId: first?.id ?? '' },
    body: { reason: 'superseded', name: 'acme-0001' },
  })
  const read = async (authority: AuthorityView | undefined) => {
    const response = await postern.fetch(authority?.revocationListUrl ?? '')
    return parseRevocationList(new Uint8Array(await response.arrayBuffer())).revoked
  }
  expect([...(await read(former))]).toEqual([revoked.issued?.serialNumber])
  expect([...(await read(fresh))]).toEqual([])
  expect([await readUse(fresh), await readUse(former)]).toMatchObject([
    { validCertificates: 1, revokedCertificates: 0 },
    { validCertificates: 0, revokedCertificates: 1 },
  ])
})

test('a rollover is in the audit log with its actor, and an unknown environment changes nothing', async () => {
  const { items } = await operator.call(operations.listAudit, { query: { limit: 200 } })
  const created = items.filter(({ type }) => type === 'certificate_authority.created')
  expect(created[0]).toMatchObject({
    actor: { kind: 'operator', id: expect.any(String), label: 'operator@postern.example' },
    environment: 'production',
    data: { after: { environment: 'production' } },
  })
  const before = await operator.call(operations.listCertificateAuthorities)
  const answer = await operator.send(operations.rotateCertificateAuthority, {
    params: { environment: 'elsewhere' },
  })
  expect([answer.status, answer.body.code]).toEqual([404, 'not_found'])
  expect(await operator.call(operations.listCertificateAuthorities)).toEqual(before)
})

test('a CA keeps its entity tag while it issues, so that its date of retirement can be set on condition', async () => {
  const former = issuing((await operator.call(operations.listCertificateAuthorities)).items)[1]
  const params = { issuerId: former?.id ?? '' }
  const read = () => operator.send(operations.getCertificateAuthority, { params })
  const tag = (await read()).headers.get('etag') ?? ''
  const certificate = (await issueCertificate(admin, 'acme')).certificate
  await admin.call(operations.revokeCertificate, {
    params: { organization: 'acme', certificateId: certificate.id },
    body: { reason: 'superseded', name: certificate.name },
  })
  expect((await read()).headers.get('etag')).toBe(tag)
  const retire = (headers: Record<string, string>) =>
    operator.send(operations.retireCertificateAuthority, {
      params,
      body: { retiresAt: new Date(Date.now() + 86_400_000).toISOString(), expectedCount: 0 },
      headers,
    })
  expect((await retire({ 'if-match': tag })).status).toBe(200)
  expect((await read()).headers.get('etag')).not.toBe(tag)
  expect((await retire({ 'if-match': tag })).status).toBe(412)
})
