import { type AddressInfo, createServer, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

/** A mail server that responds slowly. */
export interface SlowMailServer {
  port: number
  /** The Message-ID of each email that it has accepted. */
  letters: string[]
  close(): void
}

/**
 * Opens a mail server without TLS that waits before each response; `onLetter` is called before it confirms an
 * email.
 */
export async function openSlowMailServer(
  stepMs: number,
  onEmail: () => void = () => {},
): Promise<SlowMailServer> {
  const emails: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    const say = (line: string) => wait(stepMs).then(() => socket.write(`${line}\r\n`))
    const take = (email: string) => {
      emails.push(/message-id: <([^>]+)>/i.exec(email)?.[1] ?? '')
      onEmail()
    }
    // The next write after a client disconnects fails.
    converse(socket, say, take).catch(() => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    letters: emails,
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

async function converse(
  socket: Socket,
  say: (line: string) => Promise<unknown>,
  take: (email: string) => void,
): Promise<void> {
  let text = ''
  let isData: boolean = false
  await say('220 slow')
  for await (const chunk of socket) {
    text += String(chunk)
    for (let end = find(); end >= 0; end = find()) {
      const part = text.slice(0, end)
      text = text.slice(end + (isData ? 5 : 2))
      if (isData) take(part)
      const isBegun: boolean = !isData && /^data/i.test(part)
      await say(isBegun ? '354 go' : '250 ok')
      isData = isBegun
    }
  }
  function find() {
    return text.indexOf(isData ? '\r\n.\r\n' : '\r\n')
  }
}
