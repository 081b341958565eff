import { createECDH, generateKeyPairSync, type KeyObject, sign as signBytes } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  issueClientCertificate,
  makeAuthority,
  makeKey,
  type TestIssuer,
  type TestKey,
} from '../../../test/support/test-authority.ts'
import { parseCertificate } from '../../pki/certificate/certificate.ts'
import { formatName } from '../../pki/name/name.ts'
import { assembleSigned, type ClientCertificateFields } from '../../pki/profile/certificate-profile.ts'
import { getIssuerDetails } from '../../pki/profile/issuer-details.ts'
import type { ExternalStatusTerms } from '../../shapes/external-status-terms.ts'
import type { RegisteredIssuer } from '../registry/registered-parties.ts'
import { createRegistry, type Registry } from '../registry/registry.ts'
import { checkCertificate } from './check-certificate.ts'
import { getPublicKey, type PresentedCertificate, readPresentedCertificate } from './presented-certificate.ts'

const day = 86_400_000
const now = Date.now()

let root: TestIssuer
let production: TestIssuer
let staging: TestIssuer
let otherRoot: TestIssuer
let impostor: TestIssuer
let key: TestKey
let registry: Registry

beforeAll(async () => {
  const authority = await makeAuthority()
  root = authority.root
  production = authority.issuing
  staging = (await makeAuthority()).issuing
  const other = await makeAuthority()
  impostor = other.issuing
  otherRoot = other.root
  key = await makeKey()
})

const toRegistered = (id: string, environment: string | null, { der }: TestIssuer): RegisteredIssuer => ({
  id,
  environment,
  retiresAt: null,
  isExternal: false,
  der,
  parsed: parseCertificate(der),
})

function setUp(): void {
  registry = createRegistry()
  // All test CAs have the same name, so only the key distinguishes them.
  registry.setIssuers([
    toRegistered('iss_r', null, root),
    toRegistered('iss_p', 'production', production),
    toRegistered('iss_s', 'staging', staging),
  ])
}

const make = (changes: Partial<ClientCertificateFields> = {}, issuer = production): PresentedCertificate =>
  readPresentedCertificate(issueClientCertificate(issuer, key, changes))

function register(
  presented: PresentedCertificate,
  changes: { environment?: string; revoked?: boolean; issuerId?: string; isServerOnly?: boolean } = {},
): PresentedCertificate {
  const { parsed, fingerprint } = presented
  if (parsed === undefined) throw new Error('the certificate cannot be read')
  registry.setCertificate({
    id: 'cert_1',
    name: 'acme-0001',
    organizationId: 'org_1',
    environment: 'production',
    issuerId: 'iss_p',
    revoked: false,
    isServerOnly: false,
    replaced: false,
    fingerprint,
    publicKey: getPublicKey(parsed),
    notBefore: parsed.notBefore,
    notAfter: parsed.notAfter,
    ...changes,
  })
  return presented
}

/**
 * Creates a certificate that a client has signed with the key of its own certificate, and the chain of both.
 */
function makeBelowClient(): PresentedCertificate {
  const der = issueClientCertificate(production, key)
  const sign: TestIssuer['sign'] = (tbs) =>
    assembleSigned(tbs, 'ecdsa-with-SHA256', signBytes('sha256', tbs, key.privateKey))
  const details = { ...getIssuerDetails(der), signatureAlgorithm: 'ecdsa-with-SHA256' } as const
  return readPresentedCertificate(issueClientCertificate({ der, facts: details, sign }, key), [der])
}

const exportKey = (publicKey: KeyObject) => new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))

/** Creates the P-256 key whose private half is 1. */
function makePublishedKey(): Uint8Array {
  const pair = createECDH('prime256v1')
  pair.setPrivateKey(Buffer.from('01'.padStart(64, '0'), 'hex'))
  const head = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex')
  return new Uint8Array(Buffer.concat([head, pair.getPublicKey()]))
}

/** Each row presents a certificate to the production gateway. */
const rows: [string, () => PresentedCertificate | undefined, string][] = [
  ['a registered certificate', () => register(make()), 'ok'],
  ['nothing', () => undefined, 'certificate_missing'],
  [
    'invalid certificate bytes',
    () => readPresentedCertificate(new Uint8Array([1, 2, 3])),
    'certificate_malformed',
  ],
  ['an issuer with our name but another key', () => make({}, impostor), 'certificate_issuer_unknown'],
  [
    'a staging certificate that is registered there',
    () => register(make({}, staging), { environment: 'staging' }),
    'certificate_wrong_environment',
  ],
  ['a staging certificate that is not registered', () => make({}, staging), 'certificate_wrong_environment'],
  ['a revoked certificate', () => register(make(), { revoked: true }), 'certificate_revoked'],
  [
    'a revoked and expired certificate',
    () => register(make({ notAfter: now - day }), { revoked: true }),
    'certificate_revoked',
  ],
  ['an expired certificate', () => register(make({ notAfter: now - day })), 'certificate_expired'],
  ['certificate not yet valid', () => register(make({ notBefore: now + day })), 'certificate_not_yet_valid'],
  ['an unregistered certificate', () => make(), 'certificate_not_registered'],
  [
    'a certificate whose issuer is no longer trusted',
    () => register(make(), { issuerId: 'iss_gone' }),
    'certificate_issuer_unknown',
  ],
  [
    'an unregistered certificate with a short RSA key',
    () => make({ spki: exportKey(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey) }),
    'certificate_weak',
  ],
  [
    'an unregistered certificate with a known compromised key',
    () => make({ spki: makePublishedKey() }),
    'certificate_weak',
  ],
  ['a certificate issued by a client', makeBelowClient, 'certificate_chain_invalid'],
  [
    'an expired, unregistered staging certificate',
    () => make({ notAfter: now - day }, staging),
    'certificate_wrong_environment',
  ],
  ['an expired, unregistered certificate', () => make({ notAfter: now - day }), 'certificate_expired'],
  [
    'the certificate of the issuing CA',
    () => readPresentedCertificate(production.der),
    'certificate_wrong_purpose',
  ],
]

