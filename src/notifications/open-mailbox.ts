import type { AddressInfo } from 'node:net'
import { simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'
import type { Clock } from '../clock.ts'
import type { MailboxStore } from './mailbox-store.ts'

const maxEmailBytes = 1024 * 1024
const maxClients = 50
const silentMs = 10_000

/** A running mail server. */
export interface Mailbox {
  port: number
  close(): Promise<void>
}

/** Runs a mail server on the loopback interface that stores every email for the operators' mailbox page. */
export async function openMailbox({
  mailbox,
  clock,
}: {
  mailbox: MailboxStore
  clock: Clock
}): Promise<Mailbox> {
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    size: maxEmailBytes,
    maxClients: maxClients,
    socketTimeout: silentMs,
    onData(stream, session, callback) {
      const recipient = session.envelope.rcptTo.map(({ address }) => address).join(', ')
      simpleParser(stream)
        .then((email) =>
          mailbox.insert(
            {
              recipient,
              sender: email.from?.text ?? '',
              subject: email.subject ?? '',
              body: email.text ?? '',
            },
            clock.now(),
          ),
        )
        .then(() => callback(), callback)
    },
  })
  // A client that disconnects affects no other.
  server.on('error', () => {})
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve())
  })
  const { port } = server.server.address() as AddressInfo
  return { port, close: () => new Promise((resolve) => server.close(() => resolve())) }
}
