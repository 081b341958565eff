import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openTraceCollector } from '../../test/support/trace-collector.ts'
import { createTraceId, readTrace } from '../trace-id.ts'
import { createSpanSender } from './send-spans.ts'
import { inSpan } from './span.ts'
import { createTracer, type Sampling } from './tracer.ts'

const id = '4bf92f3577b34da6a3ce929d0e0e4736'
const parent = '00f067aa0ba902b7'
const all: Sampling = { ratio: 1, fromClients: true, maxSpansPerSecond: 10_000 }
const limits = { maxWaiting: 50, maxAtOnce: 20, everyMs: 60_000, patienceMs: 300 }

async function open(sampling: Sampling = all) {
  const collector = await openTraceCollector()
  onTestFinished(() => collector.close())
  const failures: string[] = []
  const receiver = {
    endpoint: collector.endpoint,
    ca: undefined,
    version: '1',
    resource: { 'service.name': 'a' },
  }
  const sender = createSpanSender(receiver, (reason) => failures.push(reason), limits)
  return { collector, failures, tracer: createTracer(sampling, sender) }
}

describe('which traces are recorded', () => {
  test('a client decides for its trace, and spans are its children', async () => {
    const { tracer, collector } = await open({ ...all, ratio: 0 })
    expect(tracer.startRequest(readTrace(`00-${id}-${parent}-00`), 'GET')).toBeUndefined()
    expect(tracer.startRequest(readTrace(undefined), 'GET')).toBeUndefined()
    const span = tracer.startRequest(readTrace(`00-${id}-${parent}-01`), 'GET')
    expect(span?.traceparent).toMatch(new RegExp(`^00-${id}-(?!${parent})[0-9a-f]{16}-01$`))
    span?.end()
    await tracer.close()
    expect(collector.spans).toMatchObject([{ traceId: id, parentSpanId: parent, name: 'GET', kind: 2 }])
  })

  test('where clients do not decide, the share does, and it is the same for every program', async () => {
    const { tracer } = await open({ ...all, ratio: 0.25, fromClients: false })
    const chosen = (trace: string) =>
      tracer.startRequest(readTrace(`00-${trace}-${parent}-01`), 'GET') !== undefined
    const ids = Array.from({ length: 2000 }, createTraceId)
    const share = ids.filter(chosen)
    // The bounds are more than ten standard deviations away.
    expect(share.length).toBeGreaterThan(300)
    expect(share.length).toBeLessThan(700)
    expect(share.every(chosen)).toBe(true)
    await tracer.close()
  })

  test('no more is recorded in a second than configured, whoever asks', async () => {
    const { tracer } = await open({ ...all, maxSpansPerSecond: 10 })
    const started = Array.from({ length: 1000 }, () =>
      tracer.startRequest(readTrace(`00-${id}-${parent}-01`), 'GET'),
    )
    // The second may have ended between two of them.
    expect(started.filter((span) => span !== undefined).length).toBeLessThan(1000)
    await tracer.close()
  })
})

test('work has its own span below that of the request, and fails with a code and no text', async () => {
  const { tracer, collector } = await open()
  const root = tracer.startRequest(readTrace(undefined), 'createCredential')
  await inSpan(root, 'inner', async (span) => {
    span?.set({ text: 'x'.repeat(1000), whole: 7, part: 0.5, no: null, yes: true })
  })
  const failed = inSpan(root, 'failed', async () => {
    throw Object.assign(new Error('the secret is abc'), { code: 'token_expired' })
  })
  await expect(failed).rejects.toThrow()
  await expect(inSpan(undefined, 'nothing', async (span) => span)).resolves.toBeUndefined()
  if (root !== undefined) tracer.run(root, () => expect(tracer.current()).toBe(root))
  expect(tracer.current()).toBeUndefined()
  root?.end()
  await tracer.close()
  const [inner, other, outer] = collector.spans
  expect(outer).toMatchObject({ name: 'createCredential', parentSpanId: undefined, failure: undefined })
  expect(inner).toMatchObject({ parentSpanId: outer?.spanId, traceId: outer?.traceId, kind: 1 })
  expect(inner?.attributes).toEqual({ text: 'x'.repeat(200), whole: 7, part: 0.5, yes: true })
  expect(other).toMatchObject({ name: 'failed', failure: 'token_expired' })
  expect(collector.heard()).not.toContain('secret')
  expect(outer?.endedAt).toBeGreaterThanOrEqual(inner?.endedAt ?? Number.POSITIVE_INFINITY)
  expect(Math.abs((outer?.begunAt ?? 0) - Date.now())).toBeLessThan(180_000)
})

test('a collector that hangs holds nothing up: what does not fit is dropped and counted', async () => {
  const { tracer, collector, failures } = await open()
  collector.hang(true)
  for (let i = 0; i < 200; i += 1) tracer.startRequest(readTrace(undefined), 'GET')?.end()
  expect(tracer.counts()).toEqual({ sent: 0, dropped: 150 })
  await tracer.close()
  expect(tracer.counts().sent).toBe(0)
  expect(tracer.counts().dropped).toBeGreaterThan(150)
  expect(failures).toHaveLength(1)
})

test('a collector that refuses is told once', async () => {
  const { tracer, collector, failures } = await open()
  await collector.close()
  for (let i = 0; i < 10; i += 1) tracer.startRequest(readTrace(undefined), 'GET')?.end()
  await tracer.close()
  expect(tracer.counts()).toEqual({ sent: 0, dropped: 10 })
  expect(failures).toEqual(['ECONNREFUSED'])
})

test('without traces nothing of it is loaded', () => {
  const script = `
    import { registerHooks } from 'node:module'
    const loaded = []
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
    const { openTracer } = await import('./src/tracing/open-tracer.ts')
    const given = { clock: { now: () => 0 }, log: { warn() {} } }
    const isLoaded = () => loaded.some((url) => url.endsWith('/tracing/tracer.ts') || url.includes('/undici/'))
    if ((await openTracer({ traces: null }, 'portal', given)) !== undefined || isLoaded()) process.exit(1)
    const traces = { endpoint: 'http://127.0.0.1:9', ratio: 1, fromClients: true, maxSpansPerSecond: 1, caFile: null }
    const tracer = await openTracer({ traces }, 'portal', given)
    await tracer.close()
    if (!isLoaded()) process.exit(2)`
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: join(import.meta.dirname, '../..'),
    encoding: 'utf8',
  })
  expect(`${status} ${stderr}`).toBe('0 ')
})
