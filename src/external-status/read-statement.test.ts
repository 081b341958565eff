import { afterAll, beforeAll, expect, test } from 'vitest'
import { clientExtensions, type IndexEntry } from '../../test/support/external-authority.ts'
import { openStatusServer, resolveHere, type StatusServer, toDer } from '../../test/support/status-server.ts'
import { parseCertificate } from '../pki/certificate/certificate.ts'
import { createAskSource, usualBounds } from './ask-source.ts'
import { readStatement } from './read-statement.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
// To the second, as the times of CRLs are.
const now = Math.floor(Date.now() / 1000) * 1000
const revoked = '260101000000Z,keyCompromise'

let server: StatusServer
let serialNumber: string
beforeAll(async () => {
  server = await openStatusServer()
  const { pem } = server.ca.makeClient('client', { by: 'root', extensions: clientExtensions })
  serialNumber = parseCertificate(toDer(pem)).serialNumber
})
afterAll(() => server.close())

const list = (
  entries: readonly IndexEntry[] = [],
  more: Partial<Parameters<typeof server.ca.makeList>[2]> = {},
  by = 'root',
) => server.ca.makeList(by, entries, { from: now - minute, until: now + day, ...more })

/** Reads the statement at a path about the client. */
function read(
  path: string,
  {
    kind = 'crl' as 'crl' | 'ocsp',
    isOfAuthorities = false,
    allowedNetworks = ['127.0.0.1/32'],
    bounds = {},
    at = Date.now(),
  } = {},
) {
  const ask = createAskSource({
    rules: { allowPrivate: false, allowPlain: 'everywhere', allowedNetworks },
    bounds: { ...usualBounds, ...bounds },
    resolve: resolveHere,
  })
  const check = {
    ...{ id: 'check', organizationId: 'org', kind, host: 'ca.test', urls: [`${server.url}${path}`] },
    ...{ issuer: 'root', issuerDer: toDer(server.ca.read('root.pem')), isOfAuthorities },
    ...{ serialNumber: kind === 'ocsp' ? serialNumber : null, thisUpdate: null, failures: 0 },
  }
  return readStatement(ask, check, new Set([serialNumber]), { now: at, stop: new AbortController().signal })
}

const point = (...lines: string[]) => ['issuingDistributionPoint=critical,@p', '[p]', ...lines].join('\n')

test.each([
  ['of another signer', () => list([], {}, 'stranger'), 'was not signed by the CA'],
  ['that has expired', () => list([], { from: now - day, until: now - minute }), 'has expired'],
  ['from the future', () => list([], { from: now + hour }), 'is dated in the future'],
  [
    'of another part',
    () => list([], { extensions: point('fullname=URI:http://x.test/2') }),
    'is the part of another distribution point',
  ],
  ['that is indirect', () => list([], { extensions: point('indirectCRL=TRUE') }), 'is an indirect CRL'],
  ['of CAs alone', () => list([], { extensions: point('onlyCA=TRUE') }), 'has certificates of CAs alone'],
  [
    'of some reasons',
    () => list([], { extensions: point('onlysomereasons=keyCompromise') }),
    'some reasons of revocations alone',
  ],
  ['that is a delta', () => list([], { extensions: '2.5.29.27=critical,ASN1:INTEGER:1' }), 'is a delta CRL'],
  [
    'with a new extension',
    () => list([], { extensions: '1.2.3.4=critical,ASN1:NULL' }),
    'critical extension',
  ],
  ['that is a page', () => Buffer.from('<html>'), 'cannot be read'],
  ['that was cut', () => list().subarray(0, -1), 'cannot be read'],
])('a CRL %s says nothing', async (_, make, problem) => {
  server.serve('/root.crl', make())
  await expect(read('/root.crl')).rejects.toThrow(problem)
})

test('a CRL is read: the whole one, and the part that the certificate names', async () => {
  server.serve('/root.crl', list([{ serialNumber, revoked }]))
  expect(await read('/root.crl')).toEqual({
    thisUpdate: now - minute,
    confirmedUntil: now + day,
    revoked: new Map([[serialNumber, { revokedAt: Date.UTC(2026, 0, 1), reason: 1 }]]),
  })
  const extensions = point(`fullname=URI:${server.url}/root.crl`, 'onlyuser=TRUE')
  server.serve('/root.crl', list([], { extensions }))
  expect((await read('/root.crl')).revoked.size).toBe(0)
  await expect(read('/root.crl', { isOfAuthorities: true })).rejects.toThrow('has no certificates of CAs')
})

test.each([
  [
    'to a private address',
    () => `http://127.0.0.2:${server.port}/root.crl`,
    'must not name a private address',
  ],
  ['to a file', () => 'file:///etc/passwd', 'must be http or https'],
  ['for ever', () => '/away.crl', 'more than 3 redirects'],
])('a redirect %s is not followed', async (_, location, problem) => {
  server.paths.set('/away.crl', (__, response) => response.writeHead(302, { location: location() }).end())
  await expect(read('/away.crl')).rejects.toThrow(problem)
})

test('a redirect to an address that may be asked is followed, and a request is not sent there', async () => {
  server.paths.set('/moved.crl', (_, response) => response.writeHead(301, { location: '/root.crl' }).end())
  server.serve('/root.crl', list())
  expect((await read('/moved.crl')).confirmedUntil).toBe(now + day)
  await expect(read('/moved.crl', { kind: 'ocsp' })).rejects.toThrow('answered with a redirect')
})

