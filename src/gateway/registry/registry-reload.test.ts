import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import type { OrganizationStatus } from '../../contract/organization.ts'
import type { RegisteredCertificate } from './registered-certificate.ts'
import type { RegisteredClient, RegisteredIssuer } from './registered-parties.ts'
import { createRegistry } from './registry.ts'
import type { RegistryTarget } from './registry-reload.ts'

const hash = (text: string) => createHash('sha256').update(text).digest()
const key = (id: string) => {
  const { privateKey } = generateKeyPairSync('ed25519')
  return { id, algorithm: 'EdDSA' as const, publicKey: createPublicKey(privateKey) }
}
const secret = (text: string, expiresAt: number | null = null) => ({ sha256: hash(text), expiresAt })
const client = (changes: Partial<RegisteredClient> = {}): RegisteredClient => ({
  ...{ credentialId: 'cred_1', clientId: 'acme-1', name: 'Checkout', organizationId: 'org_1' },
  ...{ environment: 'production', scopes: null, networks: null, certificateIds: null },
  ...{ tlsClientAuth: null, secrets: [], keys: [], ...changes },
})
const issuer = (retiresAt: number | null) =>
  ({ id: 'iss_1', environment: 'production', retiresAt, isExternal: false }) as RegisteredIssuer
const certificate = (name: string, isRevoked = false): RegisteredCertificate => ({
  ...{ id: `cert_${name}`, name, organizationId: 'org_1', environment: 'production', issuerId: 'iss_1' },
  ...{
    revoked: isRevoked,
    isServerOnly: false,
    replaced: false,
    notBefore: 1,
    notAfter: 2,
    publicKey: hash(`key ${name}`).toString('hex'),
  },
  fingerprint: hash(name).toString('hex'),
})

/** Creates a registry that has followed the store from `before` to `after`, and then reads `before` again. */
function goBack(
  before: (target: RegistryTarget) => void,
  after: (target: ReturnType<typeof createRegistry>) => void,
) {
  const registry = createRegistry()
  before(registry)
  after(registry)
  const reload = () => {
    const loading = registry.beginReload()
    before(loading)
    return loading.finish(true)
  }
  const found = reload()
  return { registry, endings: found.endings.map(({ kind, name }) => [kind, name]), reload }
}

test('removed secrets and keys remain ended, and shorter lifetimes apply, until the store has them as ended', () => {
  const [old, kept, goes, stays] = [secret('old'), secret('kept'), key('goes'), key('stays')]
  const before = client({ secrets: [old, kept], keys: [goes, stays] })
  const { registry, endings, reload } = goBack(
    (target) => target.setClient(before),
    (target) => target.setClient(client({ secrets: [secret('kept', 500)], keys: [stays] })),
  )
  expect(endings).toEqual([
    ['secret_ended', 'Checkout'],
    ['secret_ended', 'Checkout'],
    ['key_ended', 'Checkout'],
  ])
  const find = () => registry.findClient('acme-1')
  expect(find()).toMatchObject({ secrets: [{ expiresAt: 500 }], keys: [{ id: 'stays' }] })
  // Another change in the older store restores nothing.
  registry.setClient({ ...before, name: 'Till' })
  expect(find()).toMatchObject({ name: 'Till', secrets: [{ expiresAt: 500 }], keys: [{ id: 'stays' }] })
  reload()
  expect(find()).toMatchObject({ secrets: [{ expiresAt: 500 }], keys: [{ id: 'stays' }] })
  // The portal has ended it again, and then extends the lifetime of the secret.
  registry.setClient(client({ secrets: [secret('kept', 500)], keys: [stays] }))
  registry.setClient(client({ secrets: [kept], keys: [stays] }))
  expect(find()?.secrets).toEqual([kept])
})

test('deleted credentials remain deleted, limits remain, and credentials that the store lacks are reported', () => {
  const { registry, endings } = goBack(
    (target) => {
      target.setClient(client())
      target.setClient(client({ credentialId: 'cred_2', clientId: 'acme-2', name: 'Limited' }))
    },
    (target) => {
      target.removeClient('cred_1')
      target.setClient(client({ credentialId: 'cred_2', clientId: 'acme-2', name: 'Limited', scopes: ['a'] }))
      target.setClient(client({ credentialId: 'cred_3', clientId: 'acme-3', name: 'New' }))
    },
  )
  expect(endings).toEqual([
    ['credential_deleted', 'Checkout'],
    ['credential_limited', 'Limited'],
    ['credential_unknown', 'New'],
  ])
  expect(registry.findClient('acme-1')).toBeUndefined()
  expect(registry.findClient('acme-2')?.scopes).toEqual(['a'])
  expect(registry.findClient('acme-3')).toBeUndefined()
})

