import { readFileSync } from 'node:fs'
import { createSecureServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Pool } from 'undici'

/**
 * The minimum that Node and undici need to forward an unchecked request: TLS with any client certificate in
 * front, HTTP behind. No gateway on them can be faster. Prints its port.
 */
const [certificateFile = '', keyFile = '', api = ''] = process.argv.slice(2)
const pool = new Pool(`http://127.0.0.1:${api}`, { connections: 1024 })
const server = createSecureServer({
  cert: readFileSync(certificateFile),
  key: readFileSync(keyFile),
  allowHTTP1: true,
  requestCert: true,
  rejectUnauthorized: false,
})
server.on('secureConnection', (socket) => socket.setNoDelay(true))
server.on('request', ({ url, method, rawHeaders }, response) => {
  pool.dispatch(
    { path: url, method: method as 'GET', headers: rawHeaders, body: null },
    {
      onRequestStart() {},
      onResponseStart(_controller, status, { connection: _, 'keep-alive': __, ...headers }) {
        response.writeHead(status, headers)
      },
      onResponseData: (_controller, chunk) => void response.write(chunk),
      onResponseEnd: () => void response.end(),
      onResponseError: (_controller, error) => response.destroy(error),
    },
  )
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
