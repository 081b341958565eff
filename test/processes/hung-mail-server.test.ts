import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import { enqueueJob } from '../../src/jobs/job-store.ts'
import { sendMailJob } from '../../src/notifications/outbox-store.ts'
import { parseCertificate } from '../../src/pki/certificate/certificate.ts'
import type { Database } from '../../src/storage/database.ts'
import { signInFirst } from '../support/api.ts'
import { makeRequest } from '../support/certificates.ts'
import { startPostern } from '../support/postern.ts'
import { createPostgresDatabase } from '../support/postgres.ts'
import { addOrganization, withStore } from '../support/users.ts'

/** Opens a mail server that accepts every connection and never responds. */
async function openHungServer() {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, count: () => sockets.size }
}

const emails = 41

/** Adds emails to the outbox, as a certificate with many contacts does. */
async function writeTo(database: Database, slug: string, count: number): Promise<void> {
  const { id } = await database.queries
    .selectFrom('organizations')
    .select('id')
    .where('slug', '=', slug)
    .executeTakeFirstOrThrow()
  await database.transaction(async (tx) => {
    for (let made = 0; made < count; made += 1) {
      const key = `mail_${slug}_${made}`
      const text = { recipient: `dev${made}@${slug}.example`, subject: 'News', body: 'News.' }
      const row = { id: key, key, organization_id: id, ...text, created_at: Date.now() }
      await tx.insertInto('outbox').values(row).execute()
      await enqueueJob(tx, { kind: sendMailJob, key, owner: id }, Date.now(), Date.now())
    }
  })
}

const readEmailJobs = (database: Database) =>
  database.queries.selectFrom('jobs').select(['key', 'attempts']).where('kind', '=', sendMailJob).execute()

describe.each(['sqlite', 'postgres'])('a mail server that hangs, on %s,', (engine) => {
  test('blocks neither certificates nor lists nor the emails of another organization', {
    timeout: 180_000,
  }, async () => {
    const url = engine === 'postgres' ? await createPostgresDatabase(inject('postgresUrl')) : undefined
    const server = await openHungServer()
    const postern = await startPostern({
      only: 'portal',
      ...(url && { environment: { POSTERN_DATABASE_URL: url } }),
      config: {
        ...(url && { storage: { engine } }),
        mail: { smtp: { host: '127.0.0.1', port: server.port } },
      },
    })
    onTestFinished(() => postern.stop())
    await signInFirst(postern, 'admin@acme.example')
    const initech = await addOrganization(postern, { slug: 'initech', legalName: 'Initech Ltd' })
    await withStore(postern, (database) => writeTo(database, 'acme', emails))
    await expect.poll(server.count, { timeout: 90_000 }).toBeGreaterThan(0)

    const folder = mkdtempSync(join(tmpdir(), 'postern-hung-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const begin = async (environment: string) => {
      const params = { organization: 'initech', environment }
      const csr = makeRequest(folder, environment)
      return initech.call(operations.createCertificate, { params, body: { csr } })
    }
    const staging = await begin('staging')
    const placeOf = ({ id }: { id: string }) => ({ organization: 'initech', certificateId: id })
    const readStatus = async () =>
      (await initech.call(operations.getCertificate, { params: placeOf(staging) })).status
    await expect.poll(readStatus, { timeout: 90_000 }).toBe('issued')

    const issued = await initech.call(operations.getCertificate, { params: placeOf(staging) })
    await initech.call(operations.revokeCertificate, {
      params: placeOf(staging),
      body: { reason: 'key_compromise', name: staging.name },
    })
    const der = Buffer.from((issued.issued?.pem ?? '').split('\n').slice(1, -2).join(''), 'base64')
    const { serialNumber } = parseCertificate(new Uint8Array(der))
    const address = /http:[^\s]+?\.crl/.exec(der.toString('latin1'))?.[0] ?? ''
    const isListed = async () => {
      const list = await (await fetch(address.replace('localhost', '127.0.0.1'))).arrayBuffer()
      return Buffer.from(list).includes(Buffer.from(serialNumber, 'hex'))
    }
    await expect.poll(isListed, { timeout: 90_000 }).toBe(true)

    await withStore(postern, async (database) => {
      await writeTo(database, 'initech', 1)
      const attemptsAt = async (slug: string) =>
        (await readEmailJobs(database)).filter(({ key, attempts }) => key.includes(slug) && attempts > 0)
          .length
      await expect.poll(() => attemptsAt('initech_'), { timeout: 90_000 }).toBe(1)
      // It is sent long before the 41 emails are done.
      expect(await attemptsAt('acme_')).toBeLessThan(emails / 2)
    })
  })
})
