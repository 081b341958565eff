import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bindListeningSockets } from './bind-listening-sockets.ts'
import { createSupervisor, type ProcessPlan, type Supervisor, type SupervisorOptions } from './supervise.ts'

/**
 * The script of a part. Its first argument names a file with the actions of its processes in order, the last
 * for all further ones: `exit N`, `wait` until the plan changes, `ready`, `drain` forever when it is stopped,
 * `hang` once it is ready, `ask` for a reload then. Each writes its process id beside it.
 */
const script = `
import { appendFileSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
const [, , file, ...options] = process.argv
const plan = readFileSync(file, 'utf8').split(',')
appendFileSync(file + '.pids', process.pid + '\\n')
const count = readFileSync(file + '.pids', 'utf8').trim().split('\\n').length
const [act, code] = plan[Math.min(count, plan.length) - 1].split(' ')
if (act === 'exit') process.exit(Number(code))
process.on('message', (message) => {
  if (message === 'reload') appendFileSync(file + '.reloads', process.pid + '\\n')
  else process.send('alive')
})
process.on('disconnect', () => process.exit(0))
const servers = options.filter((one) => one !== '--socket').map((one) => createServer((socket) => socket.end(String(process.pid))).unref())
process.on('SIGTERM', () => {
  if (act !== 'drain') process.exit(0)
  process.send('stopping')
  for (const server of servers) server.close()
})
if (act === 'wait') setInterval(() => { if (readFileSync(file, 'utf8') !== plan.join(',')) process.exit(0) }, 20)
else {
  const fds = options.filter((one) => one !== '--socket').map((one) => Number(one.split('=')[1]))
  for (const [index, server] of servers.entries()) await new Promise((resolve) => server.listen({ fd: fds[index] }, resolve))
  process.send('ready')
  if (act === 'ask') process.send('reload')
  if (act === 'hang') setTimeout(() => { for (;;); }, 50)
}
`

let folder: string
let logged: string[]
let supervisor: Supervisor | undefined

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'postern-supervise-'))
  writeFileSync(join(folder, 'part.mjs'), script)
  logged = []
})
afterEach(async () => {
  await supervisor?.stop()
  rmSync(folder, { recursive: true, force: true })
})

function createTree(options: Partial<SupervisorOptions> = {}): Supervisor {
  supervisor = createSupervisor(join(folder, 'part.mjs'), {
    ...{ log: (line) => logged.push(line), stopMs: 5000, firstDelayMs: 2, ...options },
  })
  return supervisor
}

/** Returns a part whose processes do what `plan` says, one after the other. */
function planProcess(name: string, plan: string, rest: Partial<ProcessPlan> = {}): ProcessPlan {
  writeFileSync(join(folder, name), plan)
  return { name, arguments: [join(folder, name)], hangMs: 60_000, ...rest }
}

/** Returns the ids of the part's processes so far. */
function pidsOf(name: string): number[] {
  try {
    return readFileSync(join(folder, `${name}.pids`), 'utf8')
      .trim()
      .split('\n')
      .map(Number)
  } catch {
    return []
  }
}

async function untilStarted(name: string, count: number): Promise<number[]> {
  while (pidsOf(name).length < count) await wait(5)
  return pidsOf(name)
}

test('the supervisor restarts a part that ends before it is ready until it is ready, with growing delays', async () => {
  await createTree().start([planProcess('portal', 'exit 1,exit 1,exit 3,exit 1,exit 1,exit 1,exit 1,ready')])
  expect(pidsOf('portal')).toHaveLength(8)
  const pauses = [4, 8, 16, 32, 64, 128, 256]
  const codes = [1, 1, 3, 1, 1, 1, 1]
  expect(logged).toEqual(
    pauses.map((pause, i) => `The portal ended (exit code ${codes[i]}) and is started again in ${pause} ms.`),
  )
})

test('the supervisor ends the tree immediately if a part needs an operator', async () => {
  await expect(createTree().start([planProcess('portal', 'exit 1,exit 78')])).rejects.toMatchObject({
    code: 'config_invalid',
    message: 'The portal cannot start before the error above is mended.',
  })
  expect(pidsOf('portal')).toHaveLength(2)
})

test('the supervisor gives up a part that ends repeatedly in the same way, unless a part has been ready', async () => {
  await expect(createTree().start([planProcess('portal', 'exit 1')])).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/^The portal ended 5 times before it was ready \(exit code 1\)/),
  })
  await supervisor?.stop()
  const tree = createTree()
  await tree.start([planProcess('first', 'ready')])
  await tree.start([planProcess('second', `${'exit 1,'.repeat(5)}ready`)])
  expect(pidsOf('second')).toHaveLength(6)
})

test('the supervisor tries again when the system cannot create a process or bind a port', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const sockets = await bindListeningSockets([{ host: '127.0.0.1', port }], 1)
  const started = createTree({ firstDelayMs: 100 }).start([
    planProcess('gateway', 'ready', { listens: { sockets, index: 0 } }),
  ])
  while (logged.length === 0) await wait(5)
  await new Promise((resolve) => other.close(resolve))
  await started
  expect(logged[0]).toBe('The gateway ended (EADDRINUSE) and is started again in 200 ms.')
})

