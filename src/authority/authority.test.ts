import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { beforeAll, expect, test } from 'vitest'
import {
  type CertificateHarness,
  createCertificateHarness,
  pastValidity,
} from '../../test/support/certificate-harness.ts'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { openToolFolder } from '../../test/support/tool-folder.ts'
import { createAuditStore } from '../audit/audit-store.ts'
import { parseRevocationList } from '../pki/status/parse-revocation-list.ts'
import { cacheRevocationLists } from './cache-revocation-lists.ts'
import { createIssuerStore, type IssuerStore } from './issuer-store.ts'
import { revocationRoutes } from './revocation-routes.ts'

const hour = 3_600_000

describeOnBothEngines('the published CRLs', (store) => {
  let harness: CertificateHarness
  let issuers: IssuerStore
  let issuerId: string
  beforeAll(async () => {
    harness = await createCertificateHarness(store.database)
    issuers = createIssuerStore(store.database)
    issuerId = (await issuers.getSigning('production')).id
    await harness.publisher.publishDue()
  })
  const full = () => ({ issuerId, partition: null })
  const readList = async () => (await harness.crls.findDer(full())) ?? new Uint8Array()
  const get = async (path: string, file: string, headers: Record<string, string> = {}) => {
    const route = revocationRoutes(
      cacheRevocationLists({ issuers, lists: harness.crls, clock: harness.clock }),
    ).find((each) => each.path === path)
    if (route === undefined) throw new Error('no route')
    const answer = await route.handler({ params: { file }, headers, body: new Uint8Array() })
    const { body } = answer
    const isWhole = typeof body === 'string' || body instanceof Uint8Array
    return { ...answer, body: isWhole ? body : await buffer(body) }
  }

  test('contain a certificate as soon as its revocation is answered, as read by openssl', async () => {
    const acme = await harness.addOrganization('acme')
    const issued = await harness.issueOne(acme)
    await harness.revoke(acme, issued)
    const answer = await get('/crl/:file', `${issuerId}.crl`)
    expect(answer.headers['content-type']).toBe('application/pkix-crl')
    using folder = openToolFolder()
    folder.write('a.crl', answer.body)
    const text = folder.run('openssl crl -inform DER -in a.crl -noout -text')
    expect(text.toLowerCase()).toContain((issued.issued?.serialNumber ?? '-').toLowerCase())
    expect(text).toContain('Superseded')
    const issuer = await get('/issuers/:file', `${issuerId}.cer`)
    expect(issuer.headers['content-type']).toBe('application/pkix-cert')
    folder.write('issuer.cer', issuer.body)
    folder.run('openssl x509 -inform DER -in issuer.cer -out issuer.pem')
    expect(folder.run('openssl crl -inform DER -in a.crl -noout -CAfile issuer.pem')).toContain('verify OK')
  })

  test('never repeat a number, neither after a restore of the store nor with a clock that is behind', async () => {
    const issuer = store.database.queries.updateTable('issuers').where('id', '=', issuerId)
    const { number: last } = await harness.crls.begin(full(), harness.clock.now())
    await issuer.set({ crl_number: 3 }).execute()
    const { number: next } = await harness.crls.begin(full(), harness.clock.now() + 2000)
    expect(next).toBeGreaterThan(last)
    const { number: behind } = await harness.crls.begin(full(), 1000)
    expect(behind).toBe(next + 1)
  })

  test('never have a lower number than before when several are created concurrently', async () => {
    const before = (await harness.crls.find(full()))?.number ?? 0
    const slow = await harness.crls.begin(full(), harness.clock.now())
    await Promise.all(Array.from({ length: 8 }, () => harness.publish(issuerId)))
    const list = await harness.crls.find(full())
    // Of concurrent calls, the first gets one run, and all later ones share one more.
    expect(slow.number).toBeGreaterThan(before)
    expect(list?.number).toBe(slow.number + 2)
    if (list === undefined) throw new Error('no list')
    const late = { ...list, number: slow.number }
    expect(await harness.crls.save(late, new Uint8Array(9), slow, 0)).toBe(false)
    expect(await harness.crls.find(full())).toEqual(list)
  })

  test('contain an expired certificate once more, and then no longer', async () => {
    const other = await harness.addOrganization('expiring')
    const issued = await harness.issueOne(other)
    await harness.revoke(other, issued)
    const isListed = async () => {
      await harness.publish(issuerId)
      return parseRevocationList(await readList()).revoked.has(issued.issued?.serialNumber ?? '')
    }
    expect(await isListed()).toBe(true)
    harness.clock.advance(pastValidity)
    expect([await isListed(), await isListed()]).toEqual([true, false])
  })

  test('have an audit row for each signature', async () => {
    await harness.publish(issuerId)
    const list = await harness.crls.find(full())
    const { items } = await createAuditStore(store.database).list({ limit: 1 })
    expect(items[0]).toMatchObject({
      action: 'revocation_list.signed',
      subjectId: issuerId,
      after: {
        number: list?.number,
        list: issuerId,
        sha256: createHash('sha256')
          .update(await readList())
          .digest('hex'),
      },
    })
  })

  test('have a different ETag when they are published again', async () => {
    const { headers } = await get('/crl/:file', `${issuerId}.crl`)
    expect(headers.etag).toMatch(/^"\d+"$/)
    expect((await get('/crl/:file', `${issuerId}.crl`)).headers.etag).toBe(headers.etag)
    await harness.publish(issuerId)
    const fresh = await get('/crl/:file', `${issuerId}.crl`)
    expect(fresh.headers.etag).not.toBe(headers.etag)
    expect(fresh.headers['cache-control']).toMatch(/max-age=\d+/)
  })

  test('are not found for unknown names', async () => {
    for (const file of ['nothing.crl', issuerId, `${issuerId}.cer`, `${issuerId}-9.crl`, `${issuerId}-0.crl`])
      await expect(get('/crl/:file', file)).rejects.toMatchObject({ code: 'not_found' })
    await expect(get('/issuers/:file', 'nothing.cer')).rejects.toMatchObject({ code: 'not_found' })
  })

  test('contain the root certificate under its plain name', async () => {
    const root = (await issuers.listChain(issuerId)).at(-1)
    const answer = await get('/issuers/:file', 'root.cer')
    expect(answer.status).toBe(200)
    expect(Buffer.from(answer.body)).toEqual(Buffer.from(root?.certificateDer ?? []))
  })
})

// The numbers of a list follow the clock alone where nothing else is published.
describeOnBothEngines('the published lists by the clock', (store) => {
  test('exist for every issuer, the root included, and are renewed after half their lifetime', async () => {
    const harness = await createCertificateHarness(store.database)
    await harness.publisher.publishDue()
    const ids = await createIssuerStore(store.database).listIds()
    const numbers = async () =>
      Promise.all(ids.map(async (id) => (await harness.crls.find({ issuerId: id, partition: null }))?.number))
    const first = await numbers()
    await harness.publisher.publishDue()
    expect(await numbers()).toEqual(first)
    harness.clock.advance(13 * hour)
    await harness.publisher.publishDue()
    expect(await numbers()).toEqual(first.map((number) => (number ?? 0) + 13 * hour))
  })
})
