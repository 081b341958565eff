import { expect, inject, onTestFinished, test } from 'vitest'
import { defaultEnvironments } from '../../src/config/default-environments.ts'
import { operations } from '../../src/contract/operations.ts'
import { signInFirst } from '../support/api.ts'
import { createTestCredential, fetchToken, issueCertificate } from '../support/certificates.ts'
import { expectWithin } from '../support/expect-within.ts'
import { createGatewayClient, readIdentity } from '../support/gateway-client.ts'
import { openPostern } from '../support/open-postern.ts'
import { startPgbouncer } from '../support/pgbouncer.ts'
import { createPostgresDatabase } from '../support/postgres.ts'

const rounds = Number(process.env.POSTERN_POOLED_ROUNDS ?? 3)
const patience = { timeout: 20_000, interval: 5 }

test('behind pgbouncer in transaction mode everything works, and a revocation is in force at once without notifications', async () => {
  const bouncer = await startPgbouncer(await createPostgresDatabase(inject('postgresUrl')))
  onTestFinished(() => bouncer.stop())
  const postern = await openPostern({
    hasGateway: true,
    config: {
      storage: { engine: 'postgres' },
      gateway: { whenStale: 'deny', staleSeconds: 60 },
      environments: {
        ...defaultEnvironments,
        production: { ...defaultEnvironments.production, maxCertificates: 10_000 },
      },
    },
    environment: { POSTERN_DATABASE_URL: bouncer.url },
  })
  onTestFinished(() => postern.stop())
  await expect.poll(postern.output, patience).toContain('it asks for changes ten times a second')
  const admin = await signInFirst(postern, 'admin@acme.example')
  const credential = await createTestCredential(admin, 'acme')
  const delays: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const { certificate, files } = await issueCertificate(admin, 'acme')
    const client = createGatewayClient(postern, readIdentity(files), { keepAlive: true })
    const token = await fetchToken(postern, files, credential)
    const call = async () => (await client.get('/payments', token)).status
    expect(await call()).toBe(200)
    await admin.call(operations.revokeCertificate, {
      params: { organization: 'acme', certificateId: certificate.id },
      body: { reason: 'key_compromise', name: certificate.name },
    })
    const revokedAt = performance.now()
    await expect.poll(call, patience).toBe(403)
    delays.push(performance.now() - revokedAt)
    client.close()
  }
  delays.sort((one, other) => one - other)
  console.info(`revocations without notifications, ms: ${delays.map(Math.round).join(' ')}`)
  expectWithin('a revocation without notifications', 250, delays[Math.floor(delays.length / 2)] ?? 0)
  // A session that was left listening would be sent each change, and pgbouncer would complain about it each time. The
  // proof may end with one complaint.
  expect((bouncer.log().match(/WARNING|ERROR/g) ?? []).length).toBeLessThan(rounds)
})
