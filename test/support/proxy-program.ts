import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { basename, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { proxyLists, type ReverseProxyName } from '../../src/gateway/authorizer/render-proxy-list.ts'
import type { GatewayHarness } from './gateway-harness.ts'
import { findFreePort } from './postgres.ts'

const deploy = join(import.meta.dirname, '../../deploy')

/** A running reverse proxy with the configuration of `deploy/`, and the API behind it. */
export interface ProxyProgram {
  url: string
  stop(): Promise<void>
}

/** An API that records its requests. */
export interface RecordingApi {
  port: number
  calls: { method: string; url: string; headers: IncomingHttpHeaders; body: string }[]
  close(): void
}

export async function startRecordingApi(): Promise<RecordingApi> {
  const calls: RecordingApi['calls'] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    calls.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body })
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"paid":true}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { port: (server.address() as AddressInfo).port, calls, close }
}

interface Ports {
  /** Port or socket path of the authorizer; it need not be running. */
  authorizer: number | string
  api: number
  /** The secret that the proxy sends with each authorization request. */
  secret?: string | undefined
  /** Headers that its list has in addition to the table, as `postern edge` prints it. */
  reservedHeaders?: readonly string[]
  environment?: string
  /** Whether nginx caches decisions for a second. */
  keepsVerdicts?: boolean
  /** For a second environment behind the same nginx. */
  second?: Second | undefined
}

/** A second `server` block of the same nginx. */
interface Second {
  port: number
  environment: string
}

type Prepare = (
  folder: string,
  harness: GatewayHarness,
  adapt: (text: string) => string,
  port: number,
  ports: Pick<Ports, 'second' | 'secret'>,
) => string[]

/** Enables the decision cache in a configuration of nginx, stored in `folder`. */
export const withKeptVerdicts = (configuration: string, folder: string): string =>
  configuration
    .replace('# proxy_cache_path /run/nginx-postern', `proxy_cache_path ${join(folder, 'verdicts')}`)
    .replace('# include postern-cached.conf', 'include postern-cached.conf')
    .replaceAll('# include postern-known.conf', 'include postern-known.conf')

