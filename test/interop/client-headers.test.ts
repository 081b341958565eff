import { once } from 'node:events'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { connect, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { headerFamilies, listPatterns } from '../../src/shapes/identity-headers.ts'
import { createCredentialToken } from '../support/fetch-token.ts'
import { type FoldedCall, type FoldingApi, openFoldingApi } from '../support/folding-api.ts'
import { type GatewayHarness, openGatewayHarness, type TestClient } from '../support/gateway-harness.ts'
import { type ProxyProgram, startProxy } from '../support/proxy-program.ts'

const secret = 'k9Zs0v4mQe1Yb7Tn3Xw8Rj5Lp2Hd6Gc0Fa='

let harness: GatewayHarness
let api: FoldingApi
let client: TestClient
let token: string

beforeAll(async () => {
  api = await openFoldingApi()
  harness = await openGatewayHarness({
    authorizer: true,
    authorizerSecret: secret,
    reservedHeaders: ['X-Acme-Caller', 'Acme_Role_*'],
    environments: { production: { upstream: api.url, routes: null, recordedPaths: 'full' } },
  })
  client = await harness.issue()
  token = await createCredentialToken(harness, client)
})
afterAll(async () => {
  await harness[Symbol.asyncDispose]()
  await api[Symbol.asyncDispose]()
})

type Field = readonly [name: string, value: string]

/** Names of the table, and names that only start like some of the table. */
const knownNames = [
  ...new Set([
    ...listPatterns().filter((pattern) => !pattern.endsWith('*')),
    ...headerFamilies.flatMap(({ known }) => known),
  ]),
]
const beginningNames = listPatterns()
  .filter((pattern) => pattern.endsWith('*'))
  .map((pattern) => `${pattern.slice(0, -1)}zz`)

const capitalize = (name: string) => name.replaceAll(/(?<=^|-)[a-z]/g, (letter) => letter.toUpperCase())
/** The spellings of a name that a program behind the proxy reads as the same name. */
const spellings: Record<string, (name: string) => string> = {
  'as manuals write them': capitalize,
  'with underscores': (name) => capitalize(name).replaceAll('-', '_'),
  'with one underscore': (name) => name.toUpperCase().replace('-', '_'),
  'with dots': (name) => name.replaceAll('-', '.'),
}

const inGroups = <T>(all: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size))

/** Each way to the API, and what identifies a client there. */
const ways = [
  { name: 'gateway', program: undefined },
  { name: 'nginx', program: 'nginx' },
  { name: 'nginx with a decision cache', program: 'nginx', keepsVerdicts: true },
  { name: 'haproxy', program: 'haproxy' },
  { name: 'caddy', program: 'caddy' },
]

