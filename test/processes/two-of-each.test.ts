import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, inject, onTestFinished, test } from 'vitest'
import { createLog } from '../../src/app/create-log.ts'
import { createGatewayApp } from '../../src/app/gateway-app.ts'
import { systemClock } from '../../src/clock.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { toConfig } from '../../src/config/to-config.ts'
import { toSecrets } from '../../src/config/to-secrets.ts'
import { operations } from '../../src/contract/operations.ts'
import { enqueueJob } from '../../src/jobs/job-store.ts'
import { sendMailJob } from '../../src/notifications/outbox-store.ts'
import { ensureDevelopmentTls } from '../../src/signer/development-tls.ts'
import { type Database, openDatabase } from '../../src/storage/database.ts'
import { type ApiClient, createApiClient, signInFirst } from '../support/api.ts'
import { issueCertificate, until } from '../support/certificates.ts'
import { createGatewayClient, readIdentity } from '../support/gateway-client.ts'
import { openMailServer } from '../support/mail-server.ts'
import { preparePostern } from '../support/postern.ts'
import { createPostgresDatabase } from '../support/postgres.ts'
import { clearPlace } from '../support/processes.ts'

const kills = Number(process.env.POSTERN_KILLS ?? 2)
const emailsPerKill = 12
/** A portal sends so many emails at a time: each of them may be under way when it is killed. */
const sentAtOnce = 4

const portalHosts = ['127.0.0.2', '127.0.0.3']

/** Adds emails to the outbox, as an event with many recipients does. */
async function writeEmails(database: Database, name: string, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, n) => `mail_${name}_${n}`)
  const now = Date.now()
  await database.transaction(async (tx) => {
    for (const id of ids) {
      const text = { recipient: `${id}@acme.example`, subject: 'News', body: 'News.' }
      await tx
        .insertInto('outbox')
        .values({ id, key: id, organization_id: null, ...text, created_at: now })
        .execute()
      await enqueueJob(tx, { kind: sendMailJob, key: id, owner: null }, now, now)
    }
  })
  return ids
}

