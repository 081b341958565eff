import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { operations } from '../../src/contract/operations.ts'
import { signInFirst } from '../support/api.ts'
import { issueCertificate, until } from '../support/certificates.ts'
import { type PosternPlace, preparePostern } from '../support/postern.ts'
import { openSoftHsm, type SoftHsm } from '../support/soft-hsm.ts'
import { openToolFolder } from '../support/tool-folder.ts'
import { signIn, withStore } from '../support/users.ts'

let token: SoftHsm
let place: PosternPlace
let folder: ReturnType<typeof openToolFolder>
let pinFile: string

beforeAll(async () => {
  token = openSoftHsm()
  folder = openToolFolder()
  pinFile = join(folder.path, folder.write('pin', `${token.pin}\n`))
  const { module } = token.settings
  place = await preparePostern({
    config: { authority: { keys: 'pkcs11', pkcs11: { module, token: token.settings.token } } },
    environment: { POSTERN_PKCS11_PIN_FILE: pinFile, ...token.variables },
  })
})
afterAll(() => {
  place.remove()
  for (const made of [folder, token]) made[Symbol.dispose]()
})

async function startInVain() {
  const command = place.run('serve')
  return { exitCode: await command.exitCode, output: command.output() }
}

const readStore = () =>
  withStore(place, async ({ queries }) => ({
    issuers: await queries.selectFrom('issuers').select('id').execute(),
    keys: await queries.selectFrom('issuer_keys').selectAll().execute(),
  }))

test('certificates are signed by keys in a PKCS#11 token that are not in the store', {
  timeout: 180_000,
}, async () => {
  const postern = await place.start('--portal')
  const admin = await signInFirst(postern, 'admin@acme.example')
  const { files } = await issueCertificate(admin, 'acme')
  const chain = await fetch(`${place.publicUrl}/issuers/root.cer`)
  folder.write('root.cer', new Uint8Array(await chain.arrayBuffer()))
  folder.run('openssl x509 -inform DER -in root.cer -out root.pem')
  const operator = await signInFirst(postern, 'operator@postern.example')
  const { items } = await operator.call(operations.listCertificateAuthorities)
  expect(items.map(({ keyLocation }) => keyLocation)).toEqual(['pkcs11', 'pkcs11', 'pkcs11'])
  const issuing = items.find(({ environment }) => environment === 'production')
  folder.write(
    'issuing.cer',
    new Uint8Array(await (await fetch(issuing?.certificateUrl ?? '')).arrayBuffer()),
  )
  folder.run('openssl x509 -inform DER -in issuing.cer -out issuing.pem')
  const leaf = join(files.folder, files.certificateFile)
  expect(folder.run(`openssl verify -x509_strict -CAfile root.pem -untrusted issuing.pem ${leaf}`)).toContain(
    'OK',
  )
  folder.write(
    'list.crl',
    new Uint8Array(await (await fetch(issuing?.revocationListUrl ?? '')).arrayBuffer()),
  )
  expect(folder.run('openssl crl -inform DER -in list.crl -CAfile issuing.pem -noout')).toContain('verify OK')

  const { keys } = await readStore()
  expect(keys).toHaveLength(3)
  expect(keys.every(({ sealed_key: sealed, location }) => sealed === null && location === 'pkcs11')).toBe(
    true,
  )
  expect(token.listKeys().match(/never extractable/g)).toHaveLength(3)
  await postern.end()
})

test('Postern starts without its PKCS#11 token and uses it once it is available', {
  timeout: 180_000,
}, async () => {
  token.takeAway()
  const postern = await place.start('--portal')
  expect(postern.output()).toContain('The token postern with the keys of the authority cannot be used')
  const admin = await signIn(postern, 'admin@acme.example')
  const draft = await admin.call(operations.createCertificate, {
    params: { organization: 'acme', environment: 'production' },
    body: {},
  })
  folder.run(
    'openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k -out csr -subj /CN=x',
  )
  const csr = Buffer.from(folder.read('csr')).toString()
  const params = { organization: 'acme', certificateId: draft.id }
  const { status } = await admin.call(operations.submitCsr, { params, body: { csr } })
  expect(status).toBe('pending')
  token.putBack()
  const { value } = await until(
    () => admin.call(operations.getCertificate, { params }),
    ({ status }) => status === 'issued',
    90,
  )
  expect(value.status).toBe('issued')
  await postern.end()
})

test('a wrong PIN is tried once, logged in one sentence, and changes nothing', {
  timeout: 180_000,
}, async () => {
  const before = await readStore()
  writeFileSync(pinFile, '0000')
  const first = await startInVain()
  expect(first.output).toContain('The token rejected the PIN of POSTERN_PKCS11_PIN')
  expect(first.output).not.toContain('0000')
  writeFileSync(pinFile, token.pin)
  const second = await startInVain()
  expect(second.output).toContain('the last PIN it was given was wrong')
  expect([first.exitCode, second.exitCode]).not.toContain(0)
  expect(await readStore()).toEqual(before)
  token.listKeys()
  const postern = await place.start('--portal')
  expect(await place.run('root', 'export', join(folder.path, 'root.key')).exitCode).toBe(1)
  await postern.end()
})

test('PKCS#11 settings that do not match the keys in the store are rejected by name', {
  timeout: 180_000,
}, async () => {
  const before = await readStore()
  const { module } = token.settings
  writeFileSync(place.configFile, stringify({ gateway: { processes: 1 } }))
  const without = await startInVain()
  expect(without.output).toMatch(
    /issuing CA of production is in the token postern, and authority\.pkcs11 names no token\. Set authority\.pkcs11/,
  )
  const pkcs11 = { module, token: 'another' }
  token.makeAnother('another')
  writeFileSync(
    place.configFile,
    stringify({ gateway: { processes: 1 }, authority: { keys: 'pkcs11', pkcs11 } }),
  )
  const other = await startInVain()
  expect(other.output).toMatch(
    /token postern, and the token another has no key with the ID iss_\w+\. Name the right/,
  )
  expect([without.exitCode, other.exitCode]).not.toContain(0)
  expect(await readStore()).toEqual(before)
})
