import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, inject, onTestFinished, test } from 'vitest'
import { openBridge } from '../../test/support/bridge.ts'
import { allowRole, runOn, runOnServer } from '../../test/support/make-store-unavailable.ts'
import { createPostgresDatabase } from '../../test/support/postgres.ts'
import { awaitStore } from './await-store.ts'
import { type Database, openDatabase, type StorageLocation } from './database.ts'
import { isMigrated, migrate } from './migrate.ts'
import { createStoreWatch } from './watch-store.ts'

const ready = 'The store can be used again'

/** Starts on a store like a component does, and returns the messages for operators. */
function startOn(location: StorageLocation, work: (database: Database) => Promise<unknown> = isMigrated) {
  const told: { level: string; sentence: string }[] = []
  const note = (level: string) => (_: object, sentence: string) => void told.push({ level, sentence })
  const watch = createStoreWatch(location, { warn: note('warn'), error: note('error') })
  let database: Database | undefined
  let isOver = false
  const started = awaitStore(
    async () => {
      if (isOver) throw new Error('the test is over')
      database ??= await openDatabase(location, { watch })
      return work(database)
    },
    watch,
    location,
  )
  started.catch(() => {})
  onTestFinished(() => {
    isOver = true
    // A connection that never answers would block the close.
    void database?.close().catch(() => {})
  })
  return {
    started,
    told,
    async untilTold(words: RegExp | string): Promise<string> {
      const began = Date.now()
      for (; ; await wait(20)) {
        const found = told.find(({ sentence }) => sentence.match(words) !== null)
        const milliseconds = Date.now() - began
        if (found !== undefined) {
          // The promise is 5 s; a busy machine is given more.
          process.stdout.write(`told after ${milliseconds} ms\n`)
          return found.sentence
        }
        if (milliseconds > 20_000)
          throw new Error(`not told within ${milliseconds} ms; told were ${JSON.stringify(told)}`)
      }
    },
  }
}

interface BaseDependencies {
  /** Returns the URL of a database for a role of its own. */
  url: URL
  database: string
  role: string
  onDatabase(...statements: string[]): Promise<void>
}

async function prepareGround(): Promise<BaseDependencies> {
  const url = new URL(await createPostgresDatabase(inject('postgresUrl')))
  const role = `r_${randomBytes(6).toString('hex')}`
  await runOnServer(`create role ${role} login password 'right'`)
  url.username = role
  const own = new URL(url)
  own.username = 'postern'
  return {
    ...{ url, role },
    database: url.pathname.slice(1),
    onDatabase: (...statements) => runOn(own.href, ...statements),
  }
}

const states: Record<
  string,
  {
    given(base: BaseDependencies): Promise<string>
    told: RegExp
    mend(base: BaseDependencies): Promise<unknown>
  }
