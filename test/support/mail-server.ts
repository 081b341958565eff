import type { AddressInfo } from 'node:net'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'

/** A mail server of a test's own: it speaks SMTP and keeps what it is given. */
export interface MailServer {
  port: number
  letters: ParsedMail[]
  close(): Promise<void>
}

/** Opens a mail server that wants `password` of the user `postern`. */
export async function openMailServer(password: string): Promise<MailServer> {
  const letters: ParsedMail[] = []
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth({ username, password: given }, _, callback) {
      const isRight = username === 'postern' && given === password
      callback(isRight ? null : new Error('wrong password'), { user: username })
    },
    onData(stream, _, callback) {
      simpleParser(stream).then((letter) => {
        letters.push(letter)
        callback()
      }, callback)
    },
  })
  server.on('error', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const { port } = server.server.address() as AddressInfo
  return { port, letters, close: () => new Promise((resolve) => server.close(() => resolve())) }
}
