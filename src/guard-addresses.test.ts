import { expect, test } from 'vitest'
import { createGuardedLookup, findUrlProblem, isPublicAddress } from './guard-addresses.ts'

test.each([
  ...['127.0.0.1', '10.1.2.3', '172.16.0.1', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0'],
  ...['224.0.0.1', '255.255.255.255', '198.18.0.1', '::1', '::', 'fe80::1', 'fd00::1', '::ffff:10.0.0.1'],
  ...[
    '64:ff9b::a00:1',
    '2002:a00:1::',
    '2001:db8::1',
    'ff02::1',
    '::127.0.0.1',
    '168.63.129.16',
    'fd00:ec2::254',
    '64:ff9b:1::a00:1',
    '::ffff:7f00:1',
    'no address',
  ],
])('%s is not public', (address) => {
  expect(isPublicAddress(address)).toBe(false)
})

test.each(['1.1.1.1', '2606:4700:4700::1111'])('%s is public', (address) => {
  expect(isPublicAddress(address)).toBe(true)
})

test('named networks are allowed, and nothing beside them', async () => {
  const rules = { allowPrivate: false, allowPlain: false, allowedNetworks: ['10.1.0.0/16', 'fd00::/8'] }
  const problemOf = (url: string) => findUrlProblem(new URL(url), rules)
  expect(problemOf('https://10.1.2.3/hook')).toBeUndefined()
  expect(problemOf('https://[fd00::1]/hook')).toBeUndefined()
  expect(problemOf('https://[::ffff:10.1.2.3]/hook')).toBeUndefined()
  expect(problemOf('https://10.2.0.1/hook')).toBe('must not name a private address')
  expect(problemOf('https://localhost/hook')).toBe('must not name a private address')
  expect(problemOf('http://10.1.2.3/hook')).toBe('must be https')
  const found = [
    { address: '10.2.0.1', family: 4 },
    { address: '10.1.0.1', family: 4 },
  ]
  const lookup = createGuardedLookup(rules, ((_: string, __: object, done: (e: null, f: object[]) => void) =>
    done(null, found)) as never)
  const address = await new Promise((done) => lookup('hooks.internal', {}, (_, found) => done(found)))
  expect(address).toBe('10.1.0.1')
})

test('what is signed may be fetched without TLS, by http alone, and from no private address', () => {
  const rules = { allowPrivate: false, allowPlain: 'everywhere', allowedNetworks: ['10.1.0.0/16'] } as const
  const problemOf = (url: string) => findUrlProblem(new URL(url), rules)
  for (const url of [
    'http://crl.example/ca.crl',
    'https://crl.example/',
    'http://10.1.2.3/',
    'http://1.1.1.1',
  ])
    expect(problemOf(url), url).toBeUndefined()
  for (const url of ['ldap://crl.example/cn=ca', 'file:///etc/passwd', 'ftp://1.1.1.1/ca.crl'])
    expect(problemOf(url), url).toBe('must be http or https')
  for (const url of ['http://127.0.0.1/', 'http://[::1]/', 'http://169.254.169.254/', 'http://0x7f.1/'])
    expect(problemOf(url), url).toBe('must not name a private address')
})

test('without TLS, customers are asked on loopback alone, where that is allowed, and by http alone', () => {
  const rules = { allowPrivate: true, allowPlain: true }
  expect(findUrlProblem(new URL('http://127.0.0.1:9/'), rules)).toBeUndefined()
  expect(findUrlProblem(new URL('http://1.1.1.1/'), rules)).toBe('must be https')
  expect(findUrlProblem(new URL('ftp://127.0.0.1/'), rules)).toBe('must be https')
})