const environment = {
  name: 'production',
  externalCertificates: 'off',
  externalStatus: { mode: 'soft', softHours: 1, issuers: [] },
} as const

describe('the certificate decision for', () => {
  test.each(rows)('%s', (_what, present, expected) => {
    setUp()
    const decision = checkCertificate(present(), environment, registry, now)
    expect(decision.ok ? 'ok' : decision.code).toBe(expected)
  })
})

test('the chain is incomplete only for a lone leaf that claims to be of Postern', () => {
  registry = createRegistry()
  registry.setIssuers([toRegistered('iss_r', null, otherRoot)])
  const code = (presented: PresentedCertificate) => {
    const decision = checkCertificate(presented, environment, registry, now)
    return decision.ok ? 'ok' : decision.code
  }
  const leaf = make()
  expect(code(leaf)).toBe('certificate_chain_incomplete')
  expect(code(readPresentedCertificate(leaf.der, [production.der]))).toBe('certificate_issuer_unknown')
})

test('a certificate is accepted until its last second has ended', () => {
  setUp()
  const notAfter = Math.floor(now / 1000) * 1000 + 10_000
  const presented = register(make({ notAfter }))
  expect(checkCertificate(presented, environment, registry, notAfter + 999).ok).toBe(true)
  expect(checkCertificate(presented, environment, registry, notAfter + 1000).ok).toBe(false)
})

test('the decision for an open connection changes with the registry', () => {
  setUp()
  // A resumed session has the certificates of its first handshake, however long ago that was.
  const remembered = register(make())
  expect(checkCertificate(remembered, environment, registry, now).ok).toBe(true)
  register(remembered, { revoked: true })
  expect(checkCertificate(remembered, environment, registry, now)).toMatchObject({
    code: 'certificate_revoked',
  })
})

test('the owner of a denied certificate is known by its key', () => {
  setUp()
  register(make())
  const twin = make()
  const decision = checkCertificate(twin, environment, registry, now)
  expect(decision).toMatchObject({ code: 'certificate_not_registered', owner: { id: 'cert_1' } })
})

describe('an external CA that two environments trust', () => {
  const codeIn = (environment: string, ...issuers: RegisteredIssuer[]) => {
    registry = createRegistry()
    registry.setIssuers(issuers)
    const decision = checkCertificate(
      make(),
      {
        name: environment,
        externalCertificates: 'off',
        externalStatus: { mode: 'soft', softHours: 1, issuers: [] },
      },
      registry,
      now,
    )
    return decision.ok ? 'ok' : decision.code
  }

  test('uses the own environment before the other, and active issuers before retired ones', () => {
    const [here, there] = [
      toRegistered('iss_a', 'production', production),
      toRegistered('iss_b', 'staging', production),
    ]
    const retired = { ...here, id: 'iss_c', retiresAt: now - day }
    expect(codeIn('production', there, here)).toBe('certificate_not_registered')
    expect(codeIn('staging', here, there)).toBe('certificate_not_registered')
    expect(codeIn('production', there)).toBe('certificate_wrong_environment')
    expect(codeIn('production', retired, there)).toBe('certificate_wrong_environment')
    expect(codeIn('production', retired)).toBe('certificate_not_registered')
  })

  test('accepts an active issuer among twenty retired ones with its name and other keys', () => {
    const others = Array.from({ length: 20 }, (_, i) => ({
      ...toRegistered(`iss_${i}`, 'production', impostor),
      retiresAt: now - day,
    }))
    expect(codeIn('production', ...others, toRegistered('iss_p', 'production', production))).toBe(
      'certificate_not_registered',
    )
  })
})