/** Writes an nginx.conf that includes one file of `folder`; returns the command that starts it. */
export function prepareNginx(folder: string, file: string): string[] {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join(' ')
  const log = join(folder, 'error.log')
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; pid ${folder}/nginx.pid; worker_processes 1; error_log ${log}; ${process.getuid?.() === 0 ? 'user root;' : ''}
events {}
http { access_log off; ${temporary} include ${file}; }
`,
  )
  return ['nginx', '-p', folder, '-e', log, '-c', join(folder, 'nginx.conf')]
}

/** How to prepare each program; returns the command that starts it. */
const programs: Record<string, Prepare> = {
  nginx(folder, harness, adapt, port, { second, secret = '' }) {
    for (const name of readdirSync(join(deploy, 'nginx'))) {
      const text = adapt(readFileSync(join(deploy, 'nginx', name), 'utf8'))
        .replace('listen 443', `listen 127.0.0.1:${port}`)
        .replace('server_name api.example.com', 'server_name localhost')
        .replace('/etc/nginx/tls/api.pem', join(harness.folder, 'tls/gateway.pem'))
        .replace('/etc/nginx/tls/api.key', join(harness.folder, 'tls/gateway.key'))
      writeFileSync(join(folder, name), text)
    }
    const secretFile = join(folder, 'postern-secret.conf')
    writeFileSync(secretFile, readFileSync(secretFile, 'utf8').replace('""', `"${secret}"`))
    if (second !== undefined) {
      const text = readFileSync(join(folder, 'postern.conf'), 'utf8')
      const server = text.slice(text.indexOf('\nserver {'))
      const other = server.replaceAll('/production/', `/${second.environment}/`)
      appendFileSync(
        join(folder, 'postern.conf'),
        other.replace(`127.0.0.1:${port}`, `127.0.0.1:${second.port}`),
      )
    }
    return prepareNginx(folder, 'postern.conf')
  },
  haproxy(folder, harness, adapt, port, { secret = '' }) {
    writeFileSync(join(folder, 'postern-secret'), `${secret}\n`, { mode: 0o600 })
    const lua = adapt(readFileSync(join(deploy, 'haproxy/postern.lua'), 'utf8'))
    writeFileSync(
      join(folder, 'postern.lua'),
      lua.replaceAll('/etc/haproxy/postern', join(folder, 'postern')),
    )
    const pem = ['gateway.pem', 'gateway.key'].map((name) => readFileSync(join(harness.folder, 'tls', name)))
    writeFileSync(join(folder, 'api.pem'), pem.map(String).join('\n'))
    const text = adapt(readFileSync(join(deploy, 'haproxy/haproxy.cfg'), 'utf8'))
      .replace('bind :443', `bind 127.0.0.1:${port}`)
      .replaceAll('/etc/haproxy/postern', join(folder, 'postern'))
      .replace('/etc/haproxy/tls/api.pem', join(folder, 'api.pem'))
      .replace('/etc/haproxy/tls/postern-ca.pem', harness.caFile)
    writeFileSync(join(folder, 'haproxy.cfg'), text)
    return ['haproxy', '-db', '-f', join(folder, 'haproxy.cfg')]
  },
  caddy(folder, harness, adapt, port) {
    const text = adapt(readFileSync(join(deploy, 'caddy/Caddyfile'), 'utf8'))
      .replace('api.example.com:443', `localhost:${port}`)
      .replace('/etc/caddy/tls/api.pem', join(harness.folder, 'tls/gateway.pem'))
      .replace('/etc/caddy/tls/api.key', join(harness.folder, 'tls/gateway.key'))
    writeFileSync(join(folder, 'Caddyfile'), text)
    return ['caddy', 'run', '--adapter', 'caddyfile', '--config', join(folder, 'Caddyfile')]
  },
}

const socketPrefixes: Record<string, string> = { nginx: 'unix:', haproxy: 'unix@', caddy: 'unix/' }

/** Replaces the authorizer's address in a configuration. */
function toAddress(program: string, authorizer: number | string): [RegExp, string] {
  if (typeof authorizer === 'number') return [/127\.0\.0\.1:9300/g, `127.0.0.1:${authorizer}`]
  // HAProxy connects to a server line, not to the address in the URL.
  return [/(?<!http:\/\/)127\.0\.0\.1:9300/g, `${socketPrefixes[program]}${authorizer}`]
}

const toDestination = (authorizer: number | string): string =>
  `local destination = ${typeof authorizer === 'number' ? 'nil' : `"unix@${authorizer}"`}`

/**
 * Starts nginx, HAProxy or Caddy on a free port; changes only addresses and file paths in its configuration.
 */
export async function startProxy(
  program: string,
  harness: GatewayHarness,
  {
    authorizer,
    api,
    environment = 'production',
    keepsVerdicts = false,
    secret,
    second,
    reservedHeaders = [],
  }: Ports,
): Promise<ProxyProgram> {
  const port = await findFreePort()
  const folder = join(harness.folder, `edge-${program}-${port}`)
  mkdirSync(folder)
  chmodSync(folder, 0o755)
  const adapt = (text: string) =>
    (keepsVerdicts ? withKeptVerdicts(text, folder) : text)
      .replaceAll(...toAddress(program, authorizer))
      .replace('local destination = nil', toDestination(authorizer))
      .replaceAll('127.0.0.1:8081', `127.0.0.1:${api}`)
      .replaceAll('/production/', `/${environment}/`)
  const prepared = programs[program]?.(folder, harness, adapt, port, { second, secret }) ?? []
  const { file, render } = proxyLists[program as ReverseProxyName]
  writeFileSync(join(folder, basename(file)), render(reservedHeaders))
  const home = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder }
  if (secret !== undefined) Object.assign(home, { POSTERN_AUTHORIZER_SECRET: secret })
  return { url: `https://localhost:${port}`, stop: await startProgram(prepared, home, port) }
}

/**
 * Starts HAProxy with the configuration of `deploy/` that passes TCP through to `gatewayPorts` of this machine;
 * `folder` is for its files. Without `sendsHeader` it does not report the addresses of clients.
 */
export async function startPassthrough(
  folder: string,
  gatewayPorts: readonly number[],
  { sendsHeader = true } = {},
): Promise<ProxyProgram & { port: number }> {
  const port = await findFreePort()
  const servers = gatewayPorts.map((gateway, i) => `    server gateway${i} 127.0.0.1:${gateway}\n`)
  const text = readFileSync(join(deploy, 'haproxy/passthrough.cfg'), 'utf8')
    .replace('bind :443', `bind 127.0.0.1:${port}`)
    .replace(/( {4}server .*\n)+/, servers.join(''))
    .replace(' send-proxy-v2', sendsHeader ? ' send-proxy-v2' : '')
  const file = join(folder, `passthrough-${port}.cfg`)
  writeFileSync(file, text)
  const stop = await startProgram(['haproxy', '-db', '-f', file], process.env, port)
  return { url: `https://localhost:${port}`, port, stop }
}

/** Starts a program and waits until it listens; returns how to stop it. */
export async function startProgram(
  [command = '', ...args]: string[],
  env: NodeJS.ProcessEnv,
  port: number,
): Promise<() => Promise<void>> {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (text) => {
    output += text
  })
  child.stderr.on('data', (text) => {
    output += text
  })
  await untilListening(child, port, () => output)
  return async () => {
    child.kill('SIGTERM')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
}

/** Waits until a program that was started accepts connections; throws with its output if it has ended. */
async function untilListening(child: ChildProcess, port: number, output: () => string): Promise<void> {
  for (const end = Date.now() + 10_000; ; await wait(50)) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (isOpen) return
    if (child.exitCode !== null || Date.now() > end) throw new Error(`the edge did not start: ${output()}`)
  }
}
