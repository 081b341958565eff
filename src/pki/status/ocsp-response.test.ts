import { sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { makeAuthority, makeKey, randomSerialNumber } from '../../../test/support/test-authority.ts'
import { openToolFolder, type ToolFolder } from '../../../test/support/tool-folder.ts'
import { integer, octetString, oid, sequence } from '../der/der-writer.ts'
import { oids } from '../der/oids.ts'
import { draftResponderCertificate, type SignatureAlgorithm } from '../profile/certificate-profile.ts'
import { toPem } from '../text/pem.ts'
import { lintOcspAnswer, SoundResponseData } from './lint-ocsp-answer.ts'
import { responderKeyHash } from './ocsp-issuer.ts'
import { parseOcspRequest } from './ocsp-request.ts'
import {
  assembleOcspResponse,
  type CertificateState,
  draftOcspAnswer,
  type OcspResponder,
  ocspErrorResponse,
} from './ocsp-response.ts'
import { type RevocationReason, revocationReasonDetails } from './revocation-reason.ts'

const hour = 3_600_000

/** Returns a responder of a new issuer, whose certificates are written to `trust.pem` and `issuer.pem`. */
async function makeResponder(folder: ToolFolder, algorithm: SignatureAlgorithm): Promise<OcspResponder> {
  const { root, issuing } = await makeAuthority(algorithm)
  folder.write('issuer.pem', toPem('CERTIFICATE', issuing.der))
  folder.write('trust.pem', [root.der, issuing.der].map((der) => toPem('CERTIFICATE', der)).join(''))
  const key = await makeKey()
  const tbs = draftResponderCertificate({
    ...key,
    serialNumber: randomSerialNumber(),
    issuer: issuing.facts,
    subject: [{ type: oids.commonName, value: 'Test OCSP' }],
    notBefore: Date.now() - 1000,
    notAfter: Date.now() + 48 * hour,
  })
  return {
    certificateDer: issuing.sign(tbs),
    keyHash: await responderKeyHash(key.spki),
    notAfter: Date.now() + 48 * hour,
    signatureAlgorithm: 'ecdsa-with-SHA256',
    sign: async ({ der }) => sign('sha256', der, key.privateKey),
  }
}

/** Answers the request in `request.der` with these states and returns the output of openssl. */
async function answer(
  folder: ToolFolder,
  responder: OcspResponder,
  states: CertificateState[],
): Promise<string> {
  const { certificateIds, nonce } = parseOcspRequest(folder.read('request.der'))
  const thisUpdate = Date.now()
  const tbs = draftOcspAnswer({
    responder,
    answers: certificateIds.map((certificateId, i) => ({
      certificateId,
      state: states[i] ?? { status: 'unknown' },
    })),
    thisUpdate,
    nextUpdate: thisUpdate + hour,
    nonce,
  })
  const data = new SoundResponseData(tbs, responder)
  folder.write('response.der', assembleOcspResponse(data, responder, await responder.sign(data)))
  return folder.run('openssl ocsp -reqin request.der -respin response.der -CAfile trust.pem -resp_text')
}

test.each<SignatureAlgorithm>([
  'ecdsa-with-SHA256',
  'ecdsa-with-SHA384',
  'sha256WithRSAEncryption',
  'ed25519',
])(
  'the response of a responder whose issuer signs with %s is verified by OpenSSL and GnuTLS',
  async (algorithm) => {
    using folder = openToolFolder()
    const responder = await makeResponder(folder, algorithm)
    folder.run('openssl ocsp -issuer issuer.pem -serial 1 -serial 2 -serial 3 -nonce -reqout request.der')
    const revoked = {
      status: 'revoked',
      revokedAt: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
      reason: 'keyCompromise',
    } as const
    const text = await answer(folder, responder, [{ status: 'good' }, revoked])
    expect(text).toContain('Response verify OK')
    expect(text.match(/Cert Status: \w+/g)).toEqual(
      ['good', 'revoked', 'unknown'].map((each) => `Cert Status: ${each}`),
    )
    expect(text).toContain('Revocation Time: Jan  2 03:04:05 2026 GMT')
    expect(text).toContain('Revocation Reason: keyCompromise (0x1)')
    expect(text).not.toContain('Nonce Verify error')
    const verify = 'ocsptool --verify-response --load-trust trust.pem --infile response.der'
    expect(folder.run(verify)).toContain('Verifying OCSP Response: Success.')
    const damaged = folder.read('response.der').map((octet, i) => (i === 60 ? octet ^ 1 : octet))
    folder.write('response.der', damaged)
    expect(() => folder.run(verify)).toThrow()
  },
)

test('a response contains every revocation reason except unspecified, which is omitted', async () => {
  using folder = openToolFolder()
  const responder = await makeResponder(folder, 'ecdsa-with-SHA256')
  folder.run('openssl ocsp -issuer issuer.pem -serial 1 -no_nonce -reqout request.der')
  for (const [reason, { code }] of Object.entries(revocationReasonDetails)) {
    const state = { status: 'revoked', revokedAt: Date.now(), reason: reason as RevocationReason } as const
    const text = await answer(folder, responder, [state])
    if (code === 0) expect(text).not.toContain('Revocation Reason')
    // OpenSSL 3.0 has no name for privilegeWithdrawn.
    else expect(text).toMatch(new RegExp(`Revocation Reason: .* \\(0x${code}\\)`))
    expect(text).not.toContain('Response Extensions')
  }
})

test('a response that ends before it begins is not drafted', () => {
  const times = { thisUpdate: hour, nextUpdate: hour }
  expect(() =>
    draftOcspAnswer({ responder: { keyHash: new Uint8Array(20) }, answers: [], ...times }),
  ).toThrow(expect.objectContaining({ code: 'profile_violation' }))
})

describe('an answer is linted before it is signed', () => {
  const responder = { keyHash: new Uint8Array(20).fill(1), notAfter: 10 * hour }
  const certificateId = { der: sequence(sequence(oid(oids.sha1)), octetString(), octetString(), integer(1)) }
  const draft = (changes: Partial<Parameters<typeof draftOcspAnswer>[0]> = {}) =>
    draftOcspAnswer({
      responder,
      answers: [{ certificateId, state: { status: 'good' } }],
      thisUpdate: hour,
      nextUpdate: 2 * hour,
      ...changes,
    })
  const rulesOf = (tbs: Uint8Array) => lintOcspAnswer(tbs, responder).map(({ rule }) => rule)

  test('and keeps every rule as it is drafted', () => {
    const revoked = { status: 'revoked', revokedAt: 0, reason: 'superseded' } as const
    const answers = [{ status: 'good' } as const, { status: 'unknown' } as const, revoked].map((state) => ({
      certificateId,
      state,
    }))
    expect(rulesOf(draft({ answers, nonce: new Uint8Array(16) }))).toEqual([])
  })

  test.each<[string, () => Uint8Array]>([
    ['readable', () => draft().subarray(1)],
    [
      'readable',
      () => draft({ answers: [{ certificateId: { der: integer(1) }, state: { status: 'good' } }] }),
    ],
    [
      'readable',
      () =>
        draft({
          answers: [{ certificateId: { der: Uint8Array.of(0x30, 0x7f) }, state: { status: 'good' } }],
        }),
    ],
    ['answers', () => draft({ answers: [] })],
    ['responder', () => draft({ responder: { keyHash: new Uint8Array(20) } })],
    ['validity inside the responder’s', () => draft({ nextUpdate: 11 * hour })],
    ['nonce', () => draft({ nonce: new Uint8Array() })],
    ['nonce', () => draft({ nonce: new Uint8Array(129) })],
  ])('%s', (rule, give) => {
    const tbs = give()
    expect(rulesOf(tbs)).toEqual([rule])
    expect(() => new SoundResponseData(tbs, responder)).toThrow(
      expect.objectContaining({ code: 'profile_violation', detail: expect.stringContaining('RFC') }),
    )
  })
})

test.each([
  ['malformedRequest', 'malformedrequest (1)'],
  ['tryLater', 'trylater (3)'],
  ['unauthorized', 'unauthorized (6)'],
] as const)('the error %s is read by openssl', (error, text) => {
  using folder = openToolFolder()
  folder.write('response.der', ocspErrorResponse(error))
  expect(() => folder.run('openssl ocsp -respin response.der -noverify')).toThrow(text)
})
