import type { JobHandler } from '../jobs/run-jobs.ts'
import type { MailboxStore } from './mailbox-store.ts'
import { openMailbox } from './open-mailbox.ts'
import { createMailSender, type MailSenderNeeds, type SmtpServer } from './send-mail.ts'

/** The outgoing mail of the process. */
export interface Mail {
  /** Sends one email of the outbox; throws if the server does not accept it. */
  send: JobHandler
  close(): Promise<void>
}

/**
 * Returns the outgoing mail: to the configured server, or else to the built-in mailbox, over SMTP in both
 * cases.
 */
export async function openMail(
  parts: MailSenderNeeds & { mailbox: MailboxStore },
  smtp: SmtpServer | null,
  from: string,
): Promise<Mail> {
  if (smtp !== null) return { send: createMailSender(parts, smtp, from), close: async () => {} }
  const { port, close } = await openMailbox(parts)
  const builtIn = {
    host: '127.0.0.1',
    port,
    tls: 'none' as const,
    caFile: null,
    user: null,
    password: null,
  }
  return { send: createMailSender(parts, builtIn, from), close }
}
