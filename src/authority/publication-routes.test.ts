import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { createCertificateWorld } from '../../test/support/certificate-world.ts'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { openListener } from '../../test/support/open-listener.ts'
import { createPublicationServer } from '../http/publication-server.ts'
import { publicationRoutes } from './publication-routes.ts'

describeOnBothEngines('a list of several megabytes', (store) => {
  test('comes in pieces, whole, and goes on while newer ones are published', async () => {
    const world = await createCertificateWorld(store.database)
    const { issuers } = world.issue
    const id = { issuerId: (await issuers.getSigning('production')).id, partition: null }
    const save = async (der: Uint8Array) => {
      const begun = await world.crls.begin(id, world.clock.now())
      const list = { ...id, number: begun.number, thisUpdate: 1000, nextUpdate: 2000, entries: 1 }
      expect(await world.crls.save(list, der, begun, 0)).toBe(true)
      return world.crls.find(id)
    }
    // Exactly full pieces, and a last one that is not.
    const [exact, first] = [randomBytes(2 << 20), randomBytes((3 << 20) + 17)]
    await save(exact)
    expect(await world.crls.findDer(id)).toEqual(new Uint8Array(exact))
    const list = await save(first)

    await using server = createPublicationServer(
      publicationRoutes({ issuers, lists: world.crls }),
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

    const reading = world.crls.readChunks(list as NonNullable<typeof list>)
    const pieces = [(await reading.next()).value ?? new Uint8Array()]
    await save(randomBytes(9))
    for await (const piece of reading) pieces.push(piece)
    expect(Buffer.compare(Buffer.concat(pieces), first)).toBe(0)
    expect((await fetch(url, { headers: { 'if-none-match': etag } })).status).toBe(200)
  })
})