test(`two portals and two gateways do everything once while the one that does the tasks is killed ${kills} times`, {
  timeout: 240_000 + kills * 60_000,
}, async () => {
  const url = await createPostgresDatabase(inject('postgresUrl'))
  const mail = await openMailServer('secret', { tls: 'none' })
  const folder = mkdtempSync(join(tmpdir(), 'postern-two-'))
  const tls = { certificateFile: join(folder, 'gateway.pem'), keyFile: join(folder, 'gateway.key') }
  const serverCaFile = join(folder, 'ca.pem')
  await ensureDevelopmentTls({ ...tls, serverCaFile }, ['localhost'], systemClock)
  const key = () => randomBytes(32).toString('base64')
  const environment = {
    POSTERN_DATABASE_URL: url,
    ...{ POSTERN_AUTHORITY_KEY: key(), POSTERN_GATEWAY_KEY: key(), POSTERN_SESSION_KEY: key() },
  }
  const prepare = (portalHost: string) =>
    preparePostern({
      config: {
        storage: { engine: 'postgres' },
        // People know both portals, and verifiers both publications, by one address.
        portal: { host: portalHost, url: 'http://portal.example' },
        publication: { host: portalHost, url: 'http://pki.example' },
        gateway: { certificate: tls.certificateFile, key: tls.keyFile },
        mail: { smtp: { host: '127.0.0.1', port: mail.port, unencrypted: true } },
      },
      environment,
    })
  const places = await Promise.all(portalHosts.map(prepare))
  const database = await openDatabase({ engine: 'postgres', url })
  onTestFinished(async () => {
    await database.close()
    for (const place of places) clearPlace(place)
    await mail.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const portals = []
  for (const place of places) portals.push(await place.start('--portal'))
  const addressOf = (index: number, at: 'portalUrl' | 'publicUrl') =>
    (places[index] as (typeof places)[0])[at].replace('localhost', portalHosts[index] as string)
  const first = await signInFirst(
    { portalUrl: addressOf(0, 'portalUrl'), firstRun: () => (places[0] as (typeof places)[0]).firstRun() },
    'admin@acme.example',
  )
  const second = createApiClient({ portalUrl: addressOf(1, 'portalUrl') }, first.email)
  await second.call(operations.signIn, { body: { email: first.email, password: first.password as string } })
  second.password = first.password
  const clients = [first, second]

  const gateways = await Promise.all(
    places.map(async ({ variables, ports }) => {
      const settings = readSettings(variables)
      const config = toConfig(settings)
      const log = createLog('gateway', config, { write() {} })
      const app = await createGatewayApp(config, toSecrets(settings, config, 'gateway'), { log })
      const address = `https://localhost:${ports[2]}`
      return { app, address: { gateways: { production: address }, serverCaFile } as never }
    }),
  )
  onTestFinished(async () => {
    for (const { app } of gateways) await app.close()
  })

  const findHolder = async (): Promise<{ holder: string; pid: number }> => {
    const row = await database.queries.selectFrom('task_leases').selectAll().executeTakeFirst()
    const { holder = '' } = row ?? {}
    return { holder, pid: Number(holder.split(' ')[1]) }
  }
  /** Every number of the list of the first issuer that was seen, in order. */
  const numbers: number[] = []
  const readNumber = async (): Promise<number> => {
    const rows = await database.queries
      .selectFrom('revocation_lists')
      .select(['issuer_id', 'number'])
      .where('partition', '=', 0)
      .orderBy('issuer_id')
      .execute()
    numbers.push(rows[0]?.number ?? 0)
    return rows.reduce((sum, { number }) => sum + number, 0)
  }
  /** Issues a certificate at one portal and revokes it at the other one; both gateways then deny it. */
  const issueAndRevoke = async (issuer: ApiClient, revoker: ApiClient): Promise<void> => {
    const { certificate, files } = await issueCertificate(issuer, 'acme')
    const calls = gateways.map(({ address }) => createGatewayClient(address, readIdentity(files)))
    for (const call of calls)
      await until(
        () => call.get('/whoami'),
        ({ status }) => status === 200,
        30,
      )
    const before = await readNumber()
    await revoker.call(operations.revokeCertificate, {
      params: { organization: 'acme', certificateId: certificate.id },
      body: { reason: 'superseded', name: certificate.name },
    })
    for (const call of calls)
      await until(
        () => call.get('/whoami'),
        ({ code }) => code === 'certificate_revoked',
        30,
      )
    for (const call of calls) call.close()
    // The list of each revocation has a number above all before.
    await until(readNumber, (number) => number > before, 60)
  }
  const isUp = (index: number) =>
    fetch(`${addressOf(index, 'portalUrl')}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    )

  const emails: string[] = []
  for (let kill = 0; kill < kills; kill += 1) {
    await issueAndRevoke(clients[kill % 2] as ApiClient, clients[(kill + 1) % 2] as ApiClient)
    const { value: before } = await until(findHolder, ({ pid }) => pid > 0, 60)
    emails.push(...(await writeEmails(database, `kill${kill}`, emailsPerKill)))
    // In the middle of the emails, wherever that is.
    await until(
      async () => mail.letters.length,
      (sent) => sent > 0,
      60,
    )
    process.kill(before.pid, 'SIGKILL')
    const taken = await until(findHolder, ({ holder, pid }) => pid > 0 && holder !== before.holder, 60)
    console.info(`the tasks were taken over ${taken.milliseconds.toFixed(0)} ms after the kill`)
    for (const index of [0, 1]) await until(() => isUp(index), Boolean, 60)
  }
  await issueAndRevoke(first, second)

  // Every email is sent; one that was under way at a kill may be sent again, as the same one.
  await until(
    () => database.queries.selectFrom('outbox').select('id').where('sent_at', 'is', null).execute(),
    (unsent) => unsent.length === 0,
    90,
  )
  const sent = mail.letters.map(({ messageId }) => messageId?.slice(1, -1).split('@')[0] ?? '')
  expect(emails.filter((id) => !sent.includes(id))).toEqual([])
  const again = sent.length - new Set(sent).size
  console.info(`${sent.length} emails, ${again} of them sent again after a kill`)
  expect(again).toBeLessThanOrEqual(kills * sentAtOnce)
  const rows = await database.queries.selectFrom('outbox').select('id').execute()
  expect(new Set(sent)).toEqual(new Set(rows.map(({ id }) => id)))

  expect(numbers).toEqual(numbers.toSorted((one, other) => one - other))
  const audited = (places[0] as (typeof places)[0]).run('audit', 'verify')
  expect(await audited.exitCode, audited.output()).toBe(0)
  for (const portal of portals) expect(await portal.end('SIGTERM')).toBe(0)
})
