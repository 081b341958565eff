import { expect, test } from 'vitest'
import { createKeptBack, createReservedMatcher, headerFamilies, listPatterns } from './identity-headers.ts'

const isReserved = createReservedMatcher()

test('every known header is covered by a pattern of its own family', () => {
  for (const { what, patterns, known } of headerFamilies) {
    const covers = (name: string) =>
      patterns.some((one) => (one.endsWith('*') ? name.startsWith(one.slice(0, -1)) : name === one))
    expect({ what, uncovered: known.filter((name) => !covers(name)) }).toEqual({ what, uncovered: [] })
  }
})

test('header patterns and names are in lower case with dashes, and unique', () => {
  const names = headerFamilies.flatMap(({ known }) => known)
  for (const one of [...listPatterns(), ...names]) expect(one).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*-?\*?$/)
  expect(names).toHaveLength(new Set(names).size)
})

test.each([
  ...['Proxy', 'X-MS-CLIENT-PRINCIPAL', 'SM_USER', 'Cf-Access-Jwt-Assertion', 'X-Auth-Request-User'],
  ...[
    'X-Authenticated-UserId',
    'X-WEBAUTH-USER',
    'X-User',
    'X-User-Id',
    'X-User-Role',
    'X-Username',
    'X-Remote-User',
  ],
  ...['OIDC_CLAIM_sub', 'X-Amzn-Oidc-Data', 'X-Goog-Iap-Jwt-Assertion', 'X-Goog-Authenticated-User-Email'],
  ...[
    'Tailscale-User-Login',
    'X-Pomerium-Jwt-Assertion',
    'X-Vouch-User',
    'X-Token-Subject',
    'Ssl-Client-Verify',
  ],
  ...[
    'X-SSL-Client-Cert',
    'Remote-User',
    'CF-Connecting-IP',
    'X-Original-URL',
    'X-Rewrite-URL',
    'Client.Cert',
  ],
  ...[
    'X-HTTP-Method-Override',
    'X-HTTP-Method',
    'X-Method-Override',
    'X-Middleware-Subrequest',
    'X-Accel-Mapping',
  ],
])('the header %s is reserved', (name) => {
  expect(isReserved(name)).toBe(true)
  expect(isReserved(name.replaceAll('-', '_'))).toBe(true)
})

// Names that programs use for their own purposes, even if they resemble one of the table.
test.each([
  ...[
    'X-User-Agent',
    'X-User-Language',
    'X-User-Timezone',
    'X-Client-Id',
    'X-Client-Version',
    'X-Client-Name',
  ],
  ...[
    'X-Auth-Token',
    'X-Auth-Key',
    'X-Api-Key',
    'X-Request-Id',
    'X-Requested-With',
    'X-Ms-Client-Request-Id',
  ],
  ...['X-Amzn-Trace-Id', 'X-Access-Token', 'X-Correlation-Id', 'X-Fapi-Interaction-Id', 'X-Tenant-Id', 'Via'],
  ...['X-Ibm-Client-Id', 'Idempotency-Key', 'Traceparent', 'Authorization', 'Cookie', 'Host', 'Content-Type'],
  ...['Sec-WebSocket-Key', 'User-Agent', 'Origin', 'Referer', 'Date', 'Digest', 'Signature', 'DPoP'],
])('the header %s is not reserved', (name) => {
  expect(createKeptBack()(name)).toBe(false)
})

test('operators add header names and prefixes, in any spelling', () => {
  const withOwn = createReservedMatcher(['X_Acme_Caller', 'Legacy-*'])
  for (const name of ['x-acme-caller', 'X_ACME_CALLER', 'Legacy-Role', 'legacy_x', 'Legacy-'])
    expect({ name, is: withOwn(name) }).toEqual({ name, is: true })
  for (const name of ['x-acme-caller-id', 'Legacy', 'x-legacy-role'])
    expect({ name, is: withOwn(name) }).toEqual({ name, is: false })
  expect(withOwn('Client-Cert')).toBe(true)
})
