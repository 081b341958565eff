import { createTransport } from 'nodemailer'
import type { Clock } from '../clock.ts'
import type { OutboxStore } from './outbox-store.ts'

/** Where letters are handed over. */
export interface SmtpServer {
  host: string
  port: number
  /** TLS from the first byte; else STARTTLS where the server offers it. */
  secure: boolean
  user: string | null
  password: string | null
}

const timeoutMilliseconds = 15_000

/** Gives the function that sends one letter of the outbox; it throws when the server does not take it. */
export function createMailSender(
  { outbox, clock }: { outbox: OutboxStore; clock: Clock },
  { host, port, secure, user, password }: SmtpServer,
  from: string,
): (letterId: string) => Promise<void> {
  const transport = createTransport({
    host,
    port,
    secure,
    ...(user === null ? {} : { auth: { user, pass: password ?? '' } }),
    connectionTimeout: timeoutMilliseconds,
    greetingTimeout: timeoutMilliseconds,
    socketTimeout: timeoutMilliseconds,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return async (letterId) => {
    const letter = await outbox.findUnsent(letterId)
    if (letter === undefined) return
    try {
      const { recipient, subject, body } = letter
      // The id lets a mail server recognise a letter that is sent again because its receipt was lost.
      await transport.sendMail({
        from,
        to: { name: '', address: recipient },
        subject,
        text: body,
        messageId: `<${letterId}@postern>`,
      })
    } catch (error) {
      await outbox.markFailed(letterId, (error as Error).message)
      throw error
    }
    await outbox.markSent(letterId, clock.now())
  }
}
