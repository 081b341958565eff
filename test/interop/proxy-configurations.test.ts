import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { proxyLists, type ReverseProxyName } from '../../src/gateway/authorizer/render-proxy-list.ts'
import { headerFamilies, listPatterns } from '../../src/shapes/identity-headers.ts'
import { openFoldingApi } from '../support/folding-api.ts'
import { findFreePort } from '../support/postgres.ts'

const deploy = join(import.meta.dirname, '../../deploy')
const read = (name: string) => readFileSync(join(deploy, name), 'utf8')
const proxies = Object.entries(proxyLists) as [ReverseProxyName, (typeof proxyLists)[ReverseProxyName]][]

/** Everything that the table names, with a name instead of each asterisk. */
const names = [
  ...headerFamilies.flatMap(({ known }) => known),
  ...listPatterns().map((pattern) => pattern.replace('*', 'zz')),
]

test.each(proxies)(
  'the header list for %s matches the table: node scripts/write-proxy-lists.ts',
  (_, list) => {
    expect(read(list.file)).toBe(list.render([]))
  },
)

test.each(proxies)('the header list for %s has the headers that an operator adds', (_, { render }) => {
  const added = render(['X_Acme_Caller', 'Legacy-Role-*'])
  expect(added.toLowerCase()).toContain('x-acme-caller')
  expect(render([]).toLowerCase()).not.toContain('x-acme-caller')
})

test('the page for operators names each pattern of the table', () => {
  const page = readFileSync(join(deploy, '../docs/operators/edges.md'), 'utf8')
  expect(listPatterns().filter((pattern) => !page.includes(`\`${pattern}\``))).toEqual([])
})

describe('the Envoy configuration', () => {
  const [
    {
      filter_chains: [chain],
    },
  ] = parse(read('envoy/envoy.yaml')).static_resources.listeners
  const { typed_config: manager } = chain.filters[0]
  const filters: { name: string }[] = manager.http_filters
  const [script, asks] = manager.http_filters
  const [host] = manager.route_config.virtual_hosts

  test('removes forbidden client headers before it calls Postern and adds its own', () => {
    expect(filters.map(({ name }) => name)).toEqual([
      'envoy.filters.http.lua',
      'envoy.filters.http.ext_authz',
      'envoy.filters.http.router',
    ])
    expect(script.typed_config).toMatchObject({
      default_source_code: { filename: '/etc/envoy/postern-names.lua' },
    })
    expect(manager.common_http_protocol_options.headers_with_underscores_action).toBe('DROP_HEADER')
    // Removed at the end, these would also be removed after Postern set them.
    expect(JSON.stringify(host)).not.toContain('request_headers_to_remove')
    expect(manager).toMatchObject({
      use_remote_address: true,
      forward_client_cert_details: 'SANITIZE_SET',
      set_current_client_cert_details: { cert: true },
    })
  })

  test('forwards the target unchanged, and sends an authorization request for each request of the API', () => {
    expect(manager).toMatchObject({
      normalize_path: false,
      merge_slashes: false,
      path_with_escaped_slashes_action: 'KEEP_UNCHANGED',
      upgrade_configs: [{ upgrade_type: 'websocket' }],
    })
    const { failure_mode_allow, http_service } = asks.typed_config
    expect(failure_mode_allow).toBe(false)
    expect(http_service.path_prefix).toBe('/authorize/production/envoy')
    const [own, api] = host.routes
    expect(own.route.regex_rewrite.substitution).toBe('/endpoints/production/envoy\\1')
    expect(api).toEqual({
      match: { prefix: '/' },
      route: { cluster: 'api' },
      // The router removes that of the API before the filter adds Postern's.
      response_headers_to_remove: ['postern-certificate-expires'],
    })
  })

  test('sends the secret to Postern only', () => {
    const { http_service } = asks.typed_config
    expect(http_service.authorization_request.headers_to_add[0]?.key).toBe('postern-authorizer-secret')
    const [own, api] = host.routes
    expect(own.request_headers_to_add[0].header.key).toBe('postern-authorizer-secret')
    expect(own.route.cluster).toBe('postern')
    expect(api.request_headers_to_add ?? host.request_headers_to_add).toBeUndefined()
  })

  test('has a script that removes each name of the table in any spelling, and keeps the rest', async () => {
    await using api = await openFoldingApi()
    const program = await startWithScript(read('envoy/postern-names.lua'), api.port)
    const send = async (headers: Record<string, string>) => {
      const before = api.calls.length
      const asked = request({ port: program.port, host: '127.0.0.1', agent: false, headers }).end()
      const [response] = await once(asked, 'response')
      response.resume()
      await once(response, 'end')
      expect(response.statusCode).toBe(200)
      return api.calls[before]?.variables ?? new Map<string, string[]>()
    }
    try {
      const spellings = [
        (name: string) => name,
        (name: string) => name.replaceAll('-', '_').toUpperCase(),
        (name: string) => name.replaceAll('-', '.'),
      ]
      // Envoy has written these itself when the script runs.
      const written = ['x-forwarded-client-cert', 'x-forwarded-for', 'x-forwarded-proto']
      const all = names.filter((name) => !written.includes(name))
      for (const spell of spellings)
        for (let i = 0; i < all.length; i += 20) {
          const group = all.slice(i, i + 20).map((name) => [spell(name), `forged ${name}`])
          expect(JSON.stringify([...(await send(Object.fromEntries(group)))])).not.toContain('forged')
        }
      const variables = await send({
        'x-forwarded-for': '10.1.2.3, 192.0.2.7',
        'x-forwarded-proto': 'https',
        'x-forwarded-client-cert': 'Cert="a"',
        x_forwarded_client_cert: 'forged',
        'x-user-agent': 'grpc-web',
        'x-request-id': 'abc',
        authorization: 'Bearer a',
      })
      expect(Object.fromEntries(variables)).toMatchObject({
        HTTP_X_FORWARDED_FOR: ['192.0.2.7'],
        HTTP_X_FORWARDED_PROTO: ['https'],
        HTTP_X_FORWARDED_CLIENT_CERT: ['Cert="a"'],
        HTTP_X_USER_AGENT: ['grpc-web'],
        HTTP_X_REQUEST_ID: ['abc'],
        HTTP_AUTHORIZATION: ['Bearer a'],
      })
    } finally {
      await program.stop()
    }
  })
})

