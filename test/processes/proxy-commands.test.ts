import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { built } from '../support/postern.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'postern-edge-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function postern(args: string[], config: string, variables: Record<string, string> = {}) {
  const file = join(folder, 'postern.yaml')
  writeFileSync(file, config)
  const env = {
    PATH: process.env.PATH,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
    POSTERN_CONFIG: file,
    POSTERN_DATA: join(folder, 'data'),
    ...variables,
  }
  return new Promise<{ code: number; out: string; error: string }>((resolve) => {
    execFile(process.execPath, [built, ...args], { env, timeout: 180_000 }, (failure, out, error) =>
      resolve({ code: failure === null ? 0 : Number(failure.code ?? 1), out, error }),
    )
  })
}

test('postern edge prints the header list of a reverse proxy with the configured headers', async () => {
  const config = 'gateway:\n  reservedHeaders: [X_Acme_Caller, "Legacy-*"]\n'
  const nginx = await postern(['edge', 'nginx'], config)
  expect(nginx).toMatchObject({ code: 0, error: '' })
  expect(nginx.out).toContain('proxy_set_header X-Acme-Caller "";\n')
  expect(nginx.out).toContain('proxy_set_header Remote-User "";\n')
  const caddy = await postern(['edge', 'caddy'], config)
  expect(caddy.out).toContain('\trequest_header -Legacy-*\n')
})

test('postern edge lists the supported reverse proxies', async () => {
  const { code, out, error } = await postern(['edge', 'apache'], '')
  expect({ code, out }).toEqual({ code: 1, out: '' })
  expect(error).toBe(
    'postern: error: There is no edge apache. Name one of nginx, haproxy, caddy, envoy, traefik.\n',
  )
})

test('production does not start with an authorizer that every local program can call', async () => {
  const config = `
profile: production
portal: { url: https://portal.example, port: 1 }
publication: { url: http://pki.example, port: 2 }
gateway: { certificate: a.pem, key: a.key }
mail: { smtp: { host: mail.example } }
authorizer: { port: 3 }
environments:
  production: { port: 4, upstream: http://127.0.0.1:5 }
`
  const { code, out, error } = await postern(['serve'], config)
  expect({ code, out }).toEqual({ code: 1, out: '' })
  expect(error).toContain('authorizer.port is open to every program on this machine.')
  const short = await postern(['serve'], config, { POSTERN_AUTHORIZER_SECRET: 'short-secret' })
  expect(short.error).toContain('POSTERN_AUTHORIZER_SECRET must have 32 to 200')
  expect(short.error).not.toContain('short-secret')
})
