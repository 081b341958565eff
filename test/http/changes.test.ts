import { randomUUID } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import type { Database } from '../../src/storage/database.ts'
import { isPostgres } from '../../src/storage/engine.ts'
import { type ApiClient, createApiClient, toUrl } from '../support/api.ts'
import { issueCertificate, makeRequest } from '../support/certificates.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'
import { createPostgresDatabase } from '../support/postgres.ts'
import { addOrganization, addUser, signIn } from '../support/users.ts'

const { createCertificate, updateCertificate, getCertificate, createCredential, rotateCertificate } =
  operations
const { getCredential, rotateCredentialSecret, updateCredential, listCertificates, listCredentials } =
  operations

/** Lets the store keep no answer, as a kill before it is kept does. */
async function forbidAnswers({ queries }: Database): Promise<void> {
  const statements = isPostgres(queries)
    ? [
        "create function no_answer() returns trigger as $$ begin raise exception 'no answer'; end $$ language plpgsql",
        'create trigger no_answer before update of answer on idempotency_keys for each row execute function no_answer()',
      ]
    : [
        "create trigger no_answer before update of answer on idempotency_keys begin select raise(abort, 'no answer'); end",
      ]
  for (const statement of statements) await sql.raw(statement).execute(queries)
}

const allowAnswers = ({ queries }: Database) =>
  sql.raw(`drop trigger no_answer${isPostgres(queries) ? ' on idempotency_keys' : ''}`).execute(queries)

