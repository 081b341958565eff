import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import { signInFirst } from '../support/api.ts'
import { createTestCredential, fetchToken, issueCertificate } from '../support/certificates.ts'
import { type PosternPlace, preparePostern } from '../support/postern.ts'
import { signIn, withStore } from '../support/users.ts'

let place: PosternPlace

beforeEach(async () => {
  place = await preparePostern()
})
afterEach(() => place.remove())

const keyFile = (name: string) => join(place.dataFolder, 'keys', `${name}.key`)
const readKeys = () => [readFileSync(keyFile('authority'), 'utf8'), readFileSync(keyFile('gateway'), 'utf8')]

async function rewrap(...options: string[]) {
  const command = place.run('keys', 'rewrap', ...options)
  return { exitCode: await command.exitCode, output: command.output() }
}

/** Returns every encrypted key in the store, hex. */
function readSealed(): Promise<string[]> {
  return withStore(place, async ({ queries }) => {
    const found = await Promise.all(
      (['issuer_keys', 'audit_keys', 'signing_keys'] as const).map((table) =>
        queries.selectFrom(table).select('sealed_key').execute(),
      ),
    )
    return found.flat().map(({ sealed_key: sealed }) => Buffer.from(sealed ?? []).toString('hex'))
  })
}

test('after keys are rewrapped, certificates, tokens and audit continue', {
  timeout: 180_000,
}, async () => {
  const postern = await place.start()
  const admin = await signInFirst(postern, 'admin@acme.example')
  const { files } = await issueCertificate(admin, 'acme')
  const credential = await createTestCredential(admin, 'acme')
  const whileRunning = await rewrap()
  expect(whileRunning.output).toContain('Postern is running here')
  expect(whileRunning.exitCode).not.toBe(0)
  await postern.end('SIGTERM')

  const before = { keys: readKeys(), sealed: await readSealed() }
  expect(await rewrap()).toMatchObject({ exitCode: 0 })
  const after = { keys: readKeys(), sealed: await readSealed() }
  for (const [index, key] of after.keys.entries()) expect(key).not.toBe(before.keys[index])
  expect(after.sealed).toHaveLength(before.sealed.length)
  expect(after.sealed.filter((sealed) => before.sealed.includes(sealed))).toEqual([])
  expect(existsSync(`${keyFile('authority')}.new`)).toBe(false)

  const again = await place.start()
  const user = await signIn(again, 'admin@acme.example')
  expect((await issueCertificate(user, 'acme')).certificate.status).toBe('issued')
  expect(await fetchToken(again, files, credential)).toMatch(/^ey/)
  await again.end('SIGTERM')
  const verified = place.run('audit', 'verify')
  expect(await verified.exitCode).toBe(0)
})

test('rewrapping with a wrong or invalid key changes nothing', { timeout: 180_000 }, async () => {
  const postern = await place.start('--portal')
  await postern.end('SIGTERM')
  const sealed = await readSealed()
  const given = join(place.dataFolder, 'given.key')
  writeFileSync(given, 'short')
  const short = await rewrap('--authority-key-file', given)
  expect(short.output).toContain('must hold 32 bytes in base64')
  writeFileSync(keyFile('authority'), randomBytes(32).toString('base64'))
  const wrong = await rewrap()
  expect(wrong.output).toContain('is not the one they were sealed with')
  expect([short.exitCode, wrong.exitCode]).not.toContain(0)
  expect(await readSealed()).toEqual(sealed)
  expect(existsSync(`${keyFile('authority')}.new`)).toBe(false)
  writeFileSync(`${keyFile('authority')}.new`, 'x')
  const third = await rewrap()
  expect(third.output).toContain('is left from a change that was cut short')
})

test('keys from files are used as they are, and the rewrap is in the audit log', {
  timeout: 180_000,
}, async () => {
  const postern = await place.start()
  await postern.end('SIGTERM')
  const given = join(place.dataFolder, 'given.key')
  writeFileSync(given, randomBytes(32).toString('base64'))
  expect(await rewrap('--gateway-key-file', given)).toMatchObject({ exitCode: 0 })
  writeFileSync(keyFile('gateway'), readFileSync(given))
  const again = await place.start()
  const operator = await signInFirst(again, 'operator@postern.example')
  const { items } = await operator.call(operations.listAudit, { query: { limit: 200 } })
  expect(items.find(({ type }) => type === 'sealing_keys.changed')?.data).toEqual({
    before: null,
    after: { keys: ['gateway'] },
  })
  await again.end('SIGTERM')
})
