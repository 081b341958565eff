import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type GatewayHarness, openGatewayHarness, type TestClient } from '../support/gateway-harness.ts'

const run = promisify(execFile)
let harness: GatewayHarness

beforeAll(async () => {
  harness = await openGatewayHarness()
})
afterAll(() => harness[Symbol.asyncDispose]())

async function curl(
  client: Pick<TestClient, 'certFile' | 'keyFile'> | undefined,
  url: string,
  ...more: string[]
) {
  const identity = client ? ['--cert', client.certFile, '--key', client.keyFile] : []
  const basic = ['--silent', '--max-time', '10', '--cacert', harness.caFile, '--write-out', '\n%{http_code}']
  const { stdout } = await run('curl', [...basic, ...identity, ...more, url]).catch((error) => error)
  const lines = String(stdout).split('\n')
  const status = Number(lines.pop())
  const text = lines.join('\n')
  return { status, text, body: text.startsWith('{') ? JSON.parse(text) : undefined }
}

const openssl = (...args: string[]) => run('openssl', args, { cwd: harness.folder })

test('the gateway accepts a valid certificate', async () => {
  const client = await harness.issue()
  const { status, body } = await curl(client, `${harness.url()}/whoami`)
  expect(status).toBe(200)
  expect(body).toMatchObject({
    environment: 'production',
    certificate: { id: client.id, name: client.name, daysLeft: 364 },
    organization: { slug: 'acme', legalName: 'Acme Payments Ltd' },
    tls: { version: 'TLSv1.3', resumed: false },
    token: null,
  })
})

/** Returns the latest denial with this code, as the portal shows it. */
const lastDenial = async (code: string) => (await harness.untilActivity((row) => row.code === code))[0]

test('a client without a certificate is told to send one', async () => {
  const { status, body } = await curl(undefined, `${harness.url()}/payments?secret=1`)
  expect({ status, code: body.code }).toEqual({ status: 403, code: 'certificate_missing' })
  expect(body.detail).toContain('--cert')
  // Node and Java silently send no certificate if the private key has a different type.
  expect(body.detail).toContain('private key is of another kind than the certificate')
  const row = await lastDenial('certificate_missing')
  expect(row).toMatchObject({ path: '/payments', status: 403, trace_id: body.traceId, organization_id: null })
})

test('the gateway names the unknown issuer of a certificate', async () => {
  const base = join(harness.folder, 'self')
  await openssl(
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-subj', '/CN=Somebody', '-keyout', `${base}.key`, '-out', `${base}.pem`],
  )
  const { status, body } = await curl(
    { certFile: `${base}.pem`, keyFile: `${base}.key` },
    `${harness.url()}/payments`,
  )
  expect({ status, code: body.code }).toEqual({ status: 403, code: 'certificate_issuer_unknown' })
  expect(body.presented).toMatchObject({ subject: 'CN=Somebody', issuer: 'CN=Somebody' })
  expect(await lastDenial('certificate_issuer_unknown')).toMatchObject({ certificate_id: null })
})

test('the gateway reports an incomplete chain if only the leaf of an intermediate CA was sent', async () => {
  const base = join(harness.folder, 'lone')
  const make = (name: string, subject: string) =>
    openssl(
      ...['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', subject],
      ...['-keyout', `${base}-${name}.key`, '-out', `${base}-${name}.csr`],
    )
  await make('ca', '/O=Postern/CN=Postern Other CA')
  await openssl(
    ...['x509', '-req', '-in', `${base}-ca.csr`, '-key', `${base}-ca.key`, '-out', `${base}-ca.pem`],
  )
  await make('leaf', '/CN=acme-0009')
  await openssl(
    ...['x509', '-req', '-in', `${base}-leaf.csr`, '-CA', `${base}-ca.pem`, '-CAkey', `${base}-ca.key`],
    ...['-out', `${base}-leaf.pem`],
  )
  const files = { certFile: `${base}-leaf.pem`, keyFile: `${base}-leaf.key` }
  const { status, body } = await curl(files, `${harness.url()}/payments`)
  expect({ status, code: body.code }).toEqual({ status: 403, code: 'certificate_chain_incomplete' })
  expect(body.detail).toContain('fullchain')
  expect(await lastDenial('certificate_chain_incomplete')).toMatchObject({ outcome: 'refused' })
})

test('the production gateway denies a staging certificate and names both environments', async () => {
  const client = await harness.issue({ environment: 'staging' })
  const { status, body } = await curl(client, `${harness.url()}/payments`)
  expect({ status, code: body.code }).toEqual({ status: 403, code: 'certificate_wrong_environment' })
  expect(body.detail).toContain('staging')
  const row = await lastDenial('certificate_wrong_environment')
  expect(row).toMatchObject({
    certificate_id: client.id,
    organization_id: harness.organizations.acme?.id,
    environment: 'production',
  })
  expect((await curl(client, `${harness.url('staging')}/whoami`)).status).toBe(200)
})

