import { once } from 'node:events'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import type { GatewayTestClient } from './gateway-test-client.ts'

/** A response over either HTTP version: header values octet for octet, as latin1. */
export interface GotAnswer {
  status: number
  /** Each field as received, with its name in lower case. */
  fields: [string, string][]
  text: string
  trailers: [string, string][]
  /** Whether the response ended as its HTTP version requires. */
  isWhole: boolean
}

export interface Asked {
  method?: string
  path?: string
  /** Field lines in addition to those of the version and the token. */
  fields?: [string, string][]
  body?: string
  /** Trailers after the body, announced by `Trailer`. */
  trailers?: [string, string][]
}

/** Creates a sender of requests over HTTP/1.1 or over one shared HTTP/2 session. */
export function createAsker(url: string, caller: GatewayTestClient) {
  const limits = { maxHeaderListPairs: 4000, settings: { maxHeaderListSize: 1_000_000 } }
  let session: ClientHttp2Session | undefined
  return {
    ask: (version: '1.1' | '2', asked: Asked): Promise<GotAnswer> => {
      if (version === '1.1') return askHttp1(caller, asked)
      session ??= connectHttp2(url, { ...caller.tls, ...limits })
      return askHttp2(session, caller, asked)
    },
    close: () => session?.destroy(),
  }
}

async function askHttp1(
  caller: GatewayTestClient,
  { method = 'GET', path = '/x', fields = [], body, trailers }: Asked,
) {
  const lines = [
    ...fields,
    ...framingOf(body, trailers),
    ['authorization', caller.bearer.authorization],
  ] as const
  const head = [
    `${method} ${path} HTTP/1.1`,
    'host: localhost',
    'connection: close',
    ...lines.map(([name, value]) => `${name}: ${value}`),
  ]
  const content = trailers === undefined || body === undefined ? body : toChunk(body, trailers)
  const bytes = `${head.join('\r\n')}\r\n\r\n${content ?? ''}`
  const { text } = await caller.sendRaw(Buffer.from(bytes, 'latin1'))
  return readHttp1(text, method)
}

function framingOf(body: string | undefined, trailers: Asked['trailers']): [string, string][] {
  if (body === undefined) return []
  return trailers === undefined
    ? [['content-length', String(body.length)]]
    : [
        ['transfer-encoding', 'chunked'],
        ['trailer', namesOf(trailers)],
      ]
}

const namesOf = (trailers: [string, string][]): string => trailers.map(([name]) => name).join(', ')

const toChunk = (body: string, trailers: [string, string][]): string =>
  `${body.length.toString(16)}\r\n${body}\r\n0\r\n${trailers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`

function readHttp1(bytes: string, method: string): GotAnswer {
  const end = bytes.indexOf('\r\n\r\n')
  const [first = '', ...lines] = bytes.slice(0, Math.max(end, 0)).split('\r\n')
  const fields = lines.map(readLine)
  const find = (name: string) => fields.find(([one]) => one === name)?.[1]
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1] ?? 0)
  const rest = bytes.slice(end + 4)
  if (find('transfer-encoding') === 'chunked') return { status, fields, ...readChunks(rest) }
  const length = find('content-length')
  const hasBody = method !== 'HEAD' && status !== 204 && status !== 304
  const isWhole = end > 0 && (!hasBody || length === undefined || rest.length === Number(length))
  return { status, fields, text: rest, trailers: [], isWhole }
}

const readLine = (line: string): [string, string] => {
  const colon = line.indexOf(':')
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
}

function readChunks(rest: string): Pick<GotAnswer, 'text' | 'trailers' | 'isWhole'> {
  let text = ''
  for (let at = 0; ; ) {
    const line = rest.indexOf('\r\n', at)
    if (line < 0) return { text, trailers: [], isWhole: false }
    const size = Number.parseInt(rest.slice(at, line), 16)
    if (size === 0) {
      const tail = rest.slice(line + 2)
      const lines = tail.split('\r\n').filter((one) => one !== '')
      return { text, trailers: lines.map(readLine), isWhole: tail.endsWith('\r\n') }
    }
    text += rest.slice(line + 2, line + 2 + size)
    at = line + 2 + size + 2
  }
}

async function askHttp2(
  session: ClientHttp2Session,
  caller: GatewayTestClient,
  { method = 'GET', path = '/x', fields = [], body, trailers }: Asked,
): Promise<GotAnswer> {
  const own = { ':method': method, ':path': path, ...caller.bearer }
  const announced = trailers === undefined ? {} : { trailer: namesOf(trailers) }
  const stream = session.request(
    { ...own, ...Object.fromEntries(fields), ...announced },
    { endStream: body === undefined, waitForTrailers: trailers !== undefined },
  )
  stream.on('wantTrailers', () => stream.sendTrailers(Object.fromEntries(trailers ?? [])))
  const got: GotAnswer = { status: 0, fields: [], text: '', trailers: [], isWhole: false }
  stream.on('response', (headers, _flags, raw: string[]) => {
    got.status = headers[':status'] as number
    got.fields = toPairs(raw).filter(([name]) => name !== ':status')
  })
  stream.on('trailers', (_headers, _flags, raw: string[]) => {
    got.trailers = toPairs(raw)
  })
  stream.on('data', (chunk: Buffer) => {
    got.text += chunk.toString('latin1')
  })
  let failed = false
  stream.on('error', () => {
    failed = true
  })
  if (body !== undefined) stream.end(Buffer.from(body, 'latin1'))
  stream.resume()
  if (!stream.closed) await once(stream, 'close').catch(() => {})
  got.isWhole = got.status !== 0 && !failed
  return got
}

const toPairs = (raw: readonly string[]): [string, string][] =>
  raw.flatMap((name, i): [string, string][] => (i % 2 === 0 ? [[name.toLowerCase(), raw[i + 1] ?? '']] : []))
