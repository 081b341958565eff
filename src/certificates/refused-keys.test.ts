import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CertificateWorld, createCertificateWorld } from '../../test/support/certificate-world.ts'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { openToolFolder } from '../../test/support/tool-folder.ts'
import { makePrime, toRsaKeyFile } from '../../test/vectors/weak-rsa-key.ts'
import type { Organization } from './certificate-parts.ts'
import { readWeakKeyLists } from './weak-key-lists.ts'

const debianWeak = new URL('../../test/vectors/debian-weak.key', import.meta.url)
const folder = mkdtempSync(join(tmpdir(), 'postern-weak-keys-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The CSR that openssl makes with a key file. */
function requestFor(keyFile: string | URL): string {
  using tools = openToolFolder()
  const name = typeof keyFile === 'string' ? tools.write('key.pem', keyFile) : keyFile.pathname
  return tools.run(`openssl req -new -key ${name} -subj /CN=any`)
}

test('no folder of lists is no list', async () => {
  const findListedKey = await readWeakKeyLists(join(folder, 'missing'))
  expect(findListedKey({ modulus: 7n } as never)).toBeUndefined()
})

describeOnBothEngines('a key that others could have too', (store) => {
  let world: CertificateWorld
  let acme: Organization
  let globex: Organization
  beforeAll(async () => {
    using tools = openToolFolder()
    const digest = tools.run(`openssl rsa -noout -modulus -in ${debianWeak.pathname} -out modulus`)
    const sha1 = tools.run('openssl dgst -sha1 -r modulus').slice(0, 40)
    writeFileSync(
      join(folder, 'blacklist.RSA-2048'),
      `# Debian\n${'0'.repeat(20)}\n${sha1.slice(20)}\n${digest}`,
    )
    world = await createCertificateWorld(store.database, { findListedKey: await readWeakKeyLists(folder) })
    acme = await world.addOrganization('acme')
    globex = await world.addOrganization('globex')
  })
  const submitNew = async (organization: Organization, csr: string) =>
    world.submit(organization, (await world.createDraft(organization)).id, csr)

  test('is refused where it has a prime of another key, which the operator is told and nobody else', async () => {
    const [p, q, r] = [makePrime(1024), makePrime(1024), makePrime(1024)]
    const first = await submitNew(acme, requestFor(toRsaKeyFile(p, q)))
    expect(first.status).toBe('issued')
    const draft = await world.createDraft(globex)
    const failed = await world
      .submit(globex, draft.id, requestFor(toRsaKeyFile(q, r)))
      .catch((error) => error)
    expect(failed.code).toBe('key_shared_factor')
    expect(failed.message).not.toMatch(/acme|globex/)
    expect(world.sharing).toEqual([first.request?.publicKeySha256])
    expect((await world.get(globex, draft.id)).request).toBeNull()
  })

  test('is taken again where its own request was given up', async () => {
    const csr = requestFor(toRsaKeyFile(makePrime(1024), makePrime(1024)))
    const rejected = await world.createDraft(acme, 'careful')
    await world.submit(acme, rejected.id, csr)
    await world.call('decideApproval', {
      params: { certificateId: rejected.id },
      body: { approve: false, reason: 'not now' },
    })
    expect((await submitNew(acme, csr)).status).toBe('issued')
  })

  test('is refused where it is on a list of keys from a faulty generator', async () => {
    const draft = await world.createDraft(acme)
    await expect(world.submit(acme, draft.id, requestFor(debianWeak))).rejects.toMatchObject({
      code: 'key_published',
      message: expect.stringContaining('faulty random number generator'),
    })
    expect((await world.get(acme, draft.id)).status).toBe('draft')
  })
})
