import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { until } from '../support/certificates.ts'
import { preparePostern } from '../support/postern.ts'

const deploy = join(import.meta.dirname, '../../deploy/systemd')

test.each([
  ['postern-gateway.service', 2.0],
  ['postern-portal.service', 3.0],
  ['postern-publication.service', 2.0],
])('systemd rates the exposure of %s with at most %d of 10', (name, most) => {
  const report = execFileSync('systemd-analyze', ['security', '--offline=true', join(deploy, name)], {
    encoding: 'utf8',
    env: { ...process.env, SYSTEMD_COLORS: '0' },
  })
  const exposure = /Overall exposure level for \S+: ([\d.]+)/.exec(report)?.[1]
  expect(Number(exposure)).toBeGreaterThan(0)
  expect(Number(exposure)).toBeLessThanOrEqual(most)
})

test('each role has a user and secrets of its own, and a gateway has no key of the authority', () => {
  const [portal = '', gateway = '', publication = ''] = ['portal', 'gateway', 'publication'].map((role) =>
    readFileSync(join(deploy, `postern-${role}.service`), 'utf8'),
  )
  expect(portal).toContain('User=postern-portal\n')
  expect(gateway).toContain('User=postern-gateway\n')
  expect(publication).toContain('User=postern-publication\n')
  const secretsOf = (unit: string) =>
    [...unit.matchAll(/^LoadCredential=([\w-]+):/gm)].map(([, name]) => name)
  expect(secretsOf(gateway)).toEqual(['gateway-key', 'database-url'])
  expect(secretsOf(publication)).toEqual(['publication-key', 'database-url'])
  for (const unit of [portal, gateway, publication]) {
    // A credential that nothing reads, and one that is not loaded, are mistakes.
    const read = [...unit.matchAll(/^Environment=POSTERN_(\w+)_FILE=%d\/([\w-]+)$/gm)]
    expect(read.map(([, , name]) => name)).toEqual(secretsOf(unit))
    expect(read.map(([, variable = '']) => variable.toLowerCase().replaceAll('_', '-'))).toEqual(
      secretsOf(unit),
    )
  }
})

/** Prints what arrives at the socket of systemd, one message per line. */
const listener = `
import socket, sys
server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
server.bind(sys.argv[1])
print('listening', flush=True)
while True:
    print(server.recv(4096).decode().replace(chr(10), ' '), flush=True)
`

test('systemd hears that Postern is ready, that it is alive, and that it stops; SIGHUP reloads it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-notify-'))
  const path = join(folder, 'notify')
  const systemd = spawn('python3', ['-c', listener, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  let heard = ''
  systemd.stdout.on('data', (text) => {
    heard += text
  })
  await once(systemd.stdout, 'data')
  const place = await preparePostern({ environment: { NOTIFY_SOCKET: path, WATCHDOG_USEC: '1000000' } })
  onTestFinished(() => {
    systemd.kill()
    place.remove()
    rmSync(folder, { recursive: true, force: true })
  })
  const postern = await place.start()
  await until(
    async () => heard,
    (text) => text.split('WATCHDOG=1').length > 3,
    30,
  )
  // What ExecReload= of the units does.
  const before = postern.findProcesses('-process')
  appendFileSync(postern.configFile, 'log: { level: info }\n')
  process.kill(postern.processId, 'SIGHUP')
  await until(
    async () => postern.output(),
    (text) => text.split('log.level: not given -> \\"info\\"').length === 3,
    30,
  )
  expect(postern.findProcesses('-process')).toEqual(before)
  expect(heard).toMatch(/READY=1[\s\S]*WATCHDOG=1/)
  expect(heard).not.toContain('STOPPING=1')
  expect(await postern.end()).toBe(0)
  await until(
    async () => heard,
    (text) => text.includes('STOPPING=1'),
    30,
  )
})

test('Postern runs without the program that tells systemd, and says so once', async () => {
  const environment = { NOTIFY_SOCKET: '/nowhere/notify', WATCHDOG_USEC: '200000' }
  const place = await preparePostern({ environment })
  onTestFinished(() => place.remove())
  const postern = await place.start()
  await until(
    async () => postern.output(),
    (text) => text.includes('systemd cannot be told'),
    30,
  )
  await postern.end()
  expect(postern.output().split('systemd cannot be told')).toHaveLength(2)
})
