import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDatabase } from '../../src/storage/database.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { type OcspWorld, openOcspWorld } from '../support/ocsp-world.ts'
import { openToolFolder } from '../support/tool-folder.ts'

let world: OcspWorld
let close: () => Promise<void>

beforeAll(async () => {
  const store = openToolFolder()
  const database = await openDatabase({ engine: 'sqlite', path: join(store.path, 'postern.db') })
  await migrate(database)
  world = await openOcspWorld(database)
  close = async () => {
    await world.close()
    await database.close()
    store[Symbol.dispose]()
  }
  const acme = await world.addOrganization('acme')
  await world.issueTo('good', acme)
  await world.revoke(acme, await world.issueTo('bad', acme))
})
afterAll(() => close())

test('Java validates a path by OCSP alone, and knows what is revoked', async () => {
  const program = join(import.meta.dirname, 'CheckByOcsp.java')
  const said = await world.ask(`java ${program} issuer.pem ${world.url} good.pem bad.pem`)
  expect(said).toContain('good.pem: valid')
  expect(said).toContain('bad.pem: REVOKED')
  expect(said).toContain('SUPERSEDED')
})

test('NSS asks where the certificate says, and knows what is revoked', async () => {
  await world.ask('mkdir nss')
  await world.ask('certutil -N -d sql:nss --empty-password')
  await world.ask('certutil -A -d sql:nss -n root -t CT,, -a -i root.pem')
  await world.ask('certutil -A -d sql:nss -n issuing -t ,, -a -i issuer.pem')
  for (const name of ['good', 'bad']) {
    await world.ask(`certutil -A -d sql:nss -n ${name} -t ,, -a -i ${name}.pem`)
    const said = await world.ask(`ocspclnt -V ${name} -u c -d sql:nss`)
    expect(said).toContain(name === 'good' ? '"good" succeeded' : 'has been revoked')
  }
})
