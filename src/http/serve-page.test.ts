import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import fastify from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { assertPageIsBuilt, servePage } from './serve-page.ts'

test('a user interface that is not built, or only in part, is rejected with the command to run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-page-'))
  expect(() => assertPageIsBuilt(folder)).toThrow(/index\.html is missing\. Run npm start, which builds it/)
  writeFileSync(join(folder, 'index.html'), '<script type="module" src="/assets/index-1.js"></script>')
  expect(() => assertPageIsBuilt(folder)).toThrow(/assets\/index-1\.js is missing/)
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'assets/index-1.js'), '')
  assertPageIsBuilt(folder)
})

async function openPage() {
  const server = fastify()
  onTestFinished(() => server.close())
  await servePage(server, ({ headers }) => headers.cookie === 'session=1')
  return server
}

test('scripts and styles are sent compressed, as the client can read them', async () => {
  const server = await openPage()
  const { body } = await server.inject('/')
  for (const [, url = ''] of body.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)) {
    const get = (encoding: string) => server.inject({ url, headers: { 'accept-encoding': encoding } })
    const plain = await get('identity')
    expect(plain.headers['content-encoding']).toBeUndefined()
    const brotli = await get('gzip, deflate, br')
    expect(brotli.headers).toMatchObject({ 'content-encoding': 'br', vary: 'accept-encoding' })
    expect(brotli.headers['content-type']).toBe(plain.headers['content-type'])
    expect(brotli.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect(brotliDecompressSync(brotli.rawPayload).equals(plain.rawPayload)).toBe(true)
    const gzip = await get('gzip')
    expect(gzip.headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(gzip.rawPayload).equals(plain.rawPayload)).toBe(true)
  }
})

test('the page is told whether the request brought a session cookie', async () => {
  const server = await openPage()
  const told = async (headers: { cookie?: string }) => {
    const { body } = await server.inject({ url: '/o/acme', headers })
    return /<meta name="session" content="(.*?)"/.exec(body)?.[1]
  }
  expect(await told({})).toBe('none')
  expect(await told({ cookie: 'session=1' })).toBe('sent')
})
