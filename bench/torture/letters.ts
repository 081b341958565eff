import { randomBytes } from 'node:crypto'
import { type AddressInfo, createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { enqueueJob } from '../../src/jobs/job-store.ts'
import { sendMailJob } from '../../src/notifications/outbox-store.ts'
import { until } from '../../test/support/certificates.ts'
import { withStore } from '../../test/support/people.ts'
import { type PosternPlace, preparePostern, type RunningPostern } from '../../test/support/postern.ts'
import { createPostgresDatabase, startPostgres } from '../../test/support/postgres.ts'
import { clearPlace } from '../../test/support/processes.ts'
import { type Fault, noFindings } from './fault.ts'

/** A mail server that takes `seconds` over each letter and counts how often it was given each. */
async function openSlowServer(seconds: number) {
  const received = new Map<string, number>()
  const server = createServer((socket) => {
    let text = ''
    let isLetter = false
    socket.on('error', () => {})
    socket.write('220 slow\r\n')
    socket.on('data', async (bytes) => {
      text += bytes.toString('latin1')
      const end = isLetter ? '\r\n.\r\n' : '\r\n'
      for (let at = text.indexOf(end); at >= 0; at = text.indexOf(end)) {
        const part = text.slice(0, at)
        text = text.slice(at + end.length)
        if (isLetter) {
          const id = /message-id: <([^>]+)>/i.exec(part)?.[1] ?? ''
          received.set(id, (received.get(id) ?? 0) + 1)
          isLetter = false
          await wait(seconds * 1000)
          socket.write('250 kept\r\n')
        } else if (part.toUpperCase() === 'DATA') {
          isLetter = true
          socket.write('354 go\r\n')
          break
        } else socket.write(part.toUpperCase() === 'QUIT' ? '221 bye\r\n' : '250 ok\r\n')
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, received, close: () => server.close() }
}

async function writeLetter(postern: Pick<RunningPostern, 'storage'>, key: string): Promise<void> {
  await withStore(postern, async (database) => {
    const { id } = await database.queries
      .selectFrom('organizations')
      .select('id')
      .where('slug', '=', 'acme')
      .executeTakeFirstOrThrow()
    await database.transaction(async (tx) => {
      const letter = { recipient: 'dev@acme.example', subject: 'News', body: 'News.' }
      await tx
        .insertInto('outbox')
        .values({ id: key, key, organization_id: id, ...letter, created_at: Date.now() })
        .execute()
      await enqueueJob(tx, { kind: sendMailJob, key, owner: id }, Date.now(), Date.now())
    })
  })
}

const sent = (postern: Pick<RunningPostern, 'storage'>, key: string) =>
  withStore(postern, ({ queries }) =>
    queries.selectFrom('outbox').select('sent_at').where('id', '=', key).executeTakeFirst(),
  )

/** Two portals of one store, each with the same keys. */
async function openTwins(url: string, smtpPort: number): Promise<[PosternPlace, PosternPlace]> {
  const keys = Object.fromEntries(
    ['AUTHORITY', 'GATEWAY', 'SESSION'].map((name) => [
      `POSTERN_${name}_KEY`,
      randomBytes(32).toString('base64'),
    ]),
  )
  const config = {
    storage: { engine: 'postgres' },
    mail: { smtp: { host: '127.0.0.1', port: smtpPort } },
  }
  const open = () => preparePostern({ config, environment: { POSTERN_DATABASE_URL: url, ...keys } })
  return [await open(), await open()]
}

const slowLetters: Fault = {
  name: 'a mail server takes 20 s over a letter, two portals',
  async *run(rounds) {
    const database = await startPostgres()
    const server = await openSlowServer(20)
    const twins = await openTwins(await createPostgresDatabase(database.url), server.port)
    try {
      const [postern] = [await twins[0].start('--portal'), await twins[1].start('--portal')]
      for (let number = 0; number < rounds; number += 1) {
        const found = noFindings()
        const key = `mail_${number}`
        await writeLetter(postern, key)
        try {
          const { milliseconds } = await until(
            () => sent(postern, key),
            (row) => row?.sent_at !== null,
            60,
          )
          await wait(1000)
          const times = server.received.get(`${key}@postern`)
          if (times !== 1) found.failed.push(`sent ${times} times`)
          yield { ...found, felt: milliseconds - 20_000 }
        } catch (error) {
          found.hung.push((error as Error).message)
          yield found
        }
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
    const server = await openSlowServer(1)
    const twins = await openTwins(await createPostgresDatabase(database.url), server.port)
    try {
      const running = [await twins[0].start('--portal'), await twins[1].start('--portal')]
      for (let number = 0; number < rounds; number += 1) {
        const found = noFindings()
        const key = `mail_${number}`
        const [postern] = running as [RunningPostern, RunningPostern]
        const isBegun = async () => server.received.has(`${key}@postern`)
        await writeLetter(postern, key)
        await until(isBegun, Boolean, 20)
        for (const one of running) {
          if (Math.random() < 0.5) process.kill(one.findProcesses('portal-process')[0] as number, 'SIGKILL')
        }
        try {
          const { milliseconds } = await until(
            () => sent(postern, key),
            (row) => row?.sent_at !== null,
            60,
          )
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

/** Faults of letters and of the jobs that send them. */
export const letterFaults: Fault[] = [slowLetters, portalDiesOverJob]
