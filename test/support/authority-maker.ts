import { systemClock } from '../../src/clock.ts'
import { ensureAuthority } from '../../src/signer/create-authority.ts'
import { openDatabase } from '../../src/storage/database.ts'

/** A portal of its own process as far as the authority goes: makes what is missing of it, and ends. */
const [location = '', key = '', names = ''] = process.argv.slice(2)
const database = await openDatabase(JSON.parse(location))
await ensureAuthority({
  database,
  authorityKey: Buffer.from(key, 'hex'),
  clock: systemClock,
  publicationUrl: 'http://localhost:8080',
  environments: names.split(',').map((name) => ({ name })),
})
await database.close()
