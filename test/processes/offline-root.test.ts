import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import { type ApiClient, signInFirst } from '../support/api.ts'
import { issueCertificate } from '../support/certificates.ts'
import { type PosternPlace, preparePostern } from '../support/postern.ts'
import { openToolFolder } from '../support/tool-folder.ts'
import { signIn, withStore } from '../support/users.ts'

const day = 86_400_000
let place: PosternPlace
let folder: ReturnType<typeof openToolFolder>
let passphraseFile: string
let keyFile: string

beforeEach(async () => {
  folder = openToolFolder()
  passphraseFile = join(folder.path, folder.write('passphrase', 'correct horse battery\n'))
  keyFile = join(folder.path, 'root.key')
  place = await preparePostern()
})
afterEach(() => {
  place.remove()
  folder[Symbol.dispose]()
})

async function root(command: string, ...more: string[]) {
  const [file = keyFile, ...options] = more
  const run = place.run('root', command, file, '--passphrase-file', passphraseFile, ...options)
  return { exitCode: await run.exitCode, output: run.output() }
}

const findRoot = async (operator: ApiClient) => {
  const { items } = await operator.call(operations.listCertificateAuthorities)
  const found = items.find(({ kind }) => kind === 'root')
  const { items: use } = await operator.call(operations.listCertificateAuthorityUse)
  const list = use.find(({ issuerId }) => issuerId === found?.id)?.revocationList
  if (found?.revocationListUrl == null || list == null) throw new Error('no root with a revocation list')
  const { number, thisUpdate, nextUpdate } = list
  const days = Math.round((Date.parse(nextUpdate) - Date.parse(thisUpdate)) / day)
  return { ...found, list: { number, days, url: found.revocationListUrl } }
}

/** Returns the PEM of the root certificate, and its current CRL as OpenSSL prints it. */
async function judgeList({ list, certificateUrl }: Awaited<ReturnType<typeof findRoot>>) {
  const fetchInto = async (name: string, url: string) =>
    folder.write(name, new Uint8Array(await (await fetch(url)).arrayBuffer()))
  await fetchInto('root.cer', certificateUrl ?? '')
  await fetchInto('root.crl', list.url)
  folder.run('openssl x509 -inform DER -in root.cer -out root.pem')
  return folder.run('openssl crl -inform DER -in root.crl -CAfile root.pem -noout -text')
}

const publicKeyOf = (what: string, ...more: string[]) =>
  folder.run(`openssl ${what} -pubout -in ${keyFile} -passin`, `file:${passphraseFile}`, ...more)