describe('the Traefik configuration', () => {
  const { routers, middlewares } = parse(read('traefik/postern.yaml')).http
  const { forget } = parse(read('traefik/postern-names.yaml')).http.middlewares
  const removed = Object.keys(forget.headers.customRequestHeaders).map((name) => name.toLowerCase())

  test('removes each name of the table that it does not set itself, before it calls Postern', () => {
    expect(routers.api.middlewares).toEqual(['forget', 'certificate', 'secret', 'ask', 'keep'])
    expect(routers.own.middlewares).toEqual(['forget', 'certificate', 'secret', 'own'])
    const written = /^x-(forwarded-(for|host|port|proto|server)|real-ip)$/
    const known = headerFamilies.flatMap((family) => family.known).filter((name) => !written.test(name))
    expect(known.filter((name) => !removed.includes(name))).toEqual([])
    expect(removed).toEqual(expect.arrayContaining(['postern-assertion', 'proxy', 'sm-user']))
    expect(new Set(Object.values(forget.headers.customRequestHeaders))).toEqual(new Set(['']))
  })

  test('sends an authorization request with every header for each request, and forwards only what Postern sets', () => {
    expect(middlewares.ask.forwardAuth).toEqual({
      address: 'http://127.0.0.1:9300/authorize/production/traefik',
      trustForwardHeader: false,
      authResponseHeaders: [
        ...['Client-Cert', 'Client-Cert-Chain', 'Postern-Certificate', 'Postern-Organization'],
        ...['Postern-Client-Id', 'Postern-Trace-Id'],
      ],
    })
    expect(middlewares.own.addPrefix.prefix).toBe('/endpoints/production/traefik')
  })

  test('removes the secret before the API', () => {
    const { secret, keep } = middlewares
    expect(secret.headers.customRequestHeaders).toEqual({
      'Postern-Authorizer-Secret': '{{ env "POSTERN_AUTHORIZER_SECRET" }}',
    })
    expect(keep.headers.customRequestHeaders['Postern-Authorizer-Secret']).toBe('')
  })

  test('states which versions remove the headers that Connection names before the middlewares', () => {
    expect(read('traefik/postern.yaml')).toMatch(/Traefik 3\.6\.14, or 2\.11\.43, or newer/)
  })
})

test('nginx sets or removes each name of the table in authorization requests and forwarded requests', () => {
  const list = read('nginx/postern-names.conf')
  const setIn = (text: string) =>
    [...text.matchAll(/^proxy_set_header (\S+) /gm)].map(([, name = '']) => name.toLowerCase())
  for (const file of ['nginx/postern-asked.conf', 'nginx/postern-call.conf']) {
    const text = read(file)
    expect(text).toContain('include postern-names.conf;')
    const own = setIn(text.replace('include postern-secret.conf;', read('nginx/postern-secret.conf')))
    const all = [...own, ...setIn(list)]
    const known = headerFamilies.flatMap((family) => family.known)
    expect(known.filter((name) => !all.includes(name))).toEqual([])
    expect(all).toHaveLength(new Set(all).size)
  }
})

/** Runs Envoy's script in HAProxy: Envoy itself is not packaged here, and its Lua is the same language. */
async function startWithScript(script: string, api: number) {
  const folder = mkdtempSync(join(tmpdir(), 'postern-script-'))
  const port = await findFreePort()
  writeFileSync(join(folder, 'script.lua'), script)
  writeFileSync(
    join(folder, 'adapter.lua'),
    `local function headers_of(http)
  local kinds = { __pairs = function()
    local plain = {}
    for name, values in pairs(http:req_get_headers()) do plain[name] = values[0] end
    return next, plain, nil
  end }
  return setmetatable({
    get = function(_, name) local values = http:req_get_headers()[name] return values and values[0] end,
    remove = function(_, name) http:req_del_header(name) end,
    replace = function(_, name, value) http:req_set_header(name, value) end,
  }, kinds)
end
core.register_action("script", { "http-req" }, function(txn)
  envoy_on_request({ headers = function() return headers_of(txn.http) end })
end, 0)
`,
  )
  writeFileSync(
    join(folder, 'haproxy.cfg'),
    `global
    lua-load ${folder}/script.lua
    lua-load ${folder}/adapter.lua
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend clients
    bind 127.0.0.1:${port}
    http-request lua.script
    default_backend api
backend api
    server api 127.0.0.1:${api}
`,
  )
  const child: ChildProcess = spawn('haproxy', ['-db', '-f', join(folder, 'haproxy.cfg')], {
    stdio: 'ignore',
  })
  for (const end = Date.now() + 10_000; ; await wait(50)) {
    const socket = connect(port, '127.0.0.1')
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (isOpen) break
    if (child.exitCode !== null || Date.now() > end) throw new Error('HAProxy did not start')
  }
  return {
    port,
    async stop() {
      child.kill('SIGTERM')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      rmSync(folder, { recursive: true })
    },
  }
}
