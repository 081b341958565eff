import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { createCertificateHarness } from '../../test/support/certificate-harness.ts'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { takeStoreAway } from '../../test/support/make-store-unavailable.ts'
import { openListener } from '../../test/support/open-listener.ts'
import { createRevocationServer } from '../http/revocation-endpoints.ts'
import { cacheRevocationLists } from './cache-revocation-lists.ts'
import { revocationRoutes } from './revocation-routes.ts'

describeOnBothEngines('a CRL of several megabytes', (store) => {
  test('is sent in chunks and complete while newer ones are published', async () => {
    const harness = await createCertificateHarness(store.database)
    const { issuers } = harness.issue
    const id = { issuerId: (await issuers.getSigning('production')).id, partition: null }
    const save = async (der: Uint8Array) => {
      const begun = await harness.crls.begin(id, harness.clock.now())
      const list = { ...id, number: begun.number, thisUpdate: 1000, nextUpdate: 2000, entries: 1 }
      expect(await harness.crls.save(list, der, begun, 0)).toBe(true)
      return harness.crls.find(id)
    }
    // One list with only full chunks, and one with a partial last chunk.
    const [exact, first] = [randomBytes(2 << 20), randomBytes((3 << 20) + 17)]
    await save(exact)
    expect(await harness.crls.findDer(id)).toEqual(new Uint8Array(exact))
    const list = await save(first)

    await using server = createRevocationServer(
      revocationRoutes(
        cacheRevocationLists({ issuers, lists: harness.crls, clock: harness.clock }, { octets: 0 }),
      ),
      openListener,
    )
    await server.listen({ host: '127.0.0.1', port: 0 })
    const { port } = server.server.address() as AddressInfo
    const url = `http://127.0.0.1:${port}/crl/${id.issuerId}.crl`
    const response = await fetch(url)
    expect(response.headers.get('content-length')).toBe(String(first.length))
    expect(response.headers.get('cache-control')).toBe('public, max-age=60')
    expect(Buffer.compare(Buffer.from(await response.arrayBuffer()), first)).toBe(0)
    const etag = response.headers.get('etag') ?? ''
    const again = await fetch(url, { headers: { 'if-none-match': `"1", ${etag}` } })
    expect([again.status, (await again.arrayBuffer()).byteLength]).toEqual([304, 0])

    const reading = harness.crls.readChunks(list as NonNullable<typeof list>)
    const pieces = [(await reading.next()).value ?? new Uint8Array()]
    await save(randomBytes(9))
    for await (const piece of reading) pieces.push(piece)
    expect(Buffer.compare(Buffer.concat(pieces), first)).toBe(0)
    expect((await fetch(url, { headers: { 'if-none-match': etag } })).status).toBe(200)
  })
})

describeOnBothEngines('while the store is unavailable', (store) => {
  test('the publication listener serves the last CRL and issuer, and a problem without internal details for data never read', async () => {
    const harness = await createCertificateHarness(store.database)
    const { issuers } = harness.issue
    const issuer = await issuers.getSigning('production')
    const staging = await issuers.getSigning('staging')
    for (const { id } of [issuer, staging]) await harness.publisher.publish(id)
    const published = cacheRevocationLists({ issuers, lists: harness.crls, clock: harness.clock })
    await using server = createRevocationServer(revocationRoutes(published), openListener)
    await server.listen({ host: '127.0.0.1', port: 0 })
    const { port } = server.server.address() as AddressInfo
    const get = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`)
      const { status, headers } = response
      return {
        status,
        etag: headers.get('etag'),
        wait: headers.get('retry-after'),
        body: await response.text(),
      }
    }
    const [list, root] = [`/crl/${issuer.id}.crl`, '/issuers/root.cer']
    const before = [await get(list), await get(root)]
    expect(before.map(({ status }) => status)).toEqual([200, 200])
    const bringBack = await takeStoreAway(store.location)
    expect([await get(list), await get(root)]).toEqual(before)
    const unread = await get(`/crl/${staging.id}.crl`)
    expect([unread.status, JSON.parse(unread.body).code]).toEqual([503, 'storage_unavailable'])
    expect(unread.wait).toBe('60')
    expect(unread.body).not.toMatch(/SQLITE|ECONN|connect|postern\.db|t_[0-9a-f]{16}|55000/)
    await bringBack()
    await harness.publisher.publish(issuer.id)
    expect((await get(list)).etag).not.toBe(before[0]?.etag)
    // The refresh of each minute has read this without a request.
    await published.refresh()
    const bringBackAgain = await takeStoreAway(store.location)
    expect((await get(`/crl/${staging.id}.crl`)).status).toBe(200)
    await bringBackAgain()
  })
})