test('the root key can be taken offline and restored while Postern runs', {
  timeout: 180_000,
}, async () => {
  const postern = await place.start('--portal')
  const operator = await signInFirst(postern, 'operator@postern.example')
  const admin = await signInFirst(postern, 'admin@acme.example')
  const online = await findRoot(operator)
  expect([online.keyLocation, online.list.days]).toEqual(['store', 1])
  const [sealed = ''] = await readSealed()

  const exported = await root('export')
  expect(exported).toMatchObject({ exitCode: 0 })
  expect(exported.output).toContain(
    `postern: hint: it is in the store too, until: postern root remove ${keyFile}`,
  )
  expect(statSync(keyFile).mode & 0o777).toBe(0o600)
  await judgeList(online)
  expect(publicKeyOf('pkey')).toBe(folder.run('openssl x509 -in root.pem -noout -pubkey'))

  expect(await root('remove')).toMatchObject({ exitCode: 0 })
  const offline = await findRoot(operator)
  expect([offline.keyLocation, offline.list.days]).toEqual(['offline', 365])
  expect(offline.list.number).toBeGreaterThan(online.list.number)
  expect(await judgeList(offline)).toContain('verify OK')
  expect(await root('remove')).toMatchObject({ exitCode: 1, output: expect.stringContaining('root import') })

  const refused = await operator.send(operations.rotateCertificateAuthority, {
    params: { environment: 'production' },
  })
  expect(refused).toMatchObject({ status: 409, body: { code: 'root_offline' } })
  expect(refused.body.detail).toContain('postern root import FILE')
  expect((await issueCertificate(admin, 'acme')).certificate.status).toBe('issued')
  await postern.end()
  const file = readFileSync(join(place.dataFolder, 'postern.db'))
  expect(file.includes(Buffer.from(sealed, 'hex'))).toBe(false)

  const again = await place.start('--portal')
  const account = await signIn(again, 'operator@postern.example')
  expect(await root('import')).toMatchObject({ exitCode: 0 })
  expect((await findRoot(account)).keyLocation).toBe('store')
  expect(await root('import')).toMatchObject({ exitCode: 1, output: expect.stringContaining('here already') })
  await account.call(operations.rotateCertificateAuthority, { params: { environment: 'production' } })
  const { items } = await account.call(operations.listCertificateAuthorities)
  expect(items.filter(({ environment }) => environment === 'production')).toHaveLength(2)
  expect(await root('remove')).toMatchObject({ exitCode: 0 })
  expect((await findRoot(account)).list.days).toBe(365)

  const { items: rows } = await account.call(operations.listAudit, { query: { limit: 200 } })
  const told = rows.filter(({ type }) => type.startsWith('root_key.'))
  expect(told.map(({ type }) => type).reverse()).toEqual([
    'root_key.exported',
    'root_key.removed',
    'root_key.imported',
    'root_key.removed',
  ])
  const user = execFileSync('id', ['-un'], { encoding: 'utf8' }).trim()
  expect(told.map(({ actor }) => actor)).toEqual(
    told.map(() => ({ kind: 'system', id: null, label: expect.stringContaining(`(${user})`) })),
  )
  await again.end()
  expect(await place.run('audit', 'verify').exitCode).toBe(0)
})

test('the root key is not removed by mistake, and an offline root survives a change of the master key', {
  timeout: 180_000,
}, async () => {
  const postern = await place.start('--portal')
  await postern.end()
  const before = await readSealed()
  const taken = join(folder.path, folder.write('taken', 'mine'))
  const over = await root('export', taken)
  expect(over).toMatchObject({ exitCode: 1, output: expect.stringContaining('is there already') })
  expect(readFileSync(taken, 'utf8')).toBe('mine')
  const curve = 'genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384'
  folder.run(`openssl ${curve} -aes-256-cbc -out other.key -pass file:${passphraseFile}`)
  const other = await root('remove', join(folder.path, 'other.key'))
  expect(other).toMatchObject({ exitCode: 1, output: expect.stringContaining('another key than the one') })
  expect(await readSealed()).toEqual(before)
  expect(await root('export', keyFile, '--remove')).toMatchObject({ exitCode: 0 })
  const [authorityKey, former] = ['authority.key', 'former.key'].map((name) =>
    join(place.dataFolder, 'keys', name),
  ) as [string, string]
  renameSync(authorityKey, former)
  writeFileSync(authorityKey, randomBytes(32).toString('base64'), { mode: 0o600 })
  place.variables.POSTERN_AUTHORITY_KEY_SECOND_FILE = former
  expect(await place.run('keys', 'rewrap').exitCode).toBe(0)
  delete place.variables.POSTERN_AUTHORITY_KEY_SECOND_FILE

  const again = await place.start('--portal')
  const admin = await signInFirst(again, 'admin@acme.example')
  expect((await issueCertificate(admin, 'acme')).certificate.status).toBe('issued')
  expect(again.output()).not.toContain('tried again later')
  await again.end()
  expect(await root('import')).toMatchObject({ exitCode: 0 })
  const [sealed] = await readSealed()
  expect(sealed).toBeDefined()
})

/** Returns the encrypted root key, hex. */
function readSealed(): Promise<string[]> {
  return withStore(place, async ({ queries }) => {
    const rows = await queries
      .selectFrom('issuer_keys')
      .innerJoin('issuers', 'issuers.id', 'issuer_keys.issuer_id')
      .select('sealed_key')
      .where('kind', '=', 'root')
      .execute()
    return rows.flatMap(({ sealed_key: key }) => (key === null ? [] : [Buffer.from(key).toString('hex')]))
  })
}
