import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const newman = resolve(import.meta.dirname, '../../../node_modules/newman/bin/newman.js')

/** What a user enters in the settings of Postman, under Certificates. */
export interface PostmanCertificate {
  host: string
  port: string
  crtFile: string
  keyFile: string
  /** The file of the CA certificates. */
  caFile: string
  /** The PKCS#12 file, in place of the CRT and KEY files. */
  pfxFile?: string
  passphrase?: string
}

/** What a user imports and what the requests are run with; files are names in `folder`. */
export interface PostmanRun {
  folder: string
  certificate: PostmanCertificate
  collection: string
  environment: string
  /** Values that the user enters in the environment. */
  values: Record<string, string>
}

/** The result of one request. */
export interface PostmanResult {
  name: string
  status: number
  body: string
  /** The failed tests, and why there was no response; the status is 0 then. */
  failures: string[]
}

interface Execution {
  item: { name: string }
  response?: { code: number; stream: { data: number[] } }
}

/** Runs a collection as Postman does: the certificate is sent to its host and port only. */
export async function runNewman(given: PostmanRun): Promise<PostmanResult[]> {
  const { folder, certificate, collection, environment, values } = given
  const { host, port, crtFile, keyFile, caFile, pfxFile, passphrase = '' } = certificate
  const source = (file: string) => ({ src: join(folder, file) })
  const list = [
    {
      ...{ name: host, matches: [`https://${host}:${port}/*`], passphrase },
      ...(pfxFile === undefined ? { key: source(keyFile), cert: source(crtFile) } : { pfx: source(pfxFile) }),
    },
  ]
  writeFileSync(join(folder, 'certificates.json'), JSON.stringify(list))
  const options = [
    ...['run', collection, '--environment', environment, '--ssl-client-cert-list', 'certificates.json'],
    ...['--ssl-extra-ca-certs', caFile, '--reporters', 'json', '--reporter-json-export', 'run.json'],
    ...Object.entries(values).flatMap(([key, value]) => ['--env-var', `${key}=${value}`]),
  ]
  // A failed assertion is an exit code; the report has it.
  await run(process.execPath, [newman, ...options], { cwd: folder }).catch(() => undefined)
  const report = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as {
    run: { executions: Execution[]; failures: { source: { name: string }; error: { message: string } }[] }
  }
  return report.run.executions.map(({ item, response }) => ({
    name: item.name,
    status: response?.code ?? 0,
    body: Buffer.from(response?.stream.data ?? []).toString(),
    failures: report.run.failures
      .filter(({ source }) => source.name === item.name)
      .map(({ error }) => error.message),
  }))
}
