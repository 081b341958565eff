import { expect, test } from 'vitest'
import { createUseCounter } from './count-use.ts'

const seen = {
  at: 90_061_000,
  kind: 'call' as const,
  outcome: 'ok' as const,
  status: 200,
  tlsVersion: 'TLSv1.3',
  clientAddress: '192.0.2.1',
  credentialId: null,
}

test('responses are counted by status class, denials separately, and connections without a request not as calls', () => {
  const use = createUseCounter()
  for (const status of [200, 204, 302, 404, 503, null]) use.count('c', { ...seen, status }, true)
  use.count('c', { ...seen, outcome: 'refused', status: 403 }, false)
  use.count('c', { ...seen, kind: 'connection', status: null }, true)
  use.countHandshake('c', seen.at)
  expect(use.take().certificates).toEqual([
    {
      certificateId: 'c',
      minute: 90_060_000,
      handshakes: 1,
      ok: 3,
      redirects: 1,
      clientErrors: 1,
      serverErrors: 1,
      refusals: 1,
      firstAcceptedAt: seen.at,
      lastAcceptedAt: seen.at,
      lastDeniedAt: seen.at,
    },
  ])
})

test('TLS versions and addresses are counted by day', () => {
  const use = createUseCounter()
  use.count('c', seen, true)
  use.count('c', { ...seen, at: seen.at + 5, tlsVersion: 'TLSv1.2' }, true)
  const { facets } = use.take()
  expect(facets.map(({ kind, value, count, day }) => [kind, value, count, day])).toEqual([
    ['address', '192.0.2.1', 2, 86_400_000],
    ['tls', 'TLSv1.3', 1, 86_400_000],
    ['tls', 'TLSv1.2', 1, 86_400_000],
    ['network', '192.0.2.0/24', 2, 86_400_000],
  ])
})

test('networks are counted of accepted calls alone, fifty at most', () => {
  const use = createUseCounter()
  const networks = () => {
    const { facets } = use.take()
    return facets.filter(({ kind }) => kind === 'network').map(({ value }) => value)
  }
  use.count('c', { ...seen, outcome: 'refused' }, false)
  use.count('c', { ...seen, kind: 'connection' }, true)
  use.count('c', { ...seen, clientAddress: 'unknown' }, true)
  expect(networks()).toEqual([])
  use.count('c', { ...seen, clientAddress: '::ffff:198.51.100.7' }, true)
  use.count('c', { ...seen, clientAddress: '2001:db8:1:2::3' }, true)
  use.count('c', { ...seen, clientAddress: '2001:db8::3' }, true)
  expect(networks()).toEqual(['198.51.100.0/24', '2001:db8:1::/48', '2001:db8:0::/48'])
  for (let i = 0; i < 100; i += 1) use.count('c', { ...seen, clientAddress: `10.0.${i}.1` }, true)
  expect(networks()).toHaveLength(50)
})

test('fifty addresses of a certificate are counted separately, and all others together', () => {
  const use = createUseCounter()
  for (let i = 0; i < 1000; i += 1) use.count('c', { ...seen, clientAddress: `2001:db8::${i}` }, true)
  const addresses = use.take().facets.filter(({ kind }) => kind === 'address')
  expect(addresses).toHaveLength(51)
  expect(addresses.find(({ value }) => value === 'other')?.count).toBe(950)
})

test('credentials are counted by day, and the tokens that they were issued by hour', () => {
  const use = createUseCounter()
  const called = { ...seen, credentialId: 'cred_1' }
  use.count('c', called, true)
  // Introspection and revocation are answered by the same endpoints, and issue nothing.
  use.count('c', { ...called, kind: 'token', issuedToken: false }, true)
  use.count('c', { ...called, kind: 'token', issuedToken: true }, true)
  use.count('c', { ...called, kind: 'token', issuedToken: true, at: seen.at + 3_600_000 }, true)
  const counted = use.take().facets.filter(({ kind }) => kind === 'credential' || kind === 'token')
  expect(counted.map(({ kind, value, count, day }) => [kind, value, count, day])).toEqual([
    ['credential', 'cred_1', 4, 86_400_000],
    ['token', 'cred_1', 1, 90_000_000],
    ['token', 'cred_1', 1, 93_600_000],
  ])
})
