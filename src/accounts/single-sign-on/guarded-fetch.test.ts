import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findUrlProblem } from '../../guard-addresses.ts'
import { createGuardedFetch } from './guarded-fetch.ts'

const open = { allowPrivate: true, allowPlain: true }
const closed = { allowPrivate: false, allowPlain: false }

let server: Server
let url: string
beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/redirect') response.writeHead(302, { location: `${url}/ok` })
    if (request.url === '/large') response.write(Buffer.alloc(600 * 1024))
    response.end('ok')
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => server.close())

test.each([
  'http://login.acme.example',
  'https://localhost',
  'https://a.localhost:8443',
  'https://127.1',
  'https://0x7f000001',
  'https://2130706433',
  'https://[::1]',
  'https://[::ffff:192.168.0.1]',
  'https://169.254.169.254/latest/meta-data',
  'file:///etc/passwd',
])('%s is not asked', async (address) => {
  expect(findUrlProblem(new URL(address), closed)).toBeDefined()
  await expect(createGuardedFetch(closed)(address)).rejects.toThrow('must')
})

test('a name with a private address is not asked, even if it was public before', async () => {
  const answers = [[{ address: '10.0.0.1', family: 4 }], [{ address: '::1', family: 6 }]]
  const fetch = createGuardedFetch(closed, ((
    _: string,
    __: object,
    done: (error: null, found: object[]) => void,
  ) => done(null, answers.shift() ?? [])) as never)
  for (let n = 0; n < 3; n++)
    await expect(fetch('https://rebinding.example/')).rejects.toThrow('has no public address')
})

test('http is asked on loopback alone, where it is allowed at all', async () => {
  expect(await (await createGuardedFetch(open)(url)).text()).toBe('ok')
  for (const address of ['http://10.0.0.1', 'http://login.acme.example'])
    expect(findUrlProblem(new URL(address), open)).toBe('must be https')
  expect(findUrlProblem(new URL(url), { allowPrivate: true, allowPlain: false })).toBe('must be https')
})

test('redirects are not followed, and a large answer is cut off', async () => {
  const fetch = createGuardedFetch(open)
  const answer = await fetch(`${url}/redirect`)
  expect([answer.status, answer.headers.get('location')]).toEqual([302, `${url}/ok`])
  await expect(fetch(`${url}/large`)).rejects.toThrow('octets')
})
