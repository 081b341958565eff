import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { callCurlCommand, keepTokenCommand, tokenCurlCommand } from './curl-command.ts'
import { packageReadme } from './package-readme.ts'
import { postmanCollection, postmanEnvironment } from './postman-collection.ts'

const run = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), "postern kit's "))
const openssl = (...options: string[]) => execFileSync('openssl', options, { cwd: folder, stdio: 'ignore' })
let server: Server
let gatewayUrl: string

/** Acts as a gateway: requires a client certificate, and knows one client. */
beforeAll(async () => {
  openssl(
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-subj',
    '/CN=localhost',
    '-addext',
    'subjectAltName=DNS:localhost',
  )
  openssl(
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    'acme-0001.key',
    '-out',
    'acme-0001.pem',
    '-subj',
    '/CN=acme-0001',
  )
  const read = (name: string) => readFileSync(join(folder, name))
  const basic = `Basic ${Buffer.from('client:secret').toString('base64')}`
  server = createServer(
    { cert: read('ca.pem'), key: read('ca.key'), requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const { url, headers } = request
      const known =
        'getPeerCertificate' in request.socket &&
        Object.keys((request.socket as import('node:tls').TLSSocket).getPeerCertificate()).length > 0
      const token =
        headers.authorization === basic || (url === '/auth/token/client' && headers['x-api-key'] === 'secret')
      const body =
        url === '/whoami'
          ? { certificate: { name: 'acme-0001' }, authorization: headers.authorization }
          : { access_token: 'abc', token_type: 'Bearer' }
      const allowed = known && (url === '/whoami' ? headers.authorization === 'Bearer abc' : token)
      response
        .writeHead(allowed ? 200 : 401, { 'content-type': 'application/json' })
        .end(JSON.stringify(allowed ? body : { code: 'refused' }))
    },
  )
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  gatewayUrl = `https://localhost:${(server.address() as AddressInfo).port}`
})
afterAll(() => server.close())

const target = () => ({ name: 'acme-0001', gatewayUrl, caFile: join(folder, 'ca.pem') })

test('the token command works as it is', async () => {
  const command = tokenCurlCommand({ ...target(), clientId: 'client', clientSecret: 'secret', scope: 'a b' })
  const { stdout } = await run('bash', ['-c', command], { cwd: folder })
  expect(JSON.parse(stdout)).toMatchObject({ access_token: 'abc' })
})

test('the token command for PowerShell and cmd is one line, quoted for that shell', () => {
  const input = {
    name: 'a-0001',
    gatewayUrl: 'https://api.example.com:8443',
    caFile: "it's ca.pem",
    scope: 'a b',
  }
  const powershell = tokenCurlCommand({ ...input, shell: 'powershell' })
  expect(powershell).toMatch(/^curl\.exe 'https:\/\/api\.example\.com:8443\/token' /)
  expect(powershell).toContain("--cacert 'it''s ca.pem'")
  expect(powershell).not.toContain('\n')
  const cmd = tokenCurlCommand({ ...input, shell: 'cmd' })
  expect(cmd).toContain('--cacert "it\'s ca.pem" ')
  expect(cmd).toContain('--data-urlencode "scope=a b"')
  expect(callCurlCommand({ ...input, shell: 'cmd', path: '/whoami' })).toContain('Bearer %TOKEN%"')
})

test('the token command without credentials shows where to insert them, and prints the error', async () => {
  const command = tokenCurlCommand(target())
  expect(command).toContain('YOUR_CLIENT_ID:YOUR_CLIENT_SECRET')
  const { stdout } = await run('dash', ['-c', command], { cwd: folder })
  expect(JSON.parse(stdout)).toEqual({ code: 'refused' })
})

test('the call command sends the token of the environment variable', async () => {
  const { stdout } = await run('dash', ['-c', callCurlCommand({ ...target(), path: '/whoami' })], {
    cwd: folder,
    env: { ...process.env, TOKEN: 'abc' },
  })
  expect(JSON.parse(stdout).certificate.name).toBe('acme-0001')
})

test.each(['bash', 'dash'])(
  'the commands that keep the token hand it to the next one in %s',
  async (shell) => {
    const keep = keepTokenCommand({ ...target(), clientId: 'client', clientSecret: 'secret' })
    const { stdout } = await run(
      shell,
      ['-c', `${keep}\n${callCurlCommand({ ...target(), path: '/whoami' })}`],
      {
        cwd: folder,
      },
    )
    const [answer = '', whoami = ''] = stdout.split('\n')
    expect(JSON.parse(answer)).toMatchObject({ access_token: 'abc' })
    expect(JSON.parse(whoami).certificate.name).toBe('acme-0001')
  },
)

test('the commands that keep the token print an error response and leave no token', async () => {
  const { stdout } = await run('dash', ['-c', `${keepTokenCommand(target())}\necho "token: <$TOKEN>"`], {
    cwd: folder,
  })
  expect(stdout).toBe('{"code":"refused"}\ntoken: <>\n')
})

test('the commands for a gateway with a public certificate need no CA file', () => {
  expect(tokenCurlCommand({ name: 'a-0001', gatewayUrl: 'https://api.example.com' })).not.toContain(
    '--cacert',
  )
})

async function runNewman(
  secret: string,
  name = 'acme-0001',
): Promise<{ failures: number; assertions: number }> {
  const environment = postmanEnvironment({
    environmentName: 'production',
    gatewayUrl,
    clientId: 'client',
  }) as {
    values: { key: string; value: string }[]
  }
  expect(environment.values.find(({ key }) => key === 'clientSecret')?.value).toBe('')
  for (const entry of environment.values) if (entry.key === 'clientSecret') entry.value = secret
  writeFileSync(
    join(folder, 'c.json'),
    JSON.stringify(postmanCollection({ environmentName: 'production', gatewayUrl, name })),
  )
  writeFileSync(join(folder, 'e.json'), JSON.stringify(environment))
  const newman = join(import.meta.dirname, '../../node_modules/newman/bin/newman.js')
  const options = [
    'run',
    'c.json',
    '-e',
    'e.json',
    '--ssl-client-cert',
    'acme-0001.pem',
    '--ssl-client-key',
    'acme-0001.key',
    '--ssl-extra-ca-certs',
    'ca.pem',
    '-r',
    'json',
    '--reporter-json-export',
    'out.json',
  ]
  await run(process.execPath, [newman, ...options], { cwd: folder }).catch(() => undefined)
  const { run: result } = JSON.parse(readFileSync(join(folder, 'out.json'), 'utf8'))
  return { failures: result.failures.length, assertions: result.stats.assertions.total }
}

test('the Postman collection gets tokens and calls the gateway in newman', async () => {
  expect(await runNewman('secret')).toEqual({ failures: 0, assertions: 3 })
})

test('the Postman collection fails if the secret is wrong', async () => {
  expect((await runNewman('wrong')).failures).toBeGreaterThan(0)
})

test('the Postman collection fails if the response shows another certificate', async () => {
  expect((await runNewman('secret', 'acme-0002')).failures).toBe(1)
})

test('the README of a client certificate package names its files and never asks for the key', () => {
  const text = packageReadme({
    ...target(),
    environmentName: 'Production',
    notAfter: '23 November 2027',
    files: ['acme-0001.pem', 'acme-0001-chain.pem'],
  })
  expect(text).toMatch(/^ {2}acme-0001\.pem +your certificate$/m)
  expect(text).toMatch(/^ {2}acme-0001-chain\.pem +the issuing certificates/m)
  expect(text).toContain(tokenCurlCommand(target()))
})
