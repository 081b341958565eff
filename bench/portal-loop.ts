import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createCertificateListStore } from '../src/certificates/certificate-list-store.ts'
import { createOrganizationListStore } from '../src/organizations/organization-list-store.ts'
import { openDatabase } from '../src/storage/database.ts'
import { migrate } from '../src/storage/migrate.ts'
import { createUsageReadStore } from '../src/telemetry/usage-read-store.ts'
import { getWindow } from '../src/telemetry/usage-window.ts'

/**
 * Measures how long the lists of an organization with many certificates block the portal's event loop, on
 * SQLite.
 */
const { values } = parseArgs({
  options: { certificates: { type: 'string', default: '10000' }, rounds: { type: 'string', default: '5' } },
})
const certificates = Number(values.certificates)
const hour = 3_600_000
const now = Math.floor(Date.now() / hour) * hour

const folder = mkdtempSync(join(tmpdir(), 'postern-bench-'))
const database = await openDatabase({ engine: 'sqlite', path: join(folder, 'postern.db') })
await migrate(database)
const organizationId = 'org_a'
await database.queries
  .insertInto('organizations')
  .values({ id: organizationId, slug: 'a', legal_name: 'A', country: 'GB', state: '', created_at: 1 })
  .execute()

const insertCertificate = (number: number) => ({
  id: `cert_${String(number).padStart(8, '0')}`,
  organization_id: organizationId,
  environment: 'production',
  number,
  name: `a-${number}`,
  status: 'issued' as const,
  description: 'A service that pays invoices.',
  owner: '',
  related_service: '',
  rotation_policy: 'manual',
  contacts: '[]',
  certified_subject: '{"organizationName":"A","country":"GB","state":""}',
  organization_name: 'A',
  country: 'GB',
  state: '',
  key_kind: 'ec-p256' as const,
  csr_der: new Uint8Array(randomBytes(450)),
  spki_sha256: randomBytes(32).toString('hex'),
  tbs_der: new Uint8Array(randomBytes(800)),
  certificate_der: new Uint8Array(randomBytes(900)),
  fingerprint_sha256: randomBytes(32).toString('hex'),
  not_before: now,
  not_after: now + (number % 365) * 24 * hour,
  issued_at: now,
  created_at: now + number,
  created_by: 'dev@a.example',
  search_text: `a-${number}\na service that pays invoices.\n${randomBytes(48).toString('hex')}`,
  source: 'postern' as const,
})
for (let number = 1; number <= certificates; number += 1) {
  await database.transaction(async (tx) => {
    for (const end = Math.min(number + 499, certificates); number <= end; number += 1) {
      const row = insertCertificate(number)
      await tx.insertInto('certificates').values(row).execute()
      const uses = Array.from({ length: 24 }, (_, before) => now - before * hour)
      const usage = uses.map((start) => ({ certificate_id: row.id, grain: 'hour', start, ok: 5 }))
      await tx.insertInto('usage').values(usage).execute()
    }
    number -= 1
  })
}

const lists = createCertificateListStore(database)
const usage = createUsageReadStore(database)
const organizations = createOrganizationListStore(database)
const list = (query: object) => () =>
  lists.list(organizationId, { environment: 'production', sort: 'created', limit: 200, ...query }, now)
const reads: Record<string, () => Promise<unknown>> = {
  'newest certificates': list({}),
  'by end': list({ sort: 'expires' }),
  'by last use': list({ sort: 'last_used' }),
  'that hold a text': list({ text: 'nothing holds this' }),
  revoked: list({ status: 'revoked' }),
  'use of the day': () => usage.listOfOrganization(organizationId, 'production', getWindow('day', now)),
  'certificates in use': () => usage.countInUse(organizationId, 'production', now - hour),
  organizations: () => organizations.listUse({ limit: 200 }, now),
  'whose owner is gone': list({ owner: 'gone' }),
}
process.stdout.write(
  `${certificates} certificates: longest pause of the event loop, ms (and the answer, ms)\n`,
)
for (const [name, read] of Object.entries(reads)) {
  await read()
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const started = performance.now()
  for (let round = 0; round < Number(values.rounds); round += 1) {
    await read()
    await wait(2)
  }
  const each = (performance.now() - started) / Number(values.rounds)
  delay.disable()
  process.stdout.write(
    `${name.padEnd(22)} ${(delay.max / 1e6).toFixed(1).padStart(7)} (${each.toFixed(1)})\n`,
  )
}
await database.close()
rmSync(folder, { recursive: true })
