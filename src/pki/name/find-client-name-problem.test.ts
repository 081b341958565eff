import { expect, test } from 'vitest'
import { type ClientNameKind, findClientNameProblem } from './find-client-name-problem.ts'

test.each<[ClientNameKind, string[]]>([
  [
    'subject_dn',
    [
      'CN=acme-0001',
      'cn=acme-0001, O=Acme\\, Ltd, C=GB',
      'CN=a+SERIALNUMBER=7,O="Acme, Ltd"',
      '2.5.4.3=acme-0001',
      '1.3.6.1.4.1.99999.1=#0c0161,CN=a',
      'CN=#0c0161',
    ],
  ],
  [
    'san_dns',
    ['example.com', 'Pay.Example.com', '*.example.com', 'xn--bcher-kva.example', 'a_b.example', 'localhost'],
  ],
  [
    'san_uri',
    [
      'urn:postern:production:acme:acme-0001',
      'https://client.example.com/a?b=c#d',
      'spiffe://example.org/payments/api',
      'https://[2001:db8::7]:8443/',
      'https://192.0.2.7',
      'tag:example.com,2024:a',
    ],
  ],
  ['san_ip', ['192.0.2.7', '2001:db8::7', '2001:DB8:0:0::7', '::', '::ffff:192.0.2.7']],
  ['san_email', ['robot@example.com', 'a.b+c@Example.com', '"a b"@example.com']],
])('a %s that a certificate can have is accepted', (kind, values) => {
  expect(values.filter((value) => findClientNameProblem(kind, value) !== undefined)).toEqual([])
})

test.each<[ClientNameKind, string[]]>([
  [
    'subject_dn',
    [
      'not a dn',
      '',
      ' ',
      'CN',
      'CN=',
      '=x',
      'CN=a,',
      ',CN=a',
      'CN=a,,O=b',
      '/C=GB/O=Acme/CN=acme-0001',
      'nosuchtype=x',
      '3.1=x',
      '1.40=x',
      '2.05=x',
      'CN=#0c',
      'CN=#xyz',
      'CN="a',
      'CN=a\\',
    ],
  ],
  [
    'san_dns',
    [
      ...[
        '',
        ' ',
        'a b',
        'example.com.',
        '.example.com',
        'a..b',
        '-a.example',
        'a-.example',
        '192.0.2.7',
        'bücher.example',
      ],
      ...['https://example.com', 'example.com:443', 'a.*.example', '*', '*.', `${'a'.repeat(64)}.example`],
      ...['a@example.com', `${'a.'.repeat(127)}example`],
    ],
  ],
  [
    'san_uri',
    [
      ...['', 'example.com', '/path', '//example.com', 'urn:', 'https:', 'https://', 'https:///path'],
      ...[
        'https://exa mple.com',
        'https://example..com',
        'https://bücher.example',
        'https://example.com/%zz',
        '1a:b',
      ],
      ...['https://[192.0.2.7]/', 'https://999.1.1.1/', 'https://example.com/\u0000'],
    ],
  ],
  [
    'san_ip',
    [
      ...[
        '',
        '999.1.1.1',
        '1.2.3',
        '1.2.3.4.5',
        '01.2.3.4',
        '192.0.2.0/24',
        '192.0.2.7:443',
        '[2001:db8::7]',
      ],
      ...[
        '2001:db8::7/64',
        'fe80::1%eth0',
        '2001:db8::7::1',
        '1:2:3:4:5:6:7:8:9',
        '12345::',
        'localhost',
        '::ffff:1.2.3',
      ],
      ...['::ffff:1.2.3.4.', '::ffff:256.2.3.4'],
    ],
  ],
  [
    'san_email',
    [
      ...[
        '',
        'robot',
        '@example.com',
        'robot@',
        'a@b@example.com',
        'Robot <robot@example.com>',
        'robot@example..com',
      ],
      ...[
        'robot@192.0.2.7',
        'röbot@example.com',
        'robot@*.example.com',
        '.a@example.com',
        'a..b@example.com',
      ],
      ...['a b@example.com', `${'a'.repeat(65)}@example.com`],
    ],
  ],
])('a %s that no certificate can have is rejected with its correct form', (kind, values) => {
  expect(values.filter((value) => findClientNameProblem(kind, value) === undefined)).toEqual([])
  expect(findClientNameProblem(kind, '')).toContain('for example')
})
