import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A CSR with its private key, PEM. */
export interface KeyAndRequest {
  key: string
  csr: string
}

const script = `for number in $(seq "$1"); do
  openssl req -new -sha256 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=bulk -keyout "$number.key" -out "$number.csr" 2>/dev/null || exit 1
done`

/** Creates many keys and CSRs in one OpenSSL run. */
export async function makeRequests(count: number): Promise<KeyAndRequest[]> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-bulk-'))
  await run('bash', ['-c', script, 'bash', String(count)], { cwd: folder })
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  return Array.from({ length: count }, (_, index) => ({
    key: read(`${index + 1}.key`),
    csr: read(`${index + 1}.csr`),
  }))
}
