import { once } from 'node:events'
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { join } from 'node:path'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import type { Tx } from '../../src/storage/database.ts'
import type { GatewayHarness, TestClient } from '../support/gateway-harness.ts'
import { createPostgresDatabase } from '../support/postgres.ts'
import {
  noteSerial,
  openRestorePlace,
  type RestorePlace,
  type UsedNumbers,
} from '../support/restore-rounds.ts'

/** As many as a test run has time for; `POSTERN_RESTORES=100` is for a night. */
const rounds = Number(process.env.POSTERN_RESTORES ?? 2)

/** Sends a request on a connection of its own. */
async function ask(
  harness: GatewayHarness,
  { cert, key }: TestClient,
  path = '/whoami',
  headers = {},
  method = 'GET',
) {
  const request = httpsRequest({
    ...{ host: 'localhost', port: harness.port(), path, method, headers },
    ...{ ca: harness.ca, cert, key, agent: false },
  })
  request.end()
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response) text += chunk
  const code: string | undefined = text.startsWith('{') ? JSON.parse(text).code : undefined
  return code ?? String(response.statusCode)
}
const codeOf = (harness: GatewayHarness, client: TestClient) => ask(harness, client)
const tokenCodeOf = (
  harness: GatewayHarness,
  client: TestClient,
  { clientId, secret }: { clientId: string; secret: string },
) =>
  ask(
    harness,
    client,
    `/token/${clientId}`,
    { 'content-type': 'application/x-www-form-urlencoded', 'x-api-key': secret },
    'POST',
  )

/** The CRLs of the store: their highest number, and all of their octets. */
async function readLists({ database }: GatewayHarness) {
  const lists = await database.queries.selectFrom('revocation_lists').select('number').execute()
  const chunks = await database.queries
    .selectFrom('revocation_list_chunks')
    .innerJoin('revocation_lists', (join) =>
      join
        .onRef('revocation_lists.issuer_id', '=', 'revocation_list_chunks.issuer_id')
        .onRef('revocation_lists.partition', '=', 'revocation_list_chunks.partition')
        .onRef('revocation_lists.number', '=', 'revocation_list_chunks.number'),
    )
    .select('bytes')
    .execute()
  return {
    numbers: lists.map(({ number }) => number),
    octets: Buffer.concat(chunks.map(({ bytes }) => bytes)),
  }
}

