import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { enqueueJob } from '../../src/jobs/job-store.ts'
import { sendMailJob } from '../../src/notifications/outbox-store.ts'
import { until } from '../../test/support/certificates.ts'
import { type PosternPlace, preparePostern, type RunningPostern } from '../../test/support/postern.ts'
import { createPostgresDatabase, startPostgres } from '../../test/support/postgres.ts'
import { clearPlace } from '../../test/support/processes.ts'
import { openSlowMailServer } from '../../test/support/slow-mail-server.ts'
import { withStore } from '../../test/support/users.ts'
import { type Fault, noFindings } from './fault.ts'

async function writeEmail(postern: Pick<RunningPostern, 'storage'>, key: string): Promise<void> {
  await withStore(postern, async (database) => {
    const { id } = await database.queries
      .selectFrom('organizations')
      .select('id')
      .where('slug', '=', 'acme')
      .executeTakeFirstOrThrow()
    await database.transaction(async (tx) => {
      const email = { recipient: 'dev@acme.example', subject: 'News', body: 'News.' }
      await tx
        .insertInto('outbox')
        .values({ id: key, key, organization_id: id, ...email, created_at: Date.now() })
        .execute()
      await enqueueJob(tx, { kind: sendMailJob, key, owner: id }, Date.now(), Date.now())
    })
  })
}

const untilSent = (postern: Pick<RunningPostern, 'storage'>, key: string, seconds: number) =>
  withStore(postern, ({ queries }) => {
    const read = () =>
      queries.selectFrom('outbox').select(['sent_at', 'last_error']).where('id', '=', key).executeTakeFirst()
    return until(read, (row) => typeof row?.sent_at === 'number', seconds)
  })

/** Opens two portals of one store, each with the same keys. */
async function openTwins(url: string, smtpPort: number): Promise<[PosternPlace, PosternPlace]> {
  const keys = Object.fromEntries(
    ['AUTHORITY', 'GATEWAY', 'SESSION'].map((name) => [
      `POSTERN_${name}_KEY`,
      randomBytes(32).toString('base64'),
    ]),
  )
  const config = {
    storage: { engine: 'postgres' },
    mail: { smtp: { host: '127.0.0.1', port: smtpPort, unencrypted: true } },
  }
  const open = () => preparePostern({ config, environment: { POSTERN_DATABASE_URL: url, ...keys } })
  return [await open(), await open()]
}

/** All emails simultaneously, because each takes so long. */
const slowEmails: Fault = {
  name: 'a mail server takes 35 s over a letter, two portals',
  async *run(rounds) {
    const database = await startPostgres()
    const server = await openSlowMailServer(7000)
    const twins = await openTwins(await createPostgresDatabase(database.url), server.port)
    try {
      const postern = await twins[0].start('--portal')
      await twins[1].start('--portal')
      const keys = Array.from({ length: rounds }, (_, number) => `mail_${number}`)
      for (const key of keys) await writeEmail(postern, key)
      for (const key of keys) {
        const found = noFindings()
        await untilSent(postern, key, 60 + rounds * 20).catch((error) => found.hung.push(error.message))
        const times = server.letters.filter((id) => id === `${key}@postern`).length
        if (times !== 1) found.failed.push(`sent ${times} times`)
        yield found
      }
    } finally {
      for (const twin of twins) clearPlace(twin)
      server.close()
      await database.stop()
    }
  },
}

const portalDiesOverJob: Fault = {
  name: 'one of two portals dies over a letter',
  async *run(rounds) {
    const database = await startPostgres()
    const server = await openSlowMailServer(1000)
    const twins = await openTwins(await createPostgresDatabase(database.url), server.port)
    try {
      const running = [await twins[0].start('--portal'), await twins[1].start('--portal')]
      for (let number = 0; number < rounds; number += 1) {
        const found = noFindings()
        const key = `mail_${number}`
        const [postern] = running as [RunningPostern, RunningPostern]
        const isBegun = async () => server.letters.includes(`${key}@postern`)
        await writeEmail(postern, key)
        await until(isBegun, Boolean, 20)
        const [pid] = (running[Math.random() < 0.5 ? 0 : 1] as RunningPostern).findProcesses('portal-process')
        process.kill(pid as number, 'SIGKILL')
        try {
          const { milliseconds } = await untilSent(postern, key, 60)
          yield { ...found, felt: milliseconds }
        } catch (error) {
          found.hung.push((error as Error).message)
          yield found
        }
        for (const one of running)
          await until(
            async () => one.findProcesses('portal-process').length,
            (n) => n === 1,
            20,
          )
        await wait(500)
      }
    } finally {
      for (const twin of twins) clearPlace(twin)
      server.close()
      await database.stop()
    }
  },
}

/** Faults of emails and of the jobs that send them. */
export const emailFaults: Fault[] = [slowEmails, portalDiesOverJob]
