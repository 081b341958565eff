import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { gatewayOptions } from '../src/cli/gateway-options.ts'
import { findFreePort } from '../test/support/postgres.ts'
import { isTaken } from '../test/support/processes.ts'
import { withKeptVerdicts } from '../test/support/proxy-program.ts'

/** Files that every server of a run uses: its certificate and key, trusted CAs, CRLs. */
export interface PeerFiles {
  folder: string
  certificate: string
  key: string
  clientCa: string
  /** The same, each certificate in its own file. */
  clientCas: string[]
  revocationLists: string
}

/** A server under load. */
export interface Peer {
  port: number
  /** Returns the processes whose CPU time is measured. */
  processIds(): number[]
}

/** Starts programs on one core and stops them together. */
export function openPeers(files: PeerFiles, serverCore: string, otherCore: string) {
  const children: ChildProcess[] = []

  const start = async (core: string, command: string[], ports: number[], environment = {}) => {
    const child = spawn('taskset', ['-c', core, ...command], {
      cwd: files.folder,
      env: { ...process.env, HOME: files.folder, ...environment },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    children.push(child)
    for (const port of ports) {
      for (let left = 100; !(await isTaken(port)); left -= 1) {
        if (left === 0) throw new Error(`${command[0]} does not listen on ${port}`)
        await wait(50)
      }
    }
    return child
  }
  const processIdsOf = (child: ChildProcess) => () => [
    child.pid as number,
    ...childrenOf(child.pid as number),
  ]

  const startNginx = async (core: string, servers: string, ports: number[]): Promise<Peer> => {
    const folder = join(files.folder, `nginx-${ports[0]}`)
    mkdirSync(folder)
    cpSync(join(import.meta.dirname, '../deploy/nginx'), folder, { recursive: true })
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((name) => `${name}_temp_path ${folder}/${name};`)
      .join(' ')
    writeFileSync(
      join(folder, 'nginx.conf'),
      `daemon off; pid ${folder}/pid; worker_processes 1; user root; error_log ${folder}/error.log;
events { worker_connections 4096; }
http { access_log off; keepalive_requests 1000000; ${temporary} ${servers} }
`,
    )
    const command = ['nginx', '-p', folder, '-e', join(folder, 'error.log'), '-c', join(folder, 'nginx.conf')]
    const child = await start(core, command, ports)
    return { port: ports[0] as number, processIds: processIdsOf(child) }
  }

  const tls = `ssl_certificate ${files.certificate}; ssl_certificate_key ${files.key};
    ssl_protocols TLSv1.2 TLSv1.3; ssl_session_tickets off; ssl_session_cache off;`

  return {
    /** Starts a small API on the other core, which responds immediately. */
    async startApi(): Promise<number> {
      const port = await findFreePort()
      const answer = `default_type application/json; return 200 '{"payments":[]}';`
      await startNginx(otherCore, `server { listen 127.0.0.1:${port}; location / { ${answer} } }`, [port])
      return port
    },
    /** Starts nginx that checks certificates itself and responds itself. */
    async startNginxMtls(): Promise<Peer> {
      const port = await findFreePort()
      const checks = `ssl_verify_client on; ssl_verify_depth 3; ssl_client_certificate ${files.clientCa}; ssl_crl ${files.revocationLists};`
      return startNginx(
        serverCore,
        `server { listen 127.0.0.1:${port} ssl; ${tls} ${checks} location / { default_type application/json; return 200 '{"ok":true}'; } }`,
        [port],
      )
    },
    /**
     * Starts nginx that checks certificates, sends authorization requests to an authorizer that always
     * returns 204, and forwards.
     */
    async startNginxAuthRequest(api: number): Promise<Peer> {
      const [port, constant] = [await findFreePort(), await findFreePort()]
      const checks = `ssl_verify_client on; ssl_verify_depth 3; ssl_client_certificate ${files.clientCa}; ssl_crl ${files.revocationLists};`
      const hop = 'proxy_http_version 1.1; proxy_set_header Connection "";'
      return startNginx(
        serverCore,
        `upstream api { server 127.0.0.1:${api}; keepalive 64; } upstream constant { server 127.0.0.1:${constant}; keepalive 64; }
server { listen 127.0.0.1:${constant}; location / { return 204; } }
server { listen 127.0.0.1:${port} ssl; ${tls} ${checks}
  location / { auth_request /_asked; ${hop} proxy_pass http://api; }
  location = /_asked { internal; ${hop} proxy_pass_request_body off; proxy_set_header Content-Length ""; proxy_set_header X-Cert $ssl_client_escaped_cert; proxy_pass http://constant; } }`,
        [port, constant],
      )
    },
    /**
     * Starts nginx with Postern's configuration, and the authorizer at `authorizer`; decisions are cached for
     * a second if `keepsVerdicts`.
     */
    async startNginxWithAuthorizer(api: number, authorizer: number, keepsVerdicts = false): Promise<Peer> {
      const port = await findFreePort()
      const text = readFileSync(join(import.meta.dirname, '../deploy/nginx/postern.conf'), 'utf8')
      const configuration = (keepsVerdicts ? withKeptVerdicts(text, files.folder) : text)
        .replace('listen 443', `listen 127.0.0.1:${port}`)
        .replace('server_name api.example.com', 'server_name localhost')
        .replace('/etc/nginx/tls/api.pem', files.certificate)
        .replace('/etc/nginx/tls/api.key', files.key)
        .replaceAll('127.0.0.1:9300', `127.0.0.1:${authorizer}`)
        .replaceAll('127.0.0.1:8081', `127.0.0.1:${api}`)
      return startNginx(serverCore, configuration, [port])
    },
    /** Starts Caddy that checks certificates itself and forwards. */
    async startCaddy(api: number): Promise<Peer> {
      const port = await findFreePort()
      const file = join(files.folder, 'Caddyfile')
      writeFileSync(
        file,
        `{
	admin off
	auto_https off
}
https://localhost:${port} {
	tls ${files.certificate} ${files.key} {
		client_auth {
			mode require_and_verify
${files.clientCas.map((file) => `			trusted_ca_cert_file ${file}\n`).join('')}		}
	}
	reverse_proxy 127.0.0.1:${api}
}
`,
      )
      const command = ['caddy', 'run', '--adapter', 'caddyfile', '--config', file]
      const child = await start(serverCore, command, [port], { GOMAXPROCS: '1' })
      return { port, processIds: processIdsOf(child) }
    },
    /** Starts `oidc-provider` with one client. */
    async startOidcProvider(clientId: string, clientSecret: string): Promise<Peer> {
      const script = join(import.meta.dirname, 'oidc-provider-server.ts')
      const child = await start(
        serverCore,
        [process.execPath, script, files.certificate, files.key, clientId, clientSecret],
        [],
        { NODE_ENV: 'production' },
      )
      return { port: await readPort(child), processIds: processIdsOf(child) }
    },
    /** Starts Node and undici that forward to `api` and check nothing. */
    async startBareForwarder(api: number): Promise<Peer> {
      const script = join(import.meta.dirname, 'bare-forwarder.ts')
      const command = [process.execPath, ...gatewayOptions, script, files.certificate, files.key, String(api)]
      const child = await start(serverCore, command, [])
      return { port: await readPort(child), processIds: processIdsOf(child) }
    },
    close(): void {
      for (const child of children) child.kill()
    },
  }
}

/** Returns the port that a script prints first. */
async function readPort(child: ChildProcess): Promise<number> {
  let printed = ''
  for (;;) {
    const [chunk] = await once(child.stdout as NodeJS.ReadableStream, 'data')
    printed += chunk
    const [, port] = /^(\d+)\n/m.exec(printed) ?? []
    if (port !== undefined) return Number(port)
  }
}

function childrenOf(processId: number): number[] {
  return readFileSync(`/proc/${processId}/task/${processId}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number)
}