describe('a certificate below a trusted issuer', () => {
  const hour = 3_600_000
  const below = (confirmedUntil: number | null, isLookedFor = true) => {
    registry = createRegistry()
    registry.setIssuers([{ ...toRegistered('iss_p', 'production', production), isExternal: true }])
    const presented = register(make())
    registry.setExternalStatus('cert_1', {
      ...{ describedAt: now, notAfter: now + 900 * day, finding: null, expectedLinks: 1, isAskable: true },
      links: [{ checkId: 'crl', depth: 0, isLookedFor }],
    })
    registry.setExternalCheck('crl', confirmedUntil)
    return (terms: Partial<ExternalStatusTerms>, at: number) => {
      const externalStatus = { ...environment.externalStatus, ...terms }
      const where = { ...environment, externalCertificates: 'trusted-issuers' as const, externalStatus }
      const decision = checkCertificate(presented, where, registry, at)
      return decision.ok ? 'ok' : decision.code
    }
  }

  test('is denied when the answer of its CA has ended: immediately, after a while, or never', () => {
    const codeOf = below(now + 2 * hour)
    expect(codeOf({ mode: 'hard' }, now + 2 * hour - 1)).toBe('ok')
    expect(codeOf({ mode: 'hard' }, now + 2 * hour)).toBe('external_status_unavailable')
    expect(codeOf({ softHours: 3 }, now + 5 * hour - 1)).toBe('ok')
    expect(codeOf({ softHours: 3 }, now + 5 * hour)).toBe('external_status_unavailable')
    expect(codeOf({ mode: 'off' }, now + 9 * hour)).toBe('ok')
    const issuers = [{ issuer: formatName(parseCertificate(production.der).subject), mode: 'hard' as const }]
    expect(codeOf({ softHours: 3, issuers }, now + 2 * hour)).toBe('external_status_unavailable')
  })

  test('counts from when it was known what to ask until the first answer, and until it was looked for in one', () => {
    for (const make of [() => below(null), () => below(now + 9 * hour, false)]) {
      const codeOf = make()
      expect(codeOf({ mode: 'hard' }, now)).toBe('external_status_unavailable')
      expect(codeOf({ softHours: 1 }, now + hour - 1)).toBe('ok')
      expect(codeOf({ softHours: 1 }, now + hour)).toBe('external_status_unavailable')
    }
  })

  test('has expired, whatever its CA no longer says', () => {
    const codeOf = below(now + 2 * hour)
    const end = (make().parsed?.notAfter ?? 0) + 1000
    expect(codeOf({ mode: 'hard' }, end - 1)).toBe('external_status_unavailable')
    expect(codeOf({ mode: 'hard' }, end)).toBe('certificate_expired')
    expect(codeOf({ softHours: 1 }, end)).toBe('certificate_expired')
  })

  test('is not accepted for longer before it is known what to ask', () => {
    const codeOf = below(now + 9 * hour)
    registry.setExternalStatus('cert_1', {
      ...{ describedAt: now, notAfter: now + 900 * day, finding: null },
      ...{ links: [], expectedLinks: 1, isAskable: false },
    })
    expect(codeOf({ mode: 'hard' }, now)).toBe('external_status_unavailable')
    expect(codeOf({ softHours: 168 }, now + 168 * hour - 1)).toBe('ok')
    expect(codeOf({ softHours: 168 }, now + 168 * hour)).toBe('external_status_unavailable')
    expect(codeOf({ mode: 'off' }, now + 999 * hour)).toBe('ok')
  })

  test('needs one of the sources for each certificate of its path, and none if it names none', () => {
    const codeOf = below(now + hour)
    const crl = { checkId: 'crl', depth: 0, isLookedFor: true }
    const ocsp = { checkId: 'ocsp', depth: 0, isLookedFor: true }
    const set = (...links: (typeof crl)[]) =>
      registry.setExternalStatus('cert_1', {
        ...{
          describedAt: now,
          notAfter: now + 900 * day,
          finding: null,
          links,
          expectedLinks: links.length,
          isAskable: true,
        },
      })
    registry.setExternalCheck('ocsp', now + 4 * hour)
    set(crl, ocsp)
    expect(codeOf({ mode: 'hard' }, now + 3 * hour)).toBe('ok')
    set({ ...ocsp, depth: 1 }, crl)
    expect(codeOf({ mode: 'hard' }, now + 3 * hour)).toBe('external_status_unavailable')
    set()
    expect(codeOf({ mode: 'hard' }, now + 9 * hour)).toBe('ok')
    const lost = {
      describedAt: now,
      notAfter: now + 900 * day,
      finding: null,
      links: [crl],
      expectedLinks: 2,
      isAskable: true,
    }
    registry.setExternalStatus('cert_1', lost)
    expect(codeOf({ mode: 'hard' }, now)).toBe('external_status_unavailable')
    expect(codeOf({ softHours: 1 }, now + hour)).toBe('external_status_unavailable')
    registry.setExternalStatus('cert_1', { ...lost, links: [], expectedLinks: 0, isAskable: false })
    expect(codeOf({ mode: 'hard' }, now)).toBe('external_status_unavailable')
    expect(codeOf({ softHours: 1 }, now + 9 * hour)).toBe('ok')
    registry.setExternalStatus('cert_1', undefined)
    expect(codeOf({ mode: 'hard' }, now)).toBe('external_status_unavailable')
    expect(codeOf({ mode: 'soft' }, now)).toBe('ok')
  })
})
