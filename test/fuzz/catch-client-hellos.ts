import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { type ConnectionOptions, connect } from 'node:tls'

const offers: ConnectionOptions[] = [
  { servername: 'api.example' },
  { servername: 'a.example', maxVersion: 'TLSv1.2', ALPNProtocols: ['h2'] },
  { minVersion: 'TLSv1.3', ecdhCurve: 'X25519' },
]

/** Returns ClientHello messages of OpenSSL. */
export async function catchClientHellos(): Promise<Uint8Array[]> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const hellos: Uint8Array[] = []
  for (const offer of offers) {
    const client = connect({ ...offer, port, host: '127.0.0.1', rejectUnauthorized: false })
    client.on('error', () => {})
    const [socket] = (await once(server, 'connection')) as [Socket]
    socket.on('error', () => {})
    const [bytes] = (await once(socket, 'data')) as [Buffer]
    hellos.push(new Uint8Array(bytes))
    client.destroy()
    socket.destroy()
  }
  server.close()
  return hellos
}
