import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createClient } from '@hey-api/openapi-ts'
import openapiTypescript, { astToString } from 'openapi-typescript'
import { generate } from 'orval'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeRequest } from '../support/certificates.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'postern-generated-'))
const documentFile = join(folder, 'openapi.json')
let postern: LocalPostern

/** The options under which the clients have to compile: `strict`, and the libraries of a browser or of Node. */
const options = {
  compilerOptions: {
    strict: true,
    noUncheckedIndexedAccess: true,
    target: 'es2023',
    module: 'nodenext',
    lib: ['es2023', 'dom', 'dom.iterable'],
    types: ['node'],
    allowImportingTsExtensions: true,
    noEmit: true,
  },
  include: ['**/*.ts'],
}

beforeAll(async () => {
  postern = await openPostern({ listens: true, hasGateway: true })
  cpSync(join(import.meta.dirname, 'generated-clients'), folder, { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(options))
  const document = await (await postern.fetch(`${postern.portalUrl}/api/v1/openapi.json`)).text()
  writeFileSync(documentFile, document)
  writeFileSync(join(folder, 'schema.ts'), astToString(await openapiTypescript(document)))
  await createClient({
    input: documentFile,
    output: { path: join(folder, 'hey-api'), module: { extension: '.ts' } },
    plugins: ['@hey-api/client-fetch', '@hey-api/typescript', '@hey-api/sdk'],
    logs: { level: 'silent' },
  })
  await generate({
    input: { target: documentFile },
    output: { target: join(folder, 'orval.ts'), client: 'fetch', baseUrl: `${postern.portalUrl}/api/v1` },
  })
})
afterAll(async () => {
  await postern?.stop()
  rmSync(folder, { recursive: true, force: true })
})

test('the clients that openapi-typescript, hey-api and orval generate compile under strict', async () => {
  const compiler = join(root, 'node_modules/typescript-native/bin/tsc')
  const { stdout } = await run(process.execPath, [compiler, '-p', folder], { cwd: folder }).catch(
    (error) => error,
  )
  expect(stdout).toBe('')
  for (const file of ['schema.ts', 'hey-api/types.gen.ts', 'orval.ts'])
    expect(readFileSync(join(folder, file), 'utf8')).toContain('IssuedCertificate')
})

test('openapi-fetch and hey-api get from signing in to an issued certificate and a call', async () => {
  const email = 'admin@acme.example'
  let password = postern.firstRun().people.find((one) => one.email === email)?.oneTimePassword
  for (const name of ['openapi-fetch', 'hey-api']) {
    const input = {
      apiUrl: `${postern.portalUrl}/api/v1`,
      email,
      password,
      newPassword: `a long passphrase for ${name}`,
      csr: makeRequest(folder, name),
      key: readFileSync(join(folder, `${name}.key`), 'utf8'),
      serverCa: readFileSync(postern.serverCaFile, 'utf8'),
      path: '/payments',
    }
    const file = join(folder, `${name}.json`)
    writeFileSync(file, JSON.stringify(input))
    const { stdout } = await run(process.execPath, [join(folder, `journey-${name}.ts`), file])
    expect([name, JSON.parse(stdout)]).toEqual([name, { status: 200, notAfter: expect.stringMatching(/Z$/) }])
    password = input.newPassword
  }
})
