import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ConfigFile } from './config-file.ts'
import { parseConfigFile } from './parse-config-file.ts'

const reports = join(import.meta.dirname, '../../test/reports/config')

/** Returns a configuration file with `value` at `setting`, where `p` is the name of an environment. */
function fileWith(setting: string, value: string): ConfigFile {
  const content: Record<string, unknown> = setting.startsWith('environments.')
    ? { environments: { p: { port: 1 } } }
    : {}
  const names = setting.split('.')
  const last = names.pop() as string
  let place = content
  for (const name of names) {
    place[name] ??= {}
    place = place[name] as Record<string, unknown>
  }
  place[last] = value
  return parseConfigFile(JSON.stringify(content), 'postern.yaml')
}

const urls = ['portal.url', 'publication.url', 'environments.p.url', 'environments.p.upstream']
const hosts = [
  ...['portal.host', 'publication.host', 'gateway.host', 'authorizer.host', 'environments.p.host'],
  ...['mail.smtp.host', 'audit.syslog.host'],
]

test.each([
  ['portal-url-with-path.yaml', 'portal.url: must have no path'],
  ['publication-url-with-query.yaml', 'publication.url: must have no query'],
])('the report %s is rejected in a sentence that names the setting', (name, sentence) => {
  const text = readFileSync(join(reports, name), 'utf8')
  expect(() => parseConfigFile(text, 'postern.yaml')).toThrow(sentence)
})

test.each([
  ['https://a.example?', 'must have no query'],
  ['https://a.example/?a=b', 'must have no query'],
  ['https://a.example#', 'must have no fragment'],
  ['https://a.example/#x', 'must have no fragment'],
  ['https://user:hunter2@a.example', 'must have no user name or password'],
  ['https://@a.example', 'must have no user name or password'],
  ['https://a.example:0', 'must have a port from 1 to 65535'],
  ['https://a.example:65536', 'host or port that is not valid'],
  ['https://a.example:x', 'host or port that is not valid'],
  ['https:a.example', 'must begin with'],
  ['https:/a.example', 'must begin with'],
  ['ftp://a.example', 'must begin with'],
  ['javascript:alert(1)', 'must begin with'],
  ['a.example', 'must begin with'],
  ['', 'must begin with'],
  ['https://', 'host or port that is not valid'],
  ['https:///a.example', 'is not valid'],
  [' https://a.example', 'must have no spaces'],
  ['https://a.example\n', 'must have no spaces'],
  ['https:\\\\a.example', 'must have no spaces, line ends, control characters or backslashes'],
  ['https://*.a.example', 'without *'],
  ['https://a..example', 'is not a host name'],
  ['https://-a.example', 'is not a host name'],
  [`https://${'a'.repeat(64)}.example`, 'is not a host name'],
])('%j is rejected as a URL', (value, sentence) => {
  for (const setting of urls) {
    expect(() => fileWith(setting, value)).toThrow(`${setting}: `)
    expect(() => fileWith(setting, value)).toThrow(sentence)
    expect(() => fileWith(setting, value)).not.toThrow('hunter2')
  }
})

test.each([
  ['portal.url', 'https://a.example/postern', 'must have no path'],
  ['portal.url', 'https://a.example.', 'must not end with a dot'],
  ['environments.p.url', 'https://a.example/x/', 'must have no path'],
  ['environments.p.url', 'http://a.example', 'must begin with https://'],
  ['environments.p.url', 'https://a.example./', 'must not end with a dot'],
  ['publication.url', 'http://a.example./', 'must not end with a dot'],
  ['publication.url', 'http://a.example//pki', 'empty segment'],
  ['publication.url', 'http://a.example/../pki', 'with . or .. as a segment'],
  ['publication.url', 'http://a.example/%2E%2e/pki', 'with . or .. as a segment'],
  ['environments.p.upstream', 'https://a.example//x', 'empty segment'],
])('%s is rejected with the value %s', (setting, value, sentence) => {
  expect(() => fileWith(setting, value)).toThrow(`${setting}: `)
  expect(() => fileWith(setting, value)).toThrow(sentence)
})

test.each([
  ['portal.url', 'HTTPS://Portal.Example/', 'https://portal.example'],
  ['portal.url', 'https://münchen.example', 'https://xn--mnchen-3ya.example'],
  ['portal.url', 'https://[2001:DB8::1]:8443', 'https://[2001:db8::1]:8443'],
  ['publication.url', 'http://PKI.example/Postern/', 'http://pki.example/Postern'],
  ['publication.url', 'http://pki.example/größe', 'http://pki.example/gr%C3%B6%C3%9Fe'],
  ['environments.p.url', 'https://API.example:443/', 'https://api.example:443'],
  [
    'environments.p.upstream',
    'http://api.svc.cluster.local.:8080/v1/',
    'http://api.svc.cluster.local.:8080/v1',
  ],
  ['environments.p.upstream', 'http://payments_api:80', 'http://payments_api:80'],
])('%s %s is read as %s', (setting, value, meant) => {
  let place: unknown = fileWith(setting, value)
  for (const name of setting.split('.')) place = (place as Record<string, unknown>)[name]
  expect(place).toBe(meant)
})

test.each([
  ['', 'must not be empty'],
  ['https://a.example', 'a host name or IP address alone'],
  ['a.example:8443', 'a host name or IP address alone'],
  ['a.example/x', 'a host name or IP address alone'],
  ['user@a.example', 'a host name or IP address alone'],
  ['a b', 'a host name or IP address alone'],
  ['[::1]', 'without brackets'],
  ['*.a.example', 'without *'],
  ['10.0.1', 'is not a whole IPv4 address'],
  ['256.1.1.1', 'host'],
  ['a..example', 'is not a host name'],
])('%j is rejected as a host', (value, sentence) => {
  for (const setting of hosts) {
    expect(() => fileWith(setting, value)).toThrow(`${setting}: `)
    if (value !== '256.1.1.1') expect(() => fileWith(setting, value)).toThrow(sentence)
  }
})

test('hosts are stored in lower case and in their ASCII form', () => {
  expect(fileWith('environments.p.host', 'API.Müller.Example').environments?.p?.host).toBe(
    'api.xn--mller-kva.example',
  )
  expect(() => fileWith('environments.p.host', 'api.example.')).toThrow('must not end with a dot')
  expect(fileWith('mail.smtp.host', 'mail.svc.').mail.smtp?.host).toBe('mail.svc.')
  expect(fileWith('gateway.host', '::').gateway.host).toBe('::')
})

test.each(
  [
    [
      'Postern',
      'a@b@c',
      'a@x.example, b@x.example',
      'A, B <a@x.example>',
      'a@',
      '<a@x.example',
      'a@*.example',
    ],
  ].flat(),
)('mail.from rejects %j', (value) => {
  expect(() => fileWith('mail.from', value)).toThrow('mail.from: must be one address')
})

test.each(['a@x.example', '<a@x.example>', 'Postern <postern@localhost>', '"Provider, Inc." <a@x.example>'])(
  'mail.from accepts %j',
  (value) => {
    expect(fileWith('mail.from', value).mail.from).toBe(value)
  },
)
