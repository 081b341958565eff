import { DatabaseSync } from 'node:sqlite'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { openBridge } from '../../test/support/bridge.ts'
import { createTestClock } from '../../test/support/certificate-harness.ts'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { openSlowMailServer } from '../../test/support/slow-mail-server.ts'
import { createTestSubscriptions } from '../../test/support/subscriptions.ts'
import { createJobStore } from '../jobs/job-store.ts'
import { runJobs } from '../jobs/run-jobs.ts'
import { type Database, openDatabase } from '../storage/database.ts'
import { createOutboxStore, sendMailJob } from './outbox-store.ts'
import { createMailSender } from './send-mail.ts'
import { writeEmails } from './write-emails-store.ts'

const times = { renew: 100, giveUp: 1200, lost: 1800 }
const email = {
  key: 'k',
  organizationId: null,
  recipient: 'dev@acme.example',
  subject: 'News',
  body: 'News.',
}

describeOnBothEngines('an email to a slow server', (store) => {
  const clock = createTestClock()
  const readJobs = () => store.database.queries.selectFrom('jobs').selectAll().execute()
  beforeEach(async () => {
    for (const table of ['outbox', 'jobs'] as const) await store.database.queries.deleteFrom(table).execute()
    await store.database.transaction((tx) => writeEmails(tx, [email], clock.now()))
  })

  function runPortal(database: Database, port: number): void {
    const server = { host: '127.0.0.1', port, tls: 'none', caFile: null, user: null, password: null } as const
    const handler = createMailSender(
      {
        outbox: createOutboxStore(database),
        subscriptions: createTestSubscriptions(database),
        clock,
        portalUrl: 'https://portal.example',
      },
      server,
      'Postern <p@localhost>',
    )
    const lane = { workers: 1, attemptSeconds: 60, maxAttempts: 10, longestDelaySeconds: 900, handler }
    const ignore = { onGivenUp() {}, onFailure() {} }
    onTestFinished(
      runJobs({ jobs: createJobStore(database), clock, times, lanes: { [sendMailJob]: lane }, ...ignore }),
    )
  }

  test('is sent once by two portals, even if it takes longer than a lease', async () => {
    // An SMTP conversation has seven answers.
    const server = await openSlowMailServer(times.lost / 5)
    onTestFinished(() => server.close())
    runPortal(store.database, server.port)
    // A SQLite store has one portal.
    if (store.database.engine === 'postgres') runPortal(store.database, server.port)
    await expect.poll(readJobs, { timeout: 15_000 }).toEqual([])
    expect(server.letters).toHaveLength(1)
  })

  test('is sent once, even if the store is unavailable when the server has accepted it', async () => {
    const { database, goAway, comeBack } = await openWavering()
    let isAway = false
    const server = await openSlowMailServer(10, () => {
      goAway()
      isAway = true
    })
    onTestFinished(() => server.close())
    runPortal(database, server.port)
    await expect.poll(() => isAway, { timeout: 10_000 }).toBe(true)
    await new Promise((resolve) => setTimeout(resolve, times.giveUp * 1.2))
    comeBack()
    await expect.poll(readJobs, { timeout: 15_000 }).toEqual([])
    expect(server.letters).toHaveLength(1)
    const [row] = await store.database.queries.selectFrom('outbox').selectAll().execute()
    expect(row).toMatchObject({ sent_at: clock.now(), last_error: null })
  })

  /** Returns the same store with a switch that makes it unavailable. */
  async function openWavering() {
    const { location } = store
    const waits = { lock: 200, connect: 300, silent: 300 }
    if (location.engine === 'sqlite') {
      const other = new DatabaseSync(location.path, { timeout: 2000 })
      const database = await openDatabase(location, { waits })
      onTestFinished(async () => {
        await database.close()
        other.close()
      })
      return {
        database,
        goAway: () => other.exec('begin immediate'),
        comeBack: () => other.exec('rollback'),
      }
    }
    const bridge = await openBridge(location.url)
    const database = await openDatabase({ ...location, url: bridge.url }, { waits })
    onTestFinished(async () => {
      await database.close()
      bridge.close()
    })
    return { database, goAway: bridge.freeze, comeBack: bridge.mend }
  }
})