describe.each(ways)('$name', ({ program, keepsVerdicts = false }) => {
  let proxy: ProxyProgram | undefined
  let port: number
  let session: ClientHttp2Session

  beforeAll(async () => {
    if (program !== undefined) {
      const authorizer = harness.gateways[0]?.authorizerPort as number
      const reservedHeaders = ['X-Acme-Caller', 'Acme_Role_*']
      proxy = await startProxy(program, harness, {
        authorizer,
        api: api.port,
        keepsVerdicts,
        secret,
        reservedHeaders,
      })
    }
    port = proxy === undefined ? harness.port() : Number(new URL(proxy.url).port)
    session = connectHttp2(`https://localhost:${port}`, tls())
    session.on('error', () => {})
  })
  afterAll(async () => {
    session.destroy()
    await proxy?.stop()
  })

  const tls = () => ({ servername: 'localhost', ca: harness.ca, cert: client.cert, key: client.key })

  /** Returns the request as the API gets it, undefined if it does not arrive. */
  async function arrived(call: () => Promise<number>): Promise<{ status: number; seen: FoldedCall[] }> {
    const before = api.calls.length
    const status = await call()
    return { status, seen: api.calls.slice(before) }
  }

  async function openSocket(target: string, fields: readonly Field[]): Promise<TLSSocket> {
    const socket = connect({ host: 'localhost', port, ...tls(), ALPNProtocols: ['http/1.1'] })
    socket.on('error', () => {})
    const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')
    const own = `Host: localhost\r\nAuthorization: Bearer ${token}\r\n`
    socket.write(`GET ${target} HTTP/1.1\r\n${own}${lines}\r\n`, 'latin1')
    return socket
  }

  const one = (fields: readonly Field[], target = '/payments') =>
    arrived(async () => {
      const isConnectionNamed = fields.some(([name]) => name === 'Connection')
      const socket = await openSocket(
        target,
        isConnectionNamed ? fields : [...fields, ['Connection', 'close']],
      )
      let text = ''
      for await (const chunk of socket) text += chunk.toString('latin1')
      return Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0)
    })

  const two = (fields: readonly Field[], target = '/payments') =>
    arrived(async () => {
      const headers: Record<string, string> = {}
      for (const [name, value] of fields) headers[name.toLowerCase()] = value
      const stream = session.request({
        ':path': target,
        ':authority': 'localhost',
        authorization: `Bearer ${token}`,
        ...headers,
      })
      const [answer] = await once(stream, 'response')
      stream.resume()
      await once(stream, 'close')
      return Number(answer[':status'])
    })

  const versions = [
    { version: 'HTTP/1.1', send: one },
    { version: 'HTTP/2', send: two },
  ]

  /**
   * Expects that the API gets Postern's identity headers, once each, and none of the client's and not the
   * proxy's secret.
   */
  function expectGenuine({ variables }: FoldedCall): void {
    const text = JSON.stringify([...variables])
    expect(text).not.toContain('forged')
    expect(text).not.toContain(secret)
    expect(variables.get('HTTP_CLIENT_CERT')).toEqual([`:${Buffer.from(client.der).toString('base64')}:`])
    expect(variables.get('HTTP_CLIENT_CERT_CHAIN')).toHaveLength(1)
    expect(variables.get('HTTP_AUTHORIZATION')).toEqual([`Bearer ${token}`])
    expect(variables.get('HTTP_X_FORWARDED_FOR')).toEqual(['127.0.0.1'])
    expect(variables.get('HTTP_POSTERN_TRACE_ID')).toHaveLength(1)
    if (program === undefined) expect(variables.get('HTTP_POSTERN_ASSERTION')).toHaveLength(1)
    else expect(variables.get('HTTP_POSTERN_ORGANIZATION')).toEqual(['acme'])
  }

  for (const { version, send } of versions) {
    test.each(Object.keys(spellings))(
      `no name of the table arrives over ${version}, %s`,
      async (spelling) => {
        for (const names of inGroups([...knownNames, 'x-acme-caller'], 16)) {
          const fields = names.map((name): Field => [spellings[spelling]?.(name) ?? name, `forged ${name}`])
          const { status, seen } = await send(fields)
          if (program === undefined || status === 200) {
            expect(seen).toHaveLength(1)
            expectGenuine(seen[0] as FoldedCall)
          } else {
            // A proxy may ignore such a name as an invalid header.
            expect({ names, status, seen }).toEqual({ names, status: 400, seen: [] })
            expect(spelling).not.toBe('as manuals write them')
          }
        }
      },
    )

    test(`no name that starts like those arrives over ${version}`, async () => {
      for (const name of [...beginningNames, 'acme-role-other']) {
        const { status, seen } = await send([[name, 'forged']])
        if (status === 200) expectGenuine(seen[0] as FoldedCall)
        // nginx cannot remove headers by prefix: Postern denies the request.
        else
          expect({ name, program, status, seen }).toEqual({ name, program: 'nginx', status: 403, seen: [] })
      }
    }, 60_000)

    test(`all other headers arrive unchanged over ${version}`, async () => {
      const fields: Field[] = [
        ['Accept', 'application/json'],
        ['Accept-Language', 'pl'],
        ['User-Agent', 'test'],
        ['Idempotency-Key', 'k1'],
        ['X-Request-Id', 'abc'],
        ['X-Api-Key', 'key'],
        ['Cookie', 'a=1; b=2'],
      ]
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
      // For requests without an authorization request, nginx forwards its own values.
      const others: Field[] = [
        ['X-User-Agent', 'grpc-web'],
        ['X-User-Language', 'pl'],
        ['X-Client-Version', '1.2'],
        ['X-Client-Id', 'shop'],
        ['X-Auth-Token', 'own'],
        ['X-Requested-At', 'now'],
      ]
      const { status, seen } = await send([...fields, ...others, ['Traceparent', traceparent]])
      expect(status).toBe(200)
      const { variables } = seen[0] as FoldedCall
      const read = ([name]: Field) => variables.get(`HTTP_${name.toUpperCase().replaceAll('-', '_')}`)
      for (const field of fields) expect({ field, is: read(field) }).toEqual({ field, is: [field[1]] })
      for (const field of others)
        expect({ field, is: read(field) }).toEqual({ field, is: keepsVerdicts ? undefined : [field[1]] })
      const [forwarded] = read(['Traceparent', '']) ?? []
      // The trace goes on; the gateway adds a span of its own, and the reverse proxies pass the field as it is.
      if (program === undefined)
        expect(forwarded).toMatch(new RegExp(`^${traceparent.slice(0, 36)}[0-9a-f]{16}-01$`))
      else expect(forwarded).toBe(traceparent)
    })
  }

  test('a name in Connection removes nothing that Postern wrote', async () => {
    const named = 'Client-Cert, Postern-Organization, X-Forwarded-For, postern-assertion, Postern-Trace-Id'
    for (const connection of [`close, ${named}`, `${named}, close`, `close,${named},upgrade`]) {
      const { status, seen } = await one([
        ['Connection', connection],
        ['Upgrade', 'h2c'],
        ['Client-Cert', 'forged'],
        ['Client_Cert', 'forged'],
        ['Postern_Organization', 'forged'],
      ])
      expect(status).toBe(200)
      expectGenuine(seen[0] as FoldedCall)
      expect(JSON.stringify([...(seen[0] as FoldedCall).variables])).not.toContain(named.slice(0, 11))
    }
  })

  test('a WebSocket is allowed, with the headers that Postern wrote and none that Connection names', async () => {
    const before = api.calls.length
    const socket = await openSocket('/payments/live', [
      ['Connection', 'Upgrade, Client-Cert, Postern-Organization, Postern-Assertion'],
      ['Upgrade', 'websocket'],
      ['Sec-WebSocket-Version', '13'],
      ['Sec-WebSocket-Key', 'AAAAAAAAAAAAAAAAAAAAAA=='],
      ['Client_Cert', 'forged'],
    ])
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
    })
    const until = async (wanted: RegExp) => {
      for (const end = Date.now() + 8000; !wanted.test(text) && Date.now() < end; )
        await new Promise((resolve) => setTimeout(resolve, 20))
      expect(text).toMatch(wanted)
    }
    await until(/^HTTP\/1\.1 101 /)
    socket.write('there and back')
    await until(/there and back/)
    socket.destroy()
    const [call] = api.calls.slice(before)
    expectGenuine(call as FoldedCall)
    expect(String(call?.variables.get('HTTP_CONNECTION')).toLowerCase()).toBe('upgrade')
  })

  test('a request with two access tokens is denied', async () => {
    for (const value of ['Bearer other', `Bearer ${token}`, 'Basic YTpi']) {
      const { status, seen } = await one([['Authorization', value]])
      expect({ value, seen }).toEqual({ value, seen: [] })
      expect([400, 403]).toContain(status)
    }
  })

  test('a header that is ambiguous when repeated reaches the API once or not at all', async () => {
    const twice: Field[][] = [
      [
        ['Content-Type', 'application/json'],
        ['Content-Type', 'text/plain'],
      ],
      [['Host', 'other.example']],
      [['Host', 'localhost']],
    ]
    for (const fields of twice) {
      const { seen } = await one(fields)
      for (const { variables } of seen) {
        expect(variables.get('HTTP_HOST')).toHaveLength(1)
        expect(variables.get('HTTP_CONTENT_TYPE') ?? ['one']).toHaveLength(1)
      }
    }
  })

  test.each(['OPTIONS *', 'CONNECT localhost:443', 'TRACE'])('%s does not reach the API', async (line) => {
    const { seen } = await arrived(async () => {
      const socket = connect({ host: 'localhost', port, ...tls(), ALPNProtocols: ['http/1.1'] })
      socket.on('error', () => {})
      const target = line.includes(' ') ? '' : ' '
      const head = `Host: localhost\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n\r\n`
      socket.write(`${line}${target} HTTP/1.1\r\n${head}`)
      socket.setTimeout(3000, () => socket.destroy())
      socket.resume()
      await once(socket, 'close')
      return 0
    })
    expect(seen).toEqual([])
  })

  test('the checked request target is the one that the API gets, octet for octet', async () => {
    const targets = [
      '/payments/%7Ea/%41?x=%23&y=/../z',
      '/payments/a%20b;c=1',
      '/payments/refunds#',
      '/payments/refunds#x?y',
      '/payments?a#b',
      '/payments/%2e%2e/refunds',
      '/payments/../refunds',
      '/payments/..;/refunds',
      '/payments//x',
      '//payments',
      '/payments/./x',
      '/payments/a%2Fb',
      '/payments/a\\b',
      '/payments/{x}|^`"<>',
      '/payments/%c0%ae%c0%ae/x',
      '/payments/\u00e9',
      '/payments/%zz',
      '/PAYMENTS/X.',
      'https://localhost/payments/absolute?x=1',
      'https://localhost',
    ]
    for (const target of targets) {
      const { status, seen } = await one([], target)
      const [call] = seen
      if (call === undefined) expect({ target, status }).toEqual({ target, status: expect.any(Number) })
      if (call === undefined) continue
      const traceId = call.variables.get('HTTP_POSTERN_TRACE_ID')?.[0]
      const [row] = await harness.untilActivity(({ trace_id }) => trace_id === traceId)
      expect({ target, path: call.target.split('?')[0] }).toEqual({ target, path: row?.path })
    }
  }, 30_000)
})
