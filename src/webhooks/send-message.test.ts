import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import {
  hookHost,
  openWebhookReceiver,
  resolveTo,
  type WebhookReceiver,
} from '../../test/support/webhook-receiver.ts'
import { createSendMessage } from './send-message.ts'

const loopback = { allowPrivate: false, allowPlain: false, allowedNetworks: ['127.0.0.0/8'] }
const onlyPublic = { allowPrivate: false, allowPlain: false }

let receiver: WebhookReceiver
beforeAll(async () => {
  receiver = await openWebhookReceiver()
})
afterAll(() => receiver.close())
beforeEach(() => {
  receiver.hooks.length = 0
  receiver.answer = (response) => response.end('ok')
})

const send = (
  more: Partial<Parameters<typeof createSendMessage>[0]> = {},
  { url = receiver.url, stop }: { url?: string; stop?: AbortSignal } = {},
) =>
  createSendMessage({
    ...{ rules: loopback, ca: [receiver.ca], resolve: resolveTo(['127.0.0.1']) as never },
    times: { whole: 3000, body: 200 },
    ...more,
  })({ url, headers: { 'webhook-id': 'evt_1' }, body: '{"name":"Łódź"}' }, stop)

test('an answer is kept as far as 1 KB, without controls', async () => {
  receiver.answer = (response) => response.writeHead(500).end(`<b>\u0007no</b>${'x'.repeat(5000)}`)
  const attempt = await send()
  expect(attempt).toMatchObject({ responseStatus: 500, error: expect.stringContaining('answered 500') })
  expect(attempt.responseBody).toMatch(/^<b>\ufffdno<\/b>x+$/)
  expect(attempt.responseBody?.length).toBe(1024)
  expect(receiver.hooks[0]).toMatchObject({ body: '{"name":"Łódź"}', path: '/postern' })
  expect(receiver.hooks[0]?.headers).toMatchObject({
    'content-type': 'application/json',
    'webhook-id': 'evt_1',
  })
})

test('redirects are not followed', async () => {
  receiver.answer = (response) => response.writeHead(307, { location: '/elsewhere' }).end()
  expect(await send()).toMatchObject({
    responseStatus: 307,
    error: 'The endpoint answered 307. Redirects are not followed: enter the final URL.',
  })
  expect(receiver.hooks).toHaveLength(1)
})

test('an endpoint that never answers is left after the time limit', async () => {
  receiver.answer = () => {}
  expect(await send({ times: { whole: 300, body: 100 } })).toMatchObject({
    responseStatus: null,
    error: 'The endpoint did not answer within 0.3 seconds.',
  })
})

test('a body that drips is cut off, and the status counts', async () => {
  let timer: NodeJS.Timeout | undefined
  receiver.answer = (response) => {
    response.writeHead(200)
    timer = setInterval(() => response.write('.'), 20)
    response.on('close', () => clearInterval(timer))
  }
  const attempt = await send({ times: { whole: 60_000, body: 200 } })
  clearInterval(timer)
  expect(attempt).toMatchObject({ responseStatus: 200, error: null })
})

test('a stop breaks a try off without a result', async () => {
  receiver.answer = () => {}
  const stop = new AbortController()
  const sending = send({}, { stop: stop.signal })
  await expect.poll(() => receiver.hooks.length).toBe(1)
  stop.abort(new Error('Postern stops'))
  await expect(sending).rejects.toThrow('Postern stops')
})

test.each([
  ['127.0.0.1'],
  ['10.0.0.1'],
  ['169.254.169.254'],
  ['100.100.100.200'],
  ['::1'],
  ['::ffff:127.0.0.1'],
  ['64:ff9b::7f00:1'],
  ['fd00:ec2::254'],
])('a name that resolves to %s is not called', async (address) => {
  const attempt = await send({ rules: onlyPublic, resolve: resolveTo([address]) as never })
  expect(attempt).toMatchObject({
    responseStatus: null,
    error: 'The host name has no public address. Only public endpoints are called.',
  })
  expect(receiver.hooks).toEqual([])
})

test.each([
  'https://127.0.0.1:PORT/',
  'https://[::ffff:7f00:1]:PORT/',
  'https://0x7f.1:PORT/',
  'http://hooks.acme.example:PORT/',
])('%s is not called', async (url) => {
  const attempt = await send({ rules: onlyPublic }, { url: url.replace('PORT', String(receiver.port)) })
  expect(attempt.error).toMatch(/^The URL must /)
  expect(receiver.hooks).toEqual([])
})

test('a name that changes to a private address is not called at the next try', async () => {
  const resolve = resolveTo(['127.0.0.1'], ['192.168.0.1']) as never
  const rebound = createSendMessage({ rules: loopback, ca: [receiver.ca], resolve })
  const message = { url: receiver.url, headers: {}, body: '{}' }
  expect(await rebound(message)).toMatchObject({ error: null })
  expect((await rebound(message)).error).toContain('no public address')
  expect(receiver.hooks).toHaveLength(1)
})

test('of several addresses only those that are allowed are connected to', async () => {
  const attempt = await send({ resolve: resolveTo(['10.9.9.9', '127.0.0.1']) as never })
  expect(attempt).toMatchObject({ responseStatus: 200, error: null })
})

test('a certificate of nobody known, or for another name, is told', async () => {
  expect((await send({ ca: undefined })).error).toMatch(
    /^The server certificate of the endpoint is not trusted/,
  )
  const url = receiver.url.replace(hookHost, 'other.example')
  expect((await send({}, { url })).error).toBe(
    'The server certificate of the endpoint is for another host name.',
  )
})

test('a refused connection and an unknown name are told without the address', async () => {
  const url = `https://${hookHost}:1/`
  expect((await send({}, { url })).error).toBe('The endpoint rejected the connection.')
  const unknown = (_: string, __: object, done: (error: unknown) => void) =>
    done(Object.assign(new Error('getaddrinfo ENOTFOUND 10.1.1.1'), { code: 'ENOTFOUND' }))
  expect((await send({ resolve: unknown as never })).error).toBe('The host name was not found in DNS.')
})

test('a failure for want of something here is told as ours', async () => {
  const failWith = (code: string) => (_: string, __: object, done: (error: unknown) => void) =>
    done(Object.assign(new Error(code), { code }))
  for (const code of ['EMFILE', 'EAI_FAIL'])
    expect(await send({ resolve: failWith(code) as never })).toMatchObject({ isOurs: true })
  const hang = () => {}
  const times = { whole: 100, body: 100 }
  expect(await send({ resolve: hang as never, times })).toMatchObject({
    error: 'The host name was not looked up within 0.1 seconds.',
    isOurs: true,
  })
  expect(await send({ resolve: failWith('EAI_AGAIN') as never })).toMatchObject({ isOurs: false })
})
