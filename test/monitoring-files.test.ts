import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { createGatewayMetrics } from '../src/app/gateway-metrics.ts'
import { createPortalMetrics } from '../src/app/portal-metrics.ts'
import { createPublicationMetrics } from '../src/app/publication-metrics.ts'
import { createMetricsMerger } from '../src/monitoring/merge-metrics.ts'

const root = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

interface Rule {
  alert: string
  expr: string
  labels: { severity: string }
  annotations: { runbook: string }
}
const rules: Rule[] = parse(read('deploy/prometheus/postern-alerts.yml')).groups[0].rules

/** Runs promtool in the folder of the rules; returns what it complains about. */
function runPromtool(...commandLine: string[]): string {
  const cwd = join(root, 'deploy/prometheus')
  const { status, stdout, stderr } = spawnSync('promtool', commandLine, { cwd, encoding: 'utf8' })
  return status === 0 ? '' : `${stdout}${stderr}`
}

/** Returns the names of all metrics that a host has, by their kinds of process. */
async function listMetrics(): Promise<Set<string>> {
  const clock = { now: () => Date.now() }
  // Nothing is read: the names are there without values.
  const nothing = {} as never
  const gateway = createGatewayMetrics()
  gateway.follow({
    database: nothing,
    source: { lagSeconds: () => 0 },
    progress: { lagSeconds: () => 0 },
    listeners: { listCertificates: () => [] },
    connections: { count: () => ({ connections: 0, handshakes: 0 }) },
    clock,
  })
  const portal = createPortalMetrics(
    { database: { queries: {} } as never, clock, tracer: undefined },
    nothing,
    nothing,
  )
  portal.watchTasks([])
  const publication = createPublicationMetrics({
    ...{ database: { queries: {} } as never, clock, findListEnd: () => 0, findResponderEnd: () => 0 },
  })
  const processes = [
    { process: {}, snapshot: await gateway.snapshot() },
    { process: {}, snapshot: await portal.snapshot() },
    { process: {}, snapshot: await publication.snapshot() },
  ]
  const text = await createMetricsMerger().write(processes, { status: 'ready', roles: [], problems: [] })
  return new Set([...text.matchAll(/^# HELP (\S+)/gm)].map(([, name = '']) => name))
}

const named = /\b(?:postern|http|nodejs|process)_[a-z0-9_]+/g
/** Returns the metrics that a query or a text names, without the suffixes of histograms. */
const metricsIn = (text: string): string[] =>
  [...text.matchAll(named)].map(([name]) => name.replace(/_seconds_(?:bucket|count|sum)$/, '_seconds'))

test('the alert rules are valid, and each fires in one test and stays quiet in one', () => {
  expect(runPromtool('check', 'rules', 'postern-alerts.yml')).toBe('')
  expect(runPromtool('test', 'rules', 'postern-alerts.test.yml')).toBe('')
  const tests: { name: string }[] = parse(read('deploy/prometheus/postern-alerts.test.yml')).tests
  expect(tests.map(({ name }) => name)).toEqual(
    rules.flatMap(({ alert }) => [`${alert} fires`, `${alert} stays quiet`]),
  )
})

test('each alert has its entry in the run book, and the run book no other', () => {
  const headings = [...read('docs/operators/alerts.md').matchAll(/^## (\S+)\n\n`(\w+)`/gm)]
  expect(headings.map(([, name, severity]) => [name, severity])).toEqual(
    rules.map(({ alert, labels }) => [alert, labels.severity]),
  )
  for (const { alert, annotations } of rules)
    expect(annotations.runbook).toBe(`docs/operators/alerts.md#${alert.toLowerCase()}`)
})

test('alerts, dashboard and page name metrics that exist, and the page names all', async () => {
  const metrics = await listMetrics()
  const dashboard = JSON.parse(read('deploy/grafana/postern.json'))
  const queries: string[] = dashboard.panels.flatMap(({ targets }: { targets: { expr: string }[] }) =>
    targets.map(({ expr }) => expr),
  )
  expect(queries.length).toBeGreaterThan(20)
  const page = read('docs/operators/monitoring.md')
  const table = page.slice(page.indexOf('## Metrics')).replaceAll(/`(process|nodejs)_\*`/g, '')
  const used = [...queries, ...rules.map(({ expr }) => expr), table].flatMap(metricsIn)
  expect(used.length).toBeGreaterThan(60)
  expect(used.filter((name) => !metrics.has(name))).toEqual([])
  const own = [...metrics].filter((name) => /^(?:postern|http)_/.test(name))
  expect(own.filter((name) => !table.includes(`\`${name}\``))).toEqual([])
})

test('the panels of the dashboard do not overlap', () => {
  const { panels } = JSON.parse(read('deploy/grafana/postern.json'))
  const cells = panels.flatMap(
    ({ gridPos: { x, y, w, h } }: { gridPos: Record<'x' | 'y' | 'w' | 'h', number> }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)} ${y + Math.floor(index / w)}`),
  )
  expect(new Set(cells).size).toBe(cells.length)
  expect(panels.every(({ gridPos: { x, w } }: { gridPos: { x: number; w: number } }) => x + w <= 24)).toBe(
    true,
  )
})
