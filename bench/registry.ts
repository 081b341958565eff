import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openDatabase } from '../src/storage/database.ts'
import { migrate } from '../src/storage/migrate.ts'
import { openSqliteFile } from '../src/storage/node-sqlite.ts'

/**
 * Measures what a gateway needs for a number of certificates: start-up time, memory for each, lookup time.
 */
const { values } = parseArgs({ options: { counts: { type: 'string', default: '10000,100000,1000000' } } })
const perOrganization = 100

for (const count of values.counts.split(',').map(Number)) {
  const folder = mkdtempSync(join(tmpdir(), 'postern-registry-'))
  const path = join(folder, 'postern.db')
  await fill(path, count)
  const script = join(import.meta.dirname, 'registry-reader.ts')
  const printed = execFileSync(
    process.execPath,
    ['--expose-gc', script, JSON.stringify({ engine: 'sqlite', path })],
    { encoding: 'utf8' },
  )
  const { seconds, bytes, nanoseconds, peakBytes } = JSON.parse(printed)
  process.stdout.write(
    `${count} certificates: loaded in ${seconds.toFixed(2)} s, ${Math.round(bytes / count)} B each, ${nanoseconds.toFixed(0)} ns to find one, peak of the process ${Math.round(peakBytes / 1e6)} MB\n`,
  )
  rmSync(folder, { recursive: true })
}

/** Creates issued certificates, a hundred per organization; columns that no gateway reads are empty. */
async function fill(path: string, count: number): Promise<void> {
  const database = await openDatabase({ engine: 'sqlite', path })
  await migrate(database)
  await database.close()
  const file = openSqliteFile(path)
  file.exec('pragma foreign_keys=off; begin')
  const organization = file.prepare(
    "insert into organizations (id, slug, legal_name, country, state, created_at) values (?, ?, ?, 'GB', '', 1)",
  )
  const certificate = file.prepare(
    `insert into certificates (id, organization_id, environment, number, name, status, description, owner,
     related_service, rotation_policy, contacts, certified_subject, organization_name, country, state, key_kind,
     issuer_id, serial_number, fingerprint_sha256, spki_sha256, not_before, not_after, created_at, created_by,
     search_text) values (?, ?, 'production', ?, ?, 'issued', '', '', '', '', '[]', '{}', '', 'GB', '', 'ec-p256',
     'iss_01aaaaaaaaaaaaaaaaaaaaaaaa', ?, ?, ?, ?, ?, 1, 'bench', '')`,
  )
  const hash = () => createHash('sha256').update(randomBytes(16)).digest('hex')
  const now = Date.now()
  for (let i = 0; i < count; i += 1) {
    const owner = Math.floor(i / perOrganization)
    const organizationId = `org_${String(owner).padStart(26, '0')}`
    const slug = `customer-${owner}`
    if (i % perOrganization === 0) organization.run(organizationId, slug, `Customer ${owner} Ltd`)
    const name = `${slug}-${String(i % perOrganization).padStart(4, '0')}`
    const id = `cert_${String(i).padStart(26, '0')}`
    const times = [now - (i % 1000) * 1000, now + 365 * 86_400_000 - (i % 1000) * 1000]
    certificate.run(
      id,
      organizationId,
      i % perOrganization,
      name,
      randomBytes(16).toString('hex'),
      hash(),
      hash(),
      ...times,
    )
  }
  file.exec('commit')
  file.close()
}
