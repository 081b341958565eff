import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, inject, onTestFinished, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import { signInFirst } from '../support/api.ts'
import { openBridge } from '../support/bridge.ts'
import { createTestCredential, curl, fetchToken, issueCertificate, until } from '../support/certificates.ts'
import { preparePostern } from '../support/postern.ts'
import { createPostgresDatabase } from '../support/postgres.ts'
import { clearPlace } from '../support/processes.ts'

const rounds = Number(process.env.POSTERN_ROUNDS ?? 2)
const awayMs = 4000

/** Returns the resident memory of a process, bytes. */
const memoryOf = (pid: number): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024

test('requests continue while PostgreSQL is unavailable, the portal reports it, and both recover', {
  timeout: 180_000 + rounds * 30_000,
}, async () => {
  const bridge = await openBridge(await createPostgresDatabase(inject('postgresUrl')))
  const place = await preparePostern({
    config: { storage: { engine: 'postgres' }, gateway: { processes: 2 } },
    environment: { POSTERN_DATABASE_URL: bridge.url },
  })
  onTestFinished(async () => {
    await clearPlace(place)
    bridge.close()
  })
  // PostgreSQL is unavailable before the processes start.
  bridge.cut()
  const starting = place.start()
  await until(
    async () => bridge.attempts(),
    (attempts) => attempts >= 3,
    90,
  )
  bridge.mend()
  const postern = await starting
  expect(postern.output()).toMatch(/cannot be reached\. Start it, or correct.*The store can be used again/s)
  expect(postern.output()).not.toContain('is started again')
  const admin = await signInFirst(postern, 'admin@acme.example')
  const { files } = await issueCertificate(admin, 'acme')
  const token = await fetchToken(postern, files, await createTestCredential(admin, 'acme'))
  const bearer = ['--header', `Authorization: Bearer ${token}`]
  const call = async () =>
    (await curl(postern, files, `${postern.gateways.production}/payments`, bearer)).status
  const list = () => admin.send(operations.listCertificates, { params: { organization: 'acme' } })
  const processes = () => ['portal-process', 'gateway-process'].flatMap((part) => postern.findProcesses(part))
  const before = processes()
  expect(before).toHaveLength(3)

  for (let round = 0; round < rounds; round++) {
    bridge.cut()
    const end = Date.now() + awayMs
    const statuses = new Set<number>()
    while (Date.now() < end) {
      statuses.add(await call())
      await wait(100)
    }
    expect(statuses).toEqual(new Set([200]))
    const refused = await list()
    expect([refused.status, refused.body.code]).toEqual([503, 'storage_unavailable'])
    bridge.mend()
    await until(list, ({ status }) => status === 200, 20)
    expect(await call()).toBe(200)
  }
  // No process exited, and none grew.
  expect(processes()).toEqual(before)
  for (const pid of before) expect(memoryOf(pid)).toBeLessThan(600 * 1024 * 1024)

  const { certificate, files: fresh } = await issueCertificate(admin, 'acme')
  const whoAmI = () => curl(postern, fresh, `${postern.gateways.production}/whoami`)
  await until(whoAmI, ({ status }) => status === 200, 10)
  await admin.call(operations.revokeCertificate, {
    params: { organization: 'acme', certificateId: certificate.id },
    body: { reason: 'superseded', name: certificate.name },
  })
  const { value } = await until(whoAmI, ({ status }) => status === 403, 10)
  expect(JSON.parse(value.body).code).toBe('certificate_revoked')
})
