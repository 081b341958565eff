import { expect, test } from 'vitest'
import { buildAuditExport } from './portal-audit-export.ts'

test('each portal writes its own file, and one of them at a time sends to the syslog server', () => {
  const syslog = { host: 'logs.example', port: 6514, transport: 'tls', format: 'json' }
  const config = { audit: { export: { file: '/var/log/audit.jsonl', syslog } } }
  const { tasks, lanes } = buildAuditExport(
    { config, database: {}, clock: { now: () => 0 } } as unknown as Parameters<typeof buildAuditExport>[0],
    {} as Parameters<typeof buildAuditExport>[1],
  )
  expect(tasks.map(({ name, everywhere = false }) => [name, everywhere])).toEqual([
    ['export-audit-to-file', true],
    ['request-audit-export', false],
  ])
  expect(Object.keys(lanes)).toHaveLength(1)
})