describe('a part that hangs', () => {
  const hanging = { hangMs: 200 }

  test('is killed and restarted when its event loop does not respond', async () => {
    await createTree({ heartbeatMs: 20 }).start([planProcess('gateway', 'hang,ready', hanging)])
    const [first] = await untilStarted('gateway', 2)
    expect(() => process.kill(first as number, 0)).toThrow('ESRCH')
    expect(logged).toEqual([
      'The gateway has not answered for 0.2 s and is killed.',
      'The gateway ended (SIGKILL) and is started again in 2 ms.',
    ])
  })

  test('is killed when a signal has suspended it', async () => {
    await createTree({ heartbeatMs: 20 }).start([planProcess('gateway', 'ready', hanging)])
    process.kill(pidsOf('gateway')[0] as number, 'SIGSTOP')
    await untilStarted('gateway', 2)
  })

  test('is left alone while it starts, and when the supervisor itself was suspended', async () => {
    const tree = createTree({ heartbeatMs: 20 })
    void tree.start([planProcess('portal', 'wait', hanging)]).catch(() => {})
    await tree.start([planProcess('gateway', 'ready', hanging)])
    for (let round = 0; round < 3; round += 1) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400)
      await wait(100)
    }
    expect([pidsOf('gateway'), pidsOf('portal')].map((pids) => pids.length)).toEqual([1, 1])
    expect(logged).toEqual([])
  })
})

test('a reload reaches every process, also when one of them asks for it', async () => {
  const reloadsOf = (name: string) => {
    try {
      return readFileSync(join(folder, `${name}.reloads`), 'utf8')
        .trim()
        .split('\n')
        .filter(Boolean)
        .map(Number)
    } catch {
      return []
    }
  }
  const tree = createTree()
  await tree.start([planProcess('portal', 'ready')])
  await tree.start([planProcess('gateway', 'ask')])
  for (const name of ['portal', 'gateway']) {
    while (reloadsOf(name).length === 0) await wait(5)
    expect(reloadsOf(name)[0]).toBe(pidsOf(name).at(-1))
  }
  tree.reload()
  while (reloadsOf('portal').length < 2) await wait(5)
})

describe('listening sockets', () => {
  let port: number
  const ask = (): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1')
      let text = ''
      socket.on('data', (chunk) => {
        text += chunk
      })
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
      socket.on('close', () => resolve(text))
    })

  async function holdPort(processes = 1) {
    const probe = createServer().listen(0, '127.0.0.1')
    await once(probe, 'listening')
    port = (probe.address() as AddressInfo).port
    await new Promise((resolve) => probe.close(resolve))
    return bindListeningSockets([{ host: 'localhost', port }], processes)
  }

  test('refuse connections until the first process is ready', async () => {
    const sockets = await holdPort()
    void createTree()
      .start([planProcess('gateway', 'wait', { listens: { sockets, index: 0 } })])
      .catch(() => {})
    await untilStarted('gateway', 1)
    expect(await ask()).toBe('ECONNREFUSED')
  })

  test('keep connections for the next process when the only one is killed', async () => {
    const sockets = await holdPort()
    const tree = createTree({ firstDelayMs: 300 })
    await tree.start([planProcess('one', 'ready', { listens: { sockets, index: 0 } })])
    const [first] = pidsOf('one')
    expect(await ask()).toBe(String(first))
    process.kill(first as number, 'SIGKILL')
    while (logged.length === 0) await wait(5)
    const answers = await Promise.all(Array.from({ length: 20 }, ask))
    expect(new Set(answers)).toEqual(new Set([String(pidsOf('one')[1])]))
  })

  test('are all served while one of several processes hangs, or has been killed', async () => {
    const sockets = await holdPort(3)
    const tree = createTree({ firstDelayMs: 60_000 })
    const names = ['one', 'two', 'three']
    await tree.start(names.map((name, index) => planProcess(name, 'ready', { listens: { sockets, index } })))
    const [one, two, three] = names.flatMap(pidsOf)
    const askOften = async () => new Set(await Promise.all(Array.from({ length: 60 }, ask)))
    expect(await askOften()).toEqual(new Set([one, two, three].map(String)))
    process.kill(two as number, 'SIGSTOP')
    expect(await askOften()).toEqual(new Set([one, three].map(String)))
    process.kill(two as number, 'SIGKILL')
    while (logged.length === 0) await wait(5)
    expect(await askOften()).toEqual(new Set([one, three].map(String)))
  })

  test('get another process immediately when one stops and finishes its calls', async () => {
    const sockets = await holdPort()
    const tree = createTree()
    await tree.start([planProcess('one', 'drain,ready', { listens: { sockets, index: 0 } })])
    const [first] = pidsOf('one')
    process.kill(first as number, 'SIGTERM')
    const [, second] = await untilStarted('one', 2)
    expect(await ask()).toBe(String(second))
    expect(process.kill(first as number, 'SIGKILL')).toBe(true)
    expect(logged).toEqual(['The one stops and is replaced.'])
  })

  test('refuse connections again while no process accepts them', async () => {
    const sockets = await holdPort()
    await createTree({ unservedMs: 100 }).start([
      planProcess('one', 'ready,wait', { listens: { sockets, index: 0 } }),
    ])
    process.kill(pidsOf('one')[0] as number, 'SIGKILL')
    const waiting = ask()
    expect(await waiting).toBe('ECONNRESET')
    expect(await ask()).toBe('ECONNREFUSED')
    planProcess('one', 'ready')
    let answer = await ask()
    while (answer === 'ECONNREFUSED') answer = await ask()
    expect(answer).toBe(String(pidsOf('one').at(-1)))
    expect(logged).toContain(
      'No process has taken connections for 0.1 s. They are closed until one is ready.',
    )
  })
})
