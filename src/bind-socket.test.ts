import { once } from 'node:events'
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { createServer as createNetServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bindSocket } from './bind-socket.ts'

let folder: string
let socketPath: string
const open: { release(): void; close(): void }[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'postern-socket-'))
  socketPath = join(folder, 'a.sock')
})
afterEach(() => {
  for (const one of open.splice(0)) {
    one.release()
    one.close()
  }
  rmSync(folder, { recursive: true })
})

async function hold(name: string, socketMode = 0o600) {
  const server = createServer((_, response) => response.end(name))
  const held = await bindSocket(server, { socketPath, socketMode })
  const one = { release: held.release, close: () => void server.close() }
  open.push(one)
  return one
}

const answered = (): Promise<string> =>
  new Promise((resolve) => {
    const asked = request({ socketPath, agent: false }, async (response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      resolve(text)
    })
    asked.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? '')).end()
  })

async function untilAnswered(by: string): Promise<void> {
  for (const end = Date.now() + 10_000; (await answered()) !== by; await wait(20))
    if (Date.now() > end) throw new Error(`${by} did not come to answer`)
}

test.each([0o600, 0o660])('the socket file has the mode %o', async (mode) => {
  await hold('first', mode)
  expect(statSync(socketPath).mode & 0o777).toBe(mode)
  expect(await answered()).toBe('first')
})

test('a second process waits, and takes over the socket when the first releases it', async () => {
  const first = await hold('first')
  await hold('second')
  await wait(300)
  expect(await answered()).toBe('first')
  first.release()
  first.close()
  await untilAnswered('second')
})

test('the socket of a killed process is replaced', async () => {
  const dead = createNetServer().listen(join(folder, 'dead.sock'))
  await once(dead, 'listening')
  // A killed process leaves a name without a listener.
  renameSync(join(folder, 'dead.sock'), socketPath)
  dead.close()
  await once(dead, 'close')
  expect(await answered()).toBe('ECONNREFUSED')
  await hold('next')
  expect(await answered()).toBe('next')
})

test('a process whose socket name another has taken stops listening, and takes it over afterwards', async () => {
  await hold('first')
  const other = createServer((_, response) => response.end('other')).listen(join(folder, 'other.sock'))
  await once(other, 'listening')
  renameSync(join(folder, 'other.sock'), socketPath)
  await wait(300)
  expect(await answered()).toBe('other')
  other.close()
  await untilAnswered('first')
})

test('a file of another kind in place of the socket is kept', async () => {
  writeFileSync(socketPath, 'important')
  await expect(hold('any')).rejects.toMatchObject({ code: 'config_invalid' })
  expect(readFileSync(socketPath, 'utf8')).toBe('important')
})

test('a missing folder of the socket is reported', async () => {
  socketPath = join(folder, 'no', 'a.sock')
  await expect(hold('any')).rejects.toMatchObject({
    code: 'config_invalid',
    message: expect.stringContaining(socketPath),
  })
})
