import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type MailServer, openMailServer } from '../../../test/support/mail-server.ts'
import { findFreePort } from '../../../test/support/postgres.ts'
import { createSettings } from '../../../test/support/settings.ts'
import { ensureDevelopmentTls } from '../../signer/development-tls.ts'
import { examine } from './examine.ts'

const day = 86_400_000
const both = { portal: true, gateway: true }
const folder = mkdtempSync(join(tmpdir(), 'postern-examine-'))
const at = (name: string) => join(folder, name)
const secret = (name: string, mode = 0o600) => {
  writeFileSync(at(name), randomBytes(32).toString('base64'))
  chmodSync(at(name), mode)
  return at(name)
}
let mail: MailServer
let ports: number[]

beforeAll(async () => {
  mail = await openMailServer('right')
  ports = [await findFreePort(), await findFreePort(), await findFreePort()]
  const files = (name: string) => ({
    certificateFile: at(`${name}.pem`),
    keyFile: at(`${name}.key`),
    serverCaFile: at(`${name}-ca.pem`),
  })
  await ensureDevelopmentTls(files('server'), ['api.example'], { now: () => Date.now() })
  await ensureDevelopmentTls(files('ending'), ['api.example'], { now: () => Date.now() - 390 * day })
})
afterAll(() => mail.close())

/** A production installation in order, but for what is given. */
function install(
  changes: { [section: string]: object } = {},
  variables: NodeJS.ProcessEnv = {},
): ReturnType<typeof createSettings> {
  const [portal, publication, production] = ports
  const file = {
    profile: 'production',
    portal: { port: portal, url: 'https://portal.example', trustedProxies: ['127.0.0.1'], ...changes.portal },
    publication: { port: publication, url: 'http://pki.example' },
    gateway: { certificate: at('server.pem'), key: at('server.key'), ...changes.gateway },
    mail: { smtp: { host: '127.0.0.1', port: mail.port, ca: mail.caFile, user: 'postern', ...changes.smtp } },
    audit: { ...changes.audit },
    environments: { production: { host: 'api.example', port: production, upstream: 'http://127.0.0.1:9' } },
  }
  return createSettings(file, {
    POSTERN_AUTHORITY_KEY_FILE: secret('authority'),
    POSTERN_GATEWAY_KEY_FILE: secret('gateway'),
    POSTERN_SESSION_KEY_FILE: secret('session'),
    POSTERN_SMTP_PASSWORD: 'right',
    ...variables,
  })
}

const textsOf = async (settings: ReturnType<typeof createSettings>, parts = both) =>
  (await examine(settings, parts, Date.now())).map(({ kind, text }) => `${kind}: ${text}`)

test('an installation in order has no finding, and nothing is created', async () => {
  const settings = install()
  expect(await textsOf(settings)).toEqual([])
  expect(existsSync(settings.variables.data as string)).toBe(false)
  expect(mail.letters).toEqual([])
})

describe('each fault is told with its remedy:', () => {
  const faults: [string, () => ReturnType<typeof createSettings>, RegExp][] = [
    [
      'a secret that others can read',
      () => install({}, { POSTERN_SESSION_KEY_FILE: secret('open', 0o644) }),
      /^problem: POSTERN_SESSION_KEY_FILE: others can read .* Run chmod 600/,
    ],
    [
      'a missing key',
      () => install({}, { POSTERN_AUTHORITY_KEY_FILE: undefined }),
      /^problem: Set POSTERN_AUTHORITY_KEY/,
    ],
    [
      'a server certificate that ends soon',
      () => install({ gateway: { certificate: at('ending.pem'), key: at('ending.key') } }),
      /^problem: gateway\.certificate: the server certificate in .* expires on \d{4}-\d\d-\d\d, in \d days\. Renew it/,
    ],
    [
      'a certificate for another name',
      () => install({ gateway: { certificate: mail.caFile, key: at('server.key') } }),
      /^problem: gateway\.certificate/,
    ],
    [
      'a mail server that is not there',
      () => install({ smtp: { port: ports[0] as number } }),
      /^problem: The mail server 127\.0\.0\.1:\d+ cannot be used: .*ECONNREFUSED.* Start it, or correct mail\.smtp/,
    ],
    [
      'a mail server with a certificate of an unknown CA',
      () => install({ smtp: { ca: at('server-ca.pem') } }),
      /^problem: The mail server .* has a certificate that is not trusted.* Name its CA with mail\.smtp\.ca/,
    ],
    [
      'a wrong password of the mail server',
      () => install({}, { POSTERN_SMTP_PASSWORD: 'wrong-password' }),
      /^problem: The mail server .* cannot be used: .*POSTERN_SMTP_PASSWORD\.$/,
    ],
    [
      'a collector of the audit log that is not there',
      () =>
        install({
          audit: { export: { syslog: { host: '127.0.0.1', port: 9, transport: 'tcp' } } },
        }),
      /^problem: The syslog server 127\.0\.0\.1:\d+ cannot be used: .*ECONNREFUSED.* correct audit\.export\.syslog/,
    ],
    [
      'a file of the audit log whose folder is not there',
      () => install({ audit: { export: { file: at('missing/audit.jsonl') } } }),
      /^problem: audit\.export\.file: this user cannot write .*missing\/audit\.jsonl\. Create its folder/,
    ],
    [
      'proxies that are not trusted',
      () => install({ portal: { trustedProxies: [] } }),
      /^problem: portal\.trustedProxies is empty .* Set portal\.trustedProxies/,
    ],
    [
      'an address that this machine does not have',
      () => install({ gateway: { certificate: at('server.pem'), key: at('server.key'), host: '192.0.2.1' } }),
      /^problem: environments\.production\.port: port \d+ of 192\.0\.2\.1 cannot be opened.* Correct gateway\.host/,
    ],
  ]

  test.each(faults)('%s', async (_what, make, expected) => {
    const texts = await textsOf(make())
    expect(texts).toEqual([expect.stringMatching(expected)])
    expect(texts.join()).not.toContain('wrong-password')
  })

  test('a data folder that others can enter, and one in the place of which is a file', async () => {
    const settings = install()
    const data = settings.variables.data as string
    mkdirSync(data)
    chmodSync(data, 0o755)
    expect(await textsOf(settings)).toEqual([expect.stringContaining('Run chmod 700')])
    writeFileSync(at('file'), '')
    const texts = await textsOf(install({}, { POSTERN_DATA: at('file') }))
    expect(texts).toEqual([expect.stringContaining('is a file')])
  })

  test('a port in use is a remark, since Postern may be running', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const texts = await textsOf(install({ portal: { port } }))
    server.close()
    expect(texts).toEqual([
      expect.stringMatching(/^remark: portal\.port: port \d+ of 127\.0\.0\.1 is in use/),
    ])
  })
})

test('a gateway machine needs neither the mail server nor the keys of the portal', async () => {
  const settings = install(
    { smtp: { port: ports[0] as number }, portal: { trustedProxies: [] } },
    { POSTERN_AUTHORITY_KEY_FILE: undefined, POSTERN_SESSION_KEY_FILE: undefined },
  )
  expect(await textsOf(settings, { portal: false, gateway: true })).toEqual([])
})
