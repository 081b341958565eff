import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'
import { systemClock } from '../../src/clock.ts'
import { ensureDevelopmentTls } from '../../src/signer/development-tls.ts'

/** A test mail server that speaks SMTP and keeps the emails that it receives. */
export interface MailServer {
  port: number
  letters: ParsedMail[]
  /** The CA of its certificate. */
  caFile: string
  /** Returns what clients sent before TLS, if anything. */
  heard(): string
  /** The passwords that clients sent. */
  passwords: string[]
  close(): Promise<void>
}

export interface MailServerOptions {
  /** Its TLS mode: STARTTLS, TLS from the first byte, or no TLS. */
  tls?: 'starttls' | 'implicit' | 'none'
  /** The names in its certificate. */
  hosts?: string[]
  /** What it answers to every recipient, code and text, instead of taking emails. */
  refusal?: readonly [number, string]
  /** Whether a man in the middle removes STARTTLS from the extensions that it offers. */
  isStripped?: boolean
}

/** Opens a mail server that requires `password` of the user `postern`. */
export async function openMailServer(
  password: string,
  {
    tls = 'starttls',
    hosts = ['127.0.0.1', 'localhost'],
    isStripped = false,
    refusal,
  }: MailServerOptions = {},
): Promise<MailServer> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-mail-'))
  const fileOf = (name: string) => join(folder, name)
  const caFile = fileOf('ca.pem')
  const files = { certificateFile: fileOf('mail.pem'), keyFile: fileOf('mail.key'), serverCaFile: caFile }
  await ensureDevelopmentTls(files, hosts, systemClock)
  const emails: ParsedMail[] = []
  const passwords: string[] = []
  const server = new SMTPServer({
    secure: tls === 'implicit',
    disabledCommands: tls === 'starttls' ? [] : ['STARTTLS'],
    allowInsecureAuth: true,
    authOptional: true,
    cert: readFileSync(files.certificateFile),
    key: readFileSync(files.keyFile),
    onAuth({ username, password: given }, _, callback) {
      passwords.push(given ?? '')
      const isRight = username === 'postern' && given === password
      callback(isRight ? null : new Error('wrong password'), { user: username })
    },
    onRcptTo(_, __, callback) {
      if (refusal === undefined) return callback()
      callback(Object.assign(new Error(refusal[1]), { responseCode: refusal[0] }))
    },
    onData(stream, _, callback) {
      simpleParser(stream).then((email) => {
        emails.push(email)
        callback()
      }, callback)
    },
  })
  server.on('error', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const tap = await openTap((server.server.address() as AddressInfo).port, isStripped)
  return {
    port: tap.port,
    letters: emails,
    caFile,
    heard: tap.heard,
    passwords,
    async close() {
      tap.close()
      await new Promise<void>((resolve) => server.close(() => resolve()))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Forwards both directions and records what clients sent. */
async function openTap(target: number, isStripped: boolean) {
  let heard = ''
  const tap = createServer((client) => {
    const server = connect(target, '127.0.0.1')
    for (const socket of [client, server]) socket.on('error', () => client.destroy() && server.destroy())
    client.on('data', (bytes) => {
      heard += bytes.toString('latin1')
      server.write(bytes)
    })
    server.on('data', (bytes) =>
      client.write(
        isStripped ? Buffer.from(bytes.toString('latin1').replace('STARTTLS', 'XXXXXXXX'), 'latin1') : bytes,
      ),
    )
    client.on('close', () => server.destroy())
    server.on('close', () => client.destroy())
  })
  await new Promise<void>((resolve) => tap.listen(0, '127.0.0.1', resolve))
  return { port: (tap.address() as AddressInfo).port, heard: () => heard, close: () => tap.close() }
}
