import { expect, onTestFinished, test } from 'vitest'
import { createTestClock } from '../../test/support/certificate-harness.ts'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { type MailServer, type MailServerOptions, openMailServer } from '../../test/support/mail-server.ts'
import { createTestSubscriptions } from '../../test/support/subscriptions.ts'
import { FinalFailure } from '../jobs/run-jobs.ts'
import { createOutboxStore } from './outbox-store.ts'
import { createMailSender, type SmtpServer } from './send-mail.ts'
import { writeEmails } from './write-emails-store.ts'

const password = 'the password of the mail server'
const encoded = [password, `\0postern\0${password}`].map((text) => Buffer.from(text).toString('base64'))

async function open(options?: MailServerOptions): Promise<MailServer> {
  const server = await openMailServer(password, options)
  onTestFinished(() => server.close())
  return server
}

describeOnBothEngines('emails over TLS', (store) => {
  const clock = createTestClock()
  const readOutbox = () => store.database.queries.selectFrom('outbox').selectAll().executeTakeFirstOrThrow()

  /** Sends one email; returns its state in the outbox and the error. */
  async function send(server: Partial<SmtpServer> & { port: number }) {
    await store.database.queries.deleteFrom('outbox').execute()
    const email = {
      key: 'k',
      organizationId: null,
      recipient: 'dev@acme.example',
      subject: 'Secret subject',
      body: 'x',
    }
    await store.database.transaction((tx) => writeEmails(tx, [email], clock.now()))
    const sendEmail = createMailSender(
      {
        outbox: createOutboxStore(store.database),
        subscriptions: createTestSubscriptions(store.database),
        clock,
        portalUrl: 'https://portal.example',
      },
      { host: '127.0.0.1', tls: 'starttls', caFile: null, user: 'postern', password, ...server },
      'Postern <postern@localhost>',
    )
    const error = await sendEmail((await readOutbox()).id, AbortSignal.timeout(20_000)).catch(
      (thrown: Error) => thrown,
    )
    return { error, row: await readOutbox() }
  }
  const expectNothingSent = ({ heard, letters: emails, passwords }: MailServer) => {
    expect([emails, passwords]).toEqual([[], []])
    for (const secret of [password, ...encoded, 'AUTH', 'Secret subject', 'dev@acme.example'])
      expect(heard()).not.toContain(secret)
  }

  test.each(['starttls', 'implicit'] as const)('are sent with TLS: %s', async (tls) => {
    const server = await open({ tls })
    const { row } = await send({ tls, port: server.port, caFile: server.caFile })
    expect(row).toMatchObject({ last_error: null, sent_at: clock.now() })
    expect([server.letters.length, server.passwords]).toEqual([1, [password]])
    for (const secret of [password, ...encoded, 'Secret subject'])
      expect(server.heard()).not.toContain(secret)
  })

  test.each([
    ['without STARTTLS', { tls: 'none' }],
    ['whose STARTTLS a man in the middle has removed', { isStripped: true }],
  ] as const)('are not sent to a server %s, and neither is the password', async (_, options) => {
    const server = await open(options)
    const { error, row } = await send({ port: server.port })
    expectNothingSent(server)
    expect(row).toMatchObject({ sent_at: null, attempts: 1 })
    expect(error).toMatchObject({ code: 'unavailable', message: row.last_error })
    expect(row.last_error).toMatch(/STARTTLS|certificate/)
  })

  test('fail with instructions if STARTTLS is not offered', async () => {
    const server = await open({ tls: 'none' })
    const { row } = await send({ port: server.port })
    expect(row.last_error).toBe(
      `The mail server 127.0.0.1:${server.port} does not offer STARTTLS, so nothing was sent. Enable STARTTLS there, or set mail.smtp.secure if the server starts with TLS. mail.smtp.unencrypted sends without TLS.`,
    )
  })

  test.each([
    ['of an untrusted CA, after STARTTLS', 'starttls', ['127.0.0.1'], false],
    ['of an untrusted CA, from the first byte', 'implicit', ['127.0.0.1'], false],
    ['for another name, after STARTTLS', 'starttls', ['mail.example'], true],
    ['for another name, from the first byte', 'implicit', ['mail.example'], true],
  ] as const)('are not sent to a server with a certificate %s', async (_, tls, hosts, isTrusted) => {
    const server = await open({ tls, hosts: [...hosts] })
    const { row } = await send({ tls, port: server.port, caFile: isTrusted ? server.caFile : null })
    expectNothingSent(server)
    expect(row).toMatchObject({ sent_at: null, attempts: 1 })
    expect(row.last_error).toContain('mail.smtp.ca')
  })

  test.each([
    [[550, 'no such user'], true],
    [[551, 'not here'], true],
    [[553, 'not allowed'], true],
    [[550, '5.7.1 relaying denied'], false],
    [[552, 'mailbox full'], false],
    [[554, 'no service today'], false],
  ] as const)(
    'tell an address that is refused from a server that takes nothing: %j',
    async (refusal, isRefused) => {
      const server = await open({ tls: 'none', refusal })
      const { error, row } = await send({ tls: 'none', port: server.port, user: null, password: null })
      expect(row).toMatchObject({ sent_at: null, refused_at: isRefused ? clock.now() : null })
      expect(error instanceof FinalFailure).toBe(isRefused)
    },
  )

  test('are sent in plaintext if TLS is disabled explicitly', async () => {
    const server = await open({ tls: 'none' })
    const { row } = await send({ tls: 'none', port: server.port, user: null, password: null })
    expect(row.sent_at).toBe(clock.now())
    expect(server.heard()).toContain('Secret subject')
  })
})
