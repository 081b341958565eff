import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readLines } from '../../src/backup/backup-lines.ts'
import { parseIdentities, parseRecipient, readEncrypted } from '../../src/backup/encrypted-file.ts'
import { readBack } from '../../src/backup/write-backup.ts'
import { inWorkFolder, toKeyProof } from '../../src/cli/backup-tools.ts'
import { type MasterKey, toMasterKey } from '../../src/shapes/master-key.ts'
import { recordChange } from '../../src/storage/change-log.ts'
import { type BackupKeys, backUp, makeBackupKeys, readAuthorityKey } from '../support/backups.ts'
import { describeOnBothEngines } from '../support/databases.ts'
import { type GatewayHarness, openGatewayHarness } from '../support/gateway-harness.ts'

describeOnBothEngines('a backup', (store) => {
  let harness: GatewayHarness
  let keys: BackupKeys
  const fileOf = (name: string) => join(harness.folder, `${name}.backup`)
  const make = (name: string, authorityKey?: MasterKey) =>
    backUp(
      store.location,
      { dataFolder: harness.folder, file: fileOf(name), recipient: keys.recipient },
      authorityKey,
    )
  const readPlain = async (name: string, identity = keys.identity) => {
    const chunks: Uint8Array[] = []
    for await (const chunk of readEncrypted(fileOf(name), [identity])) chunks.push(chunk)
    return Buffer.concat(chunks)
  }
  const open = (name: string) =>
    inWorkFolder(harness.folder, (folder) =>
      readBack(fileOf(name), [keys.identity], {
        folder,
        keys: toKeyProof(readAuthorityKey(harness.folder)),
      }),
    )

  beforeAll(async () => {
    harness = await openGatewayHarness({ location: store.location, gateways: 0 })
    keys = await makeBackupKeys()
    await harness.issue()
    const { id } = await harness.issue()
    await harness.revoke(id)
    await harness.createCredential()
  })
  afterAll(() => harness[Symbol.asyncDispose]())

  test('that is made while others write holds one moment of the store, and was read back', async () => {
    let isOver = false
    const writing = (async () => {
      for (let count = 0; ; count += 1) {
        if (isOver) return count
        await harness.database.transaction((tx) => recordChange(tx, 'registration', `reg_${count}`, 1))
      }
    })()
    const made = await make('busy').finally(() => {
      isOver = true
    })
    expect(await writing).toBeGreaterThan(1)
    expect(made).toMatchObject({ issuerKeys: 3, auditProblem: undefined })
    expect(made.auditRows).toBeGreaterThan(3)
    expect(statSync(fileOf('busy'))).toMatchObject({ size: made.octets })
    expect(statSync(fileOf('busy')).mode & 0o777).toBe(0o600)
    expect(readdirSync(harness.folder).filter((name) => name.endsWith('.new'))).toEqual([])
    expect(readdirSync(join(harness.folder, 'backup-work'))).toEqual(['backup.lock'])
    expect(await open('busy')).toMatchObject({ rows: made.rows, issuerKeys: 3, auditRows: made.auditRows })
  })

  test('overwrites nothing', async () => {
    writeFileSync(fileOf('there'), 'kept')
    await expect(make('there')).rejects.toMatchObject({ code: 'conflict' })
    expect(readFileSync(fileOf('there'), 'utf8')).toBe('kept')
  })

  test('holds no master key, and its keys open with the master key alone', async () => {
    await make('sealed')
    const plain = await readPlain('sealed')
    for (const name of readdirSync(join(harness.folder, 'keys'))) {
      const text = readFileSync(join(harness.folder, 'keys', name), 'utf8')
      const octets = Buffer.from(text, 'base64')
      const spellings = [text, octets.toString('base64url'), octets.toString('hex'), octets]
      expect(spellings.filter((spelling) => plain.includes(spelling))).toEqual([])
    }
    await expect(
      inWorkFolder(harness.folder, (folder) =>
        readBack(fileOf('sealed'), [keys.identity], {
          folder,
          keys: toKeyProof(toMasterKey(randomBytes(32))),
        }),
      ),
    ).rejects.toMatchObject({ code: 'master_key_wrong' })
    await expect(make('unusable', toMasterKey(randomBytes(32)))).rejects.toMatchObject({
      code: 'master_key_wrong',
    })
    expect(readdirSync(harness.folder)).not.toContain('unusable.backup')
  })

  test('from before a change of the authority key opens with the former key as the second', async () => {
    await make('former')
    const changed = toMasterKey(randomBytes(32), readAuthorityKey(harness.folder).first)
    const { issuerKeys, auditProblem } = await inWorkFolder(harness.folder, (folder) =>
      readBack(fileOf('former'), [keys.identity], { folder, keys: toKeyProof(changed) }),
    )
    expect([issuerKeys, auditProblem]).toEqual([3, undefined])
  })

  test('opens for the recipient alone', async () => {
    await make('private')
    const { identity } = await makeBackupKeys()
    await expect(readPlain('private', identity)).rejects.toMatchObject({ code: 'backup_identity_wrong' })
    expect(readFileSync(fileOf('private')).includes('certificates')).toBe(false)
  })

  test('with one changed octet anywhere, or cut off, is found', { timeout: 120_000 }, async () => {
    await make('whole')
    const octets = readFileSync(fileOf('whole'))
    const discard = { begin: async () => {}, write: async () => {} }
    const read = () => readLines(readEncrypted(fileOf('changed'), [keys.identity]), async () => discard)
    writeFileSync(fileOf('changed'), octets)
    await read()
    const spread = Array.from({ length: 60 }, (_, index) => Math.floor((index * octets.length) / 60))
    const header = Array.from({ length: 40 }, (_, index) => index * 9)
    for (const position of [...header, ...spread, octets.length - 1]) {
      const changed = Buffer.from(octets)
      changed[position] = (changed[position] ?? 0) ^ (1 << (position % 8))
      writeFileSync(fileOf('changed'), changed)
      await expect(read(), `octet ${position}`).rejects.toMatchObject({
        code: expect.stringMatching(/^backup_(?:damaged|identity_wrong)$/),
      })
    }
    for (const length of [0, 10, 200, Math.floor(octets.length / 2), octets.length - 1]) {
      writeFileSync(fileOf('changed'), octets.subarray(0, length))
      await expect(read(), `${length} octets`).rejects.toMatchObject({ code: 'backup_damaged' })
    }
  })
})

test('a recipient is a public key, and a private one is neither taken nor repeated', async () => {
  const { identity, recipient } = await makeBackupKeys()
  expect(parseRecipient(` ${recipient}\n`)).toBe(recipient)
  for (const wrong of [identity, identity.toLowerCase(), 'age1', 'age1abc', `${recipient}x`, '']) {
    const refused = () => parseRecipient(wrong)
    expect(refused).toThrow(expect.objectContaining({ code: 'bad_request' }))
    expect(refused).not.toThrow(identity)
  }
  expect(await parseIdentities(`# created\n\n${identity}\r\n`)).toEqual([identity])
  for (const wrong of ['', '# nothing', recipient, `${identity}\nx`])
    await expect(parseIdentities(wrong)).rejects.toMatchObject({ code: 'bad_request' })
})
