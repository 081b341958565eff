import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createTestClock } from '../../test/support/certificate-harness.ts'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { findFreePort } from '../../test/support/postgres.ts'
import { createTestSubscriptions } from '../../test/support/subscriptions.ts'
import { createJobStore } from '../jobs/job-store.ts'
import { runJobs } from '../jobs/run-jobs.ts'
import type { Email } from '../shapes/email.ts'
import { createCertificateEmails } from './certificate-emails.ts'
import { createMailboxStore } from './mailbox-store.ts'
import { type Mailbox, openMailbox } from './open-mailbox.ts'
import { createOutboxStore, sendMailJob } from './outbox-store.ts'
import { createOwnEmailStore } from './own-email-store.ts'
import { createMailSender } from './send-mail.ts'
import { writeEmails } from './write-emails-store.ts'

const email: Email = {
  key: 'k',
  organizationId: null,
  recipient: 'dev@acme.example',
  subject: 'Certificate ready',
  body: 'Hello,\n\nŁódź is ready.\n',
}

describeOnBothEngines('email', (store) => {
  const clock = createTestClock()
  let server: Mailbox
  beforeAll(async () => {
    server = await openMailbox({ mailbox: createMailboxStore(store.database), clock })
  })
  afterAll(() => server.close())
  beforeEach(async () => {
    for (const table of ['outbox', 'mailbox', 'jobs'] as const)
      await store.database.queries.deleteFrom(table).execute()
  })

  const write = (...emails: Email[]) =>
    store.database.transaction((tx) => writeEmails(tx, emails, clock.now()))
  const senderTo = (port: number) =>
    createMailSender(
      {
        outbox: createOutboxStore(store.database),
        subscriptions: createTestSubscriptions(store.database),
        ...{ clock, portalUrl: 'https://portal.example' },
      },
      { host: '127.0.0.1', port, tls: 'none', caFile: null, user: null, password: null },
      'Postern <postern@localhost>',
    )
  const lane = { workers: 1, attemptSeconds: 60, maxAttempts: 10, longestDelaySeconds: 900 }
  const { signal } = new AbortController()
  const readOutbox = () => store.database.queries.selectFrom('outbox').selectAll().execute()
  const received = async () => {
    const mailbox = createMailboxStore(store.database)
    const { items } = await mailbox.list({ limit: 50 })
    return Promise.all(items.map(({ id }) => mailbox.get(id)))
  }
  const sendAll = async () => {
    for (const { id } of await readOutbox()) await senderTo(server.port)(id, signal)
  }

  test('is read by the member that it is for, and by nobody of another organization', async () => {
    const times = { created_at: '', updated_at: '', name: '', email_verified: 1, image: null }
    const users = ['dev@acme.example', 'other@acme.example', 'op@postern.example'].map((address, index) => ({
      ...{
        ...times,
        id: `usr_${index}`,
        email: address,
        operator_role: index === 2 ? ('operator' as const) : null,
        must_change_password: 0,
      },
    }))
    const { queries } = store.database
    await queries.insertInto('users').values(users).execute()
    for (const slug of ['acme', 'globex'])
      await queries
        .insertInto('organizations')
        .values({ id: `org_${slug}`, slug, legal_name: slug, country: 'DE', state: '', created_at: 0 })
        .execute()
    const member = { organization_id: 'org_acme', role: 'viewer' as const, created_at: 0 }
    await queries
      .insertInto('members')
      .values([0, 1].map((index) => ({ ...member, id: `mem_${index}`, user_id: `usr_${index}` })))
      .execute()
    await write(
      { ...email, key: 'own', recipient: 'Dev@Acme.example', organizationId: 'org_acme' },
      { ...email, key: 'theirs', organizationId: 'org_globex' },
      { ...email, key: 'colleague', recipient: 'other@acme.example', organizationId: 'org_acme' },
    )
    const own = createOwnEmailStore(store.database)
    const [dev, , operator] = users.map(({ id, email: address, operator_role }) => ({
      ...{ userId: id, email: address, operatorRole: operator_role, signedInBy: null },
    }))
    if (dev === undefined || operator === undefined) throw new Error('no users')
    for (const [signedInBy, count] of [
      ['org_acme', 1],
      ['org_globex', 0],
    ] as const)
      expect((await own.list({ ...dev, signedInBy }, { limit: 50 })).items).toHaveLength(count)
    const { items } = await own.list(dev, { limit: 50 })
    expect(items.map(({ to }) => to)).toEqual(['Dev@Acme.example'])
    expect(await own.get(dev, items[0]?.id ?? '')).toMatchObject({ text: email.body })
    for (const { id, recipient, organization_id } of await readOutbox())
      if (recipient !== 'Dev@Acme.example' || organization_id !== 'org_acme')
        await expect(own.get(dev, id)).rejects.toMatchObject({ code: 'not_found' })
    expect((await own.list(operator, { limit: 50 })).items).toEqual([])
    for (const table of ['members', 'users', 'mail_contacts', 'organizations'] as const)
      await queries.deleteFrom(table).execute()
  })

  test('arrives in the mailbox unchanged through a real SMTP conversation', async () => {
    await write(email)
    const failures: unknown[] = []
    const stop = runJobs({
      jobs: createJobStore(store.database),
      clock,
      lanes: { [sendMailJob]: { ...lane, handler: senderTo(server.port) } },
      onGivenUp() {},
      onFailure: (_, error) => failures.push(error),
    })
    for (let waited = 0; (await readOutbox())[0]?.sent_at === null && waited < 300; waited += 1)
      await new Promise((resolve) => setTimeout(resolve, 10))
    await stop()
    expect(failures).toEqual([])
    const [mail, ...rest] = await received()
    expect(rest).toEqual([])
    expect(mail).toMatchObject({ to: 'dev@acme.example', subject: 'Certificate ready' })
    expect(mail?.from).toContain('postern@localhost')
    expect(mail?.text.trim()).toBe('Hello,\n\nŁódź is ready.')
  })

  test('is queued once per key, and sent once however often sending is requested', async () => {
    await write(email)
    await write(email, { ...email, subject: 'another' })
    expect(await readOutbox()).toHaveLength(1)
    await sendAll()
    await sendAll()
    expect(await received()).toHaveLength(1)
  })

  test('with a secret has no text in the store once it was sent, and nobody reads it in the portal', async () => {
    const link = 'https://portal.example/set-password#token=secret'
    await write({ ...email, key: 'sent', body: link, isSecret: true })
    await write({ ...email, key: 'refused', body: link, isSecret: true })
    const reader = {
      ...{ userId: 'usr_1', email: email.recipient, operatorRole: 'operator' as const, signedInBy: null },
    }
    const own = createOwnEmailStore(store.database)
    expect((await own.list(reader, { limit: 10 })).items).toEqual([])
    const [{ id = '' } = {}, { id: refused = '' } = {}] = await readOutbox()
    await expect(own.get(reader, id)).rejects.toMatchObject({ code: 'not_found' })
    await senderTo(server.port)(id, signal)
    await createOutboxStore(store.database).markUndeliverable(refused)
    expect((await received()).map(({ text }) => text.trim())).toEqual([link])
    expect((await readOutbox()).map(({ body }) => body)).toEqual(['', ''])
  })

  test('stays in the outbox while the server is unavailable, and is sent later', async () => {
    await write(email)
    const [row] = await readOutbox()
    await expect(senderTo(await findFreePort())(row?.id ?? '', signal)).rejects.toThrow()
    const [failed] = await readOutbox()
    expect(failed).toMatchObject({ sent_at: null, attempts: 1 })
    expect(failed?.last_error).toContain('ECONNREFUSED')
    await sendAll()
    expect(await received()).toHaveLength(1)
  })

  test('carries no headers or recipients that a text tries to inject', async () => {
    const evil = 'x\r\nBcc: evil@attacker.example\r\nX-Evil: yes\r\n\r\nfake body'
    await write(
      { ...email, key: 'subject', subject: evil },
      { ...email, key: 'recipient', recipient: 'dev@acme.example\r\nBcc: evil@attacker.example' },
    )
    for (const { id } of await readOutbox()) await senderTo(server.port)(id, signal).catch(() => {})
    const raw = await capture(async (port) => {
      for (const { id } of await readOutbox()) {
        await store.database.queries
          .updateTable('outbox')
          .set({ sent_at: null })
          .where('id', '=', id)
          .execute()
        await senderTo(port)(id, signal).catch(() => {})
      }
    })
    expect(raw).toContain('Subject: ')
    expect(raw).not.toMatch(/^(Bcc|X-Evil):/im)
    // One recipient per email, whatever its address looks like.
    expect(raw.match(/^RCPT TO:/gm)).toHaveLength(2)
    // The mailbox accepts the valid email, and rejects an invalid address.
    expect((await received()).map(({ to }) => to)).toEqual(['dev@acme.example'])
  })

  test('reaches each recipient once, in plain text, with a link to the portal', () => {
    const news = {
      id: 'cert_1',
      name: 'acme-0001',
      environment: 'production',
      environmentLabel: 'Production',
      organizationId: 'org_1',
      organizationSlug: 'acme',
      recipients: ['Dev@acme.example', 'dev@acme.example', 'team@acme.example'],
    }
    const emails = createCertificateEmails('https://portal.example')
    const written = [
      ...emails.ready(news, Date.UTC(2030, 0, 31)),
      ...emails.rejected(news, 'unknown company'),
      ...emails.revoked(news, 'dev@acme.example'),
    ]
    expect(written).toHaveLength(6)
    expect(new Set(written.map(({ key }) => key)).size).toBe(6)
    for (const { body, subject } of written) {
      expect(body).toContain('https://portal.example/o/acme/production/certificates/cert_1')
      expect(subject).toContain('acme-0001')
    }
    expect(written[0]?.body).toContain('2030-01-31')
    expect(written[2]?.body).toContain('Reason: unknown company')
  })
})

/** Captures everything that a client sends to a mail server that accepts all. */
async function capture(work: (port: number) => Promise<void>): Promise<string> {
  let said = ''
  const server = createServer((socket) => {
    let inData = false
    socket.on('error', () => {})
    socket.write('220 ready\r\n')
    socket.on('data', (chunk) => {
      const text = chunk.toString()
      said += text
      if (inData) {
        if (!said.endsWith('\r\n.\r\n')) return
        inData = false
        socket.write('250 taken\r\n')
      } else if (text.startsWith('DATA')) {
        inData = true
        socket.write('354 go on\r\n')
      } else socket.write('250 ok\r\n')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await work((server.address() as AddressInfo).port)
  } finally {
    server.close()
  }
  return said
}
