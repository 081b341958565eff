import { spawn } from 'node:child_process'

interface EndpointFiles {
  certificateFile: string
  keyFile: string
  /** The CAs of the clients that it lets in, PEM. */
  trustFile: string
}

/**
 * Opens an endpoint of OpenSSL on loopback, which rejects client certificates with an alert, as servers of Go, Java and
 * Apache do and those of Node.js do not. It answers every request with 200. It does not look at the time in certificates,
 * so that those of a test's clock can be presented.
 */
export async function openTlsEndpoint({ certificateFile, keyFile, trustFile }: EndpointFiles) {
  const options = ['-accept', '127.0.0.1:0', '-cert', certificateFile, '-key', keyFile, '-CAfile', trustFile]
  // The alert of TLS 1.2 is there before the client sends its request; with TLS 1.3 a reset may overtake it.
  const rules = ['-Verify', '3', '-verify_return_error', '-no_check_time', '-tls1_2']
  const server = spawn('openssl', ['s_server', ...options, ...rules])
  let output = ''
  const port = await new Promise<number>((done, fail) => {
    server.once('exit', () => fail(new Error(`openssl has ended: ${output}`)))
    server.stderr.on('data', (part) => (output += part))
    server.stdout.on('data', (part: Buffer) => {
      output += part
      const [, found] = /ACCEPT 127\.0\.0\.1:(\d+)/.exec(output) ?? []
      if (found !== undefined) done(Number(found))
      if (part.includes('POST /')) server.stdin.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
    })
  })
  return {
    port,
    async close(): Promise<void> {
      server.removeAllListeners('exit')
      const ended = new Promise((done) => server.once('exit', done))
      server.kill()
      await ended
    },
  }
}
