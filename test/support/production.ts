import { randomBytes } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/clock.ts'
import { ensureDevelopmentTls } from '../../src/signer/development-tls.ts'
import { type PosternPlace, preparePostern } from './postern.ts'
import { findFreePort } from './postgres.ts'

/** A place for a Postern in the production profile, and the files with its secrets. */
export interface ProductionPlace extends PosternPlace {
  /** By the setting or variable that names it. */
  secretFiles: Record<string, string>
}

const secretNames = ['AUTHORITY_KEY', 'GATEWAY_KEY', 'SESSION_KEY', 'SMTP_PASSWORD'] as const

/** Prepares a Postern with `profile: production`, whose secrets are in files of mode 0600. */
export async function prepareProduction(config: Record<string, unknown> = {}): Promise<ProductionPlace> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-secrets-'))
  const fileOf = (name: string) => join(folder, name)
  const secretFiles: Record<string, string> = { 'gateway.key': fileOf('gateway.key') }
  for (const name of secretNames) {
    const path = fileOf(name.toLowerCase())
    writeFileSync(path, randomBytes(32).toString('base64'), { mode: 0o600 })
    secretFiles[`POSTERN_${name}_FILE`] = path
  }
  const certificateFile = fileOf('gateway.pem')
  await ensureDevelopmentTls(
    { certificateFile, keyFile: fileOf('gateway.key'), serverCaFile: fileOf('ca.pem') },
    ['localhost'],
    systemClock,
  )
  const environment = (port: number) => ({ port, upstream: 'http://127.0.0.1:9' })
  const place = await preparePostern({
    config: {
      profile: 'production',
      portal: { url: 'https://portal.provider.example' },
      publication: { url: 'http://pki.provider.example' },
      gateway: { certificate: certificateFile, key: fileOf('gateway.key'), processes: 1 },
      mail: { smtp: { host: '127.0.0.1', user: 'postern' } },
      environments: {
        production: environment(await findFreePort()),
        staging: environment(await findFreePort()),
      },
      ...config,
    },
    environment: Object.fromEntries(Object.entries(secretFiles).filter(([name]) => name.endsWith('_FILE'))),
  })
  return { ...place, secretFiles }
}