test('organizations remain suspended or closed until the store says so, and no longer', () => {
  const organization = (id: string, status: OrganizationStatus = 'active') => ({
    ...{ id, slug: id.replace('_', '-'), legalName: id, status },
  })
  const { registry, endings, reload } = goBack(
    (target) => {
      target.setOrganization(organization('org_1'))
      target.setOrganization(organization('org_2', 'suspended'))
      target.setOrganization(organization('org_3', 'suspended'))
    },
    (target) => {
      target.setOrganization(organization('org_1', 'suspended'))
      target.setOrganization(organization('org_2', 'closed'))
      target.setOrganization(organization('org_3'))
    },
  )
  expect(endings).toEqual([
    ['organization_stopped', 'org-1'],
    ['organization_stopped', 'org-2'],
  ])
  const statuses = () => ['org_1', 'org_2', 'org_3'].map((id) => registry.findOrganization(id)?.status)
  expect(statuses()).toEqual(['suspended', 'closed', 'suspended'])
  reload()
  expect(statuses()).toEqual(['suspended', 'closed', 'suspended'])
  // The portal has suspended it again, and an operator reactivates it.
  registry.setOrganization(organization('org_1', 'suspended'))
  const revision = registry.revision()
  registry.setOrganization(organization('org_1'))
  expect([statuses()[0], registry.revision() > revision]).toEqual(['active', true])
})

test('certificates remain required and issuers retired until the store says so, and no longer', () => {
  const { registry, endings } = goBack(
    (target) => {
      target.setPolicy('org_1', 'production', { mode: 'observe', since: 1 })
      target.setIssuers([issuer(null)])
    },
    (target) => {
      target.setPolicy('org_1', 'production', { mode: 'enforce', since: 2 })
      target.setPolicy('org_2', 'production', { mode: 'enforce', since: 2 })
      target.setIssuers([issuer(900)])
    },
  )
  expect(endings.map(([kind]) => kind)).toEqual(['plan_enforced', 'plan_enforced', 'issuer_retired'])
  const modeOf = (id: string) => registry.findPolicy(id, 'production')?.mode
  expect([modeOf('org_1'), modeOf('org_2')]).toEqual(['enforce', 'enforce'])
  expect(registry.hasExemption('production')).toBe(false)
  expect(registry.findIssuer('iss_1')?.retiresAt).toBe(900)
  registry.setPolicy('org_1', 'production', { mode: 'enforce', since: 3 })
  registry.setPolicy('org_1', 'production', { mode: 'observe', since: 4 })
  expect(modeOf('org_1')).toBe('observe')
  registry.setIssuers([issuer(900)])
  registry.setIssuers([issuer(null)])
  expect(registry.findIssuer('iss_1')?.retiresAt).toBeNull()
})

test('what a plan ended stays ended until the store says so, and no longer', () => {
  const { registry, endings } = goBack(
    (target) => {
      target.setMigration('org_1', 'production', { endsAt: null, exceptionUntil: 900 })
      target.setMigration('org_2', 'production', { endsAt: 500, exceptionUntil: null })
    },
    (target) => {
      target.setMigration('org_1', 'production', { endsAt: 700, exceptionUntil: 300 })
      target.setMigration('org_2', 'production', { endsAt: 600, exceptionUntil: 100 })
      target.setMigration('org_3', 'production', { endsAt: 400, exceptionUntil: null })
    },
  )
  expect(endings).toEqual([
    ['migration_limited', 'org_1/production'],
    ['migration_limited', 'org_3/production'],
  ])
  const find = (id: string) => registry.findMigration(id, 'production')
  expect(find('org_1')).toEqual({ endsAt: 700, exceptionUntil: 300 })
  // What the restored store has stricter holds; the later end and the exception are those of the lost state.
  expect(find('org_2')).toEqual({ endsAt: 500, exceptionUntil: null })
  expect(find('org_3')).toEqual({ endsAt: 400, exceptionUntil: null })
  registry.setMigration('org_1', 'production', { endsAt: null, exceptionUntil: 900 })
  expect(find('org_1')).toEqual({ endsAt: 700, exceptionUntil: 300 })
  registry.setMigration('org_1', 'production', { endsAt: 700, exceptionUntil: 300 })
  registry.setMigration('org_1', 'production', { endsAt: 2000, exceptionUntil: 950 })
  expect(find('org_1')).toEqual({ endsAt: 2000, exceptionUntil: 950 })
})

test('certificates remain revoked with their reason, and those that the store lacks are denied until it has them', () => {
  const { registry, endings } = goBack(
    (target) => {
      target.setCertificate(certificate('a'))
      target.setCertificate(certificate('b'))
    },
    (target) => {
      target.setCertificate({ ...certificate('a', true), revocation: { reason: 'superseded', at: 77 } })
      target.setCertificate(certificate('c'))
    },
  )
  expect(endings).toEqual([
    ['certificate_revoked', 'a'],
    ['certificate_unknown', 'c'],
  ])
  const find = (name: string) => registry.findByFingerprint(certificate(name).fingerprint)
  expect([find('a')?.revoked, find('b')?.revoked, find('c')]).toEqual([true, false, undefined])
  expect(registry.findByPublicKey(certificate('c').publicKey)).toBeUndefined()
  expect(registry.findRevocation(certificate('a').fingerprint)).toEqual({ reason: 'superseded', at: 77 })
  // A change in the older store makes no certificate valid again.
  registry.setCertificate(certificate('a'))
  registry.setCertificate(certificate('c'))
  expect([find('a')?.revoked, find('c')?.revoked]).toEqual([true, false])
})
