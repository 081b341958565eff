import { createTransport, type SendMailOptions } from 'nodemailer'
import type { Clock } from '../clock.ts'
import { FinalFailure, type JobHandler } from '../jobs/run-jobs.ts'
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

/** Of each step; an attempt as a whole is bounded by its signal. */
const timeoutMilliseconds = 15_000

/** What nodemailer tells of a server that refuses. */
type Refusal = Error & { responseCode?: number; command?: string }

/** What the server says of this letter for good; that it wants a sign-in or TLS is a matter of the operators. */
const isFinal = (responseCode: number) => responseCode >= 550 && responseCode < 560

/**
 * Gives the function that sends one letter of the outbox. It throws when the server does not take the letter, and
 * `FinalFailure` when the server never will (RFC 5321, 4.2.1); `signal` closes the connection.
 */
export function createMailSender(
  { outbox, clock }: { outbox: OutboxStore; clock: Clock },
  { host, port, secure, user, password }: SmtpServer,
  from: string,
): JobHandler {
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
  return async (letterId, signal) => {
    const letter = await outbox.findUnsent(letterId)
    if (letter === undefined) return
    try {
      const { recipient, subject, body } = letter
      // The id lets a mail server recognise a letter that is sent again because its receipt was lost.
      const message: SendMailOptions & { signal: AbortSignal } = {
        from,
        to: { name: '', address: recipient },
        subject,
        text: body,
        messageId: `<${letterId}@postern>`,
        signal,
      }
      await transport.sendMail(message)
    } catch (error) {
      const { message, responseCode = 0, command } = error as Refusal
      await outbox.markFailed(letterId, message)
      throw isFinal(responseCode) && command !== 'CONN' ? new FinalFailure(message) : error
    }
    await outbox.markSent(letterId, clock.now())
  }
}
