import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPortalReadiness } from '../../src/app/portal-readiness.ts'
import { createJournal } from '../../src/backup/keep-journal-store.ts'
import { systemClock } from '../../src/clock.ts'
import { operations } from '../../src/contract/operations.ts'
import { toMasterKey } from '../../src/shapes/master-key.ts'
import { type ApiClient, signInFirst } from '../support/api.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'
import { findFreePort } from '../support/postgres.ts'
import { openSyslogCollector, type SyslogCollectorServer } from '../support/syslog-collector.ts'
import { openTraceCollector, type TraceCollector } from '../support/trace-collector.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-audit-export-'))
const file = join(folder, 'audit.jsonl')
const patience = { timeout: 60_000 }
let postern: LocalPostern
let syslog: SyslogCollectorServer
let traces: TraceCollector
let admin: ApiClient

beforeAll(async () => {
  syslog = await openSyslogCollector()
  traces = await openTraceCollector()
  postern = await openPostern({
    config: {
      operations: { port: await findFreePort() },
      audit: { export: { file, syslog: { host: '127.0.0.1', port: syslog.port, transport: 'tcp' } } },
      telemetry: { traces: { endpoint: traces.endpoint, ratio: 1 } },
    },
  })
  admin = await signInFirst(postern, 'admin@acme.example')
})
afterAll(async () => {
  await postern?.stop()
  await syslog?.close()
  await traces?.close()
  rmSync(folder, { recursive: true })
})

const countRows = async (): Promise<number> =>
  (await postern.database.queries.selectFrom('audit').select('sequence').execute()).length
const linesOf = (): { type: string; sequence: number; hash: string }[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
const readLag = async (name: string, target: string) =>
  (await postern.readMetrics())
    ?.find((metric) => metric.name === name)
    ?.values.find(({ labels }) => labels.target === target)?.value

test('each row of the log is in the file and at the syslog server, and metrics tell how far they are', async () => {
  const rows = await countRows()
  expect(rows).toBeGreaterThan(3)
  await expect
    .poll(() => linesOf().filter(({ type }) => type !== 'audit.checkpoint').length, patience)
    .toBeGreaterThanOrEqual(rows)
  await expect
    .poll(() => syslog.messages.filter((one) => one.includes(' audit [meta ')).length, patience)
    .toBeGreaterThanOrEqual(rows)
  const numbers = linesOf()
    .filter(({ type }) => type !== 'audit.checkpoint')
    .map(({ sequence }) => sequence)
  expect(numbers).toEqual(numbers.map((_, index) => index + 1))
  expect(readFileSync(file, 'utf8')).not.toContain('"password"')
  for (const target of ['file', 'syslog']) {
    expect(await readLag('postern_audit_export_lag_rows', target)).toBeGreaterThanOrEqual(0)
    expect(await readLag('postern_audit_export_lag_seconds', target)).toBeGreaterThanOrEqual(0)
  }
})

test('a syslog server that hangs keeps nobody waiting, and gets the rows when it is back', async () => {
  syslog.behave('hanging')
  await admin.call(operations.createCredential, {
    params: { organization: 'acme', environment: 'production' },
    body: { name: 'while it hangs' },
  } as never)
  const rows = await countRows()
  await expect.poll(() => linesOf().length, patience).toBeGreaterThanOrEqual(rows)
  syslog.behave('reading')
  await expect
    .poll(() => syslog.messages.some((one) => one.includes(`sequenceId="${rows}"`)), { timeout: 120_000 })
    .toBe(true)
})

test('the work of an operation is one trace, with its transactions', async () => {
  await postern.fetch(`${postern.portalUrl}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'admin@acme.example', password: 'not this one' }),
  })
  await expect.poll(() => traces.spans.some(({ name }) => name === 'signIn'), patience).toBe(true)
  await expect.poll(() => traces.spans.some(({ name }) => name === 'createCredential'), patience).toBe(true)
  const change = traces.spans.find(({ name }) => name === 'createCredential')
  expect(change).toMatchObject({ service: 'postern-portal', kind: 2, failure: undefined })
  expect(change?.attributes).toMatchObject({
    'http.request.method': 'POST',
    'http.response.status_code': 201,
    'http.route': expect.stringContaining('/api/v1/organizations/:organization'),
  })
  const transactions = traces.spans.filter(({ parentSpanId }) => parentSpanId === change?.spanId)
  expect(transactions.map(({ name }) => name)).toContain('postern.store.transaction')
  expect(transactions[0]?.attributes).toEqual({ 'db.system.name': 'sqlite' })
  expect(transactions.every(({ traceId }) => traceId === change?.traceId)).toBe(true)
  await expect
    .poll(() => traces.spans.some(({ name }) => name === 'postern.job export_audit'), patience)
    .toBe(true)
  for (const text of ['not this one', 'admin@acme.example']) expect(traces.heard()).not.toContain(text)
})

test('a portal that cannot write its journal is not ready, and what else is wrong is told', async () => {
  const good = join(folder, 'good')
  const notFolder = join(folder, 'not-a-folder')
  writeFileSync(notFolder, '')
  const openJournal = async (...folders: string[]) => {
    const journal = createJournal({
      ...{
        database: postern.database,
        folders,
        authorityKey: toMasterKey(new Uint8Array(32)),
        clock: systemClock,
      },
      onFailure() {},
    })
    await journal.start().catch(() => {})
    return journal
  }
  const since = Date.now() - 11 * 60_000
  const list = async (folders: string[], lag: number | null = null) =>
    createPortalReadiness(
      {
        ...{ database: postern.database, journal: await openJournal(...folders), hsm: undefined },
        clock: systemClock,
      },
      { listAuthorities: async () => [] },
      { auditExport: { listLags: async () => [{ target: 'syslog', rows: 1, since: lag }] } },
      60_000,
    ).list()
  expect(await list([good], Date.now())).toEqual([])
  expect(await list([notFolder])).toEqual([{ code: 'journal_unwritable', isBlocking: true }])
  expect(await list([good, notFolder])).toEqual([{ code: 'journal_incomplete', isBlocking: false }])
  expect(await list([good], since)).toEqual([{ code: 'audit_export_behind', isBlocking: false }])
  const restore = {
    id: 'rst_1',
    state: 'held' as const,
    outcome: '{}',
    released_at: null,
    journal_sequence: 0,
  }
  const { queries } = postern.database
  await queries
    .insertInto('restores')
    .values({ ...restore, taken_at: 0, began_at: 0 })
    .execute()
  expect(await list([good])).toEqual([{ code: 'store_held', isBlocking: false }])
  await queries.deleteFrom('restores').where('id', '=', 'rst_1').execute()
})
