import { X509Certificate } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  issueClientCertificate,
  makeAuthority,
  makeKey,
  type TestIssuer,
  type TestKey,
} from '../../test/support/test-authority.ts'
import type { ClientCertificatePlan } from '../pki/certificate-profile.ts'
import { toHex } from '../pki/fingerprint.ts'
import { type Presented, publicKeyOf, readPresented } from './presented.ts'
import { createRegistry, type RegisteredIssuer, type Registry } from './registry.ts'
import { decideVerdict } from './verdict.ts'

const day = 86_400_000
const now = Date.now()

let root: TestIssuer
let production: TestIssuer
let staging: TestIssuer
let impostor: TestIssuer
let key: TestKey
let registry: Registry

beforeAll(async () => {
  const authority = await makeAuthority()
  root = authority.root
  production = authority.issuing
  staging = (await makeAuthority()).issuing
  impostor = (await makeAuthority()).issuing
  key = await makeKey()
})

function toRegistered(
  id: string,
  environment: string | null,
  { der, facts }: TestIssuer,
  name = toHex(facts.subjectDer),
): RegisteredIssuer {
  const { publicKey } = new X509Certificate(der)
  return { id, environment, der, publicKey, name, organizationName: 'Postern Test' }
}

function setUp(): void {
  registry = createRegistry()
  // All test authorities have the same name, so only the key tells them apart.
  registry.setIssuers([
    toRegistered('iss_r', null, root),
    toRegistered('iss_p', 'production', production),
    toRegistered('iss_s', 'staging', staging),
  ])
}

const make = (changes: Partial<ClientCertificatePlan> = {}, issuer = production): Presented =>
  readPresented(issueClientCertificate(issuer, key, changes))

function register(
  presented: Presented,
  changes: { environment?: string; revoked?: boolean; issuerId?: string } = {},
): Presented {
  const { parsed, fingerprint } = presented
  if (parsed === undefined) throw new Error('the certificate cannot be read')
  registry.setCertificate({
    id: 'cert_1',
    name: 'acme-0001',
    organizationId: 'org_1',
    environment: 'production',
    issuerId: 'iss_p',
    revoked: false,
    fingerprint,
    publicKey: publicKeyOf(parsed),
    notBefore: parsed.notBefore,
    notAfter: parsed.notAfter,
    ...changes,
  })
  return presented
}

/** Each row presents something to the gateway of production. */
const rows: [string, () => Presented | undefined, string][] = [
  ['a registered certificate', () => register(make()), 'ok'],
  ['nothing', () => undefined, 'certificate_missing'],
  ['bytes that are no certificate', () => readPresented(new Uint8Array([1, 2, 3])), 'certificate_malformed'],
  ['one of an impostor with the name of our issuer', () => make({}, impostor), 'certificate_issuer_unknown'],
  [
    'one of the staging issuer, registered there',
    () => register(make({}, staging), { environment: 'staging' }),
    'certificate_wrong_environment',
  ],
  ['one of the staging issuer that nobody knows', () => make({}, staging), 'certificate_wrong_environment'],
  ['a revoked one', () => register(make(), { revoked: true }), 'certificate_revoked'],
  [
    'a revoked and expired one',
    () => register(make({ notAfter: now - day }), { revoked: true }),
    'certificate_revoked',
  ],
  ['an expired one', () => register(make({ notAfter: now - day })), 'certificate_expired'],
  ['one of tomorrow', () => register(make({ notBefore: now + day })), 'certificate_not_yet_valid'],
  ['one that is not registered', () => make(), 'certificate_not_registered'],
  [
    'one whose issuer is not trusted any more',
    () => register(make(), { issuerId: 'iss_gone' }),
    'certificate_issuer_unknown',
  ],
  ['the certificate of the issuer itself', () => readPresented(production.der), 'certificate_wrong_purpose'],
]

describe('the verdict on', () => {
  test.each(rows)('%s', (_what, present, expected) => {
    setUp()
    const verdict = decideVerdict(present(), 'production', registry, now)
    expect(verdict.ok ? 'ok' : verdict.code).toBe(expected)
  })
})

test('calls the chain incomplete only for a lone leaf that claims to be of ours', () => {
  registry = createRegistry()
  registry.setIssuers([toRegistered('iss_p', 'production', staging, 'another name')])
  const code = (presented: Presented) => {
    const verdict = decideVerdict(presented, 'production', registry, now)
    return verdict.ok ? 'ok' : verdict.code
  }
  const leaf = make()
  expect(code(leaf)).toBe('certificate_chain_incomplete')
  expect(code(readPresented(leaf.der, [production.der]))).toBe('certificate_issuer_unknown')
})

test('lets a certificate in until its last second is over', () => {
  setUp()
  const notAfter = Math.floor(now / 1000) * 1000 + 10_000
  const presented = register(make({ notAfter }))
  expect(decideVerdict(presented, 'production', registry, notAfter + 999).ok).toBe(true)
  expect(decideVerdict(presented, 'production', registry, notAfter + 1000).ok).toBe(false)
})

test('changes its mind about the same connection when the registry does', () => {
  setUp()
  // What a resumed session brings is what its first handshake brought, however long ago.
  const remembered = register(make())
  expect(decideVerdict(remembered, 'production', registry, now).ok).toBe(true)
  register(remembered, { revoked: true })
  expect(decideVerdict(remembered, 'production', registry, now)).toMatchObject({
    code: 'certificate_revoked',
  })
})

test('knows whose key a refused certificate has', () => {
  setUp()
  register(make())
  const twin = make()
  const verdict = decideVerdict(twin, 'production', registry, now)
  expect(verdict).toMatchObject({ code: 'certificate_not_registered', owner: { id: 'cert_1' } })
})
