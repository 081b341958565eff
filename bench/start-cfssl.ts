import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { findFreePort } from '../test/support/postgres.ts'
import { isTaken } from '../test/support/processes.ts'

const config = {
  signing: {
    default: {
      expiry: '8760h',
      usages: ['digital signature', 'client auth'],
      crl_url: 'http://localhost:8080/crl/1.crl',
      ocsp_url: 'http://localhost:8080/ocsp/1',
      issuer_urls: ['http://localhost:8080/issuers/1.cer'],
    },
  },
}

/** Starts `cfssl serve` with its own P-256 issuer and a profile like Postern's, on one core. */
export async function startCfssl(
  folder: string,
  core: string,
): Promise<{ child: ChildProcess; port: number }> {
  const port = await findFreePort()
  const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem'
  const options = `req -x509 -days 3650 -subj /CN=Bench ${newKey}`.split(' ')
  execFileSync('openssl', options, { cwd: folder, stdio: 'ignore' })
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
  const serve = `serve -loglevel 4 -address 127.0.0.1 -port ${port} -ca ca.pem -ca-key ca.key -config config.json`
  const child = spawn('taskset', ['-c', core, 'cfssl', ...serve.split(' ')], { cwd: folder, stdio: 'ignore' })
  for (let left = 100; !(await isTaken(port)); left -= 1) {
    if (left === 0) throw new Error('cfssl does not listen')
    await wait(50)
  }
  return { child, port }
}
