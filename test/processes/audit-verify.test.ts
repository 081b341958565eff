import { generateKeyPairSync } from 'node:crypto'
import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { toPem } from '../../src/pki/text/pem.ts'
import { signInFirst } from '../support/api.ts'
import { issueCertificate } from '../support/certificates.ts'
import { type PosternPlace, preparePostern } from '../support/postern.ts'
import { withStore } from '../support/users.ts'

let place: PosternPlace
beforeEach(async () => {
  place = await preparePostern()
})
afterEach(() => place.remove())

const kept = () => join(place.dataFolder, 'audit-checkpoints.jsonl')

async function verify(...options: string[]) {
  const command = place.run('audit', 'verify', ...options)
  return { exitCode: await command.exitCode, output: command.output() }
}

/** Writes a first run with a checkpoint at its end, and a second run with its own. */
async function runTwice(): Promise<string> {
  const postern = await place.start('--portal')
  await issueCertificate(await signInFirst(postern, 'admin@acme.example'), 'acme')
  const answer = await fetch(`${postern.publicUrl}/issuers/root.cer`)
  const root = join(place.dataFolder, 'root.pem')
  writeFileSync(root, toPem('CERTIFICATE', new Uint8Array(await answer.arrayBuffer())))
  await postern.end('SIGTERM')
  await (await place.start('--portal')).end('SIGTERM')
  return root
}

test('audit verification uses external checkpoints and detects what is missing from the store', {
  timeout: 240_000,
}, async () => {
  const root = await runTwice()
  const whole = await verify()
  expect(whole.output).toContain('The audit log is whole')
  expect(whole.output).toContain('known by the authority key')
  expect(whole.output).toMatch(/audit-checkpoints\.jsonl holds \d+ checkpoints, the last for row \d+/)
  expect(whole.exitCode).toBe(0)
  expect(statSync(kept()).mode & 0o777).toBe(0o600)

  const key = join(place.dataFolder, 'keys', 'authority.key')
  renameSync(key, `${key}.away`)
  const without = await verify()
  expect(without.output).toContain('Name what the key of the audit log is known by')
  expect(without.exitCode).toBe(1)
  expect(await verify('--root', root)).toMatchObject({
    exitCode: 0,
    output: expect.stringContaining(`known by ${root}`),
  })
  const other = join(place.dataFolder, 'other.pem')
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  writeFileSync(other, publicKey.export({ type: 'spki', format: 'pem' }))
  const wrong = await verify('--key', other)
  expect(wrong.output).toContain('are proven by nothing')
  expect(wrong.exitCode).toBe(1)

  await withStore(place, async ({ queries }) => {
    const checkpoints = await queries
      .selectFrom('audit_checkpoints')
      .selectAll()
      .orderBy('sequence')
      .execute()
    expect(checkpoints.length).toBeGreaterThan(1)
    const { sequence } = checkpoints[0] ?? { sequence: 0 }
    await queries.deleteFrom('audit').where('sequence', '>', sequence).execute()
    await queries.deleteFrom('audit_checkpoints').where('sequence', '>', sequence).execute()
  })
  const cut = await verify('--root', root)
  expect(cut.output).toContain('and all after it are missing')
  expect(cut.exitCode).toBe(1)
  rmSync(kept())
  const blind = await verify('--root', root)
  expect(blind.output).toContain('audit-checkpoints.jsonl is not there')
  expect(blind.output).toContain('cut off together with their checkpoints would not be seen')
  expect(blind.exitCode).toBe(0)
})
