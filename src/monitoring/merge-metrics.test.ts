import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { expect, test } from 'vitest'
import type { HostReadiness } from './judge-host.ts'
import { createMetricsMerger } from './merge-metrics.ts'
import { createBoundedCounter, type MetricSnapshot } from './process-metrics.ts'

const readiness: HostReadiness = {
  status: 'not_ready',
  roles: [{ role: 'gateway', status: 'not_ready', processes: 2, serving: 1 }],
  problems: [{ code: 'clock_wrong', blocking: true, role: 'gateway', processes: ['gateway 1'] }],
}

function createProcess(calls: number) {
  const registry = new Registry()
  registry.setDefaultLabels({ role: 'gateway' })
  const registers = [registry]
  const counter = new Counter({ name: 'calls_total', help: 'c', labelNames: ['outcome'], registers })
  new Gauge({ name: 'open', help: 'o', registers }).set(calls)
  new Histogram({ name: 'took_seconds', help: 't', buckets: [1], registers }).observe(0.5)
  counter.inc({ outcome: 'ok' }, calls)
  return {
    process: {},
    counter,
    read: async () => (await registry.getMetricsAsJSON()) as unknown as MetricSnapshot,
  }
}

const lineOf = (text: string, name: string) =>
  text.split('\n').filter((line) => line.startsWith(name) && !line.startsWith('#'))

test('the metrics of a host are the sums of its processes, and what the supervisor knows', async () => {
  const [one, two] = [createProcess(3), createProcess(4)]
  const text = await createMetricsMerger().write(
    [
      { process: one.process, snapshot: await one.read() },
      { process: two.process, snapshot: await two.read() },
    ],
    readiness,
  )
  expect(lineOf(text, 'calls_total')).toEqual(['calls_total{outcome="ok",role="gateway"} 7'])
  expect(lineOf(text, 'open')).toEqual(['open{role="gateway"} 7'])
  expect(lineOf(text, 'took_seconds_count')).toEqual(['took_seconds_count{role="gateway"} 2'])
  expect(lineOf(text, 'postern_ready{')).toEqual(['postern_ready{role="gateway"} 0'])
  expect(lineOf(text, 'postern_processes')).toEqual([
    'postern_processes{role="gateway"} 2',
    'postern_processes_serving{role="gateway"} 1',
  ])
  expect(lineOf(text, 'postern_readiness_problems')).toEqual([
    'postern_readiness_problems{role="gateway",code="clock_wrong"} 1',
  ])
})

test('no counter falls when a process is silent, ends or is replaced', async () => {
  const merger = createMetricsMerger()
  const [one, two, three] = [createProcess(3), createProcess(4), createProcess(1)]
  const first = { process: one.process, snapshot: await one.read() }
  const second = { process: two.process, snapshot: await two.read() }
  await merger.write([first, second], readiness)
  const silent = await merger.write([first, { process: two.process, snapshot: undefined }], readiness)
  expect(lineOf(silent, 'calls_total')).toEqual(['calls_total{outcome="ok",role="gateway"} 7'])
  expect(lineOf(silent, 'open')).toEqual(['open{role="gateway"} 3'])
  const replaced = [first, { process: three.process, snapshot: await three.read() }]
  for (let round = 0; round < 3; round += 1) {
    const text = await merger.write(replaced, readiness)
    expect(lineOf(text, 'calls_total')).toEqual(['calls_total{outcome="ok",role="gateway"} 8'])
    expect(lineOf(text, 'took_seconds_count')).toEqual(['took_seconds_count{role="gateway"} 3'])
    expect(lineOf(text, 'open')).toEqual(['open{role="gateway"} 4'])
  }
  const none = await merger.write([], readiness)
  expect(lineOf(none, 'calls_total')).toEqual(['calls_total{outcome="ok",role="gateway"} 8'])
  expect(lineOf(none, 'open')).toEqual([])
})

test('label values beyond the limit of a metric share one series', async () => {
  const registry = new Registry()
  const count = createBoundedCounter(
    { name: 'c_total', help: 'c', labelNames: ['outcome'], maxSeries: 2 },
    registry,
  )
  for (const outcome of ['a', 'b', 'c', 'd', 'a']) count({ outcome })
  const [metric] = await registry.getMetricsAsJSON()
  expect(metric?.values.map(({ labels, value }) => [labels.outcome, value])).toEqual([
    ['a', 2],
    ['b', 1],
    ['other', 2],
  ])
})