> = {
  'a wrong password': {
    async given({ url, role }) {
      await allowRole(role, 'scram-sha-256')
      url.password = 'hunter2'
      return url.href
    },
    told: /rejects the role "r_\w+" for the database "t_\w+"\. Correct role, password .*28P01: password authentication failed/,
    mend: ({ role }) => runOnServer(`alter role ${role} password 'hunter2'`),
  },
  'a URL without the password that the server wants': {
    async given({ url, role }) {
      await allowRole(role, 'scram-sha-256')
      return url.href
    },
    told: /rejects the role .*SASL.* password must be a/,
    mend: ({ role }) => allowRole(role, 'trust'),
  },
  'a role that is missing': {
    async given({ url }) {
      url.username = 'r_missing'
      return url.href
    },
    told: /rejects the role "r_missing" .*28000: role "r_missing" does not exist/,
    mend: () => runOnServer('create role r_missing login'),
  },
  'a database that is missing': {
    async given({ url, database }) {
      url.pathname = `/${database}_missing`
      return url.href
    },
    told: /has no database "t_\w+_missing"\. Create it, .*3D000/,
    mend: ({ database }) => runOnServer(`create database ${database}_missing`),
  },
  'no line in pg_hba.conf': {
    async given({ url, role }) {
      await allowRole(role, 'reject')
      return url.href
    },
    told: /rejects the role .*pg_hba\.conf on the server\. \(28000: pg_hba\.conf rejects/,
    mend: ({ role }) => allowRole(role, 'trust'),
  },
  'no usage of the schema': {
    async given({ url, onDatabase }) {
      await onDatabase('revoke all on schema public from public')
      return url.href
    },
    told: /lacks a grant in the database "t_\w+" .*usage and create on the schema.*3F000/,
    mend: ({ onDatabase }) => onDatabase('grant usage on schema public to public'),
  },
  'no select on a table': {
    async given({ url, onDatabase }) {
      await onDatabase('create table kysely_migration (name text)')
      return url.href
    },
    told: /lacks a grant .*42501: permission denied for table kysely_migration/,
    mend: ({ onDatabase, role }) => onDatabase(`grant select on kysely_migration to ${role}`),
  },
  'no connection left': {
    async given({ url, role }) {
      await runOnServer(`alter role ${role} connection limit 0`)
      return url.href
    },
    told: /no connection or memory left .*53300: too many connections for role/,
    mend: ({ role }) => runOnServer(`alter role ${role} connection limit 10`),
  },
}

test.each(Object.keys(states))(
  'a start with %s reports the problem, and continues when it is solved',
  async (name) => {
    const state = states[name] as (typeof states)[string]
    const base = await prepareGround()
    const url = await state.given(base)
    const { started, told, untilTold } = startOn({ engine: 'postgres', url })
    await untilTold(state.told)
    await wait(1200)
    expect(told).toHaveLength(1)
    expect(JSON.stringify(told)).not.toMatch(/hunter2|right/)
    await state.mend(base)
    expect(await started).toBe(false)
    await untilTold(ready)
  },
)

test('the portal waits for the privilege to create tables', async () => {
  const { url, onDatabase } = await prepareGround()
  const { started, untilTold } = startOn({ engine: 'postgres', url: url.href }, migrate)
  await untilTold(/lacks a grant .*42501: permission denied for schema public/)
  await onDatabase('grant create on schema public to public')
  await started
  await untilTold(ready)
})

test('an unavailable server and then another problem are reported once each', async () => {
  const bridge = await openBridge(await createPostgresDatabase(inject('postgresUrl')))
  onTestFinished(() => bridge.close())
  bridge.cut()
  const { started, told, untilTold } = startOn({ engine: 'postgres', url: bridge.url })
  await untilTold(/cannot be reached\. Start it, or correct host and port/)
  bridge.mend()
  expect(await started).toBe(false)
  await untilTold(ready)
  expect(told.map(({ level }) => level)).toEqual(['error', 'warn'])
})

/** Returns an error packet of PostgreSQL and its poolers: severity, SQLSTATE, message. */
function errorPacket(state: string, message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0C${state}\0M${message}\0\0`)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(fields.length + 4)
  return Buffer.concat([Buffer.from('E'), length, fields])
}

test.each<[string, (socket: Socket) => void, RegExp]>([
  [
    'a pooler without its server',
    (socket) =>
      void socket.once('data', () => socket.end(errorPacket('08P01', 'server login failed: FATAL'))),
    /cannot be reached.*08P01: server login failed/,
  ],
  [
    'a server that is starting up',
    (socket) =>
      void socket.once('data', () => socket.end(errorPacket('57P03', 'the database system is starting up'))),
    /is starting or stopping\. Wait for it.*57P03/,
  ],
  [
    'a server of another protocol',
    (socket) => void socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    /cannot be reached/,
  ],
  ['a server that never answers', () => {}, /cannot be reached.*(?:ETIMEDOUT|connection timeout)/],
])('%s is reported within 5 s', async (_, answer, words) => {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    answer(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const { untilTold } = startOn({ engine: 'postgres', url: `postgres://p:hunter2@127.0.0.1:${port}/p` })
  expect(await untilTold(words)).not.toContain('hunter2')
})

test('TLS that the server does not support is reported', async () => {
  const url = new URL(inject('postgresUrl'))
  url.searchParams.set('sslmode', 'require')
  await startOn({ engine: 'postgres', url: url.href }).untilTold(
    /No TLS connection .* sslmode and sslrootcert/,
  )
})

test('a file that is not a database ends the start with an error that names it', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'postern-start-')), 'postern.db')
  writeFileSync(path, randomBytes(8192))
  const { started } = startOn({ engine: 'sqlite', path })
  await expect(started).rejects.toMatchObject({
    code: 'storage_unavailable',
    message: expect.stringMatching(/postern\.db is damaged, or is no SQLite database\. .*restore the file/),
  })
})

test('the start waits for a missing folder', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-start-'))
  const path = join(folder, 'later', 'postern.db')
  const { started, untilTold } = startOn({ engine: 'sqlite', path }, migrate)
  await untilTold(/postern\.db cannot be opened\. Check that its folder exists/)
  mkdirSync(join(folder, 'later'))
  await started
  await untilTold(ready)
})