test('the gateway denies an expired certificate', async () => {
  const notAfter = Math.floor(Date.now() / 1000) * 1000 - 3_600_000
  const client = await harness.issue({ notBefore: notAfter - 3_600_000, notAfter })
  const { status, body } = await curl(client, `${harness.url()}/payments`)
  expect({ status, code: body.code }).toEqual({ status: 403, code: 'certificate_expired' })
  expect(body.presented.notAfter).toBe(new Date(notAfter).toISOString())
  expect(await lastDenial('certificate_expired')).toMatchObject({ certificate_id: client.id })
})

test('the gateway denies a certificate that is not valid yet', async () => {
  const client = await harness.issue({ notBefore: Date.now() + 3_600_000 })
  const { status, body } = await curl(client, `${harness.url()}/payments`)
  expect({ status, code: body.code }).toEqual({ status: 403, code: 'certificate_not_yet_valid' })
  expect(await lastDenial('certificate_not_yet_valid')).toMatchObject({ certificate_id: client.id })
})

test('the gateway denies a revoked certificate within a second', async () => {
  const client = await harness.issue()
  expect((await curl(client, `${harness.url()}/whoami`)).status).toBe(200)
  await harness.revoke(client.id)
  await harness.untilFollowed()
  const { status, body } = await curl(client, `${harness.url()}/payments`)
  expect({ status, code: body.code }).toEqual({ status: 403, code: 'certificate_revoked' })
  expect(body.detail).toContain(client.name)
  expect(await lastDenial('certificate_revoked')).toMatchObject({ certificate_id: client.id })
})

test('the gateway denies an unregistered certificate of the right issuer', async () => {
  const client = await harness.issue({ registered: false })
  const { status, body } = await curl(client, `${harness.url()}/payments`)
  expect({ status, code: body.code }).toEqual({ status: 403, code: 'certificate_not_registered' })
  expect(await lastDenial('certificate_not_registered')).toMatchObject({ certificate_id: null })
})

test.each([
  ['without an extended key usage', 'keyUsage=critical,digitalSignature'],
  ['for servers only', 'extendedKeyUsage=serverAuth'],
  ['for any extended key usage', 'extendedKeyUsage=anyExtendedKeyUsage'],
  ['of a certificate authority', 'basicConstraints=critical,CA:TRUE\nextendedKeyUsage=clientAuth'],
  ['that may sign certificates', 'keyUsage=keyCertSign\nextendedKeyUsage=clientAuth'],
])('the gateway denies a registered certificate %s', async (what, extensions) => {
  const { certFile, keyFile } = await harness.exportIssuer()
  const name = `purpose-${what.replaceAll(' ', '-')}`
  const base = join(harness.folder, name)
  writeFileSync(`${base}.ext`, extensions)
  await openssl(
    ...[
      'req',
      '-new',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-subj',
      `/CN=${name}`,
    ],
    ...['-keyout', `${base}.key`, '-out', `${base}.csr`],
  )
  await openssl(
    ...['x509', '-req', '-in', `${base}.csr`, '-CA', certFile, '-CAkey', keyFile, '-extfile', `${base}.ext`],
    ...['-days', '2', '-out', `${base}.pem`],
  )
  await harness.register({ der: new X509Certificate(readFileSync(`${base}.pem`)).raw, name })
  const files = { certFile: `${base}.pem`, keyFile: `${base}.key` }
  const { status, body } = await curl(files, `${harness.url()}/payments`)
  expect({ status, code: body.code }).toEqual({ status: 403, code: 'certificate_wrong_purpose' })
  await harness.untilActivity(
    (row) => row.code === 'certificate_wrong_purpose' && row.explanation?.includes(name) === true,
  )
})

test('a certificate whose issuer has the right name but another key has an unknown issuer', async () => {
  const { certFile } = await harness.exportIssuer()
  const base = join(harness.folder, 'impostor')
  const { subject, raw } = new X509Certificate(readFileSync(certFile))
  const name = `/${subject.split('\n').join('/')}`
  const make = (file: string, subj: string) =>
    openssl(
      ...['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', subj],
      ...['-keyout', `${base}-${file}.key`, '-out', `${base}-${file}.csr`],
    )
  await make('ca', name)
  await openssl(
    ...['x509', '-req', '-in', `${base}-ca.csr`, '-key', `${base}-ca.key`, '-out', `${base}-ca.pem`],
  )
  await make('leaf', '/CN=acme-0001')
  writeFileSync(`${base}.ext`, 'extendedKeyUsage=clientAuth')
  await openssl(
    ...['x509', '-req', '-in', `${base}-leaf.csr`, '-CA', `${base}-ca.pem`, '-CAkey', `${base}-ca.key`],
    ...['-extfile', `${base}.ext`, '-out', `${base}-leaf.pem`],
  )
  expect(new X509Certificate(readFileSync(`${base}-ca.pem`)).subject).toBe(new X509Certificate(raw).subject)
  const files = { certFile: `${base}-leaf.pem`, keyFile: `${base}-leaf.key` }
  const { status, body } = await curl(files, `${harness.url()}/payments`)
  // OpenSSL keeps an error in its queue that ends the connection before the response unless it is cleared.
  expect({ status, code: body.code }).toEqual({ status: 403, code: 'certificate_issuer_unknown' })
})

