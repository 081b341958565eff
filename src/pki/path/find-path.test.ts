import { expect, test } from 'vitest'
import { issueClientCertificate, makeAuthority, makeKey } from '../../../test/support/test-authority.ts'
import { parseCertificate } from '../certificate/certificate.ts'
import { findPath } from './find-path.ts'

const now = Date.now()

async function makeWorld() {
  const { root, issuing } = await makeAuthority()
  const key = await makeKey()
  const [anchor, intermediate] = [parseCertificate(root.der), parseCertificate(issuing.der)]
  return {
    anchor: { parsed: anchor },
    intermediate,
    leaf: parseCertificate(issueClientCertificate(issuing, key)),
  }
}

/** Accepts every signature, so that only names determine the path. */
const isSignedBy = () => true

test('a path is found through an intermediate that was sent with the leaf', async () => {
  const { anchor, intermediate, leaf } = await makeWorld()
  const path = findPath(leaf, [intermediate], [anchor], { now, isSignedBy })
  expect(path).toMatchObject({ anchor, certificates: [leaf, intermediate], problem: undefined })
  expect(findPath(leaf, [], [anchor], { now, isSignedBy })).toBeUndefined()
})

test('a path search reports the problem of a complete path rather than a wrong signature', async () => {
  const { anchor, intermediate, leaf } = await makeWorld()
  const impostor = { ...intermediate }
  const options = { now: leaf.notAfter + 1000, isSignedBy: (certificate: object) => certificate !== impostor }
  const path = findPath(leaf, [impostor, intermediate], [anchor], options)
  expect(path?.problem?.rule).toBe('expired')
  const alone = findPath(leaf, [impostor], [anchor], options)
  expect(alone?.problem).toMatchObject({ rule: 'signature', certificate: impostor })
})

test('a path search gives up on look-alike certificates that issue each other', async () => {
  const { anchor, intermediate, leaf } = await makeWorld()
  const selfIssued = { ...intermediate, issuerDer: intermediate.subjectDer }
  const lookAlikes = Array.from({ length: 8 }, () => ({ ...selfIssued }))
  let count = 0
  const isCounted = () => {
    count += 1
    return false
  }
  expect(findPath(leaf, lookAlikes, [anchor], { now, isSignedBy: isCounted })).toBeUndefined()
  const closing = Array.from({ length: 8 }, () => ({ ...intermediate }))
  expect(findPath(leaf, [...lookAlikes, ...closing], [anchor], { now, isSignedBy: isCounted })).toBeDefined()
  expect(count).toBeLessThan(200)
})

test.each([17, 60])(
  'a path search finds the issuer among %i of one name, in any position and for any key identifier',
  async (count) => {
    const { issuing } = await makeAuthority()
    const leaf = parseCertificate(issueClientCertificate(issuing, await makeKey()))
    const anchor = { parsed: parseCertificate(issuing.der) }
    const others = Array.from({ length: count - 1 }, () => ({
      parsed: { ...anchor.parsed, spki: Uint8Array.of(0), subjectKeyIdentifier: Uint8Array.of(9) },
    }))
    const isSignedBy = (_: object, spki: Uint8Array) => spki === anchor.parsed.spki
    for (const anchors of [
      [...others, anchor],
      [anchor, ...others],
    ]) {
      expect(findPath(leaf, [], anchors, { now, isSignedBy })).toMatchObject({ anchor, problem: undefined })
      const nameless = { ...leaf, authorityKeyIdentifier: undefined } as unknown as typeof leaf
      expect(findPath(nameless, [], anchors, { now, isSignedBy })).toMatchObject({
        anchor,
        problem: undefined,
      })
      const misnamed = { ...leaf, authorityKeyIdentifier: Uint8Array.of(9) }
      expect(findPath(misnamed, [], anchors, { now, isSignedBy })).toMatchObject({
        anchor,
        problem: undefined,
      })
    }
  },
)

test('a path search verifies one signature if the certificate names the key of its issuer', async () => {
  const { issuing } = await makeAuthority()
  const leaf = parseCertificate(issueClientCertificate(issuing, await makeKey()))
  const anchor = { parsed: parseCertificate(issuing.der) }
  const others = Array.from({ length: 500 }, () => ({
    parsed: { ...anchor.parsed, spki: Uint8Array.of(0), subjectKeyIdentifier: Uint8Array.of(9) },
  }))
  let count = 0
  const isSignedBy = (_: object, spki: Uint8Array) => {
    count += 1
    return spki === anchor.parsed.spki
  }
  expect(findPath(leaf, [], [...others, anchor], { now, isSignedBy })?.anchor).toBe(anchor)
  expect(count).toBe(1)
})
