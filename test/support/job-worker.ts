import { createJobStore } from '../../src/jobs/job-store.ts'
import { openDatabase } from '../../src/storage/database.ts'

/** A worker in its own process: leases the jobs that are due, prints each key, and keeps the leases. */
const [location = '', now = ''] = process.argv.slice(2)
const database = await openDatabase(JSON.parse(location))
const jobs = createJobStore(database)
while (await jobs.isDue('try', Number(now))) {
  const job = await jobs.lease({ kind: 'try' }, Number(now))
  if (job !== undefined) process.stdout.write(`${job.key}\n`)
}
await database.close()