test('a private address is asked only if operators allow its network', async () => {
  const before = server.asked.length
  await expect(read('/root.crl', { allowedNetworks: [] })).rejects.toThrow('without a public address')
  expect(server.asked).toHaveLength(before)
})

test('a list that is too long is broken off, one that is cut off is no list, and a server that hangs is left', async () => {
  server.paths.set('/long.crl', (_, response) => {
    for (let sent = 0; sent < 4; sent += 1) response.write(Buffer.alloc(1000))
  })
  await expect(read('/long.crl', { bounds: { listOctets: 3000 } })).rejects.toThrow(
    'is longer than 3000 octets',
  )
  server.paths.set('/stated.crl', (_, response) =>
    response.writeHead(200, { 'content-length': '100000000' }).write('x'),
  )
  await expect(read('/stated.crl')).rejects.toThrow('is longer than')
  server.paths.set('/cut.crl', (_, response) => {
    response.writeHead(200, { 'content-length': '9000' }).write('x', () => response.destroy())
  })
  await expect(read('/cut.crl')).rejects.toThrow(/broke|closed/)
  server.paths.set('/hangs.crl', () => {})
  await expect(read('/hangs.crl', { bounds: { listMs: 50 } })).rejects.toThrow(
    'did not answer within 0.05 seconds',
  )
  await expect(read('/nothing.crl')).rejects.toThrow('answered with status 404')
})

test('a list with 60,000 entries is looked through, and others go on in between', async () => {
  const others = Array.from({ length: 60_000 }, (_, index) => ({
    serialNumber: (2 ** 40 + index).toString(16).padStart(12, '0'),
    revoked: '260101000000Z',
  }))
  const long = list([...others, { serialNumber, revoked }])
  expect(long.length).toBeGreaterThan(1_500_000)
  server.serve('/root.crl', long)
  let turns = 0
  const reading = read('/root.crl')
  const count = () => {
    turns += 1
    if (turns < 1000) setImmediate(count)
  }
  setImmediate(count)
  expect((await reading).revoked.has(serialNumber)).toBe(true)
  // One for each step through the list, at the least.
  expect(turns).toBeGreaterThan(25)
})

const answer = (entries: readonly IndexEntry[], more: { signer?: string } = {}) =>
  server.paths.set('/ocsp', (body, response) =>
    response.end(server.ca.answer(body, { by: 'root', entries, ...more })),
  )

test('OCSP of OpenSSL is read: good, revoked, and unknown', async () => {
  answer([{ serialNumber }])
  const good = await read('/ocsp', { kind: 'ocsp' })
  expect(good.revoked.size).toBe(0)
  expect(good.confirmedUntil).toBeGreaterThan(now)
  answer([{ serialNumber, revoked: '260301000000Z,superseded' }])
  const { revoked: found } = await read('/ocsp', { kind: 'ocsp' })
  expect(found.get(serialNumber)).toEqual({ revokedAt: Date.UTC(2026, 2, 1), reason: 4 })
  answer([])
  await expect(read('/ocsp', { kind: 'ocsp' })).rejects.toThrow('does not know the certificate')
  answer([{ serialNumber }])
  await expect(read('/ocsp', { kind: 'ocsp', at: now + 2 * hour })).rejects.toThrow('has expired')
})

test('a responder for OCSP has to be named by the CA for this purpose', async () => {
  const make = (name: string, by: string, purpose: string) =>
    server.ca.issue(name, `/CN=${name}`, {
      by,
      extensions: `basicConstraints=CA:FALSE\nextendedKeyUsage=${purpose}`,
    })
  make('right', 'root', 'OCSPSigning')
  make('client', 'root', 'clientAuth')
  make('foreign', 'stranger', 'OCSPSigning')
  answer([{ serialNumber }], { signer: 'right' })
  expect((await read('/ocsp', { kind: 'ocsp' })).revoked.size).toBe(0)
  answer([{ serialNumber }], { signer: 'client' })
  await expect(read('/ocsp', { kind: 'ocsp' })).rejects.toThrow('a certificate that is not for OCSP')
  answer([{ serialNumber }], { signer: 'foreign' })
  await expect(read('/ocsp', { kind: 'ocsp' })).rejects.toThrow('the CA of the certificate did not name')
  answer([{ serialNumber }], { signer: 'right' })
  await expect(read('/ocsp', { kind: 'ocsp', at: now + 60 * day })).rejects.toThrow('is not valid now')
})

test('the answer to another request, a changed one, and an error say nothing', async () => {
  let first: Buffer | undefined
  server.paths.set('/ocsp', (body, response) => {
    first ??= server.ca.answer(body, { by: 'root', entries: [{ serialNumber }] })
    response.end(first)
  })
  expect((await read('/ocsp', { kind: 'ocsp' })).revoked.size).toBe(0)
  await expect(read('/ocsp', { kind: 'ocsp' })).rejects.toThrow('is the answer to another request')
  server.paths.set('/ocsp', (body, response) => {
    const changed = server.ca.answer(body, { by: 'root', entries: [{ serialNumber }] })
    const at = changed.indexOf(Buffer.from(serialNumber, 'hex'), 60)
    changed[at] = (changed[at] ?? 0) ^ 1
    response.end(changed)
  })
  await expect(read('/ocsp', { kind: 'ocsp' })).rejects.toThrow()
  server.serve('/ocsp', Buffer.from('30030a0103', 'hex'))
  await expect(read('/ocsp', { kind: 'ocsp' })).rejects.toThrow('is the error tryLater')
})
