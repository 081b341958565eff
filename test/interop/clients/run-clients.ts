import { execFile, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { fromLines, type Seen, type SetUp } from './set-up.ts'

const run = promisify(execFile)
const programs = import.meta.dirname

/** What a client gets. */
export interface Task {
  setUps: readonly SetUp[]
  /** The same in lines, for a program; see {@link toLines}. */
  lines: string
  caFile: string
  traceIdOf(setUp: SetUp): string
  /** A separate folder. */
  folder: string
}

/** A client that runs every set-up, one after the other. */
export type RunClient = (task: Task) => Promise<Map<string, Seen>>

const runProgram = async ({ lines, folder }: Task, command: string, ...args: string[]) => {
  const file = join(folder, 'set-ups.txt')
  writeFileSync(file, lines)
  const { stdout } = await run(
    command,
    args.map((arg) => (arg === '{}' ? file : arg)),
  )
  return fromLines(stdout)
}

const oneByOne =
  (call: (setUp: SetUp, task: Task) => Promise<Seen>): RunClient =>
  async (task) => {
    const seen = new Map<string, Seen>()
    for (const setUp of task.setUps) seen.set(setUp.name, await call(setUp, task))
    return seen
  }

const headersOf = (setUp: SetUp, { traceIdOf }: Task): string[] => [
  `traceparent: 00-${traceIdOf(setUp)}-${'1'.repeat(16)}-01`,
  ...(setUp.authorization === '' ? [] : [`authorization: ${setUp.authorization}`]),
  ...(setUp.host === '' ? [] : [`host: ${setUp.host}`]),
]

function writeLenient({ folder }: Task): string {
  const file = join(folder, 'openssl.cnf')
  writeFileSync(file, lenientOpenssl)
  return file
}

const curlModes: Record<SetUp['tls'], string[]> = {
  default: [],
  untrusted: [],
  lenient: [],
  version: ['--tlsv1.0', '--tls-max', '1.1', '--ciphers', 'DEFAULT:@SECLEVEL=0'],
  cipher: ['--tls-max', '1.2', '--ciphers', 'AES128-SHA'],
  group: ['--curves', 'X448'],
}

/** Debian's default security level does not even load weak certificates; curl has no option for it. */
const lenientOpenssl = `openssl_conf = init
[init]
ssl_conf = ssl
[ssl]
system_default = tls
[tls]
CipherString = DEFAULT@SECLEVEL=0
`

async function callWithCurl(setUp: SetUp, task: Task): Promise<Seen> {
  const { certFile, keyFile, tls, method, url } = setUp
  const { stdout } = await run(
    'curl',
    [
      ...[
        '--silent',
        '--max-time',
        '10',
        '--request',
        method,
        '--write-out',
        '\n%{http_code}',
        '--path-as-is',
      ],
      ...(tls === 'untrusted' ? [] : ['--cacert', task.caFile]),
      ...(certFile === '' ? [] : ['--cert', certFile, '--key', keyFile]),
      ...headersOf(setUp, task).flatMap((header) => ['--header', header]),
      ...[...curlModes[tls], url],
    ],
    tls === 'lenient' ? { env: { ...process.env, OPENSSL_CONF: writeLenient(task) } } : {},
  ).catch((error) => error)
  const lines = String(stdout).split('\n')
  return { status: Number(lines.pop()) || null, body: lines.join('') }
}

const gnutlsModes: Record<SetUp['tls'], string> = {
  default: 'NORMAL',
  untrusted: 'NORMAL',
  lenient: 'NORMAL:%PROFILE_VERY_WEAK',
  version: 'LEGACY:-VERS-ALL:+VERS-TLS1.1',
  cipher: 'NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA',
  group: 'NORMAL:-GROUP-ALL:+GROUP-X448',
}

function callWithGnutls(setUp: SetUp, task: Task): Promise<Seen> {
  const { certFile, keyFile, tls, method } = setUp
  const url = new URL(setUp.url)
  const args = [
    ...['--port', url.port, '--logfile', '/dev/null', '--priority', gnutlsModes[tls], '--alpn', 'http/1.1'],
    ...(tls === 'untrusted' ? [] : ['--x509cafile', task.caFile]),
    ...(certFile === '' ? [] : ['--x509certfile', certFile, '--x509keyfile', keyFile]),
    url.hostname,
  ]
  const host = setUp.host === '' ? [`host: ${url.host}`] : []
  const head = [...host, 'connection: close', ...headersOf(setUp, task)]
  return new Promise((resolve) => {
    let text = ''
    const client = spawn('gnutls-cli', args, { timeout: 10_000 })
    client.stdout.on('data', (data) => {
      text += data
    })
    client.stdin.on('error', () => {})
    client.stdin.write(`${method} ${url.pathname} HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n`)
    client.on('close', () => {
      const [, status, body = ''] = /HTTP\/1\.1 (\d{3})[\s\S]*?\r\n\r\n([\s\S]*)/.exec(text) ?? []
      resolve({ status: Number(status) || null, body })
    })
  })
}

/** Runs the set-up for groups in a process of its own, because Java reads the groups at start-up. */
async function callWithJava(task: Task): Promise<Map<string, Seen>> {
  const start = (isMeant: (line: string) => boolean, ...options: string[]) =>
    runProgram(
      { ...task, lines: task.lines.split('\n').filter(isMeant).join('\n') },
      ...([
        'java',
        '-Xshare:auto',
        '-XX:TieredStopAtLevel=1',
        '-Djdk.httpclient.allowRestrictedHeaders=host',
      ] as const),
      ...[...options, '-cp', java.folder, 'Client', '{}'],
    )
  const isGroup = (line: string) => line.endsWith('\tgroup')
  const most = await start((line) => !isGroup(line))
  return new Map([...most, ...(await start(isGroup, '-Djdk.tls.namedGroups=x448'))])
}

const go = { program: '' }
const java = { folder: '' }

/** Compiles the Go and Java programs into `folder`. */
export async function compileClients(folder: string): Promise<void> {
  go.program = join(folder, 'go-client')
  java.folder = folder
  await run('go', ['build', '-o', go.program, join(programs, 'client.go')], {
    env: { ...process.env, GO111MODULE: 'off', GOFLAGS: '', GOPROXY: 'off' },
  })
  await run('javac', ['-d', folder, join(programs, 'Client.java')])
}

const node = (library: string) => (task: Task) =>
  runProgram(task, process.execPath, join(programs, 'node-client.ts'), '{}', library)

/** Each client by its name. */
export const clients: Record<string, RunClient> = {
  'curl (OpenSSL)': oneByOne(callWithCurl),
  GnuTLS: oneByOne(callWithGnutls),
  'node:https': node('https'),
  undici: node('undici'),
  'Python requests': (task) => runProgram(task, '/usr/bin/python3', join(programs, 'client.py'), '{}'),
  'Go net/http': (task) => runProgram(task, go.program, '{}'),
  'Java HttpClient': callWithJava,
}
