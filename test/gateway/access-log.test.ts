import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openAccessLog } from '../../src/app/gateway-access-log.ts'
import { openGatewayHarness } from '../support/gateway-harness.ts'

function createFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'postern-access-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

test('the access log has a line for each event of every process, and nothing that a client keeps secret', async () => {
  const file = join(createFolder(), 'access.jsonl')
  {
    await using harness = await openGatewayHarness({ accessLog: file, gateways: 2 })
    const client = await harness.issue()
    for (const gateway of [0, 1]) {
      const tls = { ca: harness.ca, cert: client.cert, key: client.key, agent: false as const }
      const request = httpsRequest({
        host: 'localhost',
        port: harness.port('production', gateway),
        path: '/s3cret-path?card=s3cret',
        headers: { authorization: 'Bearer s3cret-token', 'x-api-key': 's3cret', cookie: 's3cret' },
        ...tls,
      })
      request.end()
      const [response] = await once(request, 'response')
      response.resume()
      await once(response, 'end')
    }
  }
  const text = readFileSync(file, 'utf8')
  expect(text).not.toContain('s3cret')
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines).toHaveLength(2)
  for (const line of lines)
    expect(line).toMatchObject({
      environment: 'production',
      kind: 'call',
      outcome: 'refused',
      code: 'token_invalid',
      method: 'GET',
      path: null,
      status: 401,
      certificateId: expect.stringMatching(/^cert_/),
      clientAddress: expect.stringMatching(/^(127\.0\.0\.1|::1)$/),
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
    })
  expect(statSync(file).mode & 0o007).toBe(0)
})

test('an access log that cannot be opened is named with its setting', async () => {
  const file = join(createFolder(), 'missing', 'access.jsonl')
  await expect(openAccessLog(file, { warn() {}, error() {} })).rejects.toMatchObject({
    code: 'config_invalid',
    message: expect.stringContaining(`gateway.accessLog: ${file} cannot be opened (ENOENT)`),
  })
})

test('a full disk stops no gateway, and is logged once', async () => {
  const told: object[] = []
  const log = await openAccessLog('/dev/full', { warn: (details) => void told.push(details), error() {} })
  for (let line = 0; line < 100; line += 1) log.write('x'.repeat(1000))
  await expect.poll(() => told).toEqual([{ kind: 'access_log_not_written', code: 'ENOSPC', count: 0 }])
  await log.close()
})
