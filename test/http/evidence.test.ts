import { execFileSync, spawnSync } from 'node:child_process'
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unzipSync, zipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AuditBody, hashBody } from '../../src/audit/audit-chain.ts'
import type { CertificateView } from '../../src/contract/certificate.ts'
import { operations } from '../../src/contract/operations.ts'
import { verifyEvidencePack } from '../../src/evidence/verify-pack.ts'
import { toPem } from '../../src/pki/text/pem.ts'
import { type ApiClient, signInFirst, toUrl } from '../support/api.ts'
import { issueCertificate } from '../support/certificates.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'
import { built } from '../support/postern.ts'
import { makeAuthority } from '../support/test-authority.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-evidence-'))
let postern: LocalPostern
let admin: ApiClient
let revoked: CertificateView
let pack: Record<string, Uint8Array>

beforeAll(async () => {
  postern = await openPostern()
  admin = await signInFirst(postern, 'admin@acme.example')
  await issueCertificate(admin, 'acme')
  revoked = (await issueCertificate(admin, 'acme')).certificate
  await issueCertificate(admin, 'acme')
  const params = { organization: 'acme', certificateId: revoked.id }
  await admin.call(operations.revokeCertificate, {
    params,
    body: { reason: 'key_compromise', name: revoked.name },
  })
  pack = unzipSync(await download(revoked.id))
})
afterAll(async () => {
  await postern?.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function download(certificateId: string): Promise<Uint8Array> {
  const url = toUrl(postern.portalUrl, operations.downloadEvidence, {
    params: { organization: 'acme', certificateId },
  })
  const response = await postern.fetch(url, { headers: { cookie: admin.cookie() } })
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/zip'])
  return new Uint8Array(await response.arrayBuffer())
}

/** Returns what `postern audit verify-pack` reports about a pack, without a store. */
function verify(files: Record<string, Uint8Array>, ...options: string[]) {
  return verifyZip(zipSync(files), ...options)
}

function verifyZip(zip: Uint8Array, ...options: string[]) {
  writeFileSync(join(folder, 'pack.zip'), zip)
  const args = [built, 'audit', 'verify-pack', 'pack.zip', ...options]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
  return { status, text: stdout + stderr }
}

const text = (name: string) => new TextDecoder().decode(pack[name])
const changed = (name: string, change: (content: string) => string) => ({
  ...pack,
  [name]: new TextEncoder().encode(change(text(name))),
})

test('the evidence of a revoked certificate passes verification', () => {
  const { status, text: said } = verify(pack)
  expect(said.match(/^yes/gm)).toHaveLength(10)
  expect(said).not.toContain('NO ')
  expect(status).toBe(0)
  const rows = JSON.parse(text('audit.json')).segments.flatMap(({ rows }: { rows: unknown[] }) => rows)
  const actions = rows
    .filter((row: unknown) => typeof row === 'object')
    .map((row: { action: string }) => row.action)
  expect(actions).toEqual([
    'certificate.created',
    'certificate.submitted',
    'certificate.planned',
    'certificate.issued',
    'certificate.revoked',
  ])
})

test('a pack lists the checks that the CSR passed, and the release that ran them', () => {
  const { passed, checkedBy, requestSha256 } = JSON.parse(text('checks.json'))
  expect(passed).toEqual([
    'request_well_formed',
    'key_allowed',
    'signature_strong',
    'signature_by_its_key',
    'key_not_published',
    'key_new',
  ])
  expect(checkedBy).toMatch(/^\d+\.\d+\.\d+/)
  expect(requestSha256).toMatch(/^[0-9a-f]{64}$/)
  const { 'checks.json': _, ...without } = pack
  expect(verify(without).text).toContain('NO   The checks of the request')
})

test('a pack contains no other certificate and no secret', () => {
  const all = Object.values(pack)
    .map((bytes) => Buffer.from(bytes).toString('latin1'))
    .join()
  expect(all).not.toContain('acme-0001')
  expect(all).not.toContain('acme-0003')
  expect(all).not.toContain('PRIVATE KEY')
})

test('the commands of its README verify a pack with OpenSSL', async () => {
  const unpacked = mkdtempSync(join(folder, 'unpacked-'))
  for (const [name, bytes] of Object.entries(pack)) writeFileSync(join(unpacked, name), bytes)
  const root = await (await postern.fetch(`${postern.publicUrl}/issuers/root.cer`)).arrayBuffer()
  writeFileSync(join(unpacked, 'manifest.root.pem'), toPem('CERTIFICATE', new Uint8Array(root)))
  const commands = text('README.txt')
    .split('\n')
    .filter((line) => /^ {2}(openssl|for)/.test(line))
  expect(commands).toHaveLength(9)
  const said = commands.map((command) =>
    execFileSync('bash', ['-c', `${command.replace('root.pem', 'manifest.root.pem')} 2>&1`], {
      cwd: unpacked,
      encoding: 'utf8',
    }),
  )
  expect(said.slice(5)).toEqual(['Verified OK\n', '', 'the same key\n', 'audit-certificate.pem: OK\n'])
  expect(said[0]).toContain('verify OK')
  expect(said[1]).toContain('certificate.pem: OK')
  expect(said[2]).toBe(said[3])
  expect(said[4]).toContain('verify OK')
  expect(said[4]?.toLowerCase()).toContain(revoked.issued?.serialNumber)
})

describe('verification of a modified evidence pack', () => {
  /** Recomputes the manifest, as an attacker without a Postern key would. */
  const forge = (files: Record<string, Uint8Array>) => {
    const { 'manifest.json': manifest, 'manifest.sig': signature, ...rest } = files
    const told = JSON.parse(Buffer.from(manifest ?? '').toString())
    const sha256 = Object.fromEntries(
      Object.entries(rest).map(([name, bytes]) => [name, createHash('sha256').update(bytes).digest('hex')]),
    )
    const mended = new TextEncoder().encode(JSON.stringify({ ...told, sha256 }))
    return { ...rest, 'manifest.json': mended, ...(signature && { 'manifest.sig': signature }) }
  }
  /** Recomputes the manifest and signs it with the attacker's own audit key. */
  const signAgain = (files: Record<string, Uint8Array>) => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const key = new TextEncoder().encode(publicKey.export({ type: 'spki', format: 'pem' }).toString())
    const forged = forge({ ...files, 'audit-key.pem': key })
    return { ...forged, 'manifest.sig': new Uint8Array(sign('sha256', forged['manifest.json'], privateKey)) }
  }

  test('names the changed file', () => {
    const { status, text: said } = verify(changed('uses.json', (content) => content.replace('null', '"x"')))
    expect(status).toBe(1)
    expect(said).toContain('uses.json differs')
  })

  test.each([
    [
      'another actor',
      'audit.json',
      (content: string) => content.replaceAll('admin@acme.example', 'someone@else.example'),
      'NO   The audit rows stood in a log',
    ],
    [
      'an omitted row',
      'audit.json',
      (content: string) => content.replace('certificate.revoked', 'certificate.updated'),
      'NO   The audit rows stood in a log',
    ],
    [
      'another certificate',
      'certificate.pem',
      () => new TextDecoder().decode(pack['chain.pem']),
      'NO   The certificate was issued by the chain',
    ],
    [
      'an invented check',
      'checks.json',
      (content: string) => content.replace('"key_allowed"', '"key_allowed", "key_blessed"'),
      'NO   The checks of the request are those of the log',
    ],
    [
      'an invented decision',
      'decision.json',
      () =>
        JSON.stringify({
          by: { kind: 'operator', id: null, label: 'operator@postern.example' },
          approved: true,
          reason: '',
          at: '',
        }),
      'NO   The decision is the one of the log',
    ],
  ])('detects %s with a recomputed manifest', (_, name, change, sentence) => {
    const { status, text: said } = verify(forge(changed(name, change)))
    expect(said).toContain(sentence)
    expect(status).toBe(1)
  })

  test('detects a log that another key signed, given the right key', () => {
    execFileSync('openssl', ['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', 'other.key'], {
      cwd: folder,
    })
    execFileSync('openssl', ['ec', '-in', 'other.key', '-pubout', '-out', 'other.pem'], {
      cwd: folder,
      stdio: 'ignore',
    })
    expect(verify(pack, '--key', 'other.pem').text).toContain('it is another key than the one given')
    writeFileSync(join(folder, 'right.pem'), pack['audit-key.pem'] ?? '')
    expect(verify(pack, '--key', 'right.pem').status).toBe(0)
  })

  test('does not accept a revoked certificate without its CRL', () => {
    const { 'revocation-list.crl': _, ...without } = pack
    expect(verify(forge(without)).text).toContain('the revocation list is missing')
  })

  test('detects a withheld row by the signature, and always says what a pack cannot show', () => {
    const proof = JSON.parse(text('audit.json'))
    for (const segment of proof.segments)
      segment.rows = segment.rows.map((row: string | AuditBody) =>
        typeof row !== 'string' && row.action === 'certificate.revoked' ? hashBody(row) : row,
      )
    const { status, text: said } = verify(forge(changed('audit.json', () => JSON.stringify(proof))))
    expect(status).toBe(1)
    expect(said).toContain('NO   The manifest is signed')
    expect(said).toContain('yes  The audit rows stood in a log')
    expect(said).toContain('not that nothing was left out')
    expect(text('README.txt')).toContain('cannot show that none was left out')
  })

  describe('fails for a pack with a recomputed manifest and', () => {
    const without = (name: string) => {
      const { [name]: _, ...rest } = pack
      return rest
    }
    const text = (content: string) => new TextEncoder().encode(content)
    const alterations: [string, () => Record<string, Uint8Array>][] = [
      ['a changed uses.json', () => changed('uses.json', (content) => content.replace('null', '"x"'))],
      [
        'a changed certificate.json',
        () => changed('certificate.json', (content) => content.replace('acme-0002', 'acme-0009')),
      ],
      [
        'a changed request.json',
        () => changed('request.json', (content) => content.replace('admin@acme.example', 'eve@acme.example')),
      ],
      ['a changed README.txt', () => changed('README.txt', (content) => `${content} `)],
      ['a missing uses.json', () => without('uses.json')],
      ['an added file', () => ({ ...pack, 'notes.txt': text('trust me') })],
      ['a renamed file', () => ({ ...without('uses.json'), 'use.json': pack['uses.json'] ?? text('') })],
      [
        'a file in another case',
        () => ({ ...without('uses.json'), 'USES.json': pack['uses.json'] ?? text('') }),
      ],
      ['an emptied file', () => ({ ...pack, 'uses.json': text('') })],
      [
        'two swapped files',
        () => ({
          ...pack,
          'uses.json': pack['certificate.json'] ?? text(''),
          'certificate.json': pack['uses.json'] ?? text(''),
        }),
      ],
    ]
    const listProblems = async (files: Record<string, Uint8Array>) =>
      (await verifyEvidencePack(zipSync(files))).flatMap(({ question, problem }) =>
        problem === undefined ? [] : [question],
      )
    test.each(alterations)('%s', async (_, alter) => {
      expect(await listProblems(alter())).toContain('Every file is the one of the manifest')
      const signed = 'The manifest is signed by the key of the audit log'
      expect(await listProblems(forge(alter()))).toContain(signed)
      // A new key is certified by nothing, not even by the pack.
      const own = await listProblems(signAgain(alter()))
      expect(own).not.toContain(signed)
      expect(own).toContain('The key of the audit log is the one that is certified or was given')
    })

    test('a missing manifest signature, as in older releases, or an invalid one', () => {
      expect(verify(without('manifest.sig')).text).toContain('manifest.sig is missing')
      expect(verify({ ...pack, 'manifest.sig': text('x') }).status).toBe(1)
      expect(verify(without('manifest.json')).status).toBe(1)
      expect(verify(without('audit-certificate.pem')).status).toBe(1)
      expect(verify(without('audit-key.pem')).status).toBe(1)
    })
  })

  test('uses the root of the reader, and fails with another root', async () => {
    const root = Buffer.from(
      await (await postern.fetch(`${postern.publicUrl}/issuers/root.cer`)).arrayBuffer(),
    )
    writeFileSync(join(folder, 'root.cer'), root)
    writeFileSync(join(folder, 'root.pem'), toPem('CERTIFICATE', new Uint8Array(root)))
    for (const name of ['root.cer', 'root.pem']) {
      const { status, text: said } = verify(pack, '--root', name)
      expect(status).toBe(0)
      expect(said).not.toContain('anybody can make such a pack')
    }
    expect(verify(pack).text).toContain('anybody can make such a pack')
    const { root: other } = await makeAuthority()
    writeFileSync(join(folder, 'other-root.pem'), toPem('CERTIFICATE', other.der))
    const { status, text: said } = verify(pack, '--root', 'other-root.pem')
    expect(status).toBe(1)
    expect(said).toContain('NO   The key of the audit log is the one that is certified')
    expect(said).toContain('the chain ends in another root than the one given')
    writeFileSync(join(folder, 'chain.pem'), pack['chain.pem'] ?? '')
    expect(verify(pack, '--root', 'chain.pem').text).toContain('does not hold one root certificate')
  })

  test('does not decompress a small file that is larger than any pack when decompressed', {
    timeout: 120_000,
  }, () => {
    const { status, text: said } = verify({ 'request.csr': new Uint8Array(300 * 1024 * 1024) })
    expect(status).toBe(1)
    expect(said).toContain('is not an evidence pack')
  })

  test('reports a file that is not a pack', () => {
    writeFileSync(join(folder, 'bad.zip'), 'not a zip')
    const said = spawnSync(process.execPath, [built, 'audit', 'verify-pack', 'bad.zip'], {
      cwd: folder,
      encoding: 'utf8',
    })
    expect(said.status).toBe(1)
    expect(said.stderr).toContain('bad.zip is not an evidence pack')
  })
})

test('the audit verify command checks the store and finds what was altered', async () => {
  const environment = { ...process.env, POSTERN_DATA: postern.dataFolder, POSTERN_CONFIG: undefined }
  const run = () =>
    spawnSync(process.execPath, [built, 'audit', 'verify'], {
      cwd: folder,
      env: environment,
      encoding: 'utf8',
    })
  expect(run()).toMatchObject({ status: 0, stdout: expect.stringContaining('The audit log is whole') })
  const database = join(postern.dataFolder, 'postern.db')
  const { DatabaseSync } = await import('node:sqlite')
  const file = new DatabaseSync(database, { timeout: 5000 })
  file.exec("update audit set actor_name = 'nobody' where sequence = 5")
  file.close()
  expect(run()).toMatchObject({
    status: 1,
    stdout: expect.stringContaining('Row 5 of the audit log was altered'),
  })
  expect(readFileSync(database).length).toBeGreaterThan(0)
})
