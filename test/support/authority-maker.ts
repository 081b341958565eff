import { systemClock } from '../../src/clock.ts'
import { toMasterKey } from '../../src/shapes/master-key.ts'
import { ensureAuthority } from '../../src/signer/create-authority.ts'
import { openHsm } from '../../src/signer/open-hsm.ts'
import { openDatabase } from '../../src/storage/database.ts'

/** A portal process that only creates the missing parts of the certificate authority, then exits. */
const [location = '', key = '', names = '', token] = process.argv.slice(2)
const { settings, pin } = JSON.parse(token ?? '{}')
const hsm = settings && openHsm(settings, pin)
const database = await openDatabase(JSON.parse(location))
await ensureAuthority({
  database,
  authorityKey: toMasterKey(Buffer.from(key, 'hex')),
  clock: systemClock,
  publicationUrl: 'http://localhost:8080',
  ...(hsm && { hsm, newKeys: { location: 'pkcs11', algorithm: 'ecdsa' } }),
  environments: names.split(',').map((name) => ({ name })),
})
await database.close()
await hsm?.close()
