import { execFile, execFileSync } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type GatewayWorld, openGatewayWorld } from '../support/gateway-world.ts'

const run = promisify(execFile)
let world: GatewayWorld

beforeAll(async () => {
  world = await openGatewayWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

/** Protocol and suite of a handshake of openssl with these options; nothing where there was none. */
async function shakeHands(...options: string[]): Promise<string | undefined> {
  const args = ['s_client', '-connect', `localhost:${world.port()}`, '-brief', ...options]
  const shaking = run('openssl', args, { timeout: 5000 })
  shaking.child.stdin?.end()
  const { stdout, stderr } = await shaking.catch((error) => error)
  const output = `${stdout}${stderr}`
  const [, version] = /Protocol version: (\S+)/.exec(output) ?? []
  const [, suite] = /Ciphersuite: (\S+)/.exec(output) ?? []
  return version && `${version} ${suite}`
}

test('prefers TLS 1.3, whatever else the client offers', async () => {
  expect(await shakeHands('-cipher', 'ALL')).toMatch(/^TLSv1.3 /)
})

test('takes no TLS below 1.2', async () => {
  for (const version of ['-tls1', '-tls1_1'])
    expect(await shakeHands(version, '-cipher', 'ALL:@SECLEVEL=0')).toBeUndefined()
})

test('takes of TLS 1.2 no suite but those of BCP 195 (RFC 9325, 4.2)', { timeout: 60_000 }, async () => {
  const all = execFileSync('openssl', ['ciphers', '-tls1_2', 'ALL:COMPLEMENTOFALL:@SECLEVEL=0'])
    .toString()
    .trim()
    .split(':')
    .filter((suite) => !suite.startsWith('TLS_'))
  expect(all.length).toBeGreaterThan(50)
  // A server with a P-256 certificate; each suite by itself, so that there is nothing to choose.
  const taken: string[] = []
  for (let start = 0; start < all.length; start += 8) {
    const some = all.slice(start, start + 8)
    const answers = await Promise.all(
      some.map((suite) => shakeHands('-tls1_2', '-cipher', `${suite}:@SECLEVEL=0`)),
    )
    taken.push(...some.filter((_suite, index) => answers[index] !== undefined))
  }
  expect(taken.toSorted()).toEqual([
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
  ])
})
