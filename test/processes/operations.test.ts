import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, inject, onTestFinished, test } from 'vitest'
import { stringify } from 'yaml'
import { systemClock } from '../../src/clock.ts'
import type { HostReadiness } from '../../src/monitoring/judge-host.ts'
import { ensureDevelopmentTls } from '../../src/signer/development-tls.ts'
import { signInFirst } from '../support/api.ts'
import { issueCertificate, until } from '../support/certificates.ts'
import { createGatewayClient, readIdentity } from '../support/gateway-client.ts'
import { type PosternPlace, preparePostern } from '../support/postern.ts'
import { createPostgresDatabase, findFreePort } from '../support/postgres.ts'
import { clearPlace } from '../support/processes.ts'

interface Host {
  place: PosternPlace
  port: number
}

async function prepareHost(url: string, config: object, environment: NodeJS.ProcessEnv): Promise<Host> {
  const port = await findFreePort()
  const place = await preparePostern({
    config: { storage: { engine: 'postgres' }, operations: { port, drainSeconds: 2 }, ...config },
    environment: { POSTERN_DATABASE_URL: url, ...environment },
  })
  onTestFinished(() => clearPlace(place))
  return { place, port }
}

async function ask(port: number, path: string): Promise<{ status: number; body: HostReadiness }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`)
  return { status: response.status, body: (await response.json()) as HostReadiness }
}

const untilReady = (port: number, path: string) =>
  until(
    () => ask(port, path).catch(() => undefined),
    (answer) => answer?.status === 200,
    60,
  )

/** A balancer that passes TCP on to the gateways, as far as their hosts say that they are ready. */
async function startBalancer(hosts: readonly Host[], folder: string): Promise<number> {
  const port = await findFreePort()
  const servers = hosts.map(({ place, port: health }, index) => {
    const target = new URL(place.gateways.production ?? '').port
    return `  server host${index} 127.0.0.1:${target} check port ${health} inter 200ms fall 2 rise 1`
  })
  const file = join(folder, 'haproxy.cfg')
  writeFileSync(
    file,
    [
      'defaults',
      '  mode tcp',
      '  timeout connect 5s',
      '  timeout client 60s',
      '  timeout server 60s',
      `listen gateways`,
      `  bind 127.0.0.1:${port}`,
      '  option httpchk GET /readyz/gateway',
      ...servers,
      '',
    ].join('\n'),
  )
  const program = spawn('haproxy', ['-db', '-f', file], { stdio: 'ignore' })
  onTestFinished(async () => {
    program.kill()
    await once(program, 'exit')
  })
  return port
}

test('a host that stops is left by a balancer without a failed call', { timeout: 180_000 }, async () => {
  const url = await createPostgresDatabase(inject('postgresUrl'))
  const shared = { POSTERN_GATEWAY_KEY: randomBytes(32).toString('base64') }
  const first = await prepareHost(url, {}, shared)
  const { dataFolder, serverCaFile } = first.place
  const [certificate, key] = ['gateway.pem', 'gateway.key'].map((name) => join(dataFolder, 'tls', name)) as [
    string,
    string,
  ]
  const files = { certificateFile: certificate, keyFile: key, serverCaFile }
  await ensureDevelopmentTls(files, ['localhost', '127.0.0.1'], systemClock)
  const second = await prepareHost(url, { gateway: { certificate, key } }, shared)
  const running = await first.place.start()
  const starting = second.place.run('serve', '--gateway')
  await untilReady(second.port, '/readyz')
  expect(await ask(first.port, '/readyz')).toEqual({
    status: 200,
    body: {
      status: 'ready',
      roles: [
        { role: 'portal', status: 'ready', processes: 1, serving: 1 },
        { role: 'gateway', status: 'ready', processes: 1, serving: 1 },
      ],
      problems: [],
    },
  })
  expect((await fetch(`http://127.0.0.1:${second.port}/readyz/portal`)).status).toBe(404)
  expect(await (await fetch(`${running.portalUrl}/readyz`)).json()).toEqual({ status: 'ready' })

  const admin = await signInFirst(running, 'admin@acme.example')
  const identity = readIdentity((await issueCertificate(admin, 'acme')).files)
  const balancer = await startBalancer([first, second], first.place.dataFolder)
  const through = { ...running, gateways: { production: `https://localhost:${balancer}` } }
  const calls: number[] = []
  let isOver = false
  const call = async (keepAlive: boolean) => {
    const client = createGatewayClient(through, identity, { keepAlive })
    while (!isOver) calls.push((await client.get('/whoami')).status)
    client.close()
  }
  await until(
    () => createGatewayClient(through, identity).get('/whoami'),
    ({ status }) => status === 200,
    30,
  )
  const loops = [call(false), call(false)]
  await wait(500)
  process.kill(starting.processId, 'SIGTERM')
  await until(
    () => ask(second.port, '/readyz/gateway'),
    ({ status }) => status === 503,
    10,
  )
  const { body } = await ask(second.port, '/readyz/gateway')
  expect(body.problems.map(({ code, blocking }) => ({ code, blocking }))).toContainEqual({
    code: 'draining',
    blocking: true,
  })
  // It says that it stops while it still takes calls.
  const direct = { ...running, gateways: second.place.gateways }
  expect((await createGatewayClient(direct, identity).get('/whoami')).status).toBe(200)
  expect(await starting.exitCode).toBe(0)
  await wait(500)
  isOver = true
  await Promise.all(loops)
  expect(calls.length).toBeGreaterThan(50)
  expect(new Set(calls)).toEqual(new Set([200]))
  await running.end()
})

