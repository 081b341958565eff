import { setTimeout as wait } from 'node:timers/promises'
import { createTransport, type SendMailOptions } from 'nodemailer'
import type { Clock } from '../clock.ts'
import { PosternError } from '../errors.ts'
import { FinalFailure, type JobHandler } from '../jobs/run-jobs.ts'
import { readTrustedCertificates } from '../tls-files/read-trusted-certificates.ts'
import type { OutboxStore } from './outbox-store.ts'
import { renderLetter } from './render-letter.ts'
import type { SubscriptionStore } from './subscription-store.ts'

/** The mail server. */
export interface SmtpServer {
  host: string
  port: number
  /**
   * TLS from the first byte, after STARTTLS, or not at all. Without TLS nothing is sent, unless the value is
   * `none`.
   */
  tls: 'implicit' | 'starttls' | 'none'
  /** PEM file of the CAs for its certificate; null means Node's default CAs. */
  caFile: string | null
  user: string | null
  password: string | null
}

/** Time limit for connection and greeting; the signal limits an attempt as a whole. */
const greetingMs = 15_000
/**
 * Time limit of each later step. A server that has the whole email may be slow (RFC 5321, section 4.5.3.2.6):
 * a client that aborts then sends the email twice.
 */
const stepMs = 120_000

/** The error of nodemailer for a refusal of the server. */
type SmtpError = Error & { code?: string; responseCode?: number; command?: string; response?: string }

/**
 * Before these commands end, the server has received nothing of the email: an error then concerns the
 * operators, or one address.
 */
const beforeEmail = ['CONN', 'EHLO', 'STARTTLS', 'MAIL FROM', 'RCPT TO']
const unknownAddress = [550, 551, 553]

/**
 * Returns whether the server says that there is no such address (RFC 5321, section 4.2.3). A policy, such as one that
 * forbids to relay, concerns the sender (RFC 3463, section 3.8).
 */
const isAddressRefused = ({ responseCode = 0, command = '', response = '' }: SmtpError): boolean =>
  command === 'RCPT TO' && unknownAddress.includes(responseCode) && !/^\d{3}[ -]5\.7\./.test(response)

/** Returns whether the server will never accept this email (RFC 5321, section 4.2.1). */
const isFinal = (error: SmtpError): boolean => {
  const { responseCode = 0, command = '' } = error
  return (
    isAddressRefused(error) || (responseCode >= 550 && responseCode < 560 && !beforeEmail.includes(command))
  )
}

/** What emails are sent with. */
export interface MailSenderNeeds {
  outbox: OutboxStore
  subscriptions: Pick<SubscriptionStore, 'open'>
  clock: Clock
  portalUrl: string
}

/**
 * Returns a function that sends one email of the outbox. It throws if the server does not accept the email,
 * and `FinalFailure` if the server never will (RFC 5321, section 4.2.1); `signal` closes the connection.
 */
export function createMailSender(
  { outbox, subscriptions, clock, portalUrl }: MailSenderNeeds,
  server: SmtpServer,
  from: string,
): JobHandler {
  const transport = openTransport(server, clock.now())
  return async (emailId, signal) => {
    const email = await outbox.findUnsent(emailId)
    if (email === undefined) return
    try {
      const { recipient, subject, organizationId, mayUnsubscribe } = email
      const token =
        mayUnsubscribe && organizationId !== null
          ? await subscriptions.open(organizationId, recipient, clock.now())
          : undefined
      const { text, html } = renderLetter({ ...email, token }, portalUrl)
      // The id lets a mail server recognize an email that is sent again because its confirmation was lost.
      const message: SendMailOptions & { signal: AbortSignal } = {
        from,
        to: { name: '', address: recipient },
        subject,
        alternatives: [
          { contentType: 'text/plain; charset=utf-8; format=flowed', content: text },
          { contentType: 'text/html; charset=utf-8', content: html },
        ],
        messageId: `<${emailId}@postern>`,
        ...(token !== undefined && { headers: unsubscriptionHeaders(token, portalUrl) }),
        signal,
      }
      await transport.sendMail(message)
    } catch (error) {
      const problem = describeProblem(error as SmtpError, server)
      await outbox.markFailed(emailId, problem, isAddressRefused(error as SmtpError) ? clock.now() : null)
      if (isFinal(error as SmtpError)) throw new FinalFailure(problem)
      throw new PosternError('unavailable', problem, { cause: error })
    }
    await outbox.markSent(emailId, clock.now())
  }
}

/** RFC 2369, section 3.2, and RFC 8058, section 3.1, which demands HTTPS. */
const unsubscriptionHeaders = (token: string, portalUrl: string) => ({
  // On one line, for programs that do not unfold it.
  'List-Unsubscribe': { prepared: true, value: `<${portalUrl}/unsubscribe/${token}>` },
  ...(portalUrl.startsWith('https:') && { 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' }),
})

function openTransport({ host, port, tls, caFile, user, password }: SmtpServer, now: number) {
  return createTransport({
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    tls: {
      // Overrides NODE_TLS_REJECT_UNAUTHORIZED.
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      ...(caFile === null
        ? {}
        : { ca: readTrustedCertificates({ setting: 'mail.smtp.ca', path: caFile }, now) }),
    },
    ...(user === null ? {} : { auth: { user, pass: password ?? '' } }),
    connectionTimeout: greetingMs,
    greetingTimeout: greetingMs,
    socketTimeout: stepMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
}

/** How long a server is asked whether it would take an email. */
const checkMs = 20_000

/**
 * Connects to the server, agrees on TLS and signs in, without sending anything. Returns one sentence if it cannot
 * be used.
 */
export async function findMailServerProblem(server: SmtpServer, now: number): Promise<string | undefined> {
  const transport = openTransport(server, now)
  try {
    await Promise.race([
      transport.verify(),
      wait(checkMs, undefined, { ref: false }).then(() => {
        throw new Error(`no answer within ${checkMs / 1000} seconds`)
      }),
    ])
    return undefined
  } catch (error) {
    const known = describeTlsProblem(error as SmtpError, server)
    if (known !== undefined) return known
    return `The mail server ${server.host}:${server.port} cannot be used: ${(error as Error).message}. Start it, or correct mail.smtp and POSTERN_SMTP_PASSWORD.`
  } finally {
    transport.close()
  }
}

/** Returns the description for operators, in the log and with the email. */
const describeProblem = (error: SmtpError, server: SmtpServer): string =>
  describeTlsProblem(error, server) ??
  `The mail server ${server.host}:${server.port} did not accept the email: ${error.message}.`

function describeTlsProblem(
  { code, command, message }: SmtpError,
  { host, port, tls }: SmtpServer,
): string | undefined {
  const server = `The mail server ${host}:${port}`
  if (
    tls === 'starttls' &&
    (command === 'STARTTLS' || command === 'EHLO') &&
    code !== 'ESOCKET' &&
    /STARTTLS/.test(message)
  )
    return `${server} does not offer STARTTLS, so nothing was sent. Enable STARTTLS there, or set mail.smtp.secure if the server starts with TLS. mail.smtp.unencrypted sends without TLS.`
  if (tls !== 'none' && /certificate|altnames/i.test(message))
    return `${server} has a certificate that is not trusted, so nothing was sent: ${message}. Name its CA with mail.smtp.ca, or correct the certificate.`
  return undefined
}