describe.each(['sqlite', 'postgres'] as const)('a store that is restored with its journal (%s)', (engine) => {
  const open = async (): Promise<RestorePlace> => {
    const url = inject('postgresUrl')
    const place = await openRestorePlace(engine === 'sqlite' ? undefined : () => createPostgresDatabase(url))
    onTestFinished(() => place[Symbol.asyncDispose]())
    return place
  }
  const patience = { timeout: 180_000 + rounds * 30_000 }

  test('lets nothing in that was ended after the backup, and uses no number twice', patience, async () => {
    const place = await open()
    const used: UsedNumbers = { serials: new Set(), crlNumbers: new Set() }
    const ended: TestClient[] = []
    const issue = async () => {
      const client = await place.harness.issue()
      return { client, serial: noteSerial(used, client) }
    }
    const revokedSerials: string[] = []
    const keep = await issue()
    const credential = await place.harness.createCredential()
    for (let round = 0; round < rounds; round += 1) {
      const revoked = await issue()
      const deleted = await place.harness.createCredential()
      const name = `round-${round}`
      await place.backUp(name)
      expect(await codeOf(place.harness, revoked.client)).toBe('200')

      await place.harness.revoke(revoked.client.id)
      const later = await issue()
      const laterRevoked = await issue()
      await place.harness.revoke(laterRevoked.client.id)
      await place.harness.deleteCredential(deleted.id)
      revokedSerials.push(revoked.serial, laterRevoked.serial)
      ended.push(revoked.client, laterRevoked.client)
      for (const number of (await readLists(place.harness)).numbers) used.crlNumbers.add(number)

      // An older backup than the last one, each second time.
      const finished = await place.restore(round % 2 === 1 ? 'round-0' : name)
      expect(finished).toMatchObject({ isHeld: false, skipped: [] })
      for (const client of ended) expect(await codeOf(place.harness, client)).toBe('certificate_revoked')
      expect(await codeOf(place.harness, later.client)).toBe('200')
      expect(await codeOf(place.harness, keep.client)).toBe('200')
      expect(await tokenCodeOf(place.harness, keep.client, deleted)).toBe('client_authentication_failed')
      expect(await tokenCodeOf(place.harness, keep.client, credential)).toBe('200')
      const { numbers, octets } = await readLists(place.harness)
      expect(numbers.filter((number) => used.crlNumbers.has(number))).toEqual([])
      const missing = revokedSerials.filter((serial) => !octets.includes(Buffer.from(serial, 'hex')))
      expect(missing).toEqual([])
    }
  })

  test('is held, signs nothing and starts no gateway where the journal has a gap', patience, async () => {
    const place = await open()
    const client = await place.harness.issue()
    await place.backUp('held')
    await place.harness.revoke(client.id)
    await place.harness.issue()
    const journal = join(place.folder, 'journal')
    const [file = ''] = readdirSync(journal)
    const lines = readFileSync(join(journal, file), 'utf8').split('\n')
    const at = lines.findIndex((line) => line.includes('"status":"revoked"'))
    expect(at).toBeGreaterThan(0)
    const whole = join(place.folder, 'whole')
    writeFileSync(whole, lines.join('\n'))
    // One digit of a line.
    const torn = lines.with(at, lines[at]?.replace('"status":"revoked"', '"status":"issued"') ?? '')
    writeFileSync(join(journal, file), torn.join('\n'))
    expect((await place.restore('held')).isHeld).toBe(true)
    const before = await readLists(place.harness)
    await expect(place.harness.issue()).rejects.toMatchObject({ code: 'issuer_unavailable' })
    expect((await readLists(place.harness)).numbers).toEqual(before.numbers)

    renameSync(whole, join(journal, file))
    expect((await place.restore('held')).isHeld).toBe(false)
    expect(await codeOf(place.harness, client)).toBe('certificate_revoked')
  })

  test('without a journal goes on only where an operator says so', patience, async () => {
    const place = await open()
    await place.backUp('lost')
    const before = await readLists(place.harness)
    rmSync(join(place.folder, 'journal'), { recursive: true })
    expect((await place.restore('lost')).isHeld).toBe(true)
    expect((await place.restore('lost', { withoutJournal: true })).isHeld).toBe(false)
    const { numbers } = await readLists(place.harness)
    expect(Math.min(...numbers)).toBeGreaterThan(Math.max(...before.numbers) + 29 * 86_400_000)
  })

  test('keeps keys and factors deleted, and erases people again', patience, async () => {
    const place = await open()
    const at = Date.now()
    const userId = 'usr_01k8z3v9qd4n7xw2r5tf000901'
    const texts = JSON.stringify(['ann@acme.example', 'Ann Łódź'])
    await place.harness.database.transaction(async (tx) => {
      await insertUser(tx, userId)
      await tx
        .insertInto('api_keys')
        .values({
          ...{ id: 'key_1', user_id: userId, organization_id: null, name: 'Laptop', role: 'viewer' },
          ...{ scopes: 'null', networks: 'null', expires_at: at + 1e9, created_at: at },
          ...{ created_by: 'test', created_by_ref: 'system:test', last_used_at: null },
        })
        .execute()
      for (const sha256 of ['one', 'two'])
        await tx
          .insertInto('api_key_secrets')
          .values({ sha256, api_key_id: 'key_1', prefix: 'pst_a', created_at: at, expires_at: at + 1e9 })
          .execute()
      await tx
        .insertInto('passkeys')
        .values({
          ...{ id: 'psk_1', user_id: userId, credential_id: 'c', public_key: Buffer.from('k'), counter: 0 },
          ...{ transports: '[]', is_synced: 0, name: 'Laptop', created_at: at, last_used_at: null },
        })
        .execute()
    })
    await place.backUp('people')
    await place.harness.database.transaction(async (tx) => {
      await tx.deleteFrom('api_key_secrets').where('sha256', '=', 'one').execute()
      await tx.deleteFrom('passkeys').where('user_id', '=', userId).execute()
      await tx
        .insertInto('erasures')
        .values({
          ...{ user_id: userId, requested_at: at, texts, sweep: 1, step: 0, after_key: '' },
          ...{ audit_after: 0, redacted_rows: 0, due_at: at, finished_at: null },
        })
        .execute()
    })
    await place.harness.database.transaction(async (tx) => {
      await tx.updateTable('erasures').set({ texts: null, finished_at: at }).execute()
    })
    expect((await place.restore('people')).isHeld).toBe(false)
    const { queries } = place.harness.database
    expect(await queries.selectFrom('passkeys').select('id').execute()).toEqual([])
    expect(await queries.selectFrom('api_key_secrets').select('sha256').execute()).toEqual([
      { sha256: 'two' },
    ])
    expect(
      await queries.selectFrom('erasures').select(['user_id', 'finished_at', 'texts']).execute(),
    ).toEqual([{ user_id: userId, finished_at: null, texts }])
  })
})

const insertUser = (tx: Tx, id: string) =>
  tx
    .insertInto('users')
    .values({
      ...{ id, name: 'Ann', email: 'ann@acme.example', email_verified: 1, image: null },
      ...{ created_at: new Date().toISOString(), updated_at: new Date().toISOString() },
      ...{ operator_role: null, must_change_password: 0, deactivated_at: null, last_seen_at: null },
    })
    .execute()