/** What `promtool` says of metrics: nothing if their names and forms are as they should be. */
function checkMetrics(text: string): string {
  const { stdout, stderr, status } = spawnSync('promtool', ['check', 'metrics'], { input: text })
  return status === 0 ? '' : `${stdout}${stderr}`
}

const deploy = join(import.meta.dirname, '../../deploy')
/** Metrics without a series until there is something to count, or until a setting asks for them. */
const onDemand = [
  ...[
    'http_client_request_duration_seconds_bucket',
    'postern_gateway_token_requests_total',
    'postern_job_runs_total',
  ],
  ...['postern_readiness_problems', 'postern_gateway_handshakes_failed_total', 'postern_gateways'],
  ...[
    'postern_emails_oldest_timestamp_seconds',
    'postern_gateway_replica_lag_seconds',
    'postern_trace_spans_total',
  ],
  ...[
    'postern_audit_export_lag_rows',
    'postern_audit_export_lag_seconds',
    'postern_publication_requests_total',
  ],
]

/** The metrics that alert rules and dashboard ask Prometheus for. */
function listUsedMetrics(): string[] {
  const files = ['prometheus/postern-alerts.yml', 'grafana/postern.json']
  const text = files.map((name) => readFileSync(join(deploy, name), 'utf8')).join()
  const names = [...text.matchAll(/\b((?:postern|http|nodejs|process)_[a-z0-9_]+)(?=\{|\[)/g)]
  const used = new Set(names.map(([, name = '']) => name))
  expect(used.size).toBeGreaterThan(25)
  return [...used].filter((name) => !onDemand.includes(name))
}

interface Up {
  value: [time: number, value: string]
}

/** Has Debian's Prometheus scrape a host with the alert rules in force. Returns the names of all series that it has. */
async function scrape(port: number, folder: string): Promise<Set<string>> {
  const own = await findFreePort()
  const file = join(folder, 'prometheus.yml')
  const job = { job_name: 'postern', static_configs: [{ targets: [`127.0.0.1:${port}`] }] }
  const global = { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' }
  const rule_files = [join(deploy, 'prometheus/postern-alerts.yml')]
  writeFileSync(file, stringify({ global, rule_files, scrape_configs: [job] }))
  const place = [`--storage.tsdb.path=${join(folder, 'prometheus')}`, `--web.listen-address=127.0.0.1:${own}`]
  const program = spawn('prometheus', [`--config.file=${file}`, ...place], { stdio: 'ignore' })
  onTestFinished(async () => {
    program.kill('SIGKILL')
    if (program.exitCode === null && program.signalCode === null) await once(program, 'exit')
  })
  const query = async <Data>(path: string): Promise<Data> => {
    const response = await fetch(`http://127.0.0.1:${own}/api/v1/${path}`)
    return ((await response.json()) as { data: Data }).data
  }
  const readUp = async () =>
    (await query<{ result: Up[] }>('query?query=up').catch(() => undefined))?.result ?? []
  const { value } = await until(readUp, ([up]) => up?.value[1] === '1', 60)
  expect(value).toHaveLength(1)
  const { groups } = await query<{ groups: { rules: { lastError?: string }[] }[] }>('rules')
  expect(groups[0]?.rules.filter(({ lastError }) => lastError)).toEqual([])
  return new Set(await query<string[]>('label/__name__/values'))
}

test('the metrics of a host are whole, and their counters survive a killed gateway', {
  timeout: 180_000,
}, async () => {
  const port = await findFreePort()
  const place = await preparePostern({ config: { operations: { port }, gateway: { processes: 2 } } })
  onTestFinished(() => clearPlace(place))
  const running = await place.start()
  const admin = await signInFirst(running, 'admin@acme.example')
  const client = createGatewayClient(running, readIdentity((await issueCertificate(admin, 'acme')).files))
  for (let calls = 0; calls < 10; calls += 1) expect((await client.get('/whoami')).status).toBe(200)
  const read = async () => {
    const response = await fetch(`http://127.0.0.1:${port}/metrics`)
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0.0.4/)
    return response.text()
  }
  const callsOf = (text: string) =>
    Number(/^postern_gateway_calls_total\{[^}]*outcome="ok"[^}]*\} (\d+)$/m.exec(text)?.[1])
  const before = await read()
  expect(callsOf(before)).toBe(10)
  expect(checkMetrics(before)).toBe('')
  const series = before.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  expect(series.length).toBeLessThan(2000)
  for (const name of ['process_cpu_seconds_total', 'nodejs_eventloop_lag_p99_seconds'])
    for (const role of ['portal', 'gateway']) expect(before).toContain(`${name}{role="${role}"}`)
  expect(before).toContain('postern_processes_serving{role="gateway"} 2')

  const scraped = await scrape(port, place.dataFolder)
  expect(listUsedMetrics().filter((name) => !scraped.has(name))).toEqual([])

  for (const pid of running.findProcesses('gateway-process')) process.kill(pid, 'SIGKILL')
  await expect.poll(read, { timeout: 30_000 }).toContain('postern_processes_serving{role="gateway"} 2')
  expect(callsOf(await read())).toBe(10)
  expect((await client.get('/whoami')).status).toBe(200)
  expect(callsOf(await read())).toBe(11)
  client.close()
  await running.end()
})
