import { createTransport, type SendMailOptions } from 'nodemailer'
import type { Clock } from '../clock.ts'
import { PosternError } from '../errors.ts'
import { FinalFailure, type JobHandler } from '../jobs/run-jobs.ts'
import { readTrustedCertificates } from '../tls-files/read-trusted-certificates.ts'
import type { OutboxStore } from './outbox-store.ts'

/** Where letters are handed over. */
export interface SmtpServer {
  host: string
  port: number
  /** TLS from the first byte, after STARTTLS, or not at all. Without it nothing is sent, unless it is `none`. */
  tls: 'implicit' | 'starttls' | 'none'
  /** PEM file of the CAs that its certificate may come from; those of Node where null. */
  caFile: string | null
  user: string | null
  password: string | null
}

/** Until the server is there and has greeted; an attempt as a whole is bounded by its signal. */
const greetingMilliseconds = 15_000
/**
 * Of each step after that. A server that has the whole letter may take its time (RFC 5321, 4.5.3.2.6): who gives it up
 * then sends the letter twice.
 */
const stepMilliseconds = 120_000

/** What nodemailer tells of a server that refuses. */
type SmtpError = Error & { code?: string; responseCode?: number; command?: string }

/** Before these the server has seen nothing of the letter: what it says then is a matter of the operators. */
const aboutServer = ['CONN', 'EHLO', 'STARTTLS']

/** Whether the server will never take this letter (RFC 5321, 4.2.1). */
const isFinal = ({ responseCode = 0, command = '' }: SmtpError): boolean =>
  responseCode >= 550 && responseCode < 560 && !aboutServer.includes(command)

/**
 * Gives the function that sends one letter of the outbox. It throws when the server does not take the letter, and
 * `FinalFailure` when the server never will (RFC 5321, 4.2.1); `signal` closes the connection.
 */
export function createMailSender(
  { outbox, clock }: { outbox: OutboxStore; clock: Clock },
  server: SmtpServer,
  from: string,
): JobHandler {
  const transport = openTransport(server, clock.now())
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
      const problem = describeProblem(error as SmtpError, server)
      await outbox.markFailed(letterId, problem)
      if (isFinal(error as SmtpError)) throw new FinalFailure(problem)
      throw new PosternError('unavailable', problem, { cause: error })
    }
    await outbox.markSent(letterId, clock.now())
  }
}

function openTransport({ host, port, tls, caFile, user, password }: SmtpServer, now: number) {
  return createTransport({
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    tls: {
      // Also where NODE_TLS_REJECT_UNAUTHORIZED says otherwise.
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      ...(caFile === null
        ? {}
        : { ca: readTrustedCertificates({ setting: 'mail.smtp.ca', path: caFile }, now) }),
    },
    ...(user === null ? {} : { auth: { user, pass: password ?? '' } }),
    connectionTimeout: greetingMilliseconds,
    greetingTimeout: greetingMilliseconds,
    socketTimeout: stepMilliseconds,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
}

/** What an operator reads in the log and at the letter. */
function describeProblem({ code, command, message }: SmtpError, { host, port, tls }: SmtpServer): string {
  const server = `The mail server ${host}:${port}`
  if (
    tls === 'starttls' &&
    (command === 'STARTTLS' || command === 'EHLO') &&
    code !== 'ESOCKET' &&
    /STARTTLS/.test(message)
  )
    return `${server} does not offer STARTTLS, so nothing was sent. Turn it on there, or set mail.smtp.secure where the server begins with TLS. mail.smtp.unencrypted sends without TLS.`
  if (tls !== 'none' && /certificate|altnames/i.test(message))
    return `${server} has a certificate that is not trusted, so nothing was sent: ${message}. Name its CA with mail.smtp.ca, or correct the certificate.`
  return `${server} did not take the letter: ${message}.`
}
