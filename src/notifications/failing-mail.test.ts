import type { AddressInfo } from 'node:net'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'
import { expect, onTestFinished, test } from 'vitest'
import { createTestClock } from '../../test/support/certificate-harness.ts'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { createTestSubscriptions } from '../../test/support/subscriptions.ts'
import { writeBody } from '../shapes/email.ts'
import { createOutboxStore } from './outbox-store.ts'
import { createMailSender } from './send-mail.ts'
import { writeEmails } from './write-emails-store.ts'

/** What the server does with an attempt. */
type Fate = 'greylists' | 'is full' | 'dies in DATA' | 'dies after DATA' | 'accepts'

/** Opens a mail server that treats one attempt after another in these ways. */
async function openServer(fates: Fate[]) {
  const accepted: ParsedMail[] = []
  const taken: ParsedMail[] = []
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onRcptTo(_, __, callback) {
      if (fates[0] !== 'greylists') return callback()
      fates.shift()
      callback(Object.assign(new Error('greylisted, try again later'), { responseCode: 451 }))
    },
    onData(stream, session, callback) {
      const fate = fates.shift()
      const cut = () => {
        for (const connection of server.connections)
          if ((connection as unknown as { id: string }).id === session.id)
            (connection as unknown as { _socket: { destroy(): void } })._socket.destroy()
      }
      if (fate === 'dies in DATA') {
        stream.resume()
        return cut()
      }
      simpleParser(stream).then((email) => {
        taken.push(email)
        if (fate === 'dies after DATA') return cut()
        if (fate === 'is full')
          return callback(Object.assign(new Error('mailbox full'), { responseCode: 452 }))
        accepted.push(email)
        callback()
      }, callback)
    },
  })
  server.on('error', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())))
  return { port: (server.server.address() as AddressInfo).port, accepted, taken }
}

describeOnBothEngines('an email to a server that fails for a while', (store) => {
  const clock = createTestClock()
  const portalUrl = 'https://portal.example'

  test('is delayed, sent once, and recognizable where the server took it twice', async () => {
    await store.database.queries.deleteFrom('outbox').execute()
    const email = {
      ...{ key: 'k', organizationId: null, recipient: 'dev@acme.example', subject: 'Łódź <b>' },
      body: writeBody(['Łódź & <script> is ready.'], `${portalUrl}/o/acme`),
    }
    await store.database.transaction((tx) => writeEmails(tx, [email], clock.now()))
    const fates: Fate[] = ['greylists', 'is full', 'dies in DATA', 'dies after DATA', 'accepts']
    const server = await openServer(fates)
    const send = createMailSender(
      {
        outbox: createOutboxStore(store.database),
        subscriptions: createTestSubscriptions(store.database),
        clock,
        portalUrl,
      },
      { host: '127.0.0.1', port: server.port, tls: 'none', caFile: null, user: null, password: null },
      'Postern <postern@localhost>',
    )
    const read = () => store.database.queries.selectFrom('outbox').selectAll().executeTakeFirstOrThrow()
    const { id } = await read()
    const signal = AbortSignal.timeout(60_000)
    for (let attempt = 1; attempt < 5; attempt += 1) {
      await expect(send(id, signal)).rejects.toMatchObject({ code: 'unavailable' })
      expect(await read()).toMatchObject({ sent_at: null, withheld: null, attempts: attempt })
    }
    await send(id, signal)
    await send(id, signal)
    expect(await read()).toMatchObject({ sent_at: clock.now(), attempts: 4 })
    expect(server.accepted).toHaveLength(1)
    // RFC 5321, section 6.1: a server that knows the ID drops the second one.
    expect(new Set(server.taken.map(({ messageId }) => messageId))).toEqual(new Set([`<${id}@postern>`]))
    const [{ text = '', html = '', subject = '' } = {}] = server.accepted
    expect([subject, text.trim()]).toEqual([email.subject, email.body])
    expect(html).toContain('Łódź &amp; &lt;script&gt; is ready.')
  })
})
