import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { formatChallengeFile } from '../../src/contract/registration.ts'
import { recordChange } from '../../src/storage/change-log.ts'
import { type GatewayHarness, openGatewayHarness, type TestClient } from '../support/gateway-harness.ts'

const hour = 3_600_000
let harness: GatewayHarness
let number = 0

beforeAll(async () => {
  harness = await openGatewayHarness({ environments: { production: { externalCertificates: 'pinned' } } })
})
afterAll(() => harness[Symbol.asyncDispose]())

const newRegistrationId = () => `reg_${String(++number).padStart(26, '0')}`
const fingerprintOf = ({ der }: TestClient) => createHash('sha256').update(der).digest('hex')
const statementOf = (registrationId: string, client: TestClient, challenge: string) =>
  formatChallengeFile({
    ...{ registrationId, organization: 'acme', environment: 'production' },
    ...{ fingerprintSha256: fingerprintOf(client), challenge },
  })
const newChallenge = () => randomBytes(32).toString('base64url')

/** Registers a client's certificate as the portal does. */
async function register(client: TestClient) {
  const id = newRegistrationId()
  const challenge = newChallenge()
  await harness.database.transaction(async (tx) => {
    await tx
      .insertInto('registrations')
      .values({
        ...{
          id,
          organization_id: harness.organizations.acme?.id ?? '',
          environment: 'production',
          details: '{}',
        },
        ...{ certificate_der: client.der, fingerprint_sha256: fingerprintOf(client), foreign_chain: '' },
        ...{ source: 'pinned', not_after: Date.now() + hour, challenge, registered_by: '{}' },
        ...{ created_at: Date.now(), expires_at: Date.now() + hour },
      })
      .execute()
    await recordChange(tx, 'registration', id, Date.now())
  })
  return { id, challenge, statement: statementOf(id, client, challenge) }
}

async function send(client: TestClient, statement: string, agent: Agent | false = false) {
  const request = httpsRequest(`${harness.url()}/registrations`, {
    ...{ method: 'POST', agent, ca: harness.ca, cert: client.cert, key: client.key },
  })
  request.end(statement)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response) text += chunk
  return { status: response.statusCode, body: JSON.parse(text) }
}

const handshakeOf = async (id: string) => {
  const row = await harness.database.queries
    .selectFrom('registrations')
    .select('handshake')
    .where('id', '=', id)
    .executeTakeFirst()
  return row?.handshake ?? null
}

test('proofs of unknown registrations do not displace the proof of a pending registration', async () => {
  const [honest, stranger] = [
    await harness.issue({ registered: false }),
    await harness.issue({ registered: false }),
  ]
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  const flood = Array.from({ length: 400 }, () =>
    send(stranger, statementOf(newRegistrationId(), stranger, newChallenge()), agent),
  )
  const { id, statement } = await register(honest)
  const answer = await send(honest, statement)
  const others = await Promise.all(flood)
  agent.destroy()
  // The response does not reveal which registrations exist.
  expect(answer.status).toBe(202)
  expect(new Set(others.map(({ status, body }) => JSON.stringify([status, body])))).toEqual(
    new Set([JSON.stringify([202, answer.body])]),
  )
  await expect.poll(() => handshakeOf(id), { timeout: 5000 }).toContain('127.0.0.1')
  const jobs = await harness.database.queries.selectFrom('jobs').select('key').execute()
  expect(jobs).toEqual([{ key: id }])
})

test('a proof with another certificate or challenge does not displace the right one', async () => {
  const [honest, stranger] = [
    await harness.issue({ registered: false }),
    await harness.issue({ registered: false }),
  ]
  const { id, challenge, statement } = await register(honest)
  await send(stranger, statementOf(id, stranger, challenge))
  await send(honest, statementOf(id, honest, newChallenge()))
  await new Promise((resolve) => setTimeout(resolve, 1200))
  expect(await handshakeOf(id)).toBeNull()
  await send(honest, statement)
  await send(stranger, statementOf(id, stranger, challenge))
  await expect.poll(() => handshakeOf(id), { timeout: 5000 }).toContain('127.0.0.1')
})

test('a canceled registration accepts no proof', async () => {
  const honest = await harness.issue({ registered: false })
  const { id, statement } = await register(honest)
  await harness.database.transaction(async (tx) => {
    await tx.deleteFrom('registrations').where('id', '=', id).execute()
    await recordChange(tx, 'registration', id, Date.now())
  })
  expect((await send(honest, statement)).status).toBe(202)
})