test.each([
  ['in its path', (id: string) => [`/token/${id}`, '--request', 'POST']],
  ['in Basic credentials', (id: string) => ['/token', '--user', `${id}:wrong`, '--request', 'POST']],
  [
    'in its token',
    (id: string) => [
      '/payments',
      '--header',
      `Authorization: Bearer e30.${Buffer.from(JSON.stringify({ client_id: id })).toString('base64url')}.x`,
    ],
  ],
])('the denied request of a client is shown to the organization that it names %s', async (_where, toArgs) => {
  const credential = await harness.createCredential()
  const [path = '', ...args] = toArgs(credential.clientId)
  const { body } = await curl(undefined, `${harness.url()}${path}`, ...args)
  expect(body.code).toBe('certificate_missing')
  const [row] = await harness.untilActivity(({ trace_id }) => trace_id === body.traceId)
  expect(row).toMatchObject({
    organization_id: harness.organizations.acme?.id,
    certificate_id: null,
    credential_id: credential.id,
    client_id: credential.clientId,
  })
  const elsewhere = await curl(undefined, `${harness.url('staging')}${path}`, ...args)
  const [other] = await harness.untilActivity(({ trace_id }) => trace_id === elsewhere.body.traceId)
  expect(other).toMatchObject({ organization_id: null, client_id: null })
})

test('a serial number in an unregistered certificate is shown to its organization as a claim only', async () => {
  const client = await harness.issue()
  const base = join(harness.folder, 'claimed')
  const { serialNumber } = new X509Certificate(client.der)
  await openssl(
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...[
      '-set_serial',
      `0x${serialNumber}`,
      '-subj',
      '/CN=x',
      '-keyout',
      `${base}.key`,
      '-out',
      `${base}.pem`,
    ],
  )
  const files = { certFile: `${base}.pem`, keyFile: `${base}.key` }
  const { body } = await curl(files, `${harness.url()}/payments`)
  expect(body.code).toBe('certificate_issuer_unknown')
  const [row] = await harness.untilActivity(({ trace_id }) => trace_id === body.traceId)
  expect(row).toMatchObject({ organization_id: harness.organizations.acme?.id, certificate_id: null })
})

test('plain HTTP on the TLS port gets an explanation', async () => {
  const { status, body } = await curl(undefined, `http://localhost:${harness.port()}/payments`)
  expect({ status, code: body.code }).toEqual({ status: 400, code: 'plain_http_on_tls_port' })
  expect(body.detail).toContain('https://')
  expect(await lastDenial('plain_http_on_tls_port')).toMatchObject({
    kind: 'connection',
    client_address: '127.0.0.1',
  })
})

test('a host name that the gateway does not serve gets 421', async () => {
  const client = await harness.issue()
  const { status, body } = await curl(client, `${harness.url()}/whoami`, '--header', 'Host: other.example')
  expect({ status, code: body.code }).toEqual({ status: 421, code: 'wrong_host' })
  expect(await lastDenial('wrong_host')).toMatchObject({ certificate_id: client.id })
})

test('a handshake without a request is recorded', async () => {
  const client = await harness.issue()
  const child = execFile('openssl', [
    ...[
      's_client',
      '-connect',
      `localhost:${harness.port()}`,
      '-cert',
      client.certFile,
      '-key',
      client.keyFile,
    ],
  ])
  child.stdin?.end()
  const [row] = await harness.untilActivity((seen) => seen.certificate_id === client.id)
  expect(row).toMatchObject({ kind: 'connection', outcome: 'ok', method: null })
})

test('the gateway closes the connection after a denial, in HTTP/1.1 and HTTP/2', async () => {
  for (const version of ['--http1.1', '--http2']) {
    const { text } = await curl(undefined, `${harness.url()}/payments`, version, '--include')
    expect(text.split('\r\n')[0]).toContain('403')
    if (version === '--http1.1') expect(text.toLowerCase()).toContain('connection: close')
  }
})

test('denied requests do not reach the upstream', () => {
  expect(harness.upstream.calls).toEqual([])
})
