import { execFile } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { CertificateView } from '../../src/contract/certificate.ts'
import type { CredentialWithSecret } from '../../src/contract/credential.ts'
import { operations } from '../../src/contract/operations.ts'
import type { ApiClient } from './api.ts'
import { makeKeyAndRequest } from './key-and-request.ts'
import type { PosternPlace } from './postern.ts'

const run = promisify(execFile)

/** A folder with key and certificate, as a customer's developer has it. */
export interface ClientFiles {
  folder: string
  keyFile: string
  certificateFile: string
}

/** Creates the files of an EC key and its CSR in `folder`; returns the CSR as PEM. */
export function makeRequest(folder: string, name: string): string {
  const { key, csr } = makeKeyAndRequest(`/CN=${name}`)
  writeFileSync(join(folder, `${name}.key`), key, { mode: 0o600 })
  writeFileSync(join(folder, `${name}.csr`), csr)
  return csr
}

/** Issues a certificate for `client`'s organization through the API and writes its files. */
export async function issueCertificate(
  client: ApiClient,
  organization: string,
  environment = 'production',
): Promise<{ certificate: CertificateView; files: ClientFiles }> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-client-'))
  const draft = await client.call(operations.createCertificate, {
    params: { organization, environment },
    body: {},
  })
  const params = { organization, certificateId: draft.id }
  const csr = makeRequest(folder, draft.name)
  await client.call(operations.submitCsr, { params, body: { csr } })
  const certificate = await untilIssued(client, params)
  writeFileSync(join(folder, `${draft.name}.pem`), certificate.issued?.pem ?? '')
  return {
    certificate,
    files: { folder, keyFile: `${draft.name}.key`, certificateFile: `${draft.name}.pem` },
  }
}

async function untilIssued(
  client: ApiClient,
  params: { organization: string; certificateId: string },
): Promise<CertificateView> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const certificate = await client.call(operations.getCertificate, { params })
    if (certificate.status === 'issued') return certificate
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('the certificate was not issued in time')
}

/** Creates API credentials for `client`'s organization. */
export function createTestCredential(
  client: ApiClient,
  organization: string,
  environment = 'production',
): Promise<CredentialWithSecret> {
  return client.call(operations.createCredential, {
    params: { organization, environment },
    body: { name: 'test' },
  })
}

/** The result of curl; status 0 if there was no HTTP response. */
export interface CurlAnswer {
  status: number
  body: string
}

/** Calls the gateway with curl and the files of a customer. */
export async function curl(
  postern: Pick<PosternPlace, 'serverCaFile'>,
  files: ClientFiles | undefined,
  url: string,
  options: string[] = [],
): Promise<CurlAnswer> {
  const identity = files === undefined ? [] : ['--cert', files.certificateFile, '--key', files.keyFile]
  const basic = [
    '--silent',
    '--max-time',
    '10',
    '--cacert',
    postern.serverCaFile,
    '--write-out',
    '\n%{http_code}',
  ]
  const { stdout } = await run('curl', [...basic, ...identity, ...options, url], {
    cwd: files?.folder,
  }).catch((error) => error)
  const [status = '0', ...lines] = String(stdout).split('\n').reverse()
  return { status: Number(status), body: lines.reverse().join('\n') }
}

/**
 * Fetches a token with curl; throws if the gateway denies it for longer than it needs to learn of new
 * credentials.
 */
export async function fetchToken(
  postern: Pick<PosternPlace, 'serverCaFile' | 'gateways'>,
  files: ClientFiles | undefined,
  credential: CredentialWithSecret,
  environment = 'production',
): Promise<string> {
  const options = [
    '--user',
    `${credential.clientId}:${credential.clientSecret}`,
    '--data',
    'grant_type=client_credentials',
  ]
  const ask = () => curl(postern, files, `${postern.gateways[environment]}/token`, options)
  const isSettled = ({ body }: CurlAnswer) => !/invalid_client|certificate_missing/.test(body)
  const { status, body } = (await until(ask, isSettled, 2)).value
  if (status !== 200) throw new Error(`the token endpoint answered ${status}: ${body}`)
  return JSON.parse(body).access_token
}

/** How much longer is waited on a machine with many times more work than cores. */
const patience = 3

/** Asks `read` until `isRight`, at most `seconds` on a quiet machine; gives what it read and how long it took, milliseconds. */
export async function until<T>(
  read: () => Promise<T>,
  isRight: (value: T) => boolean,
  seconds: number,
): Promise<{ value: T; milliseconds: number }> {
  const started = performance.now()
  for (;;) {
    const value = await read()
    const milliseconds = performance.now() - started
    if (isRight(value)) return { value, milliseconds }
    if (milliseconds > seconds * 1000 * patience)
      throw new Error(`not within ${seconds * patience} s: ${JSON.stringify(value)}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
