import { createPrivateKey, KeyObject, randomBytes, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createGatewayClient } from '../support/gateway-client.ts'
import { type GatewayHarness, openGatewayHarness, type TestClient } from '../support/gateway-harness.ts'
import { x509 } from '../support/peculiar-x509.ts'

const minute = 60_000
const day = 24 * 60 * minute
/** Issued certificates are valid from five minutes before. */
const backdateMs = 5 * minute

let harness: GatewayHarness

beforeAll(async () => {
  harness = await openGatewayHarness({ staleSeconds: 900 })
})
afterAll(() => harness[Symbol.asyncDispose]())
afterEach(() => harness.shiftClock(0))

const openClient = (who: Pick<TestClient, 'cert' | 'key'>, options = {}) =>
  createGatewayClient(
    {
      gateways: { production: harness.url(), staging: harness.url('staging') },
      serverCaFile: harness.caFile,
    },
    who,
    { environment: 'production', ...options },
  )
const call = async (who: Pick<TestClient, 'cert' | 'key'>) => {
  const client = openClient(who)
  const { status, code, text } = await client.get('/whoami')
  client.close()
  return { status, code, detail: status === 200 ? undefined : (JSON.parse(text).detail as string) }
}
const at = (moment: number) => harness.shiftClock(moment - Date.now())

test('a gateway that is wrong by minutes or a day lets in whom it would let in, and every revocation holds', async () => {
  const issued = await harness.issue({ notBefore: Date.now() - backdateMs, notAfter: Date.now() + 200 * day })
  const revoked = await harness.issue()
  await harness.revoke(revoked.id)
  for (const shift of [-backdateMs + minute, -30_000, 0, 30_000, 10 * minute, day]) {
    harness.shiftClock(shift)
    expect(await call(issued), `${shift} ms`).toMatchObject({ status: 200 })
    expect(await call(revoked), `${shift} ms`).toMatchObject({ status: 403, code: 'certificate_revoked' })
  }
})

test('a denial because of the time says what the clock of the gateway says, and nothing of it stays', async () => {
  const client = await harness.issue({ notBefore: Date.now() - backdateMs, notAfter: Date.now() + day / 2 })
  const about = /The clock of this gateway says (\S+): if that is wrong, tell the provider\./
  for (const [shift, code] of [
    [-day, 'certificate_not_yet_valid'],
    [day, 'certificate_expired'],
  ] as const) {
    harness.shiftClock(shift)
    const denied = await call(client)
    expect(denied).toMatchObject({ status: 403, code })
    const said = Date.parse(about.exec(denied.detail ?? '')?.[1] ?? '')
    expect(Math.abs(said - (Date.now() + shift))).toBeLessThan(minute)
    harness.shiftClock(0)
    expect(await call(client)).toMatchObject({ status: 200 })
  }
})

test('a clock that jumps by a week is no reason to doubt the store, though it is stale after 15 minutes', async () => {
  const client = await harness.issue({ notAfter: Date.now() + 200 * day })
  const open = openClient(client, { keepAlive: true })
  for (const shift of [7 * day, 0, 7 * day]) {
    harness.shiftClock(shift)
    expect((await open.get('/whoami')).status).toBe(200)
  }
  open.close()
})

/** A leap day, the last moment of UTCTime and the first of GeneralizedTime (RFC 5280, section 4.1.2.5). */
const ends = [
  '2028-02-28T23:59:59Z',
  '2028-02-29T00:00:00Z',
  '2028-02-29T23:59:59Z',
  '2049-12-31T23:59:59Z',
  '2050-01-01T00:00:00Z',
  '2052-02-29T12:00:00Z',
]

/** Signs what outlives the issuing CA, which Postern refuses to sign, and registers it. */
async function issueFor({
  notBefore = Date.now() - day,
  notAfter,
}: {
  notBefore?: number
  notAfter: number
}) {
  const { certFile, keyFile } = await harness.exportIssuer()
  const issuer = new X509Certificate(readFileSync(certFile))
  const issuerKey = createPrivateKey(readFileSync(keyFile)).export({ type: 'pkcs8', format: 'der' })
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const { privateKey, publicKey } = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const name = `acme-${randomBytes(4).toString('hex')}`
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: `4${randomBytes(16).toString('hex').slice(1)}`,
    subject: `CN=${name}`,
    issuer: new x509.X509Certificate(issuer.raw).subject,
    notBefore: new Date(notBefore),
    notAfter: new Date(notAfter),
    signingKey: await crypto.subtle.importKey('pkcs8', issuerKey, algorithm, false, ['sign']),
    publicKey,
    signingAlgorithm: algorithm,
    extensions: [new x509.ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.2'])],
  })
  const der = new Uint8Array(certificate.rawData)
  await harness.register({ der, name })
  const key = KeyObject.from(privateKey).export({ type: 'pkcs8', format: 'pem' }).toString()
  return { cert: certificate.toString('pem'), key }
}

test.each(ends)('a certificate that ends at %s is accepted before and not after', async (end) => {
  const notAfter = Date.parse(end)
  const client = await issueFor({ notAfter })
  at(notAfter - day)
  expect(await call(client)).toMatchObject({ status: 200 })
  // Its last second is part of it (RFC 5280, section 4.1.2.5).
  at(notAfter + 1000)
  expect(await call(client)).toMatchObject({
    ...{ status: 403, code: 'certificate_expired' },
    detail: expect.stringContaining(new Date(notAfter).toISOString()),
  })
})

test.each(ends)('a certificate that begins at %s is not accepted before', async (begin) => {
  const notBefore = Date.parse(begin)
  const client = await issueFor({ notBefore, notAfter: notBefore + 400 * day })
  at(notBefore - minute)
  expect(await call(client)).toMatchObject({ status: 403, code: 'certificate_not_yet_valid' })
  at(notBefore)
  expect(await call(client)).toMatchObject({ status: 200 })
})
