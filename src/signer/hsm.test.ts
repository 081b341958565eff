import { execFile } from 'node:child_process'
import { randomBytes, X509Certificate } from 'node:crypto'
import { createRequire } from 'node:module'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { promisify } from 'node:util'
import type * as Pkcs11 from 'pkcs11js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestClock } from '../../test/support/certificate-harness.ts'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { type SignerHarness, testSigner } from '../../test/support/signer-contract.ts'
import { openSoftHsm, type SoftHsm } from '../../test/support/soft-hsm.ts'
import { makeAuthority } from '../../test/support/test-authority.ts'
import { SoundTbsCertList } from '../pki/status/lint-revocation-list.ts'
import { draftRevocationList } from '../pki/status/revocation-list.ts'
import { systemActor } from '../shapes/actor.ts'
import { toMasterKey } from '../shapes/master-key.ts'
import { addIssuer, ensureAuthority } from './create-authority.ts'
import type { Hsm } from './hsm.ts'
import { openIssuerKey } from './issuer-key-store.ts'
import type { NewKeys } from './make-issuer-key.ts'
import { openHsm } from './open-hsm.ts'
import { openSigner } from './open-signer.ts'

const run = promisify(execFile)
/** A list of an issuer that the token knows nothing of. */
const draftList = async () => {
  const issuer = (await makeAuthority()).issuing.facts
  const fields = { issuer, number: 1, thisUpdate: 1e12, nextUpdate: 2e12, entries: [] }
  return new SoundTbsCertList(draftRevocationList(fields), issuer)
}
const idsOf = (listing: string) =>
  [...listing.matchAll(/ID: +([0-9a-f]+)/g)].map(([, id = '']) => Buffer.from(id, 'hex').toString()).sort()

describeOnBothEngines('the certificate authority in a token', (store) => {
  const authorityKey = toMasterKey(randomBytes(32))
  const clock = createTestClock()
  let token: SoftHsm
  let hsm: Hsm
  beforeAll(() => {
    token = openSoftHsm()
    hsm = openHsm(token.settings, token.pin)
  })
  afterAll(async () => {
    await hsm.close()
    token[Symbol.dispose]()
  })

  const partsOf = (
    location: NewKeys['location'],
    algorithm: NewKeys['algorithm'] = 'ecdsa',
    through = hsm,
  ) => ({
    database: store.database,
    authorityKey,
    clock,
    hsm: through,
    newKeys: { location, algorithm },
    publicationUrl: 'http://localhost:8080',
  })
  const readIssuers = () =>
    store.database.queries.selectFrom('issuers').selectAll().orderBy('created_at').execute()
  const readKeys = () => store.database.queries.selectFrom('issuer_keys').selectAll().execute()

  test('creates each key once, however many processes start concurrently, and no key is extractable', async () => {
    const script = new URL('../../test/support/authority-maker.ts', import.meta.url).pathname
    const key = Buffer.from(authorityKey.first).toString('hex')
    const given = JSON.stringify({ settings: token.settings, pin: token.pin })
    const start = () =>
      run(process.execPath, [script, JSON.stringify(store.location), key, 'production,staging', given])
    await Promise.all([start(), start(), start()])

    const listing = token.listKeys()
    expect(idsOf(listing)).toEqual((await readIssuers()).map(({ id }) => id).sort())
    expect(idsOf(listing)).toHaveLength(3)
    expect(listing.match(/always sensitive, never extractable, local/g)).toHaveLength(3)
    expect(listing).toContain('label:      Postern issuing production iss_')
    for (const row of await readKeys())
      expect(row).toMatchObject({ location: 'pkcs11', sealed_key: null, token: 'postern' })
  })

  test('reports keys in the token without an issuer, after a crash in between', async () => {
    const before = { keys: idsOf(token.listKeys()), issuers: await readIssuers() }
    const cutShort = {
      ...hsm,
      generate: async (...given: Parameters<Hsm['generate']>) => {
        await hsm.generate(...given)
        throw new Error('the process ended here')
      },
    }
    const parts = { ...partsOf('pkcs11', 'ecdsa', cutShort), environments: [{ name: 'sandbox' }] }
    await expect(ensureAuthority(parts)).rejects.toThrow('ended here')
    expect(await readIssuers()).toEqual(before.issuers)
    const orphans = idsOf(token.listKeys()).filter((id) => !before.keys.includes(id))
    expect(orphans).toHaveLength(1)
    expect(token.listKeys()).toContain(`Postern issuing sandbox ${orphans[0]}`)
  })

  describe.each([
    { name: 'ECDSA in a token', made: [partsOf('pkcs11'), partsOf('pkcs11')], type: 'ec' },
    {
      name: 'RSA in a token and sealed',
      made: [partsOf('pkcs11', 'rsa'), partsOf('store', 'rsa')],
      type: 'rsa',
    },
  ])('signs as a signer ($name)', ({ made, type }) => {
    let harness: SignerHarness
    beforeAll(async () => {
      const present = new Set((await readIssuers()).map(({ id }) => id))
      for (const parts of made)
        await addIssuer(
          { ...parts, database: store.database, hsm },
          { name: 'production' },
          systemActor('test'),
        )
      const added = (await readIssuers()).filter(({ id }) => !present.has(id))
      const issuers = added.map(({ id, certificate_der: certificateDer }) => ({ id, certificateDer }))
      harness = { signer: openSigner(store.database, authorityKey, hsm), authorityKey, issuers }
    })
    testSigner(() => harness)

    test('has keys of the configured kind', () => {
      const keys = harness.issuers.map(({ certificateDer }) => new X509Certificate(certificateDer).publicKey)
      expect(keys.map(({ asymmetricKeyType }) => asymmetricKeyType)).toEqual([type, type])
    })
  })

  test('reports the key id as the token lists it if the token signs with a different key', async () => {
    await ensureAuthority({ ...partsOf('pkcs11'), environments: [{ name: 'production' }] })
    const [right, other] = (await readKeys()).filter(({ token_key_id: id }) => id !== null)
    const otherId = Buffer.from(other?.token_key_id ?? '', 'hex')
    const swapped: Hsm = { ...hsm, sign: (_, ...rest) => hsm.sign(otherId, ...rest) }
    const access = { authorityKey, hsm: swapped }
    const { sign } = await openIssuerKey(store.database.queries, access, right?.issuer_id ?? '')
    const list = await draftList()
    await expect(sign('ecdsa-with-SHA256', list)).rejects.toMatchObject({
      code: 'issuer_unavailable',
      message: expect.stringContaining(`The key with the ID ${right?.token_key_id} in the token`),
    })
  })

  test('names the missing setting if the key is in a token and none is configured', async () => {
    const row = (await readKeys()).find(({ location }) => location === 'pkcs11')
    const without = openSigner(store.database, authorityKey)
    const list = await draftList()
    await expect(without.signRevocationList(row?.issuer_id ?? '', list)).rejects.toMatchObject({
      code: 'issuer_unavailable',
      message: expect.stringContaining('authority.pkcs11'),
    })
  })
})

