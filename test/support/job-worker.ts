import { createJobStore } from '../../src/jobs/job-store.ts'
import { openDatabase } from '../../src/storage/database.ts'

/** A worker of its own process: leases what is due at a moment, prints each key, and leaves the jobs leased. */
const [location = '', now = ''] = process.argv.slice(2)
const database = await openDatabase(JSON.parse(location))
const jobs = createJobStore(database)
while (await jobs.isDue('try', Number(now))) {
  const job = await jobs.lease({ kind: 'try' }, Number(now))
  if (job !== undefined) process.stdout.write(`${job.key}\n`)
}
await database.close()