describe.each(['sqlite', 'postgres'] as const)('changes through the API (%s)', (engine) => {
  let postern: LocalPostern
  let admin: ApiClient
  const params = { organization: 'initech', environment: 'staging' }

  beforeAll(async () => {
    const url = engine === 'postgres' ? await createPostgresDatabase(inject('postgresUrl')) : undefined
    postern = await openPostern({
      config: {
        ...(url && { storage: { engine: 'postgres' } }),
        environments: {
          production: { port: 1 },
          staging: { port: 2, issuance: 'asynchronous' },
          careful: { port: 8544, issuance: 'approval' },
        },
      },
      environment: url === undefined ? {} : { POSTERN_DATABASE_URL: url },
    })
    admin = await addOrganization(postern, { slug: 'initech', legalName: 'Initech Ltd' })
  })
  afterAll(() => postern.stop())

  const key = () => ({ 'idempotency-key': `"${randomUUID()}"` })
  const newDraft = async (headers: Record<string, string> = {}, description = '') => {
    const answer = await admin.send(createCertificate, { params, body: { description }, headers })
    return { ...answer, params: { organization: 'initech', certificateId: answer.body.id } }
  }
  const countCertificates = async () =>
    (await admin.call(listCertificates, { params, query: { limit: 200 } })).items.length

  describe('entity tags', () => {
    test('are the same for one representation in the answers of create, change and read', async () => {
      const { params: one, headers } = await newDraft()
      const read = await admin.send(getCertificate, { params: one })
      expect(read.headers.get('etag')).toMatch(/^"[\w-]{24}"$/)
      expect(headers.get('etag')).toBe(read.headers.get('etag'))
      const changed = await admin.send(updateCertificate, { params: one, body: { description: 'other' } })
      expect(changed.headers.get('etag')).not.toBe(read.headers.get('etag'))
      const again = await admin.send(getCertificate, { params: one })
      expect(again.headers.get('etag')).toBe(changed.headers.get('etag'))
    })

    test('spare a client the body that it has', async () => {
      const { params: one, headers } = await newDraft()
      const etag = headers.get('etag') ?? ''
      for (const known of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
        const answer = await admin.send(getCertificate, { params: one, headers: { 'if-none-match': known } })
        expect([answer.status, answer.body, answer.headers.get('etag')]).toEqual([304, '', etag])
      }
      const other = await admin.send(getCertificate, { params: one, headers: { 'if-none-match': '"x"' } })
      expect(other.status).toBe(200)
    })

    test('let a change with If-Match succeed only on what was read', async () => {
      const { params: one, headers } = await newDraft()
      const etag = headers.get('etag') ?? ''
      const change = (match: string, description: string) =>
        admin.send(updateCertificate, { params: one, body: { description }, headers: { 'if-match': match } })
      expect((await change('"x"', 'a')).body).toMatchObject({ status: 412, code: 'precondition_failed' })
      // RFC 9110, section 13.1.1: by strong comparison, which a weak tag never passes.
      expect((await change(`W/${etag}`, 'a')).status).toBe(412)
      expect((await change('no tag', 'a')).body).toMatchObject({ status: 400, code: 'bad_request' })
      expect((await admin.call(getCertificate, { params: one })).description).toBe('')
      expect((await change('*', 'b')).status).toBe(200)
      expect((await change(etag, 'c')).status).toBe(412)
    })

    test('let exactly one of several changes at once succeed', async () => {
      const { params: one, headers } = await newDraft()
      const match = { 'if-match': headers.get('etag') ?? '' }
      const changes = Array.from({ length: 8 }, (_, index) =>
        admin.send(updateCertificate, {
          params: one,
          body: { description: `change ${index}` },
          headers: match,
        }),
      )
      const statuses = (await Promise.all(changes)).map(({ status }) => status)
      expect(statuses.sort()).toEqual([200, ...Array(7).fill(412)])
    })

    test('hold for credentials, their secrets and their end', async () => {
      const created = await admin.send(createCredential, { params, body: { name: 'one' } })
      const one = { organization: 'initech', credentialId: created.body.id }
      const etag = created.headers.get('etag') ?? ''
      expect((await admin.send(getCredential, { params: one })).headers.get('etag')).toBe(etag)
      const rotated = await admin.send(rotateCredentialSecret, {
        ...{ params: one, body: { overlapSeconds: 60 } },
        headers: { 'if-match': etag },
      })
      expect(rotated.status).toBe(201)
      expect(rotated.headers.get('location')).toBe(
        `/api/v1/organizations/initech/credentials/${one.credentialId}`,
      )
      const stale = { params: one, headers: { 'if-match': etag } }
      expect((await admin.send(updateCredential, { ...stale, body: { name: 'two' } })).status).toBe(412)
      expect((await admin.send(operations.deleteCredential, stale)).status).toBe(412)
      const present = { 'if-match': rotated.headers.get('etag') ?? '' }
      expect((await admin.send(operations.deleteCredential, { params: one, headers: present })).status).toBe(
        204,
      )
    })

    test('name the certificate that a rotation has created', async () => {
      const { certificate } = await issueCertificate(admin, 'initech', 'staging')
      const one = { organization: 'initech', certificateId: certificate.id }
      const stale = await admin.send(rotateCertificate, { params: one, headers: { 'if-match': '"x"' } })
      expect(stale.status).toBe(412)
      const rotated = await admin.send(rotateCertificate, { params: one })
      const { pathname } = new URL(
        toUrl('http://x', getCertificate, { params: { ...one, certificateId: rotated.body.id } }),
      )
      expect(rotated.headers.get('location')).toBe(pathname)
    })

    test('tell nothing to a stranger or a viewer', async () => {
      const { params: one, headers } = await newDraft()
      const match = { 'if-match': headers.get('etag') ?? '' }
      const viewer = await addUser(postern, `viewer-${engine}@initech.test`, 'viewer', 'initech')
      const body = { description: 'x' }
      expect((await viewer.send(updateCertificate, { params: one, body, headers: match })).status).toBe(403)
      const other = await addOrganization(postern, { slug: 'umbrella', legalName: 'Umbrella' })
      expect((await other.send(updateCertificate, { params: one, body, headers: match })).status).toBe(404)
      const moved = { ...one, organization: 'umbrella' }
      expect((await other.send(updateCertificate, { params: moved, body, headers: match })).status).toBe(404)
    })
  })

  describe('idempotency keys', () => {
    test('give an equal request the same answer, and create once', async () => {
      const headers = key()
      const first = await newDraft(headers, 'once')
      const before = await countCertificates()
      await admin.call(updateCertificate, { params: first.params, body: { description: 'changed since' } })
      const second = await newDraft(headers, 'once')
      expect(second.status).toBe(201)
      expect(second.body).toEqual(first.body)
      for (const name of ['location', 'etag']) expect(second.headers.get(name)).toBe(first.headers.get(name))
      expect(first.headers.get('location')).toBe(
        `/api/v1/organizations/initech/certificates/${first.body.id}`,
      )
      expect([first, second].map((one) => one.headers.get('idempotent-replayed'))).toEqual([null, 'true'])
      // A key without quotation marks is the same key.
      const bare = { 'idempotency-key': headers['idempotency-key'].replaceAll('"', '') }
      expect((await newDraft(bare, 'once')).body.id).toBe(first.body.id)
      expect(await countCertificates()).toBe(before)
    })

    test('sent at once, create once', async () => {
      const headers = key()
      const answers = await Promise.all(Array.from({ length: 6 }, () => newDraft(headers, 'at once')))
      const created = answers.filter(({ status }) => status === 201)
      const running = answers.filter(({ status }) => status === 409)
      expect(created.length + running.length).toBe(6)
      expect(new Set(created.map(({ body }) => body.id)).size).toBe(1)
      for (const { body, headers: told } of running) {
        expect(body.code).toBe('idempotency_key_in_use')
        expect(Number(told.get('retry-after'))).toBeGreaterThan(0)
      }
      const { items } = await admin.call(listCertificates, { params, query: { text: 'at once' } })
      expect(items).toHaveLength(1)
    })

    test('are of one body, one address and one person', async () => {
      const headers = key()
      const first = await newDraft(headers, 'a')
      const reused = await newDraft(headers, 'b')
      expect(reused.body).toMatchObject({ status: 422, code: 'idempotency_key_reused' })
      const elsewhere = await admin.send(createCertificate, {
        ...{ params: { ...params, environment: 'careful' }, body: { description: 'a' }, headers },
      })
      const developer = await addUser(postern, `dev-${engine}@initech.test`, 'developer', 'initech')
      const other = await developer.send(createCertificate, { params, body: { description: 'a' }, headers })
      expect(new Set([first, elsewhere, other].map(({ body }) => body.id)).size).toBe(3)
    })

    test.each(['', '""', '"a', 'a b', `"${'a'.repeat(256)}"`, 'é', '"a", "b"'])(
      'are refused where they are malformed: %s',
      async (malformed) => {
        const answer = await newDraft({ 'idempotency-key': malformed })
        expect(answer.body).toMatchObject({ status: 400, code: 'idempotency_key_invalid' })
      },
    )

    test('repeat a secret that is nowhere in the store as text', async () => {
      const headers = key()
      const create = () => admin.send(createCredential, { params, body: { name: 'secret' }, headers })
      const first = await create()
      const { clientSecret } = first.body
      expect(clientSecret).toMatch(/.{20}/)
      expect((await create()).body).toEqual(first.body)
      const rows = await postern.database.queries.selectFrom('idempotency_keys').selectAll().execute()
      const stored = rows.map((row) => [JSON.stringify(row), ...[row.answer, row.secrets].map(String)].join())
      expect(stored.join()).not.toContain(clientSecret)
      for (const { answer } of rows)
        expect(Buffer.from(answer ?? []).includes(String(clientSecret))).toBe(false)
    })

    test('do not keep an error: the request can be sent again', async () => {
      const headers = key()
      const send = (name: string) =>
        admin.send(createCredential, { params, body: { name, scopes: ['no-such'] }, headers })
      expect((await send('a')).body.code).toBe('scope_unknown')
      const second = await admin.send(createCredential, { params, body: { name: 'a' }, headers })
      expect(second.status).toBe(201)
    })

    describe('of a request that was cut off between its change and its answer', () => {
      const send = (name: string, headers: Record<string, string>) =>
        admin.send(createCredential, { params, body: { name }, headers })
      const countNamed = async (name: string) =>
        (await admin.call(listCredentials, { params })).items.filter((one) => one.name === name).length
      beforeAll(() => forbidAnswers(postern.database))
      afterAll(() => allowAnswers(postern.database))

      test('give what it has created, with its secret', async () => {
        const headers = key()
        const first = await send('unanswered', headers)
        const again = await send('unanswered', headers)
        expect(again.status).toBe(201)
        expect(again.body).toEqual(first.body)
        for (const name of ['location', 'etag']) expect(again.headers.get(name)).toBe(first.headers.get(name))
        expect(await countNamed('unanswered')).toBe(1)
        expect((await send('other', headers)).body.code).toBe('idempotency_key_reused')
      })

      test('are held by a process that is gone for a while only', async () => {
        const headers = key()
        const first = await send('killed', headers)
        const setClaim = (claimedAt: number) =>
          postern.database.queries
            .updateTable('idempotency_keys')
            .set({ claim: 'of a process that is gone', claimed_at: claimedAt })
            .where('subject_id', '=', first.body.id)
            .execute()
        await setClaim(Date.now())
        expect((await send('killed', headers)).body.code).toBe('idempotency_key_in_use')
        await setClaim(Date.now() - 30_001)
        expect((await send('killed', headers)).body).toEqual(first.body)
        expect(await countNamed('killed')).toBe(1)
      })
    })

    test('end after a day', async () => {
      const headers = key()
      const first = await newDraft(headers, 'old')
      await postern.database.queries
        .updateTable('idempotency_keys')
        .set({ created_at: Date.now() - 86_400_001 })
        .where('subject_id', '=', first.body.id)
        .execute()
      expect((await newDraft(headers, 'old')).body.id).not.toBe(first.body.id)
    })

    test('are limited for each principal', async () => {
      const developer = await addUser(postern, `many-${engine}@initech.test`, 'developer', 'initech')
      const send = () => developer.send(createCertificate, { params, body: {}, headers: key() })
      expect((await send()).status).toBe(201)
      const mine = await postern.database.queries
        .selectFrom('idempotency_keys')
        .selectAll()
        .orderBy('created_at', 'desc')
        .executeTakeFirstOrThrow()
      const many = Array.from({ length: 5000 }, (_, index) => ({
        ...mine,
        id: `${mine.principal} ${index}`,
        answer: null,
      }))
      for (let from = 0; from < many.length; from += 500)
        await postern.database.queries
          .insertInto('idempotency_keys')
          .values(many.slice(from, from + 500))
          .execute()
      const refused = await send()
      expect(refused.body).toMatchObject({ status: 429, code: 'too_many_requests' })
      expect(refused.headers.get('retry-after')).toBe('3600')
      expect((await newDraft(key())).status).toBe(201)
    })
  })

  test('answers say what is left of the limit of the account, whatever its session', async () => {
    const { email } = admin
    const second = await signIn(postern, email)
    const readLeft = async (client: ApiClient) => {
      const { headers } = await client.send(operations.getSession)
      expect(headers.get('ratelimit-policy')).toBe('"account";q=1200;w=60')
      expect([...headers.keys()].filter((name) => name.startsWith('x-ratelimit'))).toEqual([])
      return Number(/^"account";r=(\d+);t=\d+$/.exec(headers.get('ratelimit') ?? '')?.[1])
    }
    const first = await readLeft(admin)
    expect(await readLeft(second)).toBe(first - 1)
    const nobody = await createApiClient(postern).send(operations.getSession)
    expect(nobody.status).toBe(401)
    // Many clients may share this address, so that it has no limit.
    expect(nobody.headers.get('ratelimit')).toBeNull()
  })

  describe('what is pending', () => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-pending-'))
    const newPending = async (environment: string) => {
      const csr = makeRequest(folder, randomUUID())
      const place = { ...params, environment }
      const answer = await admin.send(createCertificate, { params: place, body: { csr } })
      expect([answer.status, answer.body.status]).toEqual([201, 'pending'])
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
      return { organization: 'initech', certificateId: answer.body.id }
    }

    test('answers a request that waits as soon as it changes, and then says no more when to read again', async () => {
      const one = await newPending('staging')
      const answer = await admin.send(getCertificate, { params: one, query: { wait: 30 } })
      expect([answer.status, answer.body.status]).toEqual([200, 'issued'])
      expect(answer.headers.get('retry-after')).toBeNull()
    })

    test('answers after the time of the request where nothing changes, or at once what the client does not know', async () => {
      const one = await newPending('careful')
      const read = await admin.send(getCertificate, { params: one, query: { wait: 1 } })
      expect(read.body.status).toBe('pending')
      const same = { 'if-none-match': read.headers.get('etag') ?? '' }
      const unchanged = await admin.send(getCertificate, { params: one, query: { wait: 1 }, headers: same })
      expect([unchanged.status, unchanged.headers.get('retry-after')]).toEqual([304, '2'])
      const other = await admin.send(getCertificate, {
        ...{ params: one, query: { wait: 60 } },
        headers: { 'if-none-match': '"x"' },
      })
      expect(other.status).toBe(200)
    })

    test('tells each waiting request of a change, of which one person may have ten', async () => {
      const one = await newPending('careful')
      const waiting = Array.from({ length: 11 }, () =>
        admin.send(getCertificate, { params: one, query: { wait: 60 } }),
      )
      // The one for which there is no place is answered without waiting.
      expect((await Promise.race(waiting)).body.status).toBe('pending')
      await admin.call(operations.cancelCertificate, { params: one })
      const answers = await Promise.all(waiting)
      expect(answers.map(({ body }) => body.status).sort()).toEqual([
        ...Array(10).fill('cancelled'),
        'pending',
      ])
    })

    test.each([-1, 61, 1.5, 'x'])('takes no wait of %s seconds', async (wait) => {
      const one = { organization: 'initech', certificateId: 'cert_00000000000000000000000000' }
      const answer = await admin.send(getCertificate, { params: one, query: { wait: wait as number } })
      expect(answer.body).toMatchObject({ status: 400, code: 'bad_request' })
    })
  })
})