describe('a token', () => {
  const id = Buffer.from('iss_test')
  let token: SoftHsm
  let hsm: Hsm
  beforeAll(async () => {
    token = openSoftHsm()
    hsm = openHsm(token.settings, token.pin)
    await hsm.generate('ec-p256', id, 'test')
  })
  afterAll(async () => {
    await hsm.close()
    token[Symbol.dispose]()
  })
  const sign = (through = hsm) => through.sign(id, 'ecdsa-with-SHA256', Buffer.from('to be signed'))

  test('that is removed is reported as unavailable, and is used again when it is back', async () => {
    expect((await sign()).length).toBeGreaterThan(60)
    token.takeAway()
    await expect(sign()).rejects.toMatchObject({ code: 'issuer_unavailable' })
    await expect(hsm.check()).rejects.toThrow(
      'The token postern with the keys of the authority cannot be used',
    )
    token.putBack()
    expect((await sign()).length).toBeGreaterThan(60)
  })

  test('that loses sessions or the login is logged in to again', async () => {
    // The same module in the same process shares its sessions.
    const api: typeof Pkcs11 = createRequire(import.meta.url)('pkcs11js')
    const module = new api.PKCS11()
    module.load(token.settings.module)
    for (const forget of ['sessions', 'login']) {
      await sign()
      const slot = module.C_GetSlotList(true)[0] as Buffer
      if (forget === 'sessions') module.C_CloseAllSessions(slot)
      else module.C_Logout(module.C_OpenSession(slot, api.CKF_SERIAL_SESSION))
      expect((await sign()).length).toBeGreaterThan(60)
    }
  })

  test('creates a large key without blocking other work', async () => {
    let turns = 0
    let isDone = false
    const made = hsm.generate('rsa-4096', Buffer.from('large'), 'large').finally(() => {
      isDone = true
    })
    while (!isDone) {
      turns += 1
      await nextTurn()
    }
    expect((await made).length).toBeGreaterThan(500)
    expect(turns).toBeGreaterThan(100)
  })

  test('gets a wrong PIN once, and none before a manual login', async () => {
    await hsm.close()
    const wrong = openHsm(token.settings, '0000')
    for (let tried = 0; tried < 3; tried += 1)
      await expect(wrong.check()).rejects.toMatchObject({ code: 'hsm_pin_refused' })
    await wrong.close()
    expect(token.ask('--list-token-slots')).toContain('user PIN count low')
    const again = openHsm(token.settings, token.pin)
    await expect(again.check()).rejects.toThrow('the last PIN it was given was wrong')
    await again.close()

    token.listKeys()
    const right = openHsm(token.settings, token.pin)
    expect((await sign(right)).length).toBeGreaterThan(60)
    await expect(right.sign(Buffer.from('other'), 'ecdsa-with-SHA256', id)).rejects.toMatchObject({
      code: 'issuer_unavailable',
    })
    await right.close()
  })

  test.each([
    [{ token: 'elsewhere' }, 'issuer_unavailable', 'The token elsewhere'],
    [{ module: '/nowhere/hsm.so' }, 'config_invalid', '/nowhere/hsm.so'],
  ])('with wrong settings is reported in one sentence: %j', async (change, code, sentence) => {
    const other = openHsm({ ...token.settings, ...change }, token.pin)
    await expect(other.check()).rejects.toMatchObject({ code, message: expect.stringContaining(sentence) })
    await other.close()
  })
})
