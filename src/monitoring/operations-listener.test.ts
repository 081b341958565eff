import { request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { HostReadiness } from './judge-host.ts'
import { type OperationsListener, openOperations } from './operations-listener.ts'

let listener: OperationsListener
const ready: HostReadiness = { status: 'ready', roles: [], problems: [] }
const notReady: HostReadiness = { ...ready, status: 'not_ready' }

beforeAll(async () => {
  listener = await openOperations(
    { host: '127.0.0.1', port: 0 },
    {
      writeMetrics: async () => ({ text: 'postern_ready 1\n', mediaType: 'text/plain; version=0.0.4' }),
      async judge(role, isStrict) {
        if (role === 'portal') return undefined
        return role === 'gateway' || isStrict ? notReady : ready
      },
    },
  )
})
afterAll(() => listener.close())

const ask = (path: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${listener.port}${path}`, init)

test.each([
  ['/healthz', 200, { status: 'ok' }],
  ['/readyz', 200, ready],
  ['/readyz?strict', 503, notReady],
  ['/readyz/gateway', 503, notReady],
])('%s answers %i and says why, for programs that keep nothing', async (path, status, body) => {
  const response = await ask(path)
  expect([response.status, await response.json()]).toEqual([status, body])
  expect(response.headers.get('cache-control')).toBe('no-store')
  const head = await ask(path, { method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([status, ''])
})

test.each(['/', '/readyz/portal', '/readyz/', '/readyz/constructor', '//', '/%00'])(
  '%s is no address',
  async (path) => {
    expect((await ask(path)).status).toBe(404)
  },
)

test('another method is answered before its body is read, and ends the connection', async () => {
  const { status, connection } = await new Promise<{ status?: number; connection?: string }>(
    (resolve, reject) => {
      const sent = request({ port: listener.port, method: 'POST', path: '/readyz' }, (response) => {
        resolve({ status: response.statusCode ?? 0, connection: response.headers.connection ?? '' })
        response.resume()
      })
      sent.on('error', reject)
      sent.setHeader('content-length', 10_000_000)
      sent.write('x')
    },
  )
  expect([status, connection]).toEqual([405, 'close'])
})
